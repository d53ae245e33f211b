using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.UnitTests;

/// <summary>A column of a table that a unit test states rows of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in DuckDB's words; empty where it is not known.</param>
readonly record struct UnitField(string Name, string Type);

/// <summary>The columns of a table that a unit test states rows of.</summary>
/// <param name="Fields">Those that are known; may be none.</param>
/// <param name="IsWhole">Whether there are no others.</param>
sealed record UnitSchema(IReadOnlyList<UnitField> Fields, bool IsWhole)
{
    /// <summary>The columns that a statement gives.</summary>
    public static UnitSchema Of(IEnumerable<EngineColumn> columns) =>
        new([.. columns.Select(column => new UnitField(column.Name, column.TypeName))], IsWhole: true);

    /// <summary>
    /// The columns that a model's SQL or a seed's file gives, or that a table has in the lake, or else those that the
    /// project declares with types, beside which there may be others.
    /// </summary>
    /// <exception cref="FozException">The file of a seed that has no table yet cannot be read.</exception>
    public static async Task<UnitSchema> OfAsync(
        Lakehouse lake, Project project, ProjectLineage lineage, Reference reference,
        CancellationToken cancellationToken)
    {
        var node = project.Graph.Find(reference.Name);
        if (reference.Kind is not ReferenceKind.Self)
        {
            var found = await lineage.FindAsync(reference.Table, cancellationToken);
            if (found is { Error: null, Columns: { Count: > 0 } columns })
                return Of(columns.Select(column => column.Field));
            if (node is GraphNode.OfModel { Model.Materialization: Materialization.Seed } && found.Error is { } error)
                throw error;
        }
        if (await lake.Catalog.FindAsync(
            reference.Table, cancellationToken) is { Kind: DefinitionKind.Table, Location: { } location }
            && await lake.Tables.Open(location, reference.Table).FindLatestAsync(cancellationToken) is { } snapshot)
            return Of(snapshot.Fields);
        var declared = (node?.Columns ?? []).Where(column => column.Type is not null);
        return new([.. declared.Select(column => new UnitField(column.Name, column.Type!))], IsWhole: false);
    }

    static UnitSchema Of(IEnumerable<Field> fields) =>
        new([.. fields.Select(field => new UnitField(field.Name, ColumnTypes.NameOf(field.Type)))], IsWhole: true);
}
