using System.Globalization;
using System.Text;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;

namespace Foz.Serving.Copying;

/// <summary>
/// Gathers the rows of a COPY, and hands them to a temporary table of the engine: what does not fit into its memory is
/// spilled.
/// </summary>
sealed class CopyBatch
{
    const int RowsMax = 65_536;
    const long BytesMax = 16 << 20;
    const string Spool = "foz_copied";
    const string Row = "foz_row";
    const string Marker = "foz_copy:";

    readonly EngineSession engine;
    readonly string table;
    readonly IReadOnlyList<Field> columns;
    readonly IReadOnlyList<CopyTyping> typings;
    readonly List<long> lines = [];
    long bytes;

    /// <param name="engine">The engine's session, which keeps the table.</param>
    /// <param name="table">The table that the rows are for, as errors name it.</param>
    /// <param name="columns">The columns that the rows have.</param>
    /// <param name="isBinary">Whether values are in binary form.</param>
    public CopyBatch(EngineSession engine, string table, IReadOnlyList<Field> columns, bool isBinary)
    {
        (this.engine, this.table, this.columns) = (engine, table, columns);
        typings = [.. columns.Select(column => CopyTyping.Of(column, isBinary))];
    }

    /// <summary>How many rows were read.</summary>
    public long RowCount { get; private set; }

    /// <summary>A SELECT of all rows, with the columns in order.</summary>
    public string Select => $"SELECT {string.Join(", ", columns.Select((_, i) => $"c{i}"))} FROM {Spool}";

    /// <summary>Whether the rows are to be handed over before there are more.</summary>
    public bool IsFull => lines.Count >= RowsMax || bytes >= BytesMax;

    /// <summary>Appends a value to the row.</summary>
    /// <param name="column">Its column.</param>
    /// <param name="value">The value.</param>
    /// <param name="isNull">Whether it is NULL instead.</param>
    /// <param name="line">The line that it is in, or the number of the row.</param>
    /// <exception cref="FozException">It is none of the column's type.</exception>
    public void Append(int column, ReadOnlySpan<byte> value, bool isNull, long line)
    {
        try
        {
            if (isNull) typings[column].Gathered.AppendNull();
            else typings[column].Gathered.Append(value);
            bytes += value.Length;
        }
        catch (Exception e) when (e is FozException or Foz.Wire.WireException)
        {
            throw CopyFaults.In($"{ContextOf(line, column)}: {CopyFaults.Quoted(e is FozException ? value : [])}", e);
        }
    }

    /// <summary>Ends the row.</summary>
    public void EndRow(long line)
    {
        lines.Add(line);
        RowCount++;
    }

    /// <summary>Hands over the rows so far.</summary>
    /// <exception cref="FozException">A value does not have its type; the first such value is reported.</exception>
    public void Flush(CancellationToken cancellationToken)
    {
        if (lines.Count == 0) return;
        var rowLines = lines.ToArray();
        lines.Clear();
        bytes = 0;
        if (RowCount == rowLines.Length)
            engine.Execute(
                $"CREATE TEMP TABLE {Spool} "
                    + $"({string.Join(", ", columns.Select((c, i) => $"c{i} {ColumnTypes.NameOf(c.Type)}"))})",
                cancellationToken);
        var rows = new long[rowLines.Length];
        for (var i = 0; i < rows.Length; i++) rows[i] = i;
        List<Column> values =
        [
            .. typings.Select(typing => typing.Gathered.Build()), new FixedColumn<long>(rows, validity: null),
        ];
        using var stream = engine.Register(new ColumnStream(
            [.. typings.Select((typing, i) => new Field($"c{i}", typing.Type)), new(Row, DataType.Long)],
            [One(new(rows.Length, values))]));
        try
        {
            engine.Execute(
                $"INSERT INTO {Spool} SELECT "
                    + $"{string.Join(", ", typings.Select((typing, i) => Cast(typing, i)))} FROM {stream.Sql} AS s",
                cancellationToken);
        }
        catch (FozException e) when (e.Message.Contains(Marker, StringComparison.Ordinal))
        {
            throw Explain(e, values, rowLines);
        }
    }

    string ContextOf(long line, int column) =>
        string.Create(CultureInfo.InvariantCulture, $"COPY {table}, line {line}, column {columns[column].Name}");

    static string Cast(CopyTyping typing, int column) => typing.Cast is not { } cast
        ? $"s.c{column}"
        : $"CASE WHEN s.c{column} IS NOT NULL AND {cast($"s.c{column}")} IS NULL "
            + $"THEN error('{Marker}' || s.{Row} || ':{column}:') ELSE {cast($"s.c{column}")} END";

    /// <summary>The error of a value that the engine could not read.</summary>
    FozException Explain(FozException error, List<Column> values, long[] rowLines)
    {
        var parts = error.Message[(error.Message.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..]
            .Split(':');
        var row = int.Parse(parts[0], CultureInfo.InvariantCulture);
        var column = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var value = ((BytesColumn)values[column])[row];
        var type = typings[column].PgName;
        var isTooLong = type == "numeric"
            && double.TryParse(
                Encoding.UTF8.GetString(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number);
        return CopyFaults.In(
            $"{ContextOf(rowLines[row], column)}: {CopyFaults.Quoted(value)}",
            isTooLong
                ? new FozException(ErrorKind.Data, "numeric field overflow") { SqlState = "22003" }
                : CopyFaults.Invalid(type, value));
    }

    static async IAsyncEnumerable<ColumnBatch> One(ColumnBatch batch)
    {
        await Task.CompletedTask;
        yield return batch;
    }
}
