using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>
/// The tags of a step's columns: what the project states of them, and those of the columns that they are made from,
/// until the project releases them. They come into the table's schema by the commit that brings the rows.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="node">The step.</param>
sealed class TagPropagation(StepContext context, GraphNode node)
{
    readonly Dictionary<(TableName Table, string Column), IReadOnlyList<string>> known = [];

    IReadOnlyList<ColumnDefinition> Columns => node switch
    {
        GraphNode.OfModel model => model.Model.Columns,
        GraphNode.OfStream stream => stream.Stream.Columns,
        _ => [],
    };

    /// <summary>The tags that the step's columns should have.</summary>
    /// <param name="columns">The columns of its rows; asked for where they may inherit tags.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<PropagatedTags> FindAsync(Func<IReadOnlyList<Field>> columns, CancellationToken cancellationToken)
    {
        var found = new ColumnTagMap();
        foreach (var column in Columns)
            foreach (var tag in column.Tags) found.Add(column.Name, ColumnTag.Prefix + tag, ColumnTag.Stated);
        var isCertain = true;
        if (node is GraphNode.OfModel { Model: { Materialization: not Materialization.Seed } model }
            && context.Lineage is { } open
            && await HasTaggedInputsAsync(model, cancellationToken))
        {
            using var lineage = open();
            isCertain = await InheritAsync(model, columns(), lineage, found, cancellationToken);
        }
        return new(found, Columns, isCertain);
    }

    /// <summary>
    /// Makes the tags of a table that gets no rows what they should be: the project may state or release others, and a
    /// run before this one may not have come to them.
    /// </summary>
    /// <param name="isMadeAnew">Whether all its rows are of one batch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The version that has them; null where nothing changed.</returns>
    public async Task<long?> ReconcileAsync(bool isMadeAnew, CancellationToken cancellationToken)
    {
        var table = await context.Lake.OpenTableAsync(node.Table, cancellationToken);
        if (await table.FindLatestAsync(cancellationToken) is not { } present) return null;
        var tags = await FindAsync(() => present.Fields, cancellationToken);
        var changed = present.Fields.Select(field => (field.Name, Tags: tags.ChangesOf(field, isMadeAnew)))
            .Where(field => field.Tags.Count > 0).ToList();
        if (changed.Count == 0) return null;
        using var session = context.Lake.Engines.Open(Workload.Models);
        var alterer = new TableAlterer(session);
        long? version = null;
        foreach (var (name, changes) in changed)
        {
            var alteration = new TableAlteration.Tag(
                SqlText.Identifier(name),
                changes.ToDictionary(change => change.Key[ColumnTag.Prefix.Length..], change => change.Value));
            version = (await StepContext.AlterAsync(alterer, table, alteration, cancellationToken))?.Version ?? version;
        }
        return version;
    }

    /// <summary>
    /// Whether a table that gets no rows lacks tags that the project states, or has others: as far as the table and the
    /// project alone tell, since what comes from other columns changes with their tables' versions.
    /// </summary>
    /// <param name="present">The table.</param>
    /// <param name="isMadeAnew">Whether all its rows are of one batch.</param>
    public bool IsDue(TableSnapshot present, bool isMadeAnew)
    {
        foreach (var field in present.Fields)
        {
            var column = Columns.FirstOrDefault(c => c.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
            if (column?.Tags
                .Any(tag => ColumnTag.MayPut(field.Metadata, ColumnTag.Prefix + tag, ColumnTag.Stated)) is true)
                return true;
            foreach (var (key, value) in field.Metadata)
                if (ColumnTag.IsOfRuns(key, value) && IsStray(column, key, value, isMadeAnew)) return true;
        }
        return false;
    }

    static bool IsStray(ColumnDefinition? column, string key, string value, bool isMadeAnew)
    {
        if (key.StartsWith(ColumnTag.ReleasePrefix, StringComparison.Ordinal))
            return PropagatedTags.ReleaseOf(column, key[ColumnTag.ReleasePrefix.Length..]) != value;
        var tag = key[ColumnTag.Prefix.Length..];
        return value == ColumnTag.Stated
            ? isMadeAnew && column?.Tags.Contains(tag, StringComparer.Ordinal) is not true
            : PropagatedTags.ReleaseOf(column, tag) is not null;
    }

    async Task<bool> HasTaggedInputsAsync(Model model, CancellationToken cancellationToken)
    {
        foreach (var reference in model.References)
        {
            if (await context.Lake.Catalog.FindAsync(reference.Table, cancellationToken) is not { } definition)
                continue;
            if (definition.Kind is DefinitionKind.View) return true;
            if ((await FieldsAsync(reference.Table, cancellationToken)).Any(field => ColumnTag.Of(field).Count > 0))
                return true;
        }
        return false;
    }

    /// <returns>
    /// Whether all is known of what the columns are made from; else each has all tags that are among it.
    /// </returns>
    async Task<bool> InheritAsync(
        Model model, IReadOnlyList<Field> columns, ProjectLineage lineage, ColumnTagMap found,
        CancellationToken cancellationToken)
    {
        var made = await lineage.FindAsync(model, columns, cancellationToken);
        if (made.Error is not null)
        {
            var all = await AllInputsAsync(model, cancellationToken);
            foreach (var field in columns) await AddAsync(field, all);
            return false;
        }
        foreach (var column in made.Columns)
            // What a program makes its columns from is known where it says so; else it may be anything.
            await AddAsync(
                column.Field,
                model.Program is not null && column.Inputs.Count == 0
                    ? await AllInputsAsync(model, cancellationToken)
                    : column.Inputs.Where(input => CarriesValues(input.Transformation))
                        .Select(input => (input.Table, input.Column)));
        return true;

        async Task AddAsync(Field field, IEnumerable<(TableName Table, string Column)> inputs)
        {
            var definition = Columns.FirstOrDefault(c => c.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
            foreach (var input in inputs)
                foreach (var tag in await TagsAsync(lineage, input, cancellationToken))
                    if (PropagatedTags.ReleaseOf(definition, tag) is { } reason)
                        found.Add(field.Name, ColumnTag.ReleasePrefix + tag, reason);
                    else found.Add(
                        field.Name, ColumnTag.Prefix + tag, $"{ColumnTag.InheritedPrefix}{input.Table}.{input.Column}");
        }
    }

    /// <summary>
    /// Whether something of a column's values is in what is made from it, and not only in which rows there are.
    /// </summary>
    static bool CarriesValues(Transformation transformation) =>
        transformation is Transformation.Identity or Transformation.Transformation or Transformation.Aggregation
            or Transformation.Conditional;

    /// <summary>The columns of all stored tables that a model reads, through views and ephemeral models too.</summary>
    async Task<IReadOnlyList<(TableName Table, string Column)>> AllInputsAsync(
        Model model, CancellationToken cancellationToken)
    {
        var all = new List<(TableName, string)>();
        foreach (var table in model.References.Select(reference => reference.Table).Distinct())
            await AddColumnsAsync(table, all, [], cancellationToken);
        return all;
    }

    async Task AddColumnsAsync(
        TableName table, List<(TableName Table, string Column)> all, HashSet<TableName> seen,
        CancellationToken cancellationToken)
    {
        if (!seen.Add(table)) return;
        if (await context.Lake.Catalog.FindAsync(
            table, cancellationToken) is { Kind: DefinitionKind.View, Sql: { } sql })
            foreach (var read in context.Reads.TablesIn(sql, cancellationToken))
                await AddColumnsAsync(read, all, seen, cancellationToken);
        else all.AddRange((await FieldsAsync(table, cancellationToken)).Select(field => (table, field.Name)));
    }

    /// <summary>
    /// The tags of a column: of a stored table its own, of a view or an ephemeral model those of what it is made from.
    /// </summary>
    async Task<IReadOnlyList<string>> TagsAsync(
        ProjectLineage lineage, (TableName Table, string Column) column, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(column, out var tags)) return tags;
        known[column] = [];
        if (await context.Lake.Catalog.FindAsync(column.Table, cancellationToken) is { Kind: DefinitionKind.Table })
        {
            var field = (await FieldsAsync(column.Table, cancellationToken))
                .FirstOrDefault(field => field.Name.Equals(column.Column, StringComparison.OrdinalIgnoreCase));
            return known[column] = field is null
                ? []
                : [.. ColumnTag.Of(field).Where(tag => !ColumnTag.IsRelease(tag))];
        }
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var inputs = (await lineage.FindAsync(column.Table, cancellationToken)).Find(column.Column)?.Inputs ?? [];
        foreach (var input in inputs.Where(input => CarriesValues(input.Transformation)))
            found.UnionWith(await TagsAsync(lineage, (input.Table, input.Column), cancellationToken));
        return known[column] = [.. found];
    }

    async Task<IReadOnlyList<Field>> FieldsAsync(TableName table, CancellationToken cancellationToken) =>
        await context.Lake.Catalog.FindAsync(table, cancellationToken) is { Kind: DefinitionKind.Table } definition
            ? (await context.Lake.Tables.Open(definition.Location!, table).FindLatestAsync(cancellationToken))?.Fields
                ?? []
            : [];
}
