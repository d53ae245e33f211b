using System.Collections.Immutable;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Connectors;

/// <summary>What a plan asks of the column that grows.</summary>
/// <param name="Of">The identity of the cursor: <see cref="StreamInputs.OfCursor.Of"/>.</param>
/// <param name="Stream">The stream.</param>
sealed record CursorColumn(string Of, StreamDefinition Stream)
{
    /// <summary>Finds the largest cursor above one, or of all rows; null where there is none.</summary>
    public required Func<string?, Task<string?>> Max { get; init; }

    /// <summary>Counts the rows of a cursor; of null, those without one.</summary>
    public required Func<string?, Task<long>> Count { get; init; }

    /// <summary>Adds the hashes of the rows that <see cref="Count"/> counts.</summary>
    public required Func<string?, Task<UInt128>> Hash { get; init; }

    /// <summary>Gets whether a row may have no cursor.</summary>
    public bool IsNullable { get; init; } = true;
}

/// <summary>
/// Plans the batches of a table by a column that grows. A batch reads the rows after the last cursor, up to the
/// largest that there is. Rows may come or change later with the last cursor itself, such as a time of the same second,
/// or without a cursor: those rows are hashed in each plan, and read again where their hashes differ. With the cursor
/// of another column or table all rows are.
/// </summary>
static class CursorPlan
{
    /// <summary>How many rows of one cursor a plan hashes: it reads them each time.</summary>
    public const int HashedMax = 100_000;

    const string NoRows = "0";

    /// <summary>The inputs of a first batch that makes a table without rows.</summary>
    public static readonly StreamInputs.OfCursor NoRowsYet = new() { NullRows = NoRows };

    /// <summary>Checks that a stream has a cursor where it needs one.</summary>
    /// <exception cref="FozException">Thrown when it has none.</exception>
    public static void Check(StreamDefinition stream)
    {
        if (stream is { Mode: StreamMode.Incremental, Cursor: null })
            throw stream.Settings.Wrong("cursor", "set where mode is incremental");
    }

    /// <summary>
    /// Returns the identity of a cursor, in words; a column whose values become another kind is another cursor.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <param name="type">Its type in bronze.</param>
    /// <param name="sourceType">Its type in the source.</param>
    /// <param name="table">The table of the column.</param>
    public static string Of(string column, DataType type, string sourceType, string table)
    {
        var kind = type == DataType.Byte || type == DataType.Short || type == DataType.Integer || type == DataType.Long
            ? "whole number"
            : type is DataType.Decimal || type == DataType.Float || type == DataType.Double ? "number"
            : type == DataType.Date || type == DataType.Timestamp || type == DataType.TimestampNtz ? "time"
            : sourceType.Split('(')[0];
        return $"{column} ({kind}) of {table}";
    }

    /// <summary>
    /// Returns whether a batch of a table must be read in the order of its cursor: several of its rows may have one
    /// key, and the type of the cursor in bronze orders its values differently than the source.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="type">The cursor's type in bronze.</param>
    /// <param name="primaryKey">The primary key of the table; empty where none is known.</param>
    public static bool NeedsOrder(StreamDefinition stream, DataType type, IReadOnlyList<string> primaryKey) =>
        stream.Keys.Count > 0
        && (type == DataType.String || type == DataType.Binary)
        && (primaryKey.Count == 0 || primaryKey.Except(stream.Keys, StringComparer.OrdinalIgnoreCase).Any());

    /// <summary>
    /// Returns the ORDER BY of a cursor, in any dialect: rows without one come first. A name by itself would be that of
    /// a column of the SELECT, which may be its text.
    /// </summary>
    /// <param name="cursor">The SQL of what a cursor compares.</param>
    public static string OrderBy(string cursor) =>
        $" ORDER BY CASE WHEN {cursor} IS NULL THEN 0 ELSE 1 END, CASE WHEN {cursor} IS NOT NULL THEN {cursor} END";

    /// <summary>Returns the inputs of the next batch; null where nothing is new.</summary>
    /// <param name="history">The inputs of all batches so far, oldest first.</param>
    /// <param name="column">The cursor.</param>
    public static async Task<BatchPlan> MakeAsync(IReadOnlyList<StreamInputs> history, CursorColumn column)
    {
        var last = StreamInputs.OfCursor.Last(history);
        var known = last?.IsOfOther(column.Of) == true ? null : last;
        var from = known?.To;
        var to = await column.Max(from);
        var nulls = column.IsNullable ? await FindAsync(column, null) : new(0, NoRows);
        var end = from is null ? new(0, NoRows) : await FindAsync(column, from);
        // Inputs of older programs have no hash of the end: its rows are read once more.
        var isOtherEnd = from is not null && end.Text != known!.EndRows;
        var areOtherNulls = nulls.Text != (known?.NullRows ?? NoRows) && (from is null || nulls.Count <= HashedMax);
        var warnings = WarningsOf(column, from, to is null ? end.Count : 0, nulls.Count);
        // The first batch makes the table, though it may have no rows yet: others read it.
        if (known is not null && to is null && !isOtherEnd && !areOtherNulls) return new(null, warnings);
        var inputs = new StreamInputs.OfCursor
        {
            From = from, To = to ?? from, Of = column.Of,
            Rereads = last is not null && (from is null || isOtherEnd || areOtherNulls),
            ReadsNulls = from is not null && areOtherNulls,
            EndRows = to is not null ? (await FindAsync(column, to)).Text : from is null ? null : end.Text,
            NullRows = nulls.Text,
        };
        return new(inputs, warnings);
    }

    /// <summary>Returns the number of the rows of a cursor and, if they are not too many, their hash.</summary>
    static async Task<(long Count, string Text)> FindAsync(CursorColumn column, string? value)
    {
        var count = await column.Count(value);
        var number = count.ToString(CultureInfo.InvariantCulture);
        return count is 0 or > HashedMax
            ? (count, number)
            : (count, $"{number}:{(await column.Hash(value)).ToString("x32", CultureInfo.InvariantCulture)}");
    }

    static ImmutableArray<Warning> WarningsOf(CursorColumn column, string? from, long atEnd, long withoutCursor)
    {
        var (name, cursor) = (column.Stream.Name, column.Stream.Cursor);
        var warnings = ImmutableArray.CreateBuilder<Warning>();
        if (atEnd > HashedMax)
            warnings.Add(
                new($"stream '{name}': {atEnd:N0} rows have the last {cursor}, more than {HashedMax:N0}: one that "
                        + "changes or replaces another with this cursor is not noticed, only another number of them",
                    "take a cursor that fewer rows share"));
        if (from is not null && withoutCursor > HashedMax)
            warnings.Add(
                new($"stream '{name}': {withoutCursor:N0} rows have no {cursor}, more than {HashedMax:N0}: those that "
                        + "came after the first batch are not read, then or later",
                    "take a cursor that every row has"));
        return warnings.ToImmutable();
    }
}
