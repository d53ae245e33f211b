using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>What a model would read now: the tables at their newest versions, through views.</summary>
/// <param name="Fingerprint">
/// A hash of the model's definition and of the views that it reads; without its checks, which make no other rows, where
/// it goes on with new rows.
/// </param>
/// <param name="Tables">The tables, by name in the lake.</param>
sealed record ModelPlan(string Fingerprint, ImmutableSortedDictionary<string, TableInput> Tables)
{
    /// <summary>The tables whose files were only rearranged since the last batch.</summary>
    public ImmutableHashSet<string> Rearranged { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>Whether the table is made again from all rows.</summary>
    public bool MakesAgain { get; init; }

    /// <summary>
    /// The table for which it is, as its log no longer has what came since the last batch; null for none.
    /// </summary>
    public TableName? Lost { get; init; }

    /// <summary>Whether the model limits its batches, and more is new than this one reads.</summary>
    public bool LeavesRows { get; init; }

    /// <summary>The tables and views that were looked at, directly or through views.</summary>
    public IReadOnlyList<TableName> Seen { get; init; } = [];

    /// <summary>Plans a model.</summary>
    /// <param name="reads">What the lake has.</param>
    /// <param name="model">The model.</param>
    /// <param name="last">The last batch that is done; null to read from the beginning.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A table that it reads is not there.</exception>
    public static async Task<ModelPlan> OfAsync(
        LakeReads reads, Model model, StepManifest? last, CancellationToken cancellationToken)
    {
        var tables = ImmutableSortedDictionary.CreateBuilder<string, TableInput>(StringComparer.OrdinalIgnoreCase);
        var definition = new StringBuilder(Describe(model));
        var rearranged = ImmutableHashSet.CreateBuilder<string>(StringComparer.OrdinalIgnoreCase);
        var seen = new List<TableName>();
        var batched = new List<BatchedTable>();
        var (leavesRows, makesAgain) = (false, false);
        TableName? lost = null;
        foreach (var reference in model.References.Where(r =>
            r is { IsOrderOnly: false, Kind: not ReferenceKind.Self }))
        {
            foreach (var table in await ReadByAsync(reads, reference.Table, definition, seen, cancellationToken))
            {
                // What a view shows of the platform's records is not what it is made from.
                if (JournalTables.Contains(table) && model.Materialization is Materialization.View) continue;
                var snapshot = await reads.FindLatestAsync(table, cancellationToken);
                if (snapshot is null && JournalTables.Contains(table)) continue;
                if (snapshot is null) throw StepNameResolver.Missing(table);
                var before = reference.IsStream && last is not null
                    ? ReadBefore(model, last, table, snapshot.Id)
                    : null;
                var copy = snapshot.Properties.GetValueOrDefault(ChangeColumns.CopiedProperty);
                // The rows of a copy may have come after changes that are newer.
                var isAgain = model.NeedsOrder && before is not null && before.Copy != copy;
                makesAgain |= isAgain;
                var from = isAgain ? null : before?.Version;
                // The same table may be read by STREAM and by a view.
                if (!reference.IsStream && tables.ContainsKey(table.ToString())) continue;
                var to = from is { } since && model.Trigger is { Limit: { IsNone: false } limit }
                    ? await (await reads.Lake.OpenTableAsync(table, cancellationToken))
                        .LastFittingAsync(since, snapshot.Version, limit.RowsMax, limit.BytesMax, cancellationToken)
                    : snapshot.Version;
                leavesRows |= to < snapshot.Version;
                tables[table.ToString()] = new(to, from) { Id = snapshot.Id, Copy = copy };
                if (await BatchedTable.OfAsync(reads.Lake, table, snapshot, cancellationToken) is { } known)
                    batched.Add(known);
                if (last is null || !(VersionIn(last, table.ToString(), snapshot.Id) is { } read)
                    || read >= snapshot.Version)
                    continue;
                var changes = await (await reads.Lake.OpenTableAsync(table, cancellationToken))
                    .HasChangesSinceAsync(read, snapshot.Version, cancellationToken);
                if (changes is false) rearranged.Add(table.ToString());
                else if (changes is null && from is not null) lost = table;
            }
        }
        if (lost is not null && model.CanReadAgain)
            return await OfAsync(reads, model, last: null, cancellationToken) with { MakesAgain = true, Lost = lost };
        foreach (var (table, version) in await reads.Lake.Batches.AlignAsync(batched, cancellationToken))
        {
            var input = tables[$"{table}"];
            var isNewer = version > input.Version;
            // More than that is left for the next batch, and what was read before is not taken back.
            if (isNewer && leavesRows) continue;
            tables[$"{table}"] = input with { Version = Math.Max(version, input.FromVersion ?? 0) };
            if (isNewer) rearranged.Remove($"{table}");
        }
        return new(Hash(definition.ToString()), tables.ToImmutable())
        {
            Rearranged = rearranged.ToImmutable(), Seen = seen, LeavesRows = leavesRows, MakesAgain = makesAgain,
        };
    }

    /// <summary>Whether a batch has read all of this already.</summary>
    public bool IsDoneBy(Model model, StepManifest last)
    {
        if (model.ReadsNewRows)
            return model.References.Where(r => r.IsStream).Select(r => r.Table.ToString())
                .All(name => IsReadBy(last, name, Tables.GetValueOrDefault(name)));
        return Fingerprint == last.Fingerprint && ReadsSameRows(last)
            && (last.Rendered is null || last.Rendered == RenderedOf(model) || model.FeedsItself);
    }

    /// <summary>A hash of the text that a template which asks the lake gave; null of a model without one.</summary>
    public static string? RenderedOf(Model model) => model.Template is null ? null : Hash(model.Sql);

    /// <summary>Whether the tables that are read whole have the rows that a batch read.</summary>
    public bool ReadsSameRows(StepManifest last) => Tables.Count == last.Tables.Count
        && Tables.All(table => IsReadBy(last, table.Key, table.Value));

    bool IsReadBy(StepManifest manifest, string name, TableInput? input) =>
        VersionIn(manifest, name, input?.Id) == input?.Version || Rearranged.Contains(name);

    /// <summary>
    /// The version of a table that a batch read; null where it read none, or another table of the name.
    /// </summary>
    static long? VersionIn(StepManifest manifest, string name, string? id) =>
        manifest.Tables.GetValueOrDefault(name) is { } input && (id is null || !input.IsOfOther(id))
            ? input.Version
            : null;

    /// <summary>
    /// Returns what the last batch read of a table whose new rows are needed; null if it did not read the table.
    /// </summary>
    static TableInput? ReadBefore(Model model, StepManifest last, TableName table, string id)
    {
        // A table that was promoted has another name, and is the same.
        if (last.Tables.Values.FirstOrDefault(input => input.Id == id) is { } same) return same;
        var named = last.Tables.GetValueOrDefault(table.ToString());
        var isSameText = last.Definition?.Sql is { } sql && sql == model.Sql;
        if (named is null ? !isSameText : !named.IsOfOther(id)) return named;
        throw new FozException(
            ErrorKind.Data,
            $"{table} is not the table whose rows batch {last.Batch} of {model.Name} read: "
                + "its new rows are unknown")
        {
            Place = model.Place,
            Hint = $"foz run {model.Name} --full-refresh rebuilds it from all rows",
        };
    }

    /// <summary>
    /// Returns the tables that a name reads. Adds the SELECTs of the views on the way to <paramref name="definition"/>,
    /// and the names of all of them to <paramref name="seen"/>.
    /// </summary>
    static async Task<IReadOnlyList<TableName>> ReadByAsync(
        LakeReads reads, TableName name, StringBuilder definition, List<TableName> seen,
        CancellationToken cancellationToken)
    {
        seen.Add(name);
        if (await reads.FindAsync(name, cancellationToken) is not { Kind: DefinitionKind.View, Sql: { } sql })
            return [name];
        definition.Append('\n').Append(name).Append('\n').Append(sql);
        var tables = new List<TableName>();
        foreach (var table in reads.TablesIn(sql, cancellationToken))
            tables.AddRange(await ReadByAsync(reads, table, definition, seen, cancellationToken));
        return tables;
    }

    /// <summary>All of a model's definition that decides about its rows.</summary>
    public static string Describe(Model model)
    {
        var text = new StringBuilder(model.Definition ?? model.Sql).Append('\n').Append(model.Materialization.Name);
        foreach (var inlined in model.References.Select(r => r.Inlined).OfType<SqlBody>())
            text.Append('\n').Append(inlined.Text);
        text.AppendJoin(',', model.Materialization.PartitionBy);
        if (model.Materialization.ClusterBy is { Count: > 0 } clusterBy)
            text.Append("\ncluster ").AppendJoin(',', clusterBy);
        if (model.Materialization.Strategy is { } strategy) Describe(strategy, text);
        foreach (var (column, value, _) in model.UnknownMember)
            text.Append("\nunknown ").Append(column).Append(' ').Append(value);
        foreach (var rule in model.Clean)
            text.Append('\n').Append(rule.Name).Append(' ').AppendJoin(',', rule.Columns).Append(' ')
                .Append(rule.Signature);
        if (model.ReadsNewRows) return text.ToString();
        foreach (var check in model.Checks) text.Append('\n').Append(check.Fingerprint);
        return text.ToString();
    }

    static void Describe(IncrementalStrategy strategy, StringBuilder text)
    {
        text.Append('\n').Append(strategy.Name);
        switch (strategy)
        {
            case IncrementalStrategy.Merge merge:
                text.AppendJoin(',', merge.UniqueKey).Append(';').AppendJoin(',', merge.UpdateColumns)
                    .AppendJoin('\n', merge.Predicates);
                if (merge.SequenceBy is { } sequence) text.Append("\nsequence ").Append(sequence);
                if (merge.ExcludeColumns.Count > 0) text.Append("\nexcept ").AppendJoin(',', merge.ExcludeColumns);
                break;
            case IncrementalStrategy.DeleteInsert replace:
                text.AppendJoin(',', replace.UniqueKey).Append(';').AppendJoin('\n', replace.Predicates);
                break;
            case IncrementalStrategy.Microbatch microbatch:
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{microbatch.EventTime} {microbatch.Begin:O} {microbatch.BatchSize}");
                break;
            case IncrementalStrategy.Cdc cdc:
                text.AppendJoin(',', cdc.FindsKeys ? [] : cdc.Keys).Append(';')
                    .AppendJoin(',', cdc.SequenceBy).Append(';').AppendJoin(',', cdc.Columns).Append(';')
                    .AppendJoin(',', cdc.ExceptColumns).Append(';')
                    .AppendJoin(',', cdc.TrackedColumns).Append(';').AppendJoin(',', cdc.UntrackedColumns)
                    .Append(
                        CultureInfo.InvariantCulture,
                        $";{cdc.IgnoresNullUpdates};{cdc.KeepsHistory};{cdc.FromSnapshot}")
                    .Append("\ndelete ").Append(cdc.DeleteWhen).Append("\ntruncate ").Append(cdc.TruncateWhen);
                break;
            case IncrementalStrategy.Scd2 history:
                text.AppendJoin(',', history.UniqueKey).Append(';').AppendJoin(',', history.Columns.Names)
                    .Append(CultureInfo.InvariantCulture, $";{history.EndsDeleted};")
                    .Append((history as IncrementalStrategy.Scd2ByTime)?.UpdatedAt)
                    .AppendJoin(',', (history as IncrementalStrategy.Scd2ByColumn)?.CheckColumns ?? []);
                if (history.ValidToCurrent is { } lasting) text.Append("\nlasts until ").Append(lasting);
                break;
        }
    }

    static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
