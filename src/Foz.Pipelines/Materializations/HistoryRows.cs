using System.Globalization;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// The versions that rows add to a history: new ones, and existing ones whose end changes. They are merged by key and
/// beginning, so that a history is one table of versions, changed by one commit.
/// </summary>
/// <param name="session">The session that runs the SELECT; its temporary table <c>foz_versions</c> is replaced.</param>
/// <param name="model">The model.</param>
/// <param name="strategy">How versions are distinguished.</param>
/// <param name="name">The table, for messages.</param>
sealed class HistoryRows(EngineSession session, Model model, IncrementalStrategy.Scd2 strategy, string name)
{
    const string Versions = "foz_versions";
    const string From = "foz_from";
    const string To = "foz_to";
    const string Gone = "foz_gone";
    const string IsNew = "foz_new";

    readonly HistoryColumns columns = strategy.Columns;
    readonly string keys = SqlText.Identifiers(strategy.UniqueKey);
    readonly SchemaPolicy schema = new(model);

    /// <summary>
    /// A temporary table of all rows that came, also of those that a check took out, which are not gone; null where
    /// none was.
    /// </summary>
    public string? ArrivedTable { get; init; }

    /// <summary>Writes the files of a batch.</summary>
    /// <param name="table">The table.</param>
    /// <param name="present">Its newest version; null to create it, or to rebuild it if it exists.</param>
    /// <param name="rows">The changed rows, or all rows.</param>
    /// <param name="options">How they are written.</param>
    /// <param name="instant">When the batch was opened: the time of changes that no column dates.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The SELECT fails, lacks a column, has one of the history's own, or rows without key or time.
    /// </exception>
    public async Task<TableChange> StageAsync(
        LakeTable table, TableSnapshot? present, Relation rows, WriteOptions options, DateTimeOffset instant,
        CancellationToken cancellationToken)
    {
        var writer = new TableWriter(session);
        rows = schema.Fit(rows, present, columns.Names, cancellationToken);
        var given = rows.Describe(cancellationToken);
        CheckColumns(given);
        if (present is not null) CheckHistory(present);
        var timeType = present is null ? TypeOfTime(given) : TypeOfTime(present);
        CheckEnd(timeType, cancellationToken);
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Versions} AS {rows.Sql}", cancellationToken);
        CheckRows(cancellationToken);
        if (present is null)
        {
            var first = Changed(given, timeType, old: null, [], instant);
            return await table.FindLatestAsync(cancellationToken) is null
                ? await writer.MergeAsync(table, first, Merge(options), cancellationToken)
                : await writer.OverwriteByKeysAsync(table, first, Merge(options), cancellationToken);
        }
        var files = strategy.EndsDeleted
            ? (IReadOnlyCollection<AddFile>)present.State.Files
            : new FilePruner(present.Schema, KeyRange(present, given, cancellationToken)).Prune(present.State.Files);
        using var old = await OpenAsync(table, present, given, [.. files], cancellationToken);
        // The rows of a table that loses columns are written without them.
        var known = present.Schema.Columns.Fields.Select(field => field.Name)
            .Where(column => !options.RemovesColumns || IsGiven(given, column)
                || columns.Names.Contains(column, StringComparer.OrdinalIgnoreCase))
            .ToList();
        var changed = Changed(given, timeType, old.Sql, known, instant);
        var change = await writer.MergeAsync(table, changed, Merge(options), cancellationToken);
        if (change.Present?.Version == present.Version) return change;
        await change.DisposeAsync();
        throw new DeltaException(DeltaErrorKind.Conflict, $"{name} was changed while its history was read");
    }

    /// <summary>
    /// Rows of the table among which are all of the keys that came; by an index of the keys no others.
    /// </summary>
    async Task<TableRelation> OpenAsync(
        LakeTable table, TableSnapshot present, IReadOnlyList<EngineColumn> given, IReadOnlyList<AddFile> files,
        CancellationToken cancellationToken)
    {
        var wanted = ComparableKeys(present, given).ToList();
        if (!strategy.EndsDeleted && wanted.Count == strategy.UniqueKey.Count && files.Count > 0)
        {
            var rows = session.QueryScalar<long>($"SELECT count(*) FROM {Versions}", cancellationToken);
            var lookup = KeyLookup.Find(session, table, present, wanted, rows, files);
            if (lookup is not null
                && await lookup.FindAsync(files, Versions, key => key.Name, cancellationToken) is { } found)
                return await found.OpenAsync(session, cancellationToken);
        }
        return await TableScan.OpenAsync(session, present, files, withAddresses: false, cancellationToken);
    }

    /// <summary>The columns of the key that have one type in the rows and in the table.</summary>
    IEnumerable<StructField> ComparableKeys(TableSnapshot present, IReadOnlyList<EngineColumn> given) =>
        strategy.UniqueKey
            .Where(key => present.Schema.Columns.Find(key) is { } field
                && given.First(column => Is(column, key)).TypeName == PhysicalColumns.LogicalTypeName(field.Type))
            .Select(key => present.Schema.Columns.Find(key)!);

    MergeOptions Merge(WriteOptions options) =>
        new() { Keys = [.. strategy.UniqueKey, columns.ValidFrom], Write = options };

    string Changed(
        IReadOnlyList<EngineColumn> given, string timeType, string? old, IReadOnlyList<string> known,
        DateTimeOffset instant)
    {
        var at =
            $"CAST(TIMESTAMPTZ "
                + $"'{instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00' "
                + $"AT TIME ZONE 'UTC' AS TIMESTAMP)";
        if (timeType.Equals("TIMESTAMP WITH TIME ZONE", StringComparison.Ordinal)) at += " AT TIME ZONE 'UTC'";
        at = $"CAST({at} AS {timeType})";
        var versions = strategy switch
        {
            IncrementalStrategy.Scd2ByTime byTime => ByTime(byTime, given, timeType, old, known, at),
            IncrementalStrategy.Scd2ByColumn byColumn => ByColumn(byColumn, given, timeType, old, known, at),
            _ => throw new System.Diagnostics.UnreachableException(strategy.Name),
        };
        var end = strategy.ValidToCurrent is { } lasting ? $"coalesce({To}, CAST({lasting} AS {timeType}))" : To;
        return $"""
            SELECT * EXCLUDE ({From}, {To}, {Gone}), {From} AS {SqlText.Identifier(columns.ValidFrom)},
                {end} AS {SqlText.Identifier(columns.ValidTo)}, {To} IS NULL AS {SqlText.Identifier(columns.IsCurrent)}{OtherColumns()}
            FROM ({versions}
            )
            """;
    }

    /// <summary>
    /// The columns that tell versions from one another by one value, when each begins, and whether its row is gone.
    /// </summary>
    string OtherColumns()
    {
        var parts = strategy.UniqueKey.Select(key => $"CAST({SqlText.Identifier(key)} AS VARCHAR)");
        // Where a key has several parts, no text of one may look like the end of another.
        var text = (strategy.UniqueKey.Count > 1 ? parts.Select(part => $"md5({part})") : parts)
            .Append($"epoch_us({From})::VARCHAR");
        return (columns.VersionId is { } id
            ? $", md5(concat_ws('|', {string.Join(", ", text)})) AS {SqlText.Identifier(id)}"
            : "")
            + (columns.VersionAt is { } at ? $", {From} AS {SqlText.Identifier(at)}" : "")
            + (columns.IsDeleted is { } gone
                ? $", CASE WHEN {Gone} THEN 'True' ELSE 'False' END AS {SqlText.Identifier(gone)}"
                : "");
    }

    /// <summary>
    /// All versions of the keys that came, old and new, in the order of their beginnings: each ends where the next one
    /// begins, or where it had ended already. What is thereby the same as before is left out. Of two versions with one
    /// beginning the greater row stays, so that the order in which they come makes no difference.
    /// </summary>
    string ByTime(
        IncrementalStrategy.Scd2ByTime byTime, IReadOnlyList<EngineColumn> given, string timeType, string? old,
        IReadOnlyList<string> known, string at)
    {
        var names = SqlText.Identifiers(given.Select(column => column.Name));
        var from = $"CAST({SqlText.Identifier(byTime.UpdatedAt)} AS {timeType})";
        var incoming = $"SELECT *, {from} AS {From}, CAST(NULL AS {timeType}) AS {To}, false AS {Gone} FROM {Versions}";
        if (old is null)
            return $"""
                SELECT * REPLACE (lead({From}) OVER (PARTITION BY {keys} ORDER BY {From}) AS {To})
                FROM (SELECT DISTINCT ON ({keys}, {From}) * FROM ({incoming}) ORDER BY row({names}) DESC)
                """;
        var ended = strategy.EndsDeleted ? $"\nUNION ALL BY NAME {Deleted(old, known, at)}" : "";
        return $"""
            WITH old AS MATERIALIZED (SELECT {OldColumns(known)} FROM {old} AS o SEMI JOIN {Versions} USING ({keys})),
            versions AS (
                SELECT *, false AS {IsNew}, lead({From}) OVER (PARTITION BY {keys} ORDER BY {From}) AS foz_next FROM old
                UNION ALL BY NAME
                SELECT *, true AS {IsNew}, CAST(NULL AS {timeType}) AS foz_next
                FROM ({(strategy.EndsDeleted ? Returned(byTime, incoming, at) : incoming)})),
            ends AS (
                SELECT {keys}, {From}, {To} AS foz_end FROM versions
                WHERE NOT {IsNew} AND {To} IS NOT NULL AND {To} IS DISTINCT FROM foz_next),
            chosen AS (
                SELECT DISTINCT ON ({keys}, {From}) * EXCLUDE (foz_next) FROM versions ORDER BY {Gone}, row({names}) DESC, {IsNew}),
            chained AS (
                SELECT chosen.*, least(lead({From}) OVER (PARTITION BY {keys} ORDER BY {From}), foz_end) AS foz_until
                FROM chosen LEFT JOIN ends USING ({keys}, {From}))
            SELECT * EXCLUDE ({IsNew}, foz_until) REPLACE (foz_until AS {To}) FROM chained
            WHERE {IsNew} OR foz_until IS DISTINCT FROM {To}{ended}
            """;
    }

    /// <summary>
    /// Of the rows that come: one whose version was ended, since its key was gone, begins again now, or when it was
    /// changed since; one that lasts is no news.
    /// </summary>
    string Returned(IncrementalStrategy.Scd2ByTime byTime, string incoming, string at) => $"""
        SELECT n.* REPLACE (CASE WHEN o.foz_left IS NOT NULL THEN greatest({at}, o.foz_left) ELSE n.{From} END AS {From})
        FROM ({incoming}) AS n LEFT JOIN (
            SELECT {keys}, {SqlText.Identifier(byTime.UpdatedAt)} AS foz_updated, {Gone}, CASE WHEN {Gone} THEN {From} ELSE {To} END AS foz_left
            FROM old QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {From} DESC) = 1) AS o
        ON {string.Join(" AND ", strategy.UniqueKey.Select(SqlText.Identifier).Select(key => $"n.{key} = o.{key}"))}
            AND (o.foz_updated = n.{SqlText.Identifier(byTime.UpdatedAt)} OR o.{Gone} AND n.{From} <= o.foz_left)
        WHERE o.foz_updated IS NULL OR o.foz_left IS NOT NULL
        """;

    /// <summary>
    /// The rows whose key has no current version or one with other values, and the versions that end thereby.
    /// </summary>
    string ByColumn(
        IncrementalStrategy.Scd2ByColumn byColumn, IReadOnlyList<EngineColumn> given, string timeType, string? old,
        IReadOnlyList<string> known, string at)
    {
        var incoming =
            $"SELECT n.*, {at} AS {From}, CAST(NULL AS {timeType}) AS {To}, false AS {Gone} FROM {Versions} AS n";
        if (old is null) return incoming;
        var compared = (byColumn.CheckColumns.Count > 0 ? byColumn.CheckColumns : given.Select(column => column.Name))
            .Where(column => !strategy.UniqueKey.Contains(column, StringComparer.OrdinalIgnoreCase))
            .Select(column =>
            {
                var quoted = SqlText.Identifier(column);
                var before = known.Contains(column, StringComparer.OrdinalIgnoreCase) ? $"c.{quoted}" : "NULL";
                return $"n.{quoted} IS DISTINCT FROM {before}";
            })
            .Append($"c.{Gone}");
        var ended = strategy.EndsDeleted ? $"\nUNION ALL BY NAME {Deleted(old, known, at)}" : "";
        return $"""
            WITH old AS MATERIALIZED (
                SELECT {OldColumns(known)} FROM {old} AS o SEMI JOIN {Versions} USING ({keys})
                WHERE {SqlText.Identifier(columns.IsCurrent)}),
            changed AS MATERIALIZED (
                SELECT {string.Join(", ", strategy.UniqueKey.Select(key => $"n.{SqlText.Identifier(key)}"))}
                FROM {Versions} AS n JOIN old AS c USING ({keys}) WHERE {string.Join(" OR ", compared)})
            {incoming} ANTI JOIN (SELECT {keys} FROM old EXCEPT SELECT {keys} FROM changed) USING ({keys})
            UNION ALL BY NAME SELECT * REPLACE ({at} AS {To}) FROM old SEMI JOIN changed USING ({keys}){ended}
            """;
    }

    /// <summary>
    /// Returns the current versions whose keys did not arrive, ended; and, if deletions are recorded, versions that
    /// mark the row as deleted. Such a version replaces one that would have lasted no time at all.
    /// </summary>
    string Deleted(string old, IReadOnlyList<string> known, string at)
    {
        var left =
            $"FROM (SELECT {OldColumns(known)} FROM {old} AS o "
            + $"ANTI JOIN {ArrivedTable ?? Versions} USING ({keys}) WHERE "
            + $"{SqlText.Identifier(columns.IsCurrent)})";
        return strategy.HardDeletes is HardDeletes.Invalidate
            ? $"SELECT * REPLACE (greatest({at}, {From}) AS {To}) {left}"
            : $"""
                SELECT * EXCLUDE (foz_record) REPLACE (
                    CASE WHEN foz_record THEN greatest({at}, {From}) ELSE {From} END AS {From},
                    CASE WHEN foz_record THEN NULL ELSE {at} END AS {To}, foz_record AS {Gone})
                {left} CROSS JOIN (VALUES (false), (true)) AS r(foz_record)
                WHERE NOT {Gone} AND (foz_record OR {From} < {at})
                """;
    }

    string OldColumns(IReadOnlyList<string> known)
    {
        var own = known.Where(column => !columns.Names.Contains(column, StringComparer.OrdinalIgnoreCase));
        var end = SqlText.Identifier(columns.ValidTo);
        if (strategy.ValidToCurrent is not null)
            end = $"CASE WHEN {SqlText.Identifier(columns.IsCurrent)} THEN NULL ELSE {end} END";
        var gone = columns.IsDeleted is { } deleted && known.Contains(deleted, StringComparer.OrdinalIgnoreCase)
            ? $"coalesce({SqlText.Identifier(deleted)} = 'True', false)"
            : "false";
        return $"{SqlText.Identifiers(own)}, {SqlText.Identifier(columns.ValidFrom)} AS {From}, "
            + $"{end} AS {To}, {gone} AS {Gone}";
    }

    Predicate KeyRange(TableSnapshot present, IReadOnlyList<EngineColumn> given, CancellationToken cancellationToken) =>
        MergeKeys.Of(ComparableKeys(present, given).Select(key => new MergeKey(key, key.Name)))
        .Range(session, Versions, cancellationToken);

    /// <summary>
    /// Returns the type of the history's instants: that of the column that dates rows, otherwise instants.
    /// </summary>
    string TypeOfTime(IReadOnlyList<EngineColumn> given) =>
        strategy is IncrementalStrategy.Scd2ByTime { UpdatedAt: var updatedAt }
            ? given.First(column => Is(column, updatedAt)).TypeName
            : "TIMESTAMP WITH TIME ZONE";

    string TypeOfTime(TableSnapshot present) =>
        PhysicalColumns.LogicalTypeName(present.Schema.Columns.Find(columns.ValidFrom)!.Type);

    void CheckColumns(IReadOnlyList<EngineColumn> given)
    {
        foreach (var column in columns.Names.Where(column => IsGiven(given, column)))
            throw Wrong(
                $"{model.Name} has a column '{column}', which its strategy {strategy.Name} fills itself",
                "leave it out, or call the strategy's column otherwise with valid_from, valid_to, is_current, "
                    + "is_deleted, version_id or version_at");
    }

    void CheckRows(CancellationToken cancellationToken)
    {
        var needed = strategy is IncrementalStrategy.Scd2ByTime { UpdatedAt: var updatedAt }
            ? [.. strategy.UniqueKey, updatedAt]
            : strategy.UniqueKey;
        foreach (var column in needed)
        {
            var count = session.QueryScalar<long>(
                $"SELECT count(*) FROM {Versions} WHERE {SqlText.Identifier(column)} IS NULL", cancellationToken);
            if (count > 0)
                throw Wrong(
                    $"{count} {(count == 1 ? "row" : "rows")} of {model.Name} have no "
                        + $"{column}, which tells versions apart",
                    $"leave them out: WHERE {column} IS NOT NULL");
        }
    }

    void CheckEnd(string timeType, CancellationToken cancellationToken)
    {
        if (strategy.ValidToCurrent is not { } lasting) return;
        try
        {
            session.Describe($"SELECT CAST({lasting} AS {timeType})", cancellationToken);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            throw Wrong(
                $"the end of versions that last, '{lasting}', is no value of type {timeType}: {e.Message}",
                "write SQL of a time, such as CAST('9999-12-31' AS TIMESTAMP)");
        }
    }

    void CheckHistory(TableSnapshot present)
    {
        foreach (var column in columns.Needed.Where(column => present.Schema.Columns.Find(column) is null))
            throw Wrong(
                $"the table of {model.Name} has no column '{column}': it is no history of this strategy yet",
                "give the model another name; or drop the table, which is then made as a history of what is now");
    }

    static bool IsGiven(IReadOnlyList<EngineColumn> given, string column) => given.Any(other => Is(other, column));

    static bool Is(EngineColumn column, string name) =>
        string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase);

    FozException Wrong(string message, string? hint) =>
        new(ErrorKind.Data, message) { Place = model.Place, Hint = hint };
}
