using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Environments;

/// <summary>Where an environment keeps its tables.</summary>
/// <param name="Lake">Its lake.</param>
/// <param name="SchemaPrefix">What the names of schemas get in it; may be empty.</param>
public sealed record EnvironmentLake(Lakehouse Lake, string SchemaPrefix)
{
    /// <summary>The environment's name; null if it has none.</summary>
    public string? Name { get; init; }

    /// <summary>The prefix of its base, for what it has not made; null where it has none.</summary>
    public string? BasePrefix { get; init; }

    /// <summary>The name in the lake of a table of the project, which need not be there.</summary>
    public async ValueTask<TableName> FindAsync(TableName name, CancellationToken cancellationToken)
    {
        var own = name with { Schema = SchemaPrefix + name.Schema };
        return BasePrefix is null || await Lake.Catalog.FindAsync(own, cancellationToken) is not null
            ? own
            : name with { Schema = BasePrefix + name.Schema };
    }
}

/// <summary>Compares the tables of two environments, row by row.</summary>
/// <param name="before">The first.</param>
/// <param name="now">The second.</param>
/// <param name="engines">The engines.</param>
public sealed class EnvironmentDiff(EnvironmentLake before, EnvironmentLake now, EnginePool engines)
{
    /// <summary>How many rows are shown of each kind of difference.</summary>
    public int SamplesMax { get; init; } = 5;

    /// <summary>The columns that identify rows; null for those that the project declares unique.</summary>
    public IReadOnlyList<string>? Keys { get; init; }

    /// <summary>Compares a table.</summary>
    /// <param name="node">The table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How it differs; null where neither has it.</returns>
    public async Task<TableDiff?> CompareAsync(GraphNode node, CancellationToken cancellationToken)
    {
        var first = await before.FindAsync(node.Name, cancellationToken);
        var second = await now.FindAsync(node.Name, cancellationToken);
        var isBefore = await IsThereAsync(before.Lake, first, cancellationToken);
        var isNow = await IsThereAsync(now.Lake, second, cancellationToken);
        if (!isBefore && !isNow) return null;
        if (!isBefore || !isNow) return new(node.Name) { IsBefore = isBefore, IsNow = isNow };
        if (first == second && before.Lake.Root == now.Lake.Root) return new(node.Name) { IsShared = true };
        using var session = engines.Open(Workload.Models);
        using var a = await BindAsync(session, before.Lake, first, cancellationToken);
        using var b = await BindAsync(session, now.Lake, second, cancellationToken);
        var (columnsBefore, columnsNow) =
            (session.Describe(a.Sql, cancellationToken), session.Describe(b.Sql, cancellationToken));
        var diff = new TableDiff(node.Name)
        {
            Schema = ColumnChange.Between(
                [.. columnsBefore.Select(c => c.ToField())], [.. columnsNow.Select(c => c.ToField())]),
        };
        // When and where from a row came is not what it says.
        var own = ChangeColumns.Fields.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var common = columnsBefore.Where(c => !own.Contains(c.Name)
            && columnsNow.Any(other => other.Name.Equals(c.Name, StringComparison.OrdinalIgnoreCase))).ToList();
        if (common.Count == 0) return diff;
        var rows = new RowComparison(session, a.Sql, b.Sql, common, SamplesMax);
        var keys = KeysOf(node)
            .Select(key => common.FirstOrDefault(c => c.Name.Equals(key, StringComparison.OrdinalIgnoreCase))?.Name)
            .ToList();
        if (Keys?.FirstOrDefault(key =>
            !common.Any(c => c.Name.Equals(key, StringComparison.OrdinalIgnoreCase))) is { } unknown)
            throw new FozException(ErrorKind.Usage, $"{node.Name} has no column '{unknown}' in both environments")
            {
                Hint = NearestName.Hint(unknown, common.Select(c => c.Name)),
            };
        if (keys.Count == 0 || keys.Contains(null)) return rows.AsMultiset(diff, cancellationToken);
        if (!rows.AreUnique(keys!, cancellationToken))
            return rows.AsMultiset(diff, cancellationToken) with
            {
                Warning = new(
                    $"rows of {node.Name} are not unique by {string.Join(", ", keys)}: whole rows are counted"),
            };
        return rows.ByKey(diff, keys!, cancellationToken);
    }

    /// <summary>
    /// The columns that identify a row, as the project has it: keys of the model or stream, or of a check
    /// <c>unique</c>.
    /// </summary>
    IReadOnlyList<string> KeysOf(GraphNode node) => Keys ?? node switch
    {
        GraphNode.OfStream stream =>
            stream.Stream.Definition.Mode is StreamMode.Snapshot ? stream.Stream.Definition.Keys : [],
        GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Merge merge } => merge.UniqueKey,
        GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Cdc { KeepsHistory: false } cdc } =>
            cdc.Keys,
        _ => node.Checks.OfType<Foz.Pipelines.Quality.CheckDefinition.Unique>().FirstOrDefault()?.KeyColumns ?? [],
    };

    static async Task<bool> IsThereAsync(Lakehouse lake, TableName name, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(name, cancellationToken) is { } definition
        && (definition.Kind is DefinitionKind.View
            || await lake.Tables.Open(definition.Location!, name).FindLatestAsync(cancellationToken) is not null);

    static Task<BoundStatement> BindAsync(
        EngineSession session, Lakehouse lake, TableName name, CancellationToken cancellationToken) =>
        new StatementBinder(session, new LakeNameResolver(lake, lake.Tables, static _ => null)).BindAsync(
            $"SELECT * FROM {SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}", cancellationToken);
}
