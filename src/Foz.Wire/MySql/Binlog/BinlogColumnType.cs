namespace Foz.Wire.MySql.Binlog;

/// <summary>The types of columns in binary logs.</summary>
public enum BinlogColumnType : byte
{
    /// <summary>8 bits.</summary>
    Tiny = 1,

    /// <summary>16 bits.</summary>
    Short = 2,

    /// <summary>32 bits.</summary>
    Long = 3,

    /// <summary>A number of 32 bits with a floating point.</summary>
    Float = 4,

    /// <summary>A number of 64 bits with a floating point.</summary>
    Double = 5,

    /// <summary>Seconds since 1970-01-01, as before MySQL 5.6.</summary>
    OldTimestamp = 7,

    /// <summary>64 bits.</summary>
    LongLong = 8,

    /// <summary>24 bits.</summary>
    Int24 = 9,

    /// <summary>A day.</summary>
    Date = 10,

    /// <summary>A time, as before MySQL 5.6.</summary>
    OldTime = 11,

    /// <summary>A day and time, as before MySQL 5.6.</summary>
    OldDateTime = 12,

    /// <summary>A year.</summary>
    Year = 13,

    /// <summary>A day.</summary>
    NewDate = 14,

    /// <summary>Text, or bytes.</summary>
    VarChar = 15,

    /// <summary>Bits.</summary>
    Bit = 16,

    /// <summary>An instant.</summary>
    Timestamp = 17,

    /// <summary>A day and time.</summary>
    DateTime = 18,

    /// <summary>A time.</summary>
    Time = 19,

    /// <summary>Text or bytes that MariaDB keeps compressed.</summary>
    BlobCompressed = 140,

    /// <summary>Text or bytes that MariaDB keeps compressed, with a length.</summary>
    VarCharCompressed = 141,

    /// <summary>Numbers of an embedding.</summary>
    Vector = 242,

    /// <summary>JSON in MySQL's binary form.</summary>
    Json = 245,

    /// <summary>A decimal.</summary>
    Decimal = 246,

    /// <summary>One of some texts.</summary>
    Enum = 247,

    /// <summary>Some of some texts.</summary>
    Set = 248,

    /// <summary>Text, or bytes.</summary>
    Blob = 252,

    /// <summary>Text, or bytes.</summary>
    VarString = 253,

    /// <summary>Text, or bytes, of one length.</summary>
    String = 254,

    /// <summary>A geometry.</summary>
    Geometry = 255,
}
