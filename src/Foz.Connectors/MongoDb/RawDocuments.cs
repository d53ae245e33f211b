using System.Buffers.Binary;
using MongoDB.Bson;
using BsonType = Foz.Wire.Bson.BsonType;

namespace Foz.Connectors.MongoDb;

/// <summary>Documents as bytes: what the driver reads of them would not be what the server sent.</summary>
static class RawDocuments
{
    /// <summary>The bytes of a document, valid until the document is disposed.</summary>
    public static ReadOnlyMemory<byte> BytesOf(RawBsonDocument document)
    {
        var segment = document.Slice.AccessBackingBytes(0);
        if (segment.Count >= document.Slice.Length) return segment.AsMemory(0, document.Slice.Length);
        // A document that came in several pieces of memory.
        var bytes = new byte[document.Slice.Length];
        document.Slice.GetBytes(0, bytes, 0, bytes.Length);
        return bytes;
    }

    /// <summary>A document of one value, such as an id, bit by bit.</summary>
    public static RawBsonDocument Of(string name, BsonType type, ReadOnlySpan<byte> value)
    {
        var text = System.Text.Encoding.UTF8.GetBytes(name);
        var bytes = new byte[sizeof(int) + 1 + text.Length + 1 + value.Length + 1];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        bytes[sizeof(int)] = (byte)type;
        text.CopyTo(bytes.AsSpan(sizeof(int) + 1));
        value.CopyTo(bytes.AsSpan(sizeof(int) + 1 + text.Length + 1));
        return new(bytes);
    }

    /// <summary>The id of a document as a document; null where it has none.</summary>
    /// <exception cref="Foz.Wire.WireException">It is not BSON.</exception>
    public static RawBsonDocument? IdOf(ReadOnlySpan<byte> document)
    {
        var elements = new Foz.Wire.Bson.BsonElements(document);
        while (elements.Read())
            if (elements.Name.SequenceEqual("_id"u8)) return Of("_id", elements.Type, elements.Value);
        return null;
    }

    /// <summary>The names of a document's fields.</summary>
    /// <exception cref="Foz.Wire.WireException">It is not BSON.</exception>
    public static IReadOnlyList<string> NamesOf(ReadOnlySpan<byte> document)
    {
        var names = new List<string>();
        var elements = new Foz.Wire.Bson.BsonElements(document);
        while (elements.Read()) names.Add(System.Text.Encoding.UTF8.GetString(elements.Name));
        return names;
    }
}
