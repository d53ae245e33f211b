using System.Text;
using Foz.Lake.Engine.Functions;

namespace Foz.Connectors.Files.Csv;

/// <summary>
/// The rows of a batch that could not be read, in a file of the batch's work folder. Safe for use by many threads.
/// </summary>
/// <param name="path">The file; made with the first row.</param>
public sealed class RejectedRows(string path) : IDisposable
{
    /// <summary>The most bytes that are kept of a row's text.</summary>
    public const int TextBytesMax = 1 << 20;

    /// <summary>The most bytes that are kept of a reason.</summary>
    const int ReasonCharactersMax = 1_000;

    static readonly (string Name, string Type)[] Columns =
        [.. RejectedRow.Fields.Select(f => (f.Name, ColumnTypes.NameOf(f.Type)))];

    readonly Lock access = new();
    CsvWriter? writer;

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a row.</summary>
    /// <param name="file">Its file, as the batch's manifest names it.</param>
    /// <param name="line">The line where it starts, from 1.</param>
    /// <param name="text">Its bytes as they stand in the file.</param>
    /// <param name="reason">Why it could not be read.</param>
    public void Add(string file, long line, ReadOnlySpan<byte> text, string reason)
    {
        var whole = text.Length > TextBytesMax ? text[..TextBytesMax] : text;
        if (reason.Length > ReasonCharactersMax) reason = reason[..ReasonCharactersMax];
        lock (access)
        {
            writer ??= Create();
            writer.WriteText(Encoding.UTF8.GetBytes(file));
            writer.WriteNumber(line);
            // Decoded and encoded again, bytes that are not UTF-8 become U+FFFD.
            writer.WriteText(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(whole)));
            writer.WriteText(Encoding.UTF8.GetBytes(reason));
            writer.EndRow();
            Count++;
        }
    }

    /// <summary>A SELECT of the rows so far; null where there are none.</summary>
    public string? Select()
    {
        lock (access)
        {
            writer?.Flush();
            return Count == 0 ? null : Sql();
        }
    }

    /// <summary>
    /// A SELECT of the rows that there will be, none or more, for when <see cref="Flush"/> is called after the last.
    /// </summary>
    public string SelectLater()
    {
        lock (access)
        {
            writer ??= Create();
            writer.Flush();
            return Sql();
        }
    }

    /// <summary>Makes the rows so far readable.</summary>
    public void Flush()
    {
        lock (access) writer?.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writer?.Dispose();
        writer = null;
    }

    CsvWriter Create() => new(
        new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read), Columns.Length);

    string Sql() => CsvSql.Read(
        [path], Columns, CsvDialect.Canonical, skipLines: 0, select: string.Join(", ", Columns.Select(c => c.Name)));
}
