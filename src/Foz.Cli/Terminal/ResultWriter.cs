using System.Buffers;
using System.Text;
using System.Text.Json;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Cli.Terminal;

/// <summary>How a result is written.</summary>
enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>One array of objects.</summary>
    Json,

    /// <summary>RFC 4180, with a header.</summary>
    Csv,
}

/// <summary>A column of a result.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="IsNumber">Whether it is aligned to the right.</param>
/// <param name="IsJson">Whether its texts are JSON.</param>
/// <param name="IsTime">Whether its texts are dates or times.</param>
/// <param name="IsDetail">Whether it is left out of a table that a terminal has no room for.</param>
sealed record ResultColumn(
    string Name, bool IsNumber = false, bool IsJson = false, bool IsTime = false, bool IsDetail = false)
{
    /// <summary>Whether a part of a value still says something.</summary>
    public bool IsText => !IsNumber && !IsTime;

    /// <summary>The columns of a query.</summary>
    public static IReadOnlyList<ResultColumn> Of(IReadOnlyList<EngineColumn> columns) =>
        [.. columns.Select(c => new ResultColumn(c.Name, c.IsNumber, c.IsJson, c.IsTime))];

    /// <summary>Returns the columns of a statement's result.</summary>
    public static IReadOnlyList<ResultColumn> Of(IReadOnlyList<Field> columns) =>
    [
        .. columns.Select(c => new ResultColumn(
            c.Name, IsNumber: c.Type == DataType.Long, IsTime: c.Type == DataType.Timestamp)),
    ];
}

/// <summary>Writes results: JSON and CSV row by row, tables after reading the first rows.</summary>
/// <param name="shell">Where they are written.</param>
/// <param name="format">The format.</param>
sealed class ResultWriter(Shell shell, OutputFormat format)
{
    /// <summary>How many rows a table shows.</summary>
    public const int TableRowsMax = 1_000;

    const int FlushBytes = 1 << 15;

    /// <summary>Whether a table has each value on a line of its own.</summary>
    public bool IsExpanded { get; init; }

    /// <summary>Writes a result.</summary>
    /// <param name="columns">Its columns.</param>
    /// <param name="rows">Its rows, as <see cref="EngineRows.Rows"/> has them; read once.</param>
    /// <param name="countRest">Counts the rows that a table has no room for; null to go through them.</param>
    public void Write(
        IReadOnlyList<ResultColumn> columns, IEnumerable<object?[]> rows, Func<long>? countRest = null)
    {
        switch (format)
        {
            case OutputFormat.Json: WriteJson(columns, rows); break;
            case OutputFormat.Csv: WriteCsv(columns, rows); break;
            default: WriteTable(columns, rows, countRest); break;
        }
        shell.Out.Flush();
    }

    void WriteTable(IReadOnlyList<ResultColumn> columns, IEnumerable<object?[]> rows, Func<long>? countRest)
    {
        var table = new TextTable(columns);
        using var enumerator = rows.GetEnumerator();
        var (shown, more) = (0, 0L);
        while (shown < TableRowsMax && enumerator.MoveNext())
        {
            table.Add(enumerator.Current);
            shown++;
        }
        if (shown == TableRowsMax)
        {
            if (countRest is not null) more = countRest();
            else while (enumerator.MoveNext()) more++;
        }
        var isWhole = table.Write(shell, IsExpanded);
        var count = RunText.Count(shown, "row", "rows");
        shell.Out.WriteLine(shell.Styled(Style.Dim, (more, isWhole) switch
        {
            (0, true) => $"({count})",
            (0, false) => $"({count}, cut to fit; --output csv or json writes all of it)",
            _ => $"({shown:N0} of {shown + more:N0} rows; --output csv or json writes all of them)",
        }));
    }

    void WriteJson(IReadOnlyList<ResultColumn> columns, IEnumerable<object?[]> rows)
    {
        var names = columns.Select(c => JsonEncodedText.Encode(
            c.Name, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)).ToArray();
        var buffer = new ArrayBufferWriter<byte>(FlushBytes * 2);
        using var json = ValueText.CreateJsonWriter(buffer);
        shell.Out.Write('[');
        var isFirst = true;
        foreach (var row in rows)
        {
            buffer.Write(isFirst ? "\n"u8 : ",\n"u8);
            isFirst = false;
            json.WriteStartObject();
            for (var i = 0; i < names.Length; i++)
            {
                json.WritePropertyName(names[i]);
                if (columns[i].IsJson && row[i] is string text) json.WriteRawValue(text, skipInputValidation: true);
                else ValueText.WriteJson(json, row[i]);
            }
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            if (buffer.WrittenCount >= FlushBytes) Flush(buffer);
        }
        Flush(buffer);
        shell.Out.WriteLine(isFirst ? "]" : "\n]");
    }

    void Flush(ArrayBufferWriter<byte> buffer)
    {
        shell.Out.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        buffer.ResetWrittenCount();
    }

    void WriteCsv(IReadOnlyList<ResultColumn> columns, IEnumerable<object?[]> rows)
    {
        WriteCsv([.. columns.Select(c => c.Name)]);
        foreach (var row in rows) WriteCsv(row);
    }

    void WriteCsv(object?[] row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (i > 0) shell.Out.Write(',');
            if (row[i] is { } value) WriteCsv(ValueText.Of(value));
        }
        shell.Out.Write('\n');
    }

    /// <summary>Quoted where it must be; an empty text is, so that it is no NULL.</summary>
    void WriteCsv(string text)
    {
        if (text.Length > 0 && !text.AsSpan().ContainsAny(",\"\r\n"))
        {
            shell.Out.Write(text);
            return;
        }
        shell.Out.Write('"');
        shell.Out.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
        shell.Out.Write('"');
    }
}
