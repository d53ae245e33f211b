using System.Text.Json;

namespace Foz.Delta.Log;

/// <summary>
/// Reads the actions of a commit, a compaction or a JSON checkpoint. Each action is one JSON object, commonly one per
/// line; objects that span lines or follow each other directly are read too, and unknown actions and fields are
/// ignored (PROTOCOL.md, "Protocol Evolution").
/// </summary>
static class ActionReader
{
    const int DepthMax = 512;

    // Larger files are read in pieces at the same time.
    const int PieceBytes = 1024 * 1024;

    static readonly JsonReaderOptions options = new() { AllowMultipleValues = true, MaxDepth = DepthMax };

    /// <summary>All actions of a file, in its order.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="source">The file as people know it, for the error.</param>
    /// <exception cref="DeltaException">The file is empty, malformed, or an action lacks what it must have
    /// (<see cref="DeltaErrorKind.Corrupt"/>).</exception>
    public static List<LogAction> Read(ReadOnlyMemory<byte> content, string source) =>
        (content.Length > 2 * PieceBytes ? TryReadPieces(content) : null)
        ?? Guard(content, source, static input => ReadAll(input));

    /// <summary>The first <c>commitInfo</c> of a commit; null if it has none. Other actions are passed over.</summary>
    /// <inheritdoc cref="Read"/>
    public static CommitInfo? ReadInfo(ReadOnlyMemory<byte> content, string source) =>
        Guard(content, source, static input => FindInfo(input));

    static List<LogAction> ReadAll(ReadOnlySpan<byte> input)
    {
        var actions = new List<LogAction>();
        var pool = new Utf8Pool(input.Length);
        var reader = new Utf8JsonReader(input, options);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw JsonFields.Wrong(ref reader, "an object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                if (ReadAction(ref reader, pool, input) is { } action) actions.Add(action);
        }
        return actions;
    }

    /// <summary>Reads a file that has its actions on lines; null if it has not, or anything is wrong with it.</summary>
    static List<LogAction>? TryReadPieces(ReadOnlyMemory<byte> content)
    {
        var pieces = PiecesOf(content);
        var read = new List<LogAction>[pieces.Count];
        var threads = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, pieces.Count, threads, i => read[i] = ReadAll(pieces[i].Span));
        }
        // A piece ends within an action, or the file is corrupt: reading it as a whole shows which.
        catch (AggregateException)
        {
            return null;
        }
        var actions = new List<LogAction>(read.Sum(piece => piece.Count));
        foreach (var piece in read) actions.AddRange(piece);
        return actions;
    }

    static List<ReadOnlyMemory<byte>> PiecesOf(ReadOnlyMemory<byte> content)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        while (content.Length > 2 * PieceBytes && content.Span[PieceBytes..].IndexOf("\n{"u8) is >= 0 and var end)
        {
            pieces.Add(content[..(PieceBytes + end)]);
            content = content[(PieceBytes + end + 1)..];
        }
        pieces.Add(content);
        return pieces;
    }

    static CommitInfo? FindInfo(ReadOnlySpan<byte> input)
    {
        var reader = new Utf8JsonReader(input, options);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw JsonFields.Wrong(ref reader, "an object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isInfo = reader.ValueTextEquals("commitInfo"u8);
                reader.Read();
                if (isInfo && reader.TokenType == JsonTokenType.StartObject)
                    return CommitInfoReader.Read(ref reader, new Utf8Pool(), input);
                reader.Skip();
            }
        }
        return null;
    }

    static LogAction? ReadAction(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        var name = JsonFields.Name(ref reader);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            // Rows of a checkpoint name all actions and leave all but one null.
            reader.Skip();
            return null;
        }
        if (name.SequenceEqual("add"u8)) return FileActionReader.Add(ref reader, pool, input);
        if (name.SequenceEqual("remove"u8)) return FileActionReader.Remove(ref reader, pool, input);
        if (name.SequenceEqual("commitInfo"u8)) return CommitInfoReader.Read(ref reader, pool, input);
        if (name.SequenceEqual("metaData"u8)) return TableActionReader.Metadata(ref reader, pool, input);
        if (name.SequenceEqual("protocol"u8)) return TableActionReader.Protocol(ref reader);
        if (name.SequenceEqual("txn"u8)) return TableActionReader.Transaction(ref reader);
        if (name.SequenceEqual("domainMetadata"u8)) return TableActionReader.Domain(ref reader);
        if (name.SequenceEqual("cdc"u8)) return FileActionReader.Cdc(ref reader, pool, input);
        if (name.SequenceEqual("sidecar"u8)) return FileActionReader.Sidecar(ref reader, pool, input);
        if (name.SequenceEqual("checkpointMetadata"u8)) return TableActionReader.Checkpoint(ref reader, pool, input);
        reader.Skip();
        return null;
    }

    delegate T Parse<T>(ReadOnlySpan<byte> input);

    static T Guard<T>(ReadOnlyMemory<byte> content, string source, Parse<T> parse)
    {
        var input = content.Span;
        if (input.StartsWith("\uFEFF"u8)) input = input[3..];
        if (input.IsEmpty) throw Corrupt(source, "it is empty: a write was cut off, or the file was damaged", null);
        try
        {
            return parse(input);
        }
        catch (JsonException error)
        {
            throw Corrupt(source, Describe(error), error);
        }
        // The reader and the decoder report text that is no UTF-8 so.
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            throw Corrupt(source, error.Message, error);
        }
    }

    static string Describe(JsonException error) => error.LineNumber is { } line
        ? $"line {line + 1}: {error.Message}"
        : error.Message;

    static DeltaException Corrupt(string source, string reason, Exception? error) =>
        new(DeltaErrorKind.Corrupt, $"{source} is corrupt: {reason}", error);
}
