using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary>
/// Tables and views that runs of a project made in its environment, and that nothing in the project makes any more.
/// </summary>
static class OrphanTables
{
    /// <summary>Finds those that are still in the lake.</summary>
    /// <param name="workspace">The project's lake.</param>
    /// <param name="project">The project, with the streams that are known of its sources.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Their names in the lake, in order.</returns>
    public static async Task<IReadOnlyList<TableName>> FindAsync(
        Workspace workspace, Project project, CancellationToken cancellationToken)
    {
        var made = project.Graph.Nodes.SelectMany(node =>
            new[] { node.Table, node.Name with { Schema = project.File.SchemaPrefix + node.Name.Schema } }).ToHashSet();
        var orphans = new List<TableName>();
        foreach (var table in await RecordedAsync(workspace, project, cancellationToken))
            if (!made.Contains(table) && await workspace.Lake.Catalog.FindAsync(table, cancellationToken) is not null)
                orphans.Add(table);
        return orphans;
    }

    /// <summary>What to do about an orphan.</summary>
    public static Warning Describe(TableName table) => new(
        $"{table} is an orphan: no model and no source of the project makes it any more",
        $"if nothing needs it: foz query \"DROP TABLE "
            + $"{SqlText.Identifier(table.Schema)}.{SqlText.Identifier(table.Name)}\"");

    static async Task<IEnumerable<TableName>> RecordedAsync(
        Workspace workspace, Project project, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await workspace.QueryAsync(
                "SELECT DISTINCT s.step FROM foz.steps s JOIN foz.runs r USING (run_id) WHERE s.outcome IN "
                    + "('Succeeded', 'Warned') "
                + $"AND r.project = {SqlText.Literal(project.Name)} AND r.environment = "
                + $"{SqlText.Literal(project.Environment)} ORDER BY ALL",
                cancellationToken);
            return rows.Select(row => TableName.Parse((string)row[0]!));
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound)
        {
            // No run has recorded any yet.
            return [];
        }
    }
}
