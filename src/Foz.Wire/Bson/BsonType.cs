namespace Foz.Wire.Bson;

/// <summary>What a value of BSON is (bsonspec.org, version 1.1).</summary>
public enum BsonType : byte
{
    /// <summary>A number in binary of 64 bits.</summary>
    Double = 0x01,

    /// <summary>A text.</summary>
    String = 0x02,

    /// <summary>A document.</summary>
    Document = 0x03,

    /// <summary>An array: a document whose names are the positions of its elements.</summary>
    Array = 0x04,

    /// <summary>Bytes, with a subtype.</summary>
    Binary = 0x05,

    /// <summary>Undefined; deprecated.</summary>
    Undefined = 0x06,

    /// <summary>An ObjectId of 12 bytes.</summary>
    ObjectId = 0x07,

    /// <summary>A boolean.</summary>
    Boolean = 0x08,

    /// <summary>An instant, in milliseconds since 1970.</summary>
    Date = 0x09,

    /// <summary>Null.</summary>
    Null = 0x0a,

    /// <summary>A regular expression with its options.</summary>
    Regex = 0x0b,

    /// <summary>A collection's name and an ObjectId; deprecated.</summary>
    DbPointer = 0x0c,

    /// <summary>A program in JavaScript.</summary>
    Code = 0x0d,

    /// <summary>A text; deprecated.</summary>
    Symbol = 0x0e,

    /// <summary>A program in JavaScript and the values of its names; deprecated.</summary>
    CodeWithScope = 0x0f,

    /// <summary>A whole number of 32 bits.</summary>
    Int32 = 0x10,

    /// <summary>MongoDB's own timestamp: seconds and a counter.</summary>
    Timestamp = 0x11,

    /// <summary>A whole number of 64 bits.</summary>
    Int64 = 0x12,

    /// <summary>A decimal of 34 digits.</summary>
    Decimal128 = 0x13,

    /// <summary>What is above all values.</summary>
    MaxKey = 0x7f,

    /// <summary>What is below all values.</summary>
    MinKey = 0xff,
}
