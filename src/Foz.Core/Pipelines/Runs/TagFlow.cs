using System.Collections.Immutable;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Lineage;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Tables;
using Foz.Core.Tables.Alterations;

namespace Foz.Core.Pipelines.Runs;

/// <summary>
/// The tags of a step's columns: what the project states of them, and those of the columns that they are made from, until the
/// project releases them. They are in the table's schema from its first version on.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="node">The step.</param>
sealed class TagFlow(StepContext context, GraphNode node)
{
    readonly Dictionary<(TableName Table, string Column), IReadOnlyList<string>> known = [];

    /// <summary>The metadata of tags by column, of columns that have any.</summary>
    public async Task<ColumnTagMap> FindAsync(CancellationToken cancellationToken)
    {
        var found = new ColumnTagMap();
        foreach (var column in Columns)
            foreach (var tag in column.Tags) found.Add(column.Name, ColumnTag.Prefix + tag, ColumnTag.Stated);
        if (node is GraphNode.OfModel { Model: { Materialization: not Materialization.Seed } model } && context.Lineage is { } open
            && await HasTaggedInputsAsync(model, cancellationToken))
        {
            using var lineage = open();
            await InheritAsync(model, lineage, found, cancellationToken);
        }
        return found;
    }

    /// <summary>Makes the tags of a table that was written what they should be.</summary>
    /// <param name="table">The table.</param>
    /// <param name="tags">What <see cref="FindAsync"/> found.</param>
    /// <param name="isMadeAnew">Whether no row is older: else a tag goes only where it is released.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task ApplyAsync(LakeTable table, ColumnTagMap tags, bool isMadeAnew, CancellationToken cancellationToken)
    {
        if (await table.FindLatestAsync(cancellationToken) is not { } present) return;
        using var session = context.Lake.Engines.Open(Workload.Models);
        foreach (var field in present.Fields)
        {
            var changes = ChangesOf(field, tags.Of(field.Name), isMadeAnew);
            if (changes.Count > 0)
                await new TableAlterer(session).AlterAsync(
                    table, new TableAlteration.Tag(SqlText.Identifier(field.Name), changes), cancellationToken);
        }
    }

    IReadOnlyList<ColumnDefinition> Columns => node switch
    {
        GraphNode.OfModel model => model.Model.Columns,
        GraphNode.OfStream stream => stream.Stream.Columns,
        _ => [],
    };

    static Dictionary<string, string?> ChangesOf(Field field, ImmutableSortedDictionary<string, string> wanted, bool isMadeAnew)
    {
        var changes = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, value) in field.Metadata)
            if (ColumnTag.IsOfRuns(key, value) && !wanted.ContainsKey(key)
                && (isMadeAnew || wanted.ContainsKey(ColumnTag.ReleasePrefix + key[ColumnTag.Prefix.Length..])))
                changes[key[ColumnTag.Prefix.Length..]] = null;
        foreach (var (key, value) in wanted)
            if (field.Metadata.GetValueOrDefault(key) is var present && present != value && (present is null || ColumnTag.IsOfRuns(key, present)))
                changes[key[ColumnTag.Prefix.Length..]] = value;
        return changes;
    }

    async Task<bool> HasTaggedInputsAsync(Model model, CancellationToken cancellationToken)
    {
        foreach (var reference in model.References)
        {
            if (await context.Lake.Catalog.FindAsync(reference.Table, cancellationToken) is not { } definition) continue;
            if (definition.Kind is DefinitionKind.View) return true;
            if ((await FieldsAsync(reference.Table, cancellationToken)).Any(field => ColumnTag.Of(field).Count > 0)) return true;
        }
        return false;
    }

    async Task InheritAsync(Model model, ProjectLineage lineage, ColumnTagMap found, CancellationToken cancellationToken)
    {
        var made = await lineage.FindAsync(model.Table, cancellationToken);
        foreach (var column in made.Columns)
        {
            // What a program makes its columns from is known where it says so; else it may be anything.
            var inputs = model.Program is not null && column.Inputs.Count == 0
                ? await AllInputsAsync(model, cancellationToken)
                : column.Inputs.Where(input => CarriesValues(input.Transformation)).Select(input => (input.Table, input.Column));
            var definition = model.Columns.FirstOrDefault(c => c.Name.Equals(column.Field.Name, StringComparison.OrdinalIgnoreCase));
            foreach (var input in inputs)
                foreach (var tag in await TagsAsync(lineage, input, cancellationToken))
                    if (definition?.Release.FirstOrDefault(release => ColumnTag.Covers(release.Key, tag)) is { Value: { } reason })
                        found.Add(column.Field.Name, ColumnTag.ReleasePrefix + tag, reason);
                    else found.Add(column.Field.Name, ColumnTag.Prefix + tag, $"{ColumnTag.InheritedPrefix}{input.Table}.{input.Column}");
        }
    }

    /// <summary>Whether something of a column's values is in what is made from it, and not only in which rows there are.</summary>
    static bool CarriesValues(Transformation transformation) =>
        transformation is Transformation.Identity or Transformation.Transformation or Transformation.Aggregation or Transformation.Conditional;

    async Task<IEnumerable<(TableName Table, string Column)>> AllInputsAsync(Model model, CancellationToken cancellationToken)
    {
        var all = new List<(TableName, string)>();
        foreach (var reference in model.References)
            all.AddRange((await FieldsAsync(reference.Table, cancellationToken)).Select(field => (reference.Table, field.Name)));
        return all;
    }

    /// <summary>The tags of a column: of a table its own, of a view those of what it is made from.</summary>
    async Task<IReadOnlyList<string>> TagsAsync(
        ProjectLineage lineage, (TableName Table, string Column) column, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(column, out var tags)) return tags;
        known[column] = [];
        if (await context.Lake.Catalog.FindAsync(column.Table, cancellationToken) is { Kind: DefinitionKind.View })
        {
            var found = new SortedSet<string>(StringComparer.Ordinal);
            var inputs = (await lineage.FindAsync(column.Table, cancellationToken)).Find(column.Column)?.Inputs ?? [];
            foreach (var input in inputs.Where(input => CarriesValues(input.Transformation)))
                found.UnionWith(await TagsAsync(lineage, (input.Table, input.Column), cancellationToken));
            return known[column] = [.. found];
        }
        var field = (await FieldsAsync(column.Table, cancellationToken))
            .FirstOrDefault(field => field.Name.Equals(column.Column, StringComparison.OrdinalIgnoreCase));
        return known[column] = field is null ? [] : [.. ColumnTag.Of(field).Where(tag => !ColumnTag.IsRelease(tag))];
    }

    async Task<IReadOnlyList<Field>> FieldsAsync(TableName table, CancellationToken cancellationToken) =>
        await context.Lake.Catalog.FindAsync(table, cancellationToken) is { Kind: DefinitionKind.Table } definition
            ? (await context.Lake.Tables.Open(definition.Location!, table).FindLatestAsync(cancellationToken))?.Fields ?? []
            : [];
}
