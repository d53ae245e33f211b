using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Tables.Merging;

/// <summary>
/// Changes a table by keys in two steps: reads the rows that have some keys, and puts others in their place once it is
/// known which. Both see one version of the table.
/// </summary>
public sealed class KeySync
{
    const string Wanted = "foz_wanted", Removed = "foz_removed";

    readonly EngineSession session;
    readonly LakeTable table;
    readonly TableChange change;
    readonly IReadOnlyList<EngineColumn> columns;
    readonly IReadOnlyList<StructField> keys;
    readonly bool isReplaced;
    IReadOnlyList<AddFile> files = [];

    KeySync(
        EngineSession session, LakeTable table, TableChange change, IReadOnlyList<EngineColumn> columns,
        KeySyncOptions options)
    {
        (this.session, this.table, this.change, this.columns) = (session, table, change, columns);
        isReplaced = options.IsReplaced;
        keys = [.. options.Keys.Select(key => change.Target.Schema.Columns.Find(key) ?? throw new FozException(
            ErrorKind.NotFound, $"{table.Name} has no column '{key}', which is one of its keys"))];
    }

    /// <summary>Gets the version that is changed; null where there is none, or all of it is replaced.</summary>
    public TableSnapshot? Present => isReplaced ? null : change.Present;

    /// <summary>Gets the change.</summary>
    public TableChange Change => change;

    /// <summary>Gets whether readers of the table are told what rows were, so that these must be read.</summary>
    public bool TellsRows => Present is not null && (change.TellsChanges || change.Tracked is not null);

    /// <summary>Begins the change of a table; makes the table if there is none.</summary>
    /// <param name="session">
    /// The session; its temporary tables <c>foz_wanted</c> and <c>foz_removed</c> are replaced.
    /// </param>
    /// <param name="table">The table.</param>
    /// <param name="select">A SELECT whose columns the table takes in; no row of it is written.</param>
    /// <param name="options">The keys, and how rows are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The columns do not fit the table, or it has no such keys.</exception>
    public static async Task<KeySync> BeginAsync(
        EngineSession session, LakeTable table, string select, KeySyncOptions options,
        CancellationToken cancellationToken)
    {
        table.ReachedBy(session);
        var present = await table.FindLatestAsync(cancellationToken);
        var given = new TableWriter(session).Describe(select, present, cancellationToken);
        var target = present is null || options.IsReplaced
            ? TargetSchema.Replace(present, given, options.Write, table.Name)
            : TargetSchema.Evolve(present, given, options.Write);
        var operation = options.IsReplaced ? TableOperation.Overwrite : TableOperation.Merge(options.Keys);
        return new(session, table, new(table, present, target, options.Write, operation), given, options);
    }

    /// <summary>Finds the rows that have some keys, and does not read them.</summary>
    /// <param name="source">What has the keys by their names, as FROM takes it.</param>
    /// <param name="rows">How many rows that has at most.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Where they are; null where there are none.</returns>
    public async Task<RowAddresses?> FindAsync(string source, long rows, CancellationToken cancellationToken)
    {
        if (Present is null || rows == 0) return null;
        var wanted = $"(SELECT {WantedKeys} FROM {source})";
        var candidates = change.Read(
            MergeKeys.Of(keys.Select(key => new MergeKey(key, key.Name)))
                .Range(session, wanted, cancellationToken, rows));
        if (candidates.Count == 0) return null;
        if (FindLookup(rows, candidates) is { } lookup
            && await lookup.FindAsync(candidates, wanted, key => key.Name, cancellationToken) is { } known)
            return known;
        using var all = await TableScan.OpenAsync(
            session, Present, candidates, withAddresses: true, cancellationToken);
        var found = new RowAddresses(Present, candidates);
        found.Add(
            session,
            $"SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM {all.Sql} AS t SEMI JOIN {wanted} AS w "
                + $"USING ({SqlText.Identifiers(keys.Select(key => key.Name))})",
            cancellationToken);
        return found;
    }

    /// <summary>Removes rows that were found, and adds others; not where <see cref="TellsRows"/> is true.</summary>
    /// <param name="select">The rows to add, with columns of the SELECT that the change began with.</param>
    /// <param name="updated">The rows in whose places they come; null for none.</param>
    /// <param name="deleted">The rows that go without others in their places; null for none.</param>
    /// <param name="identity">The columns by which an added row takes the place of a removed one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A statement failed.</exception>
    public Task<TableChange> ReplaceAsync(
        string select, RowAddresses? updated, RowAddresses? deleted, IReadOnlyList<string> identity,
        CancellationToken cancellationToken)
    {
        if (Present is not { } present) return ApplyAsync(select, removed: null, identity, cancellationToken);
        return change.FillAsync(async () =>
        {
            var rows = TableWriter.Project(change.Target, columns, select);
            change.MergedBy = identity;
            var removed = new RowAddresses(present, []);
            foreach (var found in new[] { updated, deleted }.OfType<RowAddresses>()) removed.Add(found);
            var added = new ChangedRows(rows, removed.Count == 0 ? RowChange.Insert : RowChange.Update);
            await change.ApplyAsync(
                session, new(removed, Replaced: null, added) { JoinsLeft = true }, cancellationToken);
            Count(updated?.Count ?? 0, deleted?.Count ?? 0);
        });
    }

    /// <summary>
    /// Puts the rows that have some keys into a temporary table, with the columns that the table has after the change,
    /// and with what <see cref="ApplyAsync"/> needs to remove them.
    /// </summary>
    /// <param name="into">The name of the temporary table.</param>
    /// <param name="source">What has the keys by their names, as FROM takes it; null for all rows.</param>
    /// <param name="names">The columns to read besides the keys; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task ReadAsync(
        string into, string? source, IReadOnlyList<string>? names, CancellationToken cancellationToken)
    {
        var range = Predicate.True;
        if (source is not null)
        {
            session.Execute(
                $"CREATE OR REPLACE TEMP TABLE {Wanted} AS SELECT DISTINCT {WantedKeys} FROM {source}",
                cancellationToken);
            range = MergeKeys.Of(keys.Select(key => new MergeKey(key, key.Name)))
                .Range(session, Wanted, cancellationToken);
        }
        files = Present is null ? [] : change.Read(range);
        using var rows = await OpenAsync(source is not null, cancellationToken);
        var some = source is null
            ? ""
            : $" AS t SEMI JOIN {Wanted} AS w USING ({SqlText.Identifiers(keys.Select(key => key.Name))})";
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {into} AS SELECT {Columns(names)} FROM {rows.Sql}{some}",
            cancellationToken);
    }

    /// <summary>Adds the rows for which a condition holds to a temporary table that has those of some keys.</summary>
    /// <param name="into">The name of the temporary table, which <see cref="ReadAsync"/> made with all columns.</param>
    /// <param name="condition">A SQL condition over the table's columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task ReadMoreAsync(string into, string condition, CancellationToken cancellationToken)
    {
        if (Present is null) return;
        var more = change.Read(ConditionPruning.Of(session, Present, new(condition), cancellationToken));
        if (more.Count == 0) return;
        files = [.. files.Union(more)];
        using var rows = await TableScan.OpenAsync(
            session, Present, more, withAddresses: true, cancellationToken, new() { Tracked = change.Tracked });
        session.Execute(
            $"INSERT INTO {into} SELECT {Columns(names: null)} FROM {rows.Sql} AS t WHERE ({condition}\n) "
                + $"AND ({TableScan.FileColumn}, {TableScan.RowColumn}) NOT IN "
                + $"(SELECT ({TableScan.FileColumn}, {TableScan.RowColumn}) FROM {into})",
            cancellationToken);
    }

    /// <summary>Removes rows, and adds others.</summary>
    /// <param name="select">The rows to add, with columns of the SELECT that the change began with.</param>
    /// <param name="removed">
    /// A SELECT of all columns of rows that <see cref="ReadAsync"/> gave: those to remove; null for none.
    /// </param>
    /// <param name="identity">The columns by which an added row takes the place of a removed one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A statement failed.</exception>
    public Task<TableChange> ApplyAsync(
        string select, string? removed, IReadOnlyList<string> identity, CancellationToken cancellationToken) =>
        change.FillAsync(async () =>
        {
            var rows = TableWriter.Project(change.Target, columns, select);
            change.MergedBy = identity;
            if (change.Present is null || isReplaced || removed is null)
            {
                await change.AddAsync(session, new ChangedRows(rows, RowChange.Insert), cancellationToken);
                if (isReplaced && change.Present is not null) await change.RemoveAllAsync(session, cancellationToken);
                return;
            }
            session.Execute($"CREATE OR REPLACE TEMP TABLE {Removed} AS {removed}", cancellationToken);
            var addresses = new RowAddresses(change.Present, files);
            addresses.Add(
                session, $"SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM {Removed}", cancellationToken);
            await ReplaceAsync(rows, addresses, identity, cancellationToken);
        });

    async Task ReplaceAsync(
        string rows, RowAddresses removed, IReadOnlyList<string> identity, CancellationToken cancellationToken)
    {
        var same = string.Join(" AND ", identity.Select(name =>
            $"s.{SqlText.Identifier(PhysicalOf(name))} = r.{SqlText.Identifier(name)}"));
        var id = change.Tracked is null ? "" : $", r.{TrackedRows.RowId}";
        var isTold = removed.Count > 0 && (change.TellsChanges || change.Tracked is not null);
        var parts = isTold
            ? (ChangedRows[])
            [
                new($"SELECT s.*{id} FROM ({rows}\n) AS s JOIN {Removed} AS r ON {same}", RowChange.Update),
                new($"SELECT s.* FROM ({rows}\n) AS s ANTI JOIN {Removed} AS r ON {same}", RowChange.Insert),
            ]
            : [new(rows, removed.Count == 0 ? RowChange.Insert : RowChange.Update)];
        await change.ApplyAsync(session, new(removed, Replaced(), parts), cancellationToken);
        var updated = removed.Count == 0 ? 0 : session.QueryScalar<long>(
            $"SELECT count(*) FROM ({rows}\n) AS s SEMI JOIN {Removed} AS r ON {same}", cancellationToken);
        Count(updated, removed.Count - updated);

        // Rows that go without another one in their place are deleted ones in a change data feed.
        RowAddresses Replaced()
        {
            if (!isTold) return removed;
            var replaced = new RowAddresses(change.Present!, files);
            replaced.Add(
                session,
                $"SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM {Removed} AS r "
                    + $"SEMI JOIN ({rows}\n) AS s ON {same}",
                cancellationToken);
            return replaced;
        }
    }

    async Task<TableRelation> OpenAsync(bool hasKeys, CancellationToken cancellationToken)
    {
        if (Present is null)
            return await TableScan.OpenAsync(
                session, change.Preview(), [], withAddresses: true, cancellationToken,
                new() { Tracked = change.Tracked });
        if (hasKeys && files.Count > 0
            && FindLookup(
                session.QueryScalar<long>($"SELECT count(*) FROM {Wanted}", cancellationToken), files) is { } lookup
            && await lookup.FindAsync(files, Wanted, key => key.Name, cancellationToken) is { } found)
            return await TableScan.OpenAsync(
                session, Present, found.Files, withAddresses: true, cancellationToken,
                new() { FilterOf = file => ScanOptions.Only(found.RowsOf(file)), Tracked = change.Tracked });
        return await TableScan.OpenAsync(
            session, Present, files, withAddresses: true, cancellationToken, new() { Tracked = change.Tracked });
    }

    /// <summary>The lookup; null also where a key takes a wider type, in which its values are other texts.</summary>
    KeyLookup? FindLookup(long rows, IReadOnlyList<AddFile> candidates) =>
        KeyLookup.Find(session, table, Present!, keys, rows, candidates);

    void Count(long updated, long deleted)
    {
        change.Counted.SourceRows = change.RowsAdded;
        change.Counted.MatchedUpdated = updated;
        change.Counted.MatchedDeleted = deleted;
    }

    /// <summary>The keys of what has them, with the types of the table's.</summary>
    string WantedKeys => string.Join(", ", keys.Select(key =>
        $"CAST({Quote(key)} AS {PhysicalColumns.LogicalTypeName(key.Type)}) AS {Quote(key)}"));

    string Columns(IReadOnlyList<string>? names)
    {
        var wanted = names is null
            ? change.Target.Schema.Columns.Fields
            : change.Target.Schema.Columns.Fields.Where(field =>
                keys.Contains(field) || names.Contains(field.Name, StringComparer.OrdinalIgnoreCase));
        var own = wanted.Select(field =>
        {
            var value = Present is not null && Present.Schema.Columns.Find(field.Name) is null
                ? "NULL"
                : Quote(field);
            return $"CAST({value} AS {PhysicalColumns.LogicalTypeName(field.Type)}) AS {Quote(field)}";
        });
        IEnumerable<string> places = [TableScan.FileColumn, TableScan.RowColumn];
        if (change.Tracked is not null) places = places.Append(TrackedRows.RowId);
        return string.Join(", ", own.Concat(places));
    }

    string PhysicalOf(string name)
    {
        var schema = change.Target.Schema;
        return schema.Columns.Find(name)!.PhysicalName(schema.Mapping);
    }

    static string Quote(StructField field) => SqlText.Identifier(field.Name);
}

/// <summary>How rows are changed by keys.</summary>
public sealed record KeySyncOptions
{
    /// <summary>Gets the columns by which rows are found; they are never NULL.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>Gets whether all that the table has is replaced, its columns too.</summary>
    public bool IsReplaced { get; init; }

    /// <summary>Gets how rows are written.</summary>
    public WriteOptions Write { get; init; } = new();
}
