using Foz.Connectors;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Streams.Tables;

namespace Foz.Streams.Comparing;

/// <summary>The comparison of one table at a moment.</summary>
/// <param name="lake">The lake.</param>
/// <param name="compared">What is compared.</param>
/// <param name="opened">The source, whose snapshot is shared.</param>
/// <param name="most">How many differences are returned.</param>
sealed class MomentComparison(Lakehouse lake, ComparedTable compared, ILoggedSource opened, int most)
{
    /// <summary>The columns of a history that say from when to when a version was so.</summary>
    const string StartAt = "__START_AT", EndAt = "__END_AT";

    const string Newer = "foz_newer";

    const int NamedKeysMax = 5;

    readonly BronzeRows rows = new(compared.Source, compared.Stream);

    public required FeedTable Feed { get; init; }

    public required string Folder { get; init; }

    public required ReachedMoment Moment { get; init; }

    public required string Position { get; init; }

    StreamDefinition Stream => compared.Stream.Definition;

    IncrementalStrategy.Cdc? Strategy => compared.Model?.Materialization.Strategy as IncrementalStrategy.Cdc;

    /// <summary>Waits until the lake has reached the moment, and compares.</summary>
    public async Task<StreamComparison> RunAsync(CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        var bronze = await Moment.WaitForBronzeAsync(cancellationToken);
        var table = bronze;
        if (compared.Model is not null)
        {
            table = await Moment.WaitForModelAsync(session, bronze, cancellationToken);
            // It has all changes that the model may have.
            bronze = await (await lake.OpenTableAsync(compared.Stream.Table, cancellationToken))
                .LatestAsync(cancellationToken);
        }
        using var changes = await TableRows.All(bronze).OpenAsync(session, filter: null, cancellationToken);
        using var current = compared.Model is null
            ? null
            : await TableRows.All(table).OpenAsync(session, filter: null, cancellationToken);
        var keys = await FindKeysAsync(cancellationToken);
        var before = $"({SinceTruncation(changes.Sql)})";
        if (current is null) CheckKeys(session, before, bronze.Fields, keys, cancellationToken);
        var newer = current is null ? 0 : FindNewer(session, changes.Sql, keys, cancellationToken);
        var inLake = current is null
            ? ChangeFold.Run(session, compared.Name, before, keys, cancellationToken)
            : $"SELECT * FROM {current.Sql}"
                + (Strategy!.KeepsHistory ? $" WHERE {EndAt} IS NULL" : "");
        var columns = await FindColumnsAsync(table.Fields, cancellationToken);
        return await CompareAsync(session, inLake, keys, columns, newer, cancellationToken);
    }

    async Task<StreamComparison> CompareAsync(
        EngineSession session, string inLake, IReadOnlyList<string> keys, ComparedColumns columns, long newer,
        CancellationToken cancellationToken)
    {
        var parts = columns.AreMasked
            ? null
            : await FindDifferentAsync(session, inLake, keys, columns, cancellationToken);
        var comparison = new StreamComparison(compared.Name, Position)
        {
            Rows = parts?.Rows ?? 0, Newer = newer, LeftOut = columns.LeftOut,
        };
        if (parts is { Names.Count: 0 }) return comparison;
        await ReadSourceAsync(session, keys, parts?.Names, newer > 0, cancellationToken);
        var some = parts is null ? "" : $" WHERE {columns.Checksums.IsIn(keys, parts.Value.Names)}";
        var chosen = string.Join(", ", columns.Both.Select(column => columns.InLake.Contains(column.Name)
            ? column.Sql
            : $"CAST(NULL AS VARCHAR) AS {column.Sql}"));
        Fill(
            session, RowComparison.OfLake, $"SELECT {chosen} FROM ({inLake}){some}", keys, newer > 0,
            cancellationToken);
        var read = session.QueryScalar<long>($"SELECT count(*) FROM {RowComparison.OfSource}", cancellationToken);
        var (counts, first) = new RowComparison(
            session, keys, columns.Both).Run(most, cancellationToken);
        return comparison with
        {
            Rows = parts?.Rows ?? read,
            RowsRead = read,
            Changed = counts.GetValueOrDefault(RowDifferenceKind.Changed),
            MissingInLake = counts.GetValueOrDefault(RowDifferenceKind.MissingInLake),
            MissingInSource = counts.GetValueOrDefault(RowDifferenceKind.MissingInSource),
            Differences = first,
        };
    }

    /// <summary>
    /// Returns a SELECT of the changes before the moment, without those before the last truncation: their keys may be
    /// others, as a table that is copied again begins with one.
    /// </summary>
    string SinceTruncation(string changes)
    {
        const string Place =
            $"struct_pack(lsn := {ChangeColumns.Lsn}, seq := coalesce({ChangeColumns.Seq}, -1))";
        var last = $"SELECT max({Place}) FROM {changes} WHERE {ChangeColumns.Op} = 't' AND {Moment.IsBefore}";
        return $"SELECT * FROM {changes} WHERE {Moment.IsBefore} AND coalesce({Place} >= ({last}), true)";
    }

    /// <summary>Makes sure that the columns hold the keys of all changes, so that one finds its row.</summary>
    /// <exception cref="FozException">They do not: those are named as the source has them.</exception>
    void CheckKeys(
        EngineSession session, string changes, IReadOnlyList<Field> fields, IReadOnlyList<string> keys,
        CancellationToken cancellationToken)
    {
        if (fields.All(field => field.Name != BronzeRows.RescuedName)) return;
        var key = string.Join(" || ', ' || ", keys.Select(name =>
            $"coalesce(CAST({SqlText.Identifier(name)} AS VARCHAR), "
                + $"TRY_CAST({BronzeRows.RescuedName} AS JSON) ->> {SqlText.Literal(name)}, 'NULL')"));
        var isNull = string.Join(" OR ", keys.Select(name => $"{SqlText.Identifier(name)} IS NULL"));
        using var found = session.Query(
            $"SELECT DISTINCT {key} AS k FROM {changes} WHERE {ChangeColumns.Op} <> 't' "
                + $"AND ({isNull}) ORDER BY k LIMIT {NamedKeysMax}",
            cancellationToken);
        if (found.Rows(cancellationToken).Select(row => $"({row[0]})").ToList() is { Count: > 0 } unheld)
            throw new FozException(
                ErrorKind.Data,
                $"{compared.Stream.Table} cannot be compared: no column can hold the keys of rows such as "
                    + string.Join(", ", unheld))
            {
                Hint = "compare the table of its current rows, which leaves these out: silver: current",
            };
    }

    /// <summary>Finds the rows of which the model may have changes after the moment.</summary>
    long FindNewer(
        EngineSession session, string changes, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {Newer} AS SELECT DISTINCT {SqlText.Identifiers(keys)}, "
                + $"{ChangeColumns.Op} = 't' AS foz_truncates FROM {changes} WHERE NOT {Moment.IsBefore}",
            cancellationToken);
        if (session.QueryScalar<long>($"SELECT count(*) FROM {Newer} WHERE foz_truncates", cancellationToken) > 0)
            throw new FozException(
                ErrorKind.Conflict, $"{compared.Stream.Table} was emptied since the comparison began")
            {
                Hint = "run again", IsTransient = true,
            };
        return session.QueryScalar<long>($"SELECT count(*) FROM {Newer}", cancellationToken);
    }

    async Task<(IReadOnlyList<string> Names, long Rows)?> FindDifferentAsync(
        EngineSession session, string inLake, IReadOnlyList<string> keys, ComparedColumns columns,
        CancellationToken cancellationToken)
    {
        var names = columns.Both.Where(column => column.Name != BronzeRows.RescuedName)
            .Select(column => column.Name).ToList();
        var inSource = await opened.SumAsync(Stream, keys, names, cancellationToken);
        var sums = new Dictionary<string, RowChecksum>(StringComparer.Ordinal);
        // Values that the source has and no column can hold are read.
        var without = columns.InLake.Contains(BronzeRows.RescuedName)
            ? $"(SELECT * FROM ({inLake}) WHERE {BronzeRows.RescuedName} IS NULL)"
            : $"({inLake})";
        using (var found = session.Query(columns.Checksums.Select(without, keys, names), cancellationToken))
            foreach (var row in found.Rows(cancellationToken))
                sums[(string)row[0]!] = new((long)row[1]!, $"{row[2]}");
        return (
            [.. inSource.Keys.Union(sums.Keys).Where(part =>
                !inSource.TryGetValue(part, out var one) || !sums.TryGetValue(part, out var other) || one != other)],
            inSource.Values.Sum(sum => sum.Rows));
    }

    async Task ReadSourceAsync(
        EngineSession session, IReadOnlyList<string> keys, IReadOnlyList<string>? parts, bool hasNewer,
        CancellationToken cancellationToken)
    {
        await using var read = (StreamRows.Streamed)await opened.ReadAsync(
            Stream, new StreamInputs.OfAll(),
            new()
            {
                Engine = lake.Engines, WorkFolder = Folder, Parts = parts is null ? null : new(keys, parts),
            },
            cancellationToken);
        using var relation = session.Register(read.Stream);
        Fill(
            session, RowComparison.OfSource, rows.Masked(relation.Sql, read.Fields), keys, hasNewer,
            cancellationToken);
    }

    static void Fill(
        EngineSession session, string table, string select, IReadOnlyList<string> keys, bool hasNewer,
        CancellationToken cancellationToken)
    {
        var without = hasNewer ? $" ANTI JOIN {Newer} USING ({SqlText.Identifiers(keys)})" : "";
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM ({select}\n) AS foz_rows{without}",
            cancellationToken);
    }

    async Task<IReadOnlyList<string>> FindKeysAsync(CancellationToken cancellationToken)
    {
        var keys = Strategy is { Keys.Count: > 0 } strategy ? strategy.Keys
            : Stream.Keys.Count > 0 ? Stream.Keys
            : await opened.FindKeysAsync(Stream, cancellationToken);
        if (keys.Count == 0)
            throw new FozException(
                ErrorKind.Configuration, $"the rows of {compared.Stream.Name} have no key to compare by")
            {
                Place = Stream.Place, Hint = "keys: [id] of the stream names columns that identify a row",
            };
        foreach (var column in compared.Stream.Columns)
            if (column.Mask is not (null or ColumnMask.Hash)
                && keys.Contains(column.Name, StringComparer.OrdinalIgnoreCase))
                throw new FozException(
                    ErrorKind.Configuration,
                    $"the rows of {compared.Stream.Name} cannot be compared: their key {column.Name} is masked")
                {
                    Place = Stream.Place, Hint = "mask: hash keeps rows apart",
                };
        return keys;
    }

    /// <summary>Finds the columns of both sides.</summary>
    async Task<ComparedColumns> FindColumnsAsync(IReadOnlyList<Field> inLake, CancellationToken cancellationToken)
    {
        var inSource = (await opened.FindFieldsAsync(
            Stream, new() { Engine = lake.Engines, WorkFolder = Folder }, cancellationToken))
            .Where(field => Strategy?.Takes(field.Name) is not false).ToList();
        var own = Strategy is { KeepsHistory: true } ? new[] { StartAt, EndAt } : [];
        var known = inLake.Where(field => !ChangeColumns.Has(field.Name) && !own.Contains(field.Name))
            .ToDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);
        var both = new List<ComparedColumn>();
        var leftOut = new List<(string, string)>();
        foreach (var field in inSource)
            if (Feed.UnloggedColumns.Contains(field.Name))
                leftOut.Add((field.Name, "the source's log does not have it"));
            else if (known.TryGetValue(field.Name, out var same))
                both.Add(new(field.Name, AreComparable(rows.TypeOf(field), same.Type)));
            else if (field.Name == BronzeRows.RescuedName) both.Add(new(field.Name, HasOneType: true));
            else leftOut.Add((field.Name, "the lake does not have it"));
        leftOut.AddRange(known.Keys.Where(name => name != BronzeRows.RescuedName
            && !inSource.Exists(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            .Select(name => (name, "the source does not have it")));
        return new(both, known.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase), leftOut)
        {
            AreMasked = inSource.Exists(rows.IsMasked), Checksums = RowComparison.Checksums(known.Values),
        };
    }

    static bool AreComparable(DataType one, DataType other) => one == other || IsNumber(one) && IsNumber(other);

    static bool IsNumber(DataType type) =>
        type is DataType.Decimal || type == DataType.Byte || type == DataType.Short || type == DataType.Integer
        || type == DataType.Long || type == DataType.Float || type == DataType.Double;

    /// <summary>The columns that are compared.</summary>
    /// <param name="Both">Those that both sides have, and the values that no column can hold.</param>
    /// <param name="InLake">Those of the lake.</param>
    /// <param name="LeftOut">Those that are not compared, and why.</param>
    sealed record ComparedColumns(
        IReadOnlyList<ComparedColumn> Both, IReadOnlySet<string> InLake,
        IReadOnlyList<(string Column, string Reason)> LeftOut)
    {
        /// <summary>Whether the source's values are not those of the lake.</summary>
        public required bool AreMasked { get; init; }

        public required RowChecksums Checksums { get; init; }
    }
}
