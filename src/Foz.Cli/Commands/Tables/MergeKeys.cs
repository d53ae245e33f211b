using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Tables;

/// <summary>
/// The models of a project that merge by a key, and the keys of which their tables have several rows.
/// </summary>
/// <param name="workspace">The lake.</param>
/// <param name="models">The models, by their tables.</param>
sealed class MergeKeys(Workspace workspace, IReadOnlyDictionary<TableName, Model> models)
{
    /// <summary>Returns the merge keys of a project's tables.</summary>
    public static MergeKeys Of(Workspace workspace, Project project) => new(
        workspace, project.Graph.Nodes.OfType<GraphNode.OfModel>().Where(node => node.Model.MergeKey.Count > 0)
            .ToDictionary(node => node.Table, node => node.Model));

    /// <summary>
    /// The keys that several rows of a table have, which is read; null where there are none, and of tables that are not
    /// merged.
    /// </summary>
    public async Task<RepeatedKeys?> FindAsync(TableName name, LakeTable table, CancellationToken cancellationToken)
    {
        if (!models.TryGetValue(name, out var model)
            || await table.FindLatestAsync(cancellationToken) is not { } latest)
            return null;
        using var session = workspace.Engines.Open(Workload.Query);
        return await RepeatedKeys.FindAsync(session, latest, model.MergeKey, cancellationToken);
    }

    /// <summary>How the table of a model that merges gets one row a key again.</summary>
    public IEnumerable<string> Remedies(TableName name)
    {
        if (!models.TryGetValue(name, out var model)) yield break;
        var key = string.Join(", ", model.MergeKey.Select(SqlText.Identifier));
        var sequence = model.Materialization.Strategy is IncrementalStrategy.Merge { SequenceBy: { } by }
            ? SqlText.Identifier(by)
            : "<a column that tells which row is newer>";
        if (!model.Materialization.IsFullRefreshRestricted)
            yield return $"make it again by its model: foz run {model.Name} --full-refresh";
        yield return $"or keep the newest row of each key: INSERT OVERWRITE {name} SELECT * FROM {name} "
            + $"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {sequence} DESC NULLS LAST) = 1";
    }
}
