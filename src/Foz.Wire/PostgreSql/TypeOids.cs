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
}
