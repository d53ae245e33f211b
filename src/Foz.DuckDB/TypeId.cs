namespace Foz.DuckDB;

/// <summary>DuckDB's types by the numbers of its C API (<c>duckdb_type</c>).</summary>
public enum TypeId
{
    /// <summary>No type.</summary>
    Invalid = 0,

    /// <summary>BOOLEAN: one byte.</summary>
    Boolean = 1,

    /// <summary>TINYINT: 8 bits, signed.</summary>
    TinyInt = 2,

    /// <summary>SMALLINT: 16 bits, signed.</summary>
    SmallInt = 3,

    /// <summary>INTEGER: 32 bits, signed.</summary>
    Integer = 4,

    /// <summary>BIGINT: 64 bits, signed.</summary>
    BigInt = 5,

    /// <summary>UTINYINT: 8 bits, unsigned.</summary>
    UTinyInt = 6,

    /// <summary>USMALLINT: 16 bits, unsigned.</summary>
    USmallInt = 7,

    /// <summary>UINTEGER: 32 bits, unsigned.</summary>
    UInteger = 8,

    /// <summary>UBIGINT: 64 bits, unsigned.</summary>
    UBigInt = 9,

    /// <summary>FLOAT: single precision.</summary>
    Float = 10,

    /// <summary>DOUBLE: double precision.</summary>
    Double = 11,

    /// <summary>TIMESTAMP: microseconds, without time zone.</summary>
    Timestamp = 12,

    /// <summary>DATE: days.</summary>
    Date = 13,

    /// <summary>TIME: microseconds of the day.</summary>
    Time = 14,

    /// <summary>INTERVAL: months, days, microseconds.</summary>
    Interval = 15,

    /// <summary>HUGEINT: 128 bits, signed.</summary>
    HugeInt = 16,

    /// <summary>VARCHAR: UTF-8 text.</summary>
    Varchar = 17,

    /// <summary>BLOB: bytes.</summary>
    Blob = 18,

    /// <summary>DECIMAL(width, scale): 16, 32, 64 or 128 bits by width.</summary>
    Decimal = 19,

    /// <summary>TIMESTAMP_S: seconds.</summary>
    TimestampS = 20,

    /// <summary>TIMESTAMP_MS: milliseconds.</summary>
    TimestampMs = 21,

    /// <summary>TIMESTAMP_NS: nanoseconds.</summary>
    TimestampNs = 22,

    /// <summary>ENUM: an index into a dictionary of texts.</summary>
    Enum = 23,

    /// <summary>LIST: any number of elements of one type.</summary>
    List = 24,

    /// <summary>STRUCT: named fields.</summary>
    Struct = 25,

    /// <summary>MAP: a list of key and value.</summary>
    Map = 26,

    /// <summary>UUID.</summary>
    Uuid = 27,

    /// <summary>UNION: one of several named types.</summary>
    Union = 28,

    /// <summary>BIT: a string of bits.</summary>
    Bit = 29,

    /// <summary>TIME WITH TIME ZONE: microseconds and offset.</summary>
    TimeTz = 30,

    /// <summary>TIMESTAMP WITH TIME ZONE: an instant in microseconds.</summary>
    TimestampTz = 31,

    /// <summary>UHUGEINT: 128 bits, unsigned.</summary>
    UHugeInt = 32,

    /// <summary>ARRAY: a fixed number of elements of one type.</summary>
    Array = 33,

    /// <summary>ANY: a parameter of any type, in function declarations only.</summary>
    Any = 34,

    /// <summary>BIGNUM: an integer of any size.</summary>
    BigNum = 35,

    /// <summary>The type of a bare NULL.</summary>
    SqlNull = 36,

    /// <summary>A text literal not yet given a type.</summary>
    StringLiteral = 37,

    /// <summary>An integer literal not yet given a type.</summary>
    IntegerLiteral = 38,

    /// <summary>TIME_NS: nanoseconds of the day.</summary>
    TimeNs = 39,

    /// <summary>GEOMETRY: well-known binary.</summary>
    Geometry = 40,

    /// <summary>VARIANT: a value that carries its own type.</summary>
    Variant = 41,
}
