using System.Runtime.InteropServices;
using Foz.Core.Configuration;

namespace Foz.Core.Pipelines.Projects;

/// <summary>What was parsed of a text as bytes, for <see cref="ParseCache"/>.</summary>
static class ParsedText
{
    const byte ScalarNode = 0;
    const byte SequenceNode = 1;
    const byte MappingNode = 2;

    /// <summary>A file's front matter and where its SQL is; null where the SQL is no part of the text as it stands.</summary>
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
    public static FrontMatter ReadFrontMatter(ReadOnlyMemory<byte> entry, string text, string file)
    {
        using var reader = ReaderOf(entry);
        var (start, length) = (reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
        var body = new SqlBody(text.Substring(start, length), ReadPlace(reader, file));
        return new((YamlNode.Mapping)ReadNode(reader, file), body);
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
        using var reader = ReaderOf(entry);
        var uses = new TableUse[reader.Read7BitEncodedInt()];
        for (var i = 0; i < uses.Length; i++)
        {
            var flags = reader.ReadByte();
            var index = reader.Read7BitEncodedInt();
            var parts = new string[reader.Read7BitEncodedInt()];
            for (var part = 0; part < parts.Length; part++) parts[part] = reader.ReadString();
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

    static BinaryReader ReaderOf(ReadOnlyMemory<byte> entry) =>
        MemoryMarshal.TryGetArray(entry, out var bytes)
            ? new(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false))
            : new(new MemoryStream(entry.ToArray(), writable: false));

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

    static Place ReadPlace(BinaryReader reader, string file) => new(file, reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());

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

    static YamlNode ReadNode(BinaryReader reader, string file)
    {
        switch (reader.ReadByte())
        {
            case ScalarNode:
                var (flags, text) = (reader.ReadByte(), reader.ReadString());
                return new YamlNode.Scalar(text, (flags & 1) != 0, ReadPlace(reader, file)) { IsLiteralBlock = (flags & 2) != 0 };
            case SequenceNode:
                var items = new YamlNode[reader.Read7BitEncodedInt()];
                for (var i = 0; i < items.Length; i++) items[i] = ReadNode(reader, file);
                return new YamlNode.Sequence(items, ReadPlace(reader, file));
            default:
                var entries = new YamlEntry[reader.Read7BitEncodedInt()];
                for (var i = 0; i < entries.Length; i++)
                    entries[i] = new(reader.ReadString(), ReadPlace(reader, file), ReadNode(reader, file));
                return new YamlNode.Mapping(entries, ReadPlace(reader, file));
        }
    }
}
