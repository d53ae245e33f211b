using System.Text;
using System.Text.Json;
using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Lake.Data;

namespace Foz.Connectors.Files.Json;

/// <summary>A file of JSON.</summary>
/// <param name="index">Its position in the batch.</param>
/// <param name="source">The file.</param>
/// <param name="encoding">Its encoding; null for UTF-8, or UTF-16 where a byte-order mark says so.</param>
/// <param name="isLines">Whether each line is a row.</param>
sealed class JsonFile(int index, SourceFile source, Encoding? encoding, bool isLines)
{
    const int RowsMax = 8_192;
    const long TextBytesMax = 8 << 20;
    readonly Encoding? encoding = encoding ?? FileStreams.Utf16Of(source);
    readonly HashSet<long> setAside = [];
    readonly HashSet<long> withRepeats = [];

    /// <summary>Its position in the batch.</summary>
    public int Index { get; } = index;

    /// <summary>The file.</summary>
    public SourceFile Source { get; } = source;

    /// <summary>How many rows it has, once scanned.</summary>
    public long RowCount { get; private set; }

    /// <summary>Scans all rows: sets aside those that cannot be read, and records the types of the others.</summary>
    public void Scan(JsonNode root, RejectedRows rejected, CancellationToken cancellationToken)
    {
        var scanner = new JsonScanner(root);
        using var stream = FileStreams.OpenText(Source, encoding);
        var reader = new JsonRowReader(stream, isLines);
        for (; Read(reader, cancellationToken); RowCount++)
        {
            var fault = reader.Fault ?? scanner.Scan(reader.Text);
            if (reader.Fault is null && scanner.IsTwice && scanner.Scan(JsonRepeats.KeepLast(reader.Text)) is null)
            {
                withRepeats.Add(reader.Index);
                continue;
            }
            if (fault is null) continue;
            setAside.Add(reader.Index);
            rejected.Add(Source.Input.Path, reader.Line, reader.Text, fault);
        }
    }

    /// <summary>The fields of the first rows that can be read.</summary>
    public IReadOnlyList<Field> Sniff(int rowsMax, CancellationToken cancellationToken)
    {
        var root = JsonNode.OfStruct();
        var scanner = new JsonScanner(root);
        using var stream = FileStreams.OpenText(Source, encoding);
        var reader = new JsonRowReader(stream, isLines);
        while (reader.Index < rowsMax && Read(reader, cancellationToken))
            if (reader.Fault is null) scanner.Scan(reader.Text);
        root.Resolve();
        return ((DataType.Struct)root.Type!).Fields;
    }

    /// <summary>Sets rows aside.</summary>
    /// <param name="reasons">Why, by the index of the row.</param>
    /// <param name="rejected">Takes them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void SetAside(
        IReadOnlyDictionary<long, string> reasons, RejectedRows rejected, CancellationToken cancellationToken)
    {
        using var stream = FileStreams.OpenText(Source, encoding);
        var reader = new JsonRowReader(stream, isLines);
        while (Read(reader, cancellationToken))
        {
            if (!reasons.TryGetValue(reader.Index, out var reason)) continue;
            setAside.Add(reader.Index);
            rejected.Add(Source.Input.Path, reader.Line, reader.Text, reason);
        }
    }

    /// <summary>The rows that are not set aside, as columns: those of the members, then those of the origin.</summary>
    public IEnumerable<ColumnBatch> Read(JsonNode root, IReadOnlyList<JsonMember> members, Func<IJsonOrigin> start)
    {
        var origin = start();
        using var stream = FileStreams.OpenText(Source, encoding);
        var reader = new JsonRowReader(stream, isLines);
        var rows = new JsonStructColumn(root, members);
        while (Read(reader, CancellationToken.None))
        {
            if (setAside.Contains(reader.Index)) continue;
            Add(rows, withRepeats.Contains(reader.Index) ? JsonRepeats.KeepLast(reader.Text) : reader.Text);
            origin.Add(reader.Index, isLines ? reader.Line : reader.Index + 1);
            if (rows.Count < RowsMax && rows.TextBytes < TextBytesMax) continue;
            yield return new(rows.Count, [.. rows.BuildFields(), .. origin.Build()]);
            rows = new JsonStructColumn(root, members);
        }
        if (rows.Count > 0) yield return new(rows.Count, [.. rows.BuildFields(), .. origin.Build()]);
    }

    /// <summary>Returns the origin that each row states.</summary>
    /// <param name="before">The number added to a row's place; null where rows have none.</param>
    public IJsonOrigin Origin(long? before) => new JsonOrigin(Source.Input, before);

    /// <summary>What says in each row where to find it again.</summary>
    public IJsonOrigin Places() => new JsonPlaces(Index);

    static void Add(JsonStructColumn rows, ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, JsonScanner.Options);
        reader.Read();
        rows.Add(ref reader, text);
    }

    bool Read(JsonRowReader reader, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return reader.Read();
        }
        catch (Exception e) when (FileStreams.IsReadError(e))
        {
            throw FileStreams.Error(Source, e);
        }
    }
}

/// <summary>Collects columns that say where rows are from.</summary>
interface IJsonOrigin
{
    /// <summary>Adds a row.</summary>
    /// <param name="index">Its index in the file.</param>
    /// <param name="place">Its line where each line is a row, otherwise its number, from 1.</param>
    void Add(long index, long place);

    /// <summary>The columns of the rows since the last call.</summary>
    IReadOnlyList<Column> Build();
}

/// <summary>When a row's file was modified, its path, and the row's place where that is wanted.</summary>
sealed class JsonOrigin(FileInput file, long? before) : IJsonOrigin
{
    readonly List<long> places = [];
    readonly byte[] path = Encoding.UTF8.GetBytes(file.Path);
    readonly long modifiedAt = (file.ModifiedAt.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
    int count;

    /// <inheritdoc/>
    public void Add(long index, long place)
    {
        count++;
        if (before is { } rows) places.Add(rows + place);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Column> Build()
    {
        var times = new long[count];
        var paths = new byte[count * path.Length];
        var offsets = new int[count + 1];
        Array.Fill(times, modifiedAt);
        for (var i = 0; i < count; i++)
        {
            path.CopyTo(paths, offsets[i]);
            offsets[i + 1] = offsets[i] + path.Length;
        }
        count = 0;
        IReadOnlyList<Column> columns = [new FixedColumn<long>(times, null), new BytesColumn(paths, offsets, null)];
        if (before is null) return columns;
        var placed = new FixedColumn<long>(places.ToArray(), null);
        places.Clear();
        return [.. columns, placed];
    }
}

/// <summary>The position of a row's file in the batch, and of the row in the file.</summary>
sealed class JsonPlaces(int file) : IJsonOrigin
{
    readonly List<long> rows = [];

    /// <inheritdoc/>
    public void Add(long index, long place) => rows.Add(index);

    /// <inheritdoc/>
    public IReadOnlyList<Column> Build()
    {
        var places = rows.ToArray();
        rows.Clear();
        var files = new long[places.Length];
        Array.Fill(files, file);
        return [new FixedColumn<long>(files, null), new FixedColumn<long>(places, null)];
    }
}
