using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>What was parsed of a text as bytes, for <see cref="ParseCache"/>.</summary>
static class ParsedText
{
    const byte ScalarNode = 0;
    const byte SequenceNode = 1;
    const byte MappingNode = 2;

    /// <summary>
    /// A file's front matter and where its SQL is; null where the SQL is no part of the text as it stands.
    /// </summary>
    public static byte[]? Write(FrontMatter frontMatter, string text)
    {
        var body = frontMatter.Body;
        var start = IndexOf(text, body.Start);
        if (start < 0 || string.CompareOrdinal(text, start, body.Text, 0, body.Text.Length) != 0) return null;
        return Write(writer =>
        {
            writer.Write7BitEncodedInt(start);
            writer.Write7BitEncodedInt(body.Text.Length);
            WritePlace(writer, body.Start);
            Write(writer, frontMatter.Yaml);
        });
    }

    /// <summary>The front matter that was written of the same text.</summary>
    /// <param name="entry">What was written.</param>
    /// <param name="file">The file as it is named in errors.</param>
    /// <param name="sqlAt">The SQL in the text, by the index of its first character and their number.</param>
    public static FrontMatter ReadFrontMatter(ReadOnlyMemory<byte> entry, string file, Func<int, int, string> sqlAt)
    {
        var reader = new ParsedBytes(entry.Span);
        var (start, length) = (reader.ReadNumber(), reader.ReadNumber());
        var body = new SqlBody(sqlAt(start, length), ReadPlace(ref reader, file));
        return new((YamlNode.Mapping)ReadNode(ref reader, file), body);
    }

    /// <summary>What a SELECT names.</summary>
    public static byte[] Write(TableUses uses) => Write(writer =>
    {
        writer.Write7BitEncodedInt(uses.Uses.Count);
        foreach (var use in uses.Uses)
        {
            writer.Write((byte)((use.IsStream ? 1 : 0) | (use.IsText ? 2 : 0)));
            writer.Write7BitEncodedInt(use.Index);
            writer.Write7BitEncodedInt(use.Parts.Count);
            foreach (var part in use.Parts) writer.Write(part);
        }
    });

    /// <summary>What was written of the same SELECT.</summary>
    public static TableUses ReadUses(ReadOnlyMemory<byte> entry)
    {
        var reader = new ParsedBytes(entry.Span);
        var uses = new TableUse[reader.ReadNumber()];
        for (var i = 0; i < uses.Length; i++)
        {
            var flags = reader.ReadByte();
            var index = reader.ReadNumber();
            var parts = new string[reader.ReadNumber()];
            for (var part = 0; part < parts.Length; part++) parts[part] = reader.ReadText();
            uses[i] = new(parts, index) { IsStream = (flags & 1) != 0, IsText = (flags & 2) != 0 };
        }
        return new(uses, Error: null);
    }

    static byte[] Write(Action<BinaryWriter> write)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        write(writer);
        writer.Flush();
        return memory.ToArray();
    }

    static int IndexOf(string text, Place place)
    {
        var start = 0;
        for (var line = 1; line < place.Line; line++)
        {
            start = text.IndexOf('\n', start) + 1;
            if (start == 0) return -1;
        }
        return start + place.Column - 1;
    }

    static void WritePlace(BinaryWriter writer, Place place)
    {
        writer.Write7BitEncodedInt(place.Line);
        writer.Write7BitEncodedInt(place.Column);
    }

    static Place ReadPlace(ref ParsedBytes reader, string file) => new(file, reader.ReadNumber(), reader.ReadNumber());

    static void Write(BinaryWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlNode.Scalar scalar:
                writer.Write(ScalarNode);
                writer.Write((byte)((scalar.IsQuoted ? 1 : 0) | (scalar.IsLiteralBlock ? 2 : 0)));
                writer.Write(scalar.Text);
                break;
            case YamlNode.Sequence sequence:
                writer.Write(SequenceNode);
                writer.Write7BitEncodedInt(sequence.Items.Count);
                foreach (var item in sequence.Items) Write(writer, item);
                break;
            case YamlNode.Mapping mapping:
                writer.Write(MappingNode);
                writer.Write7BitEncodedInt(mapping.Entries.Count);
                foreach (var entry in mapping.Entries)
                {
                    writer.Write(entry.Key);
                    WritePlace(writer, entry.KeyPlace);
                    Write(writer, entry.Value);
                }
                break;
            default:
                throw new System.Diagnostics.UnreachableException(node.Kind);
        }
        WritePlace(writer, node.Place);
    }

    static YamlNode ReadNode(ref ParsedBytes reader, string file)
    {
        switch (reader.ReadByte())
        {
            case ScalarNode:
                var (flags, text) = (reader.ReadByte(), reader.ReadText());
                return new YamlNode.Scalar(text, (flags & 1) != 0, ReadPlace(ref reader, file))
                {
                    IsLiteralBlock = (flags & 2) != 0,
                };
            case SequenceNode:
                var items = new YamlNode[reader.ReadNumber()];
                for (var i = 0; i < items.Length; i++) items[i] = ReadNode(ref reader, file);
                return new YamlNode.Sequence(items, ReadPlace(ref reader, file));
            default:
                var entries = new YamlEntry[reader.ReadNumber()];
                for (var i = 0; i < entries.Length; i++)
                    entries[i] = new(reader.ReadText(), ReadPlace(ref reader, file), ReadNode(ref reader, file));
                return new YamlNode.Mapping(entries, ReadPlace(ref reader, file));
        }
    }
}

/// <summary>
/// Reads what a <see cref="BinaryWriter"/> wrote, without a reader's own buffers: there are many short pieces.
/// </summary>
/// <param name="bytes">The bytes.</param>
ref struct ParsedBytes(ReadOnlySpan<byte> bytes)
{
    ReadOnlySpan<byte> rest = bytes;

    /// <summary>A byte.</summary>
    public byte ReadByte()
    {
        var value = rest[0];
        rest = rest[1..];
        return value;
    }

    /// <summary>A number of seven bits a byte.</summary>
    public int ReadNumber()
    {
        var number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var value = ReadByte();
            number |= (value & 0x7F) << shift;
            if (value < 0x80) return number;
        }
    }

    /// <summary>Reads a text after the number of its bytes.</summary>
    public string ReadText()
    {
        var length = ReadNumber();
        var text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return text;
    }
}
