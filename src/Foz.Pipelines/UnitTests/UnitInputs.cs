using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.UnitTests;

/// <summary>
/// Resolves the names in a model's SQL in a unit test: to the rows that the test gives, to no rows, or to the SELECT of
/// an ephemeral model for which the test gives none.
/// </summary>
/// <param name="lake">The lake, of which only the columns of tables are read.</param>
/// <param name="project">The project.</param>
/// <param name="lineage">The columns of its models.</param>
/// <param name="session">The session that runs the SQL.</param>
sealed class UnitInputs(Lakehouse lake, Project project, ProjectLineage lineage, EngineSession session)
{
    /// <summary>SQL with what the test gives in the place of its tables.</summary>
    /// <param name="test">The test.</param>
    /// <param name="model">Its model.</param>
    /// <param name="sql">The SQL, of the model or of one that stands in it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The columns of a table are not known, or rows do not fit them.</exception>
    public async Task<string> FillAsync(UnitTest test, Model model, string sql, CancellationToken cancellationToken)
    {
        var analysis = session.Analyze(sql, cancellationToken);
        var relations = new Dictionary<TableName, string?>();
        foreach (var name in analysis.Tables.Select(NameOf).Concat(analysis.TableFunctions.Select(NameOf))
            .OfType<TableName>())
            if (!relations.ContainsKey(name)) relations[name] = await FindAsync(test, model, name, cancellationToken);
        return analysis.Rewrite(
            table => NameOf(table) is { } name ? relations[name] : null,
            call => NameOf(call) is { } name ? relations[name] : null).Text;
    }

    static TableName? NameOf(TableReference table) =>
        table is { Schema: { } schema, IsText: false } ? new(schema, table.Name) : null;

    static TableName? NameOf(TableFunctionCall call) =>
        call.Arguments is [{ Parts: [.., var schema, var name] }] ? new(schema, name) : null;

    async Task<string?> FindAsync(UnitTest test, Model model, TableName name, CancellationToken cancellationToken)
    {
        var rows = test.Given.GetValueOrDefault(name);
        var reference = model.References.FirstOrDefault(reference => reference.Name == name);
        if (reference is null)
        {
            // What is given and the model does not name by itself may stand in what the test has in its place, such as
            // its own table.
            if (rows is null) return null;
            reference = new(
                name, project.TableOf(name), name == test.Model ? ReferenceKind.Self : ReferenceKind.Model, test.Place);
        }
        if (rows is null && reference.Inlined is { } inlined)
            return $"({await FillAsync(test, model, inlined.Text, cancellationToken)}\n)";
        var schema = await UnitSchema.OfAsync(lake, project, lineage, reference, cancellationToken);
        return UnitRelation.OfGiven(session, $"{name}", rows, schema, test.Place, cancellationToken);
    }
}
