using System.Numerics;
using System.Text;
using Foz.Connectors.Files.Contents;

namespace Foz.Connectors.Files.Csv;

/// <summary>
/// The slow path: reads a file row by row, sets aside rows that cannot be read, and writes the others to a copy in
/// <see cref="CsvDialect.Canonical"/>, each after its line number.
/// </summary>
/// <param name="file">The file.</param>
public sealed class CsvSifter(CsvFile file)
{
    /// <summary>Whether every row can be read and the engine can find their ends.</summary>
    public bool IsClean(CancellationToken cancellationToken)
    {
        using var stream = FileStreams.OpenText(file.Source, file.Dialect.Encoding);
        var reader = Start(stream);
        while (Read(reader, cancellationToken))
            if (reader.Fault is not null) return false;
        return BitOperations.PopCount((uint)reader.LineEnds) <= 1;
    }

    /// <summary>Whether characters are escaped outside of quotes, which the engine would take for text.</summary>
    public bool HasLooseEscapes(CancellationToken cancellationToken)
    {
        if (file.Dialect.LooseEscape is null) return false;
        using var stream = FileStreams.OpenText(file.Source, file.Dialect.Encoding);
        var reader = Start(stream);
        while (Read(reader, cancellationToken))
            if (reader.Fault is null && reader.Fields.Any(f => f is { IsQuoted: false, HasEscapes: true })) return true;
        return false;
    }

    /// <summary>Writes the copy.</summary>
    /// <param name="copyPath">Where it goes.</param>
    /// <param name="reject">Takes the rows that cannot be read, which are left out.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void Copy(string copyPath, Action<CsvRowReader> reject, CancellationToken cancellationToken)
    {
        var nullValues = file.Dialect.NullValues.Select(Encoding.UTF8.GetBytes).ToArray();
        using var stream = FileStreams.OpenText(file.Source, file.Dialect.Encoding);
        using var copy = new CsvWriter(File.Create(copyPath), file.Names.Count + 1);
        var reader = Start(stream);
        while (Read(reader, cancellationToken))
        {
            if (reader.Fault is not null)
            {
                reject(reader);
                continue;
            }
            copy.WriteNumber(reader.Line);
            var text = reader.Text;
            foreach (var field in reader.Fields)
            {
                var value = text.Slice(field.Start, field.Length);
                if (!field.IsQuoted && IsNull(value)) copy.WriteNull();
                else copy.WriteText(value, field.HasEscapes ? file.Dialect.Escape : null);
            }
            copy.EndRow();
        }

        bool IsNull(ReadOnlySpan<byte> value)
        {
            if (value.IsEmpty) return true;
            foreach (var nullValue in nullValues)
                if (value.SequenceEqual(nullValue)) return true;
            return false;
        }
    }

    /// <summary>Sets rows aside that turned out not to fit.</summary>
    /// <param name="rows">Their lines, growing, and why each does not fit.</param>
    /// <param name="rejected">Takes them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void Reject(
        IEnumerable<(long Line, string Reason)> rows, RejectedRows rejected, CancellationToken cancellationToken)
    {
        using var stream = FileStreams.OpenText(file.Source, file.Dialect.Encoding);
        var reader = Start(stream);
        foreach (var (line, reason) in rows)
        {
            while (Read(reader, cancellationToken) && reader.Line < line) { }
            rejected.Add(file.Source.Input.Path, line, reader.Text, reason);
        }
    }

    CsvRowReader Start(Stream stream)
    {
        var reader = new CsvRowReader(stream, file.Dialect);
        reader.SkipLines(file.Dialect.SkipRows);
        if (file.Dialect.HasHeader) reader.Read();
        reader.ColumnCount = file.Names.Count;
        return reader;
    }

    bool Read(CsvRowReader reader, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return reader.Read();
        }
        catch (Exception e) when (FileStreams.IsReadError(e))
        {
            throw FileStreams.Error(file.Source, e);
        }
    }
}
