namespace Foz.Wire.PostgreSql;

/// <summary>Object identifiers of PostgreSQL's built-in types, which never change (pg_type.dat).</summary>
public static class TypeOids
{
    /// <summary><c>boolean</c>.</summary>
    public const uint Bool = 16;

    /// <summary><c>bytea</c>.</summary>
    public const uint Bytea = 17;

    /// <summary><c>"char"</c>: one byte.</summary>
    public const uint Char = 18;

    /// <summary><c>name</c>.</summary>
    public const uint Name = 19;

    /// <summary><c>bigint</c>.</summary>
    public const uint Int8 = 20;

    /// <summary><c>smallint</c>.</summary>
    public const uint Int2 = 21;

    /// <summary><c>integer</c>.</summary>
    public const uint Int4 = 23;

    /// <summary><c>text</c>.</summary>
    public const uint Text = 25;

    /// <summary><c>oid</c>.</summary>
    public const uint Oid = 26;

    /// <summary><c>json</c>.</summary>
    public const uint Json = 114;

    /// <summary><c>cidr</c>.</summary>
    public const uint Cidr = 650;

    /// <summary><c>real</c>.</summary>
    public const uint Float4 = 700;

    /// <summary><c>double precision</c>.</summary>
    public const uint Float8 = 701;

    /// <summary><c>money</c>.</summary>
    public const uint Money = 790;

    /// <summary><c>inet</c>.</summary>
    public const uint Inet = 869;

    /// <summary><c>character</c>.</summary>
    public const uint Bpchar = 1042;

    /// <summary><c>character varying</c>.</summary>
    public const uint Varchar = 1043;

    /// <summary><c>date</c>.</summary>
    public const uint Date = 1082;

    /// <summary><c>timestamp without time zone</c>.</summary>
    public const uint Timestamp = 1114;

    /// <summary><c>timestamp with time zone</c>.</summary>
    public const uint Timestamptz = 1184;

    /// <summary><c>numeric</c>.</summary>
    public const uint Numeric = 1700;

    /// <summary><c>uuid</c>.</summary>
    public const uint Uuid = 2950;

    /// <summary><c>int2vector</c>.</summary>
    public const uint Int2Vector = 22;

    /// <summary><c>regproc</c>.</summary>
    public const uint RegProc = 24;

    /// <summary><c>tid</c>.</summary>
    public const uint Tid = 27;

    /// <summary><c>xid</c>.</summary>
    public const uint Xid = 28;

    /// <summary><c>cid</c>.</summary>
    public const uint Cid = 29;

    /// <summary><c>oidvector</c>.</summary>
    public const uint OidVector = 30;

    /// <summary><c>unknown</c>.</summary>
    public const uint Unknown = 705;

    /// <summary><c>time without time zone</c>.</summary>
    public const uint Time = 1083;

    /// <summary><c>interval</c>.</summary>
    public const uint Interval = 1186;

    /// <summary><c>time with time zone</c>.</summary>
    public const uint Timetz = 1266;

    /// <summary><c>bit</c>.</summary>
    public const uint Bit = 1560;

    /// <summary><c>bit varying</c>.</summary>
    public const uint Varbit = 1562;

    /// <summary><c>regoper</c>.</summary>
    public const uint RegOper = 2203;

    /// <summary><c>regclass</c>.</summary>
    public const uint RegClass = 2205;

    /// <summary><c>regtype</c>.</summary>
    public const uint RegType = 2206;

    /// <summary><c>void</c>.</summary>
    public const uint Void = 2278;

    /// <summary><c>record</c>.</summary>
    public const uint Record = 2249;

    /// <summary><c>anyarray</c>.</summary>
    public const uint AnyArray = 2277;

    /// <summary><c>jsonb</c>.</summary>
    public const uint Jsonb = 3802;

    /// <summary><c>regrole</c>.</summary>
    public const uint RegRole = 4096;

    /// <summary><c>regnamespace</c>.</summary>
    public const uint RegNamespace = 4089;

    /// <summary><c>boolean[]</c>.</summary>
    public const uint BoolArray = 1000;

    /// <summary><c>bytea[]</c>.</summary>
    public const uint ByteaArray = 1001;

    /// <summary><c>"char"[]</c>.</summary>
    public const uint CharArray = 1002;

    /// <summary><c>name[]</c>.</summary>
    public const uint NameArray = 1003;

    /// <summary><c>smallint[]</c>.</summary>
    public const uint Int2Array = 1005;

    /// <summary><c>integer[]</c>.</summary>
    public const uint Int4Array = 1007;

    /// <summary><c>text[]</c>.</summary>
    public const uint TextArray = 1009;

    /// <summary><c>oid[]</c>.</summary>
    public const uint OidArray = 1028;

    /// <summary><c>character[]</c>.</summary>
    public const uint BpcharArray = 1014;

    /// <summary><c>character varying[]</c>.</summary>
    public const uint VarcharArray = 1015;

    /// <summary><c>bigint[]</c>.</summary>
    public const uint Int8Array = 1016;

    /// <summary><c>real[]</c>.</summary>
    public const uint Float4Array = 1021;

    /// <summary><c>double precision[]</c>.</summary>
    public const uint Float8Array = 1022;

    /// <summary><c>timestamp[]</c>.</summary>
    public const uint TimestampArray = 1115;

    /// <summary><c>date[]</c>.</summary>
    public const uint DateArray = 1182;

    /// <summary><c>time[]</c>.</summary>
    public const uint TimeArray = 1183;

    /// <summary><c>timestamp with time zone[]</c>.</summary>
    public const uint TimestamptzArray = 1185;

    /// <summary><c>interval[]</c>.</summary>
    public const uint IntervalArray = 1187;

    /// <summary><c>numeric[]</c>.</summary>
    public const uint NumericArray = 1231;

    /// <summary><c>time with time zone[]</c>.</summary>
    public const uint TimetzArray = 1270;

    /// <summary><c>bit varying[]</c>.</summary>
    public const uint VarbitArray = 1563;

    /// <summary><c>uuid[]</c>.</summary>
    public const uint UuidArray = 2951;

    /// <summary><c>json[]</c>.</summary>
    public const uint JsonArray = 199;

    /// <summary><c>jsonb[]</c>.</summary>
    public const uint JsonbArray = 3807;

    /// <summary>The array of a type; 0 where it has none here.</summary>
    public static uint ArrayOf(uint element) => element switch
    {
        Bool => BoolArray,
        Bytea => ByteaArray,
        Char => CharArray,
        Name => NameArray,
        Int2 => Int2Array,
        Int4 => Int4Array,
        Text => TextArray,
        Oid => OidArray,
        Bpchar => BpcharArray,
        Varchar => VarcharArray,
        Int8 => Int8Array,
        Float4 => Float4Array,
        Float8 => Float8Array,
        Timestamp => TimestampArray,
        Date => DateArray,
        Time => TimeArray,
        Timestamptz => TimestamptzArray,
        Interval => IntervalArray,
        Numeric => NumericArray,
        Timetz => TimetzArray,
        Varbit => VarbitArray,
        Uuid => UuidArray,
        Json => JsonArray,
        Jsonb => JsonbArray,
        _ => 0,
    };

    /// <summary>What the elements of an array are; 0 where the type is no array.</summary>
    public static uint ElementOf(uint array) => array switch
    {
        BoolArray => Bool,
        ByteaArray => Bytea,
        CharArray => Char,
        NameArray => Name,
        Int2Array => Int2,
        Int4Array => Int4,
        TextArray => Text,
        OidArray => Oid,
        BpcharArray => Bpchar,
        VarcharArray => Varchar,
        Int8Array => Int8,
        Float4Array => Float4,
        Float8Array => Float8,
        TimestampArray => Timestamp,
        DateArray => Date,
        TimeArray => Time,
        TimestamptzArray => Timestamptz,
        IntervalArray => Interval,
        NumericArray => Numeric,
        TimetzArray => Timetz,
        VarbitArray => Varbit,
        UuidArray => Uuid,
        JsonArray => Json,
        JsonbArray => Jsonb,
        Int2Vector => Int2,
        OidVector => Oid,
        _ => 0,
    };

    /// <summary>
    /// Returns the bytes of a value in PostgreSQL's memory, as in RowDescription; -1 where they vary.
    /// </summary>
    public static short BytesOf(uint oid) => oid switch
    {
        Bool or Char => 1,
        Int2 => 2,
        Int4 or Oid or Float4 or Date or Xid or Cid or RegProc or RegClass or RegType or RegRole or RegNamespace
            or RegOper or Void => 4,
        Int8 or Float8 or Time or Timestamp or Timestamptz or Money => 8,
        Timetz => 12,
        Interval or Uuid => 16,
        Name => 64,
        Unknown => -2,
        _ => -1,
    };
}
