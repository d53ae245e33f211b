using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Tables.Merging;

/// <summary>The statements of a merge: the source's rows are in a temporary table of the target's columns.</summary>
sealed class MergeStatement
{
    const int BitsOfKeyMax = 16;
    const long BitsMax = 1L << 28;

    readonly EngineSession session;
    readonly TableSchema schema;
    readonly string source;
    readonly StructField[] columns;
    readonly StructField[] keys;
    readonly HashSet<string> updated;
    readonly MergeOptions options;

    /// <summary>A merge of the rows in <paramref name="source"/>.</summary>
    /// <exception cref="FozException">A key or column to update is no column of the target.</exception>
    public MergeStatement(EngineSession session, TableSchema schema, string source, MergeOptions options)
    {
        (this.session, this.schema, this.source, this.options) = (session, schema, source, options);
        keys = [.. options.Keys.Select(Find)];
        columns = [.. schema.Columns.Fields.Where(PhysicalColumns.IsInFiles)];
        updated = [.. (options.UpdateColumns.Count == 0 ? schema.Columns.Fields : options.UpdateColumns.Select(Find))
            .Except(options.KeptColumns.Select(Find)).Select(field => field.Name)];
    }

    /// <summary>The keys of a relation of the table's columns, as the source calls them, for a SELECT.</summary>
    /// <param name="relation">The relation's alias.</param>
    public string KeysOf(string relation) =>
        string.Join(", ", keys.Select(key => $"{relation}.{SqlText.Identifier(key.Name)} AS {Quote(key)}"));

    /// <summary>Counts rows, and those of them that have NULL in a column of the key.</summary>
    /// <param name="rows">
    /// What has the keys' columns, as the source calls them: a name, or a SELECT in parentheses.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public (long All, long WithoutKey) Count(string rows, CancellationToken cancellationToken)
    {
        var noKey = string.Join(" OR ", keys.Select(key => $"{Quote(key)} IS NULL"));
        using var counts = session.Query(
            $"SELECT count(*), count(*) FILTER (WHERE {noKey}) FROM {rows} AS r", cancellationToken);
        var row = counts.Rows(cancellationToken).First();
        return ((long)row[0]!, (long)row[1]!);
    }

    /// <summary>Makes sure that no two rows have equal keys.</summary>
    /// <param name="rows">
    /// What has the keys' columns, as the source calls them: a name, or a SELECT in parentheses.
    /// </param>
    /// <param name="rangeOf">
    /// Where the values of a key lie, where that is known without reading the rows; otherwise returns null.
    /// </param>
    /// <param name="table">The table, for the message.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Two rows have.</exception>
    public void CheckKeys(
        string rows, Func<StructField, NumberRange?> rangeOf, string table, CancellationToken cancellationToken)
    {
        if (AreDense(rows, rangeOf, cancellationToken)) return;
        var names = string.Join(", ", keys.Select(Quote));
        var notNull = string.Join(" AND ", keys.Select(key => $"{Quote(key)} IS NOT NULL"));
        using var repeated = session.Query(
            $"SELECT count(*), {names} FROM {rows} AS r WHERE {notNull} GROUP BY {names} HAVING count(*) > 1 LIMIT 1",
            cancellationToken);
        foreach (var row in repeated.Rows(cancellationToken))
        {
            var key = string.Join(", ", keys.Select((k, i) => $"{k.Name} = {row[i + 1]}"));
            throw new FozException(ErrorKind.Data, $"{row[0]} rows to merge into {table} have the key {key}")
            {
                Hint = "let the SELECT give one row a key: qualify row_number() over (partition by … order by …) = 1"
                    + (options.SequenceBy is null
                        ? "; or name the column that tells which row is newer: sequence_by"
                        : ""),
            };
        }
    }

    /// <summary>
    /// Whether the key is one whole number whose values lie close together, and no two rows have the same: a bit for
    /// each value shows that in a tenth of the time that a table of them all takes.
    /// </summary>
    bool AreDense(string rows, Func<StructField, NumberRange?> rangeOf, CancellationToken cancellationToken)
    {
        if (keys is not [{ Type: var type } key] || type != DeltaType.Integer && type != DeltaType.Long) return false;
        var name = Quote(key);
        if ((rangeOf(key) ?? Measure(name, rows, cancellationToken)) is not (var count, var least, var greatest))
            return true;
        if ((Int128)greatest - least + 1 is var span && (span > count * (Int128)BitsOfKeyMax || span > BitsMax))
            return false;
        return count == session.QueryScalar<long>(
            $"SELECT bit_count(bitstring_agg({name}, {least}, {greatest}))::BIGINT FROM {rows} AS r",
            cancellationToken);
    }

    /// <summary>Where the values of a column of whole numbers lie; null where it has none.</summary>
    NumberRange? Measure(string name, string rows, CancellationToken cancellationToken)
    {
        using var bounds = session.Query(
            $"SELECT count({name}), min({name})::BIGINT, max({name})::BIGINT FROM {rows} AS r", cancellationToken);
        return bounds.Rows(cancellationToken).First() is [long count, long least, long greatest]
            ? new(count, least, greatest)
            : null;
    }

    /// <summary>
    /// The SELECT of the source's newest rows of each key, without those that are there several times; rows without a
    /// key all stay.
    /// </summary>
    public string Newest()
    {
        var names = string.Join(", ", keys.Select(Quote));
        var noKey = string.Join(" OR ", keys.Select(key => $"{Quote(key)} IS NULL"));
        return $"""
            SELECT * FROM {source} WHERE {noKey}
            UNION ALL
            SELECT DISTINCT * FROM (
                SELECT * FROM {source} WHERE NOT ({noKey})
                QUALIFY rank() OVER (PARTITION BY {names} ORDER BY {Quote(Sequence)} DESC NULLS LAST) = 1)
            """;
    }

    /// <summary>
    /// The SELECT of the source's rows that are not older than those of a relation that have their keys.
    /// </summary>
    public string NotOlder(TableRelation relation)
    {
        var (old, given) = ($"t.{SqlText.Identifier(Sequence.Name)}", $"s.{Quote(Sequence)}");
        return $"""
            SELECT s.* FROM {source} AS s ANTI JOIN {Replaceable(relation)} AS t
            ON {KeysEqual()} AND ({old} > {given} OR ({given} IS NULL AND {old} IS NOT NULL))
            """;
    }

    StructField Sequence => Find(options.SequenceBy!);

    /// <summary>The columns that are compared.</summary>
    public IReadOnlyList<StructField> Keys => keys;

    /// <summary>
    /// Whether the keys alone decide which rows are replaced, and these take all columns from the new ones.
    /// </summary>
    public bool ReplacesAll =>
        options.Target.IsAll && schema.Columns.Fields.All(column => updated.Contains(column.Name));

    /// <summary>The name of a key's column in the source.</summary>
    public string NameInSource(StructField key) => key.PhysicalName(schema.Mapping);

    /// <summary>The files of the target that can have rows with the source's keys, by their statistics.</summary>
    public IReadOnlyList<AddFile> Candidates(TableChange change, CancellationToken cancellationToken)
    {
        if (change.Present is null || change.Counted.SourceRows == 0) return [];
        var range = KeyRange(cancellationToken);
        return change.Read(
            options.Target.IsAll
                ? range
                : range & ConditionPruning.Of(session, change.Present, options.Target, cancellationToken));
    }

    /// <summary>The SELECT of the addresses of all rows that are replaced.</summary>
    public string FindRows(TableRelation candidates) =>
        $"""
        SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM {Replaceable(candidates)} AS t
        SEMI JOIN {source} AS s ON {KeysEqual()}
        """;

    /// <summary>The SELECT of the rows to add where none is replaced.</summary>
    public string InsertedRows() => $"SELECT * FROM {source}";

    /// <summary>
    /// The SELECT of the rows to add; columns that are not updated stay what they were, NULL where the table did not
    /// have them.
    /// </summary>
    /// <param name="candidates">Rows of the table among which are all that are replaced.</param>
    /// <param name="present">The table's present columns.</param>
    public string InsertedRows(TableRelation candidates, TableSchema present)
    {
        if (columns.All(field => updated.Contains(field.Name))) return InsertedRows();
        var values = columns.Select(field => updated.Contains(field.Name)
            ? $"s.{Quote(field)}"
            : $"CASE WHEN t.{TableScan.RowColumn} IS NULL THEN s.{Quote(field)} "
                + $"ELSE {(present.Columns.Find(field.Name) is null ? "NULL" : $"t.{SqlText.Identifier(field.Name)}")} "
                + $"END AS {Quote(field)}");
        return $"""
            SELECT {string.Join(", ", values)} FROM {source} AS s
            LEFT JOIN {Replaceable(candidates)} AS t ON {KeysEqual()}
            """;
    }

    /// <summary>
    /// The SELECT of those of some rows of the source's columns that have the keys of a relation's rows.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="relation">The relation.</param>
    /// <param name="withIds">
    /// Whether the relation has the ids of its rows, which those that take their place keep.
    /// </param>
    public string Matched(string rows, TableRelation relation, bool withIds)
    {
        if (!withIds) return $"SELECT s.* FROM ({rows}\n) AS s SEMI JOIN {relation.Sql} AS t ON {KeysEqual()}";
        // Of several rows of one key, the one that was first lives on.
        var names = SqlText.Identifiers(keys.Select(key => key.Name));
        return $"""
            SELECT s.*, t.{TrackedRows.RowId} FROM ({rows}
            ) AS s JOIN (SELECT {names}, min({TrackedRows.RowId}) AS {TrackedRows.RowId} FROM {relation.Sql} GROUP BY {names}) AS t
            ON {KeysEqual()}
            """;
    }

    /// <summary>The SELECT of those that do not.</summary>
    public string Unmatched(string rows, TableRelation relation) =>
        $"SELECT s.* FROM ({rows}\n) AS s ANTI JOIN {relation.Sql} AS t ON {KeysEqual()}";

    string KeysEqual() => string.Join(" AND ", keys.Select(key =>
        options.IsByPartition
            ? $"t.{SqlText.Identifier(key.Name)} IS NOT DISTINCT FROM {Partition(key)}"
            : $"t.{SqlText.Identifier(key.Name)} = s.{Quote(key)}"));

    string Partition(StructField key) =>
        key.Type == DeltaType.String ? $"nullif(s.{Quote(key)}, '')" : $"s.{Quote(key)}";

    /// <summary>Those of some rows of the table that can be replaced.</summary>
    string Replaceable(TableRelation rows) => options.Target.IsAll
        ? rows.Sql
        : $"(SELECT * FROM {rows.Sql} AS {SqlText.Identifier(options.Target.Alias)} WHERE ({options.Target}\n))";

    /// <summary>What rows fulfil that can have the source's keys.</summary>
    Predicate KeyRange(CancellationToken cancellationToken) => MergeKeys
        .Of(keys.Where(key => !options.IsByPartition || !HasNull(key, cancellationToken))
            .Select(key => new MergeKey(key, key.PhysicalName(schema.Mapping))))
        .Range(session, source, cancellationToken);

    bool HasNull(StructField key, CancellationToken cancellationToken) => session.QueryScalar<bool>(
        $"SELECT EXISTS (SELECT 1 FROM {source} AS s WHERE {Partition(key)} IS NULL)", cancellationToken);

    StructField Find(string column) => schema.Columns.Find(column) ?? throw new FozException(
        ErrorKind.NotFound, $"the merge names a column '{column}', which neither rows nor table have");

    string Quote(StructField field) => SqlText.Identifier(field.PhysicalName(schema.Mapping));
}
