using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Plans;

/// <summary>How a change of definitions reaches a table.</summary>
public enum ImpactKind
{
    /// <summary>Its own definition changed.</summary>
    Changed,

    /// <summary>The model reads a table whose definition changed.</summary>
    Direct,

    /// <summary>The model reads tables that are affected.</summary>
    Indirect,
}

/// <summary>What a change of definitions does to a table.</summary>
/// <param name="Kind">How it reaches the table.</param>
/// <param name="Schema">The columns that come, go away or get another type.</param>
/// <param name="Columns">The columns that are made from what changed, by name.</param>
/// <param name="IsOfRows">Whether what changed decides which rows the table has.</param>
public sealed record StepImpact(
    ImpactKind Kind, IReadOnlyList<ColumnChange> Schema, IReadOnlyList<string> Columns, bool IsOfRows)
{
    /// <summary>
    /// Why an incremental table does not take the rows: a column has a type that it cannot hold; null where it takes
    /// them.
    /// </summary>
    public Warning? Misfit { get; init; }
}

/// <summary>What changed definitions do to the tables of a project, down to columns.</summary>
sealed class PlanImpact
{
    readonly Dictionary<TableName, StepImpact> byName = [];
    readonly List<FozException> breaks = [];

    /// <summary>
    /// What they do, by the names that the project has for tables; tables that are not reached are not in it.
    /// </summary>
    public IReadOnlyDictionary<TableName, StepImpact> ByName => byName;

    /// <summary>
    /// What would not work any more: SQL that reads what goes away, with its place. Each cause is there once, whatever
    /// else it keeps from working.
    /// </summary>
    public IReadOnlyList<FozException> Breaks => breaks;

    /// <summary>Follows changes through a project.</summary>
    /// <param name="lake">The lake, for the columns that tables have.</param>
    /// <param name="project">The project.</param>
    /// <param name="lineage">What its columns are made from.</param>
    /// <param name="changed">The models whose definitions changed, by the names that the project has.</param>
    /// <param name="before">
    /// What tables were last made from, by the same names; those that were never made are not in it.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<PlanImpact> OfAsync(
        Lakehouse lake, Project project, ProjectLineage lineage, IReadOnlySet<TableName> changed,
        IReadOnlyDictionary<TableName, StepDefinition> before, CancellationToken cancellationToken)
    {
        var impact = new PlanImpact();
        if (changed.Count == 0) return impact;
        using var session = lake.Engines.Open(Workload.Models);
        var texts = new ChangedColumns(session);
        // Changed columns, by the table's name in the lake; null means all columns.
        var touched = new Dictionary<TableName, HashSet<string>?>();
        foreach (var node in project.Graph.Nodes.OfType<GraphNode.OfModel>())
        {
            var kind = changed.Contains(node.Name) ? ImpactKind.Changed
                : project.Graph.Upstream(node.Name).Any(changed.Contains) ? ImpactKind.Direct
                : project.Graph.Upstream(node.Name).Any(impact.byName.ContainsKey) ? ImpactKind.Indirect
                : (ImpactKind?)null;
            if (kind is not { } reached) continue;
            var now = await lineage.FindAsync(node.Table, cancellationToken);
            impact.Note(now.Error);
            var schema = now.Error is null && await PresentAsync(lake, node.Table, cancellationToken) is { } present
                ? ColumnChange.Between(present, [.. now.Columns.Select(column => column.Field)])
                : [];
            var made = now.Columns.Where(column => column.Inputs.Any(input => IsTouched(touched, input)))
                .Select(column => column.Field.Name).ToList();
            var isOfRows = now.Conditions.Any(input => IsTouched(touched, input));
            impact.byName[node.Name] = new(reached, schema, made, isOfRows)
            {
                Misfit = schema.Count == 0 ? null
                    : await FindMisfitAsync(lake, node, now.Columns.Select(column => column.Field), cancellationToken),
            };
            // Rows that come and go concern every column.
            var own = reached is not ImpactKind.Changed ? []
                : before.TryGetValue(node.Name, out var definition)
                    ? Between(definition, StepDefinitions.Of(node), texts, cancellationToken)
                : null;
            touched[node.Table] = own is null || isOfRows || now.Error is not null
                ? null
                : [.. own, .. made, .. schema.Select(column => column.Name)];
        }
        return impact;
    }

    /// <summary>
    /// The columns that another definition makes otherwise; null for all of them, or where other rows may come.
    /// </summary>
    static HashSet<string>? Between(
        StepDefinition before, StepDefinition now, ChangedColumns texts, CancellationToken cancellationToken)
    {
        if (StepDefinitions.ChangedSettings(before, now).Any(setting => !IsOfNoRows(setting.Key))) return null;
        return before.Sql == now.Sql
            ? []
            : before.Sql is null || now.Sql is null ? null : texts.Find(before.Sql, now.Sql, cancellationToken);
    }

    /// <summary>Whether a setting tells about a table, and makes nothing of its rows.</summary>
    static bool IsOfNoRows(string key) =>
        key is "tags" or "owner" or "group" or "access" or "meta" || key.StartsWith("meta.", StringComparison.Ordinal)
        || (key.StartsWith("columns.", StringComparison.Ordinal)
            && (key.EndsWith(".tags", StringComparison.Ordinal) || key.Contains(".meta", StringComparison.Ordinal)));

    static async Task<Warning?> FindMisfitAsync(
        Lakehouse lake, GraphNode.OfModel node, IEnumerable<Field> columns, CancellationToken cancellationToken)
    {
        var options = new WriteOptions
        {
            WidensTypes = node.Model.IsImplicit
                || node.Model.Materialization.OnSchemaChange is OnSchemaChange.Sync,
        };
        return node.Model.Materialization.Strategy is not null
            && await (await lake.OpenTableAsync(node.Table, cancellationToken))
                .FindLatestAsync(cancellationToken) is { } present
            && TargetSchema.FindMisfit(present, columns, options) is { } misfit
            ? new($"{node.Name} will not be made: {misfit.Message}",
                ModelWriter.HintOf(node.Model, $"{node.Table}", misfit.Kind))
            : null;
    }

    void Note(FozException? error)
    {
        // What is not known yet breaks nothing.
        if (error is not { Kind: ErrorKind.Sql }
            || breaks.Any(known => known.Place == error.Place && known.Message == error.Message))
            return;
        breaks.Add(error);
    }

    static bool IsTouched(Dictionary<TableName, HashSet<string>?> touched, UpstreamColumn input) =>
        touched.TryGetValue(input.Table, out var columns)
        && (columns is null || columns.Contains(input.Column, StringComparer.OrdinalIgnoreCase));

    /// <summary>The columns that a table or view has in the lake; null where it is not there.</summary>
    static async Task<IReadOnlyList<Field>?> PresentAsync(
        Lakehouse lake, TableName table, CancellationToken cancellationToken)
    {
        if (await lake.Catalog.FindAsync(table, cancellationToken) is not { } definition) return null;
        if (definition.Kind is DefinitionKind.Table)
            return (await lake.Tables.Open(definition.Location!, table).FindLatestAsync(cancellationToken))?.Fields;
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            using var bound = await new StatementBinder(session,
                new LakeNameResolver(lake, lake.Tables, static _ => null))
                .BindAsync(definition.Sql!, cancellationToken);
            return [.. session.Describe(bound.Sql, cancellationToken).Select(column => column.ToField())];
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql or ErrorKind.NotFound)
        {
            // A view that no longer binds has no columns to compare with.
            return null;
        }
    }
}
