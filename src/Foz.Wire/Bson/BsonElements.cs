using System.Buffers.Binary;

namespace Foz.Wire.Bson;

/// <summary>
/// Goes through the elements of a document or array, in their order. It copies nothing and looks into no value; names
/// may come twice, be empty, and need not be UTF-8.
/// </summary>
public ref struct BsonElements
{
    const int LengthBytes = sizeof(int);
    const int BytesMin = LengthBytes + 1;
    const int ObjectIdBytes = 12;
    const int DecimalBytes = 16;
    const int ScopeBytesMin = 14;

    readonly ReadOnlySpan<byte> rest;
    int at = LengthBytes;

    /// <summary>Starts before the first element.</summary>
    /// <param name="document">The whole document.</param>
    /// <exception cref="WireException">Its length is another than it states, or it has no end.</exception>
    public BsonElements(ReadOnlySpan<byte> document)
    {
        if (document.Length < BytesMin
            || BinaryPrimitives.ReadInt32LittleEndian(document) != document.Length || document[^1] != 0)
            throw WireException.Malformed("a document of BSON with another length than it states");
        rest = document;
    }

    /// <summary>The element's name, in UTF-8 unless its writer was wrong.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The element's type.</summary>
    public BsonType Type { get; private set; }

    /// <summary>The bytes of the element's value, with the length that some types state in front.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next element.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="WireException">There is none that BSON knows.</exception>
    public bool Read()
    {
        if (rest[at] == 0)
        {
            if (at != rest.Length - 1) throw WireException.Malformed("a document of BSON that ends before its length");
            return false;
        }
        Type = (BsonType)rest[at++];
        Name = Text();
        var length = LengthOf(Type);
        if (length < 0 || length > rest.Length - 1 - at)
            throw WireException.Malformed($"a value of BSON ({Type}) that is longer than its document");
        Value = rest.Slice(at, length);
        at += length;
        return true;
    }

    /// <summary>The bytes up to the next zero, which is passed over.</summary>
    ReadOnlySpan<byte> Text()
    {
        var length = rest[at..].IndexOf((byte)0);
        if (length < 0 || at + length >= rest.Length - 1)
            throw WireException.Malformed("a name of BSON that has no end");
        var text = rest.Slice(at, length);
        at += length + 1;
        return text;
    }

    readonly int LengthOf(BsonType type) => type switch
    {
        BsonType.Undefined or BsonType.Null or BsonType.MinKey or BsonType.MaxKey => 0,
        BsonType.Boolean => 1,
        BsonType.Int32 => sizeof(int),
        BsonType.Double or BsonType.Date or BsonType.Timestamp or BsonType.Int64 => sizeof(long),
        BsonType.ObjectId => ObjectIdBytes,
        BsonType.Decimal128 => DecimalBytes,
        BsonType.String or BsonType.Code or BsonType.Symbol => Stated(LengthBytes, 1),
        BsonType.DbPointer => Stated(LengthBytes + ObjectIdBytes, 1),
        BsonType.Binary => Stated(BytesMin, 0),
        BsonType.Document or BsonType.Array => Stated(0, BytesMin),
        BsonType.CodeWithScope => Stated(0, ScopeBytesMin),
        BsonType.Regex => TwoTexts(),
        _ => throw WireException.Malformed($"a value of the type 0x{(byte)type:x2}, which BSON does not have"),
    };

    /// <summary>The length of a value that states one; −1 where it is none.</summary>
    /// <param name="besides">How many bytes it does not count.</param>
    /// <param name="least">The least that it may state.</param>
    readonly int Stated(int besides, int least)
    {
        if (rest.Length - at < LengthBytes) return -1;
        var stated = BinaryPrimitives.ReadInt32LittleEndian(rest[at..]);
        return stated < least || stated > rest.Length ? -1 : stated + besides;
    }

    readonly int TwoTexts()
    {
        var first = rest[at..].IndexOf((byte)0);
        var second = first < 0 ? -1 : rest[(at + first + 1)..].IndexOf((byte)0);
        return second < 0 ? -1 : first + second + 2;
    }
}
