using Foz.Delta.Log;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Tables.Merging;

/// <summary>Writes rows in the place of those that have equal keys, once.</summary>
/// <param name="writer">What writes; its session's temporary table <c>foz_source</c> is replaced.</param>
/// <param name="table">The table.</param>
/// <param name="select">The rows.</param>
/// <param name="options">The keys, and how rows are written.</param>
sealed class KeyMerge(TableWriter writer, LakeTable table, string select, MergeOptions options)
{
    const string Source = TableWriter.Source;

    readonly EngineSession session = writer.Session;

    /// <summary>Puts the newest row of each key in the place of all that the table has.</summary>
    public async Task<TableChange> OverwriteAsync(CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        var columns = writer.Describe(select, present, cancellationToken);
        var target = TargetSchema.Replace(present, columns, options.Write, table.Name);
        var change = new TableChange(table, present, target, options.Write, TableOperation.Overwrite);
        var merge = new MergeStatement(session, target.Schema, Source, options);
        var rows = TableWriter.Project(target, columns, select);
        return await change.FillAsync(async () =>
        {
            if (options.SequenceBy is not null)
            {
                session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {rows}", cancellationToken);
                rows = merge.Newest();
            }
            await AddKeyedAsync(change, merge, rows, cancellationToken);
            await change.RemoveAllAsync(session, cancellationToken);
        });
    }

    /// <summary>Adds rows in the place of the ones that have equal keys.</summary>
    public async Task<TableChange> MergeAsync(CancellationToken cancellationToken)
    {
        var operation = TableOperation.Merge(options.Keys);
        var (change, source) = await writer.BeginAsync(table, select, options.Write, operation, cancellationToken);
        var merge = new MergeStatement(session, change.Target.Schema, Source, options);
        if (change.Present is null && options.SequenceBy is null)
            return await change.FillAsync(() => AddKeyedAsync(change, merge, source, cancellationToken));
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {source}", cancellationToken);
        if (options.SequenceBy is not null)
            session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {merge.Newest()}", cancellationToken);
        (var sourceRows, change.RowsWithoutKey) = merge.Count(Source, cancellationToken);
        change.Counted.SourceRows = sourceRows;
        var files = merge.Candidates(change, cancellationToken);
        var lookup = files.Count > 0 && merge.ReplacesAll
            ? KeyLookup.Find(session, table, change.Present!, merge.Keys, sourceRows, files)
            : null;
        // Rows that were there before the column came are older than all that have it.
        if (options.SequenceBy is { } sequence && files.Count > 0
            && change.Present!.Schema.Columns.Find(sequence) is not null)
            await TakeOlderOutAsync(change, merge, lookup, files, cancellationToken);
        var replaced = lookup is null
            ? null
            : await lookup.FindAsync(files, Source, merge.NameInSource, cancellationToken);
        if (lookup is not { MayRepeat: false })
            merge.CheckKeys(Source, static _ => null, table.Name, cancellationToken);
        change.MergedBy = options.Keys;
        return await change.FillAsync(() => replaced is null
            ? ReplaceByJoinAsync(change, merge, files, cancellationToken)
            : ReplaceAsync(change, merge, replaced, merge.InsertedRows(), cancellationToken));
    }

    /// <summary>Rows that meet no others are written as they come, and their keys are looked up in the files.</summary>
    async Task AddKeyedAsync(
        TableChange change, MergeStatement merge, string rows, CancellationToken cancellationToken)
    {
        await change.AddAsync(session, new ChangedRows(rows, RowChange.Insert), cancellationToken);
        change.Counted.SourceRows = change.RowsAdded;
        change.MergedBy = [.. merge.Keys.Select(key => key.Name)];
        var hasNulls = merge.Keys.Any(key => change.NullsWritten(key.Name) is not 0);
        if (change.RowsAdded < 2 && !hasNulls) return;
        using var written = await change.PreviewNewRows().OpenAsync(session, filter: null, cancellationToken);
        var keys = $"(SELECT {merge.KeysOf("w")} FROM {written.Sql} AS w)";
        if (hasNulls) change.RowsWithoutKey = merge.Count(keys, cancellationToken).WithoutKey;
        merge.CheckKeys(keys, change.RangeWritten, table.Name, cancellationToken);
    }

    /// <summary>Removes source rows that are older than the table's row of the same key.</summary>
    async Task TakeOlderOutAsync(
        TableChange change, MergeStatement merge, KeyLookup? lookup, IReadOnlyList<AddFile> files,
        CancellationToken cancellationToken)
    {
        var found = lookup is null
            ? null
            : await lookup.FindAsync(files, Source, merge.NameInSource, cancellationToken);
        if (found is { Count: 0 }) return;
        using var old = found is null
            ? await TableScan.OpenAsync(session, change.Present!, files, withAddresses: true, cancellationToken)
            : await found.OpenAsync(session, cancellationToken);
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {merge.NotOlder(old)}", cancellationToken);
    }

    /// <summary>Adds rows, and takes all rows away that have equal keys.</summary>
    public async Task<TableChange> ReplaceKeysAsync(CancellationToken cancellationToken)
    {
        var operation = TableOperation.ReplaceByKeys(options.Keys);
        var (change, source) = await writer.BeginAsync(table, select, options.Write, operation, cancellationToken);
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {source}", cancellationToken);
        var merge = new MergeStatement(session, change.Target.Schema, Source, options);
        change.Counted.SourceRows = session.QueryScalar<long>($"SELECT count(*) FROM {Source}", cancellationToken);
        var rows = new ChangedRows(merge.InsertedRows(), RowChange.Insert);
        return await change.FillAsync(async () =>
        {
            var files = merge.Candidates(change, cancellationToken);
            if (files.Count == 0)
            {
                await change.AddAsync(session, rows, cancellationToken);
                return;
            }
            var lookup = merge.ReplacesAll && !options.IsByPartition
                ? KeyLookup.Find(session, table, change.Present!, merge.Keys, change.Counted.SourceRows, files)
                : null;
            var deleted = lookup is null
                ? null
                : await lookup.FindAsync(files, Source, merge.NameInSource, cancellationToken);
            await change.ApplyAsync(
                session,
                new(deleted ?? await FindByJoinAsync(change, merge, files, cancellationToken), Replaced: null, rows),
                cancellationToken);
        });
    }

    async Task<RowAddresses> FindByJoinAsync(
        TableChange change, MergeStatement merge, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        using var candidates = await TableScan.OpenAsync(
            session, change.Present!, files, withAddresses: true, cancellationToken);
        var found = new RowAddresses(change.Present!, files);
        found.Add(session, merge.FindRows(candidates), cancellationToken);
        return found;
    }

    async Task ReplaceByJoinAsync(
        TableChange change, MergeStatement merge, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        if (files.Count == 0)
        {
            await change.AddAsync(session, new ChangedRows(merge.InsertedRows(), RowChange.Insert), cancellationToken);
            return;
        }
        using var candidates = await TableScan.OpenAsync(
            session, change.Present!, files, withAddresses: true, cancellationToken);
        var replaced = new RowAddresses(change.Present!, files);
        replaced.Add(session, merge.FindRows(candidates), cancellationToken);
        await ReplaceAsync(
            change, merge, replaced, merge.InsertedRows(candidates, change.Present!.Schema), cancellationToken);
    }

    async Task ReplaceAsync(
        TableChange change, MergeStatement merge, RowAddresses replaced, string rows,
        CancellationToken cancellationToken)
    {
        change.Counted.MatchedUpdated = replaced.Count;
        if (replaced.Count == 0 || (!change.TellsChanges && change.Tracked is null))
        {
            var all = new ChangedRows(rows, replaced.Count == 0 ? RowChange.Insert : RowChange.Update);
            await change.ApplyAsync(session, new(replaced, replaced, all), cancellationToken);
            return;
        }
        // The key alone does not say which of the rows are new.
        using var old = await replaced.OpenAsync(session, cancellationToken, change.Tracked);
        await change.ApplyAsync(
            session,
            new(
                replaced, replaced,
                new ChangedRows(merge.Matched(rows, old, change.Tracked is not null), RowChange.Update),
                new ChangedRows(merge.Unmatched(rows, old), RowChange.Insert)),
            cancellationToken);
    }
}
