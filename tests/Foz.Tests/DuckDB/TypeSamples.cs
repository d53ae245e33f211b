using System.Numerics;
using Foz.DuckDB;

namespace Foz.Tests.DuckDB;

/// <summary>A value of every type of DuckDB, as SQL and as the binding gives it.</summary>
static class TypeSamples
{
    public static readonly (string Type, string Sql, object? Value)[] All =
    [
        ("BOOLEAN", "true", true),
        ("TINYINT", "-128", (sbyte)-128),
        ("SMALLINT", "-32768", (short)-32768),
        ("INTEGER", "-2147483648", int.MinValue),
        ("BIGINT", "-9223372036854775808", long.MinValue),
        ("HUGEINT", "'-170141183460469231731687303715884105728'", Int128.MinValue),
        ("UTINYINT", "255", (byte)255),
        ("USMALLINT", "65535", (ushort)65535),
        ("UINTEGER", "4294967295", uint.MaxValue),
        ("UBIGINT", "18446744073709551615", ulong.MaxValue),
        ("UHUGEINT", "'340282366920938463463374607431768211455'", UInt128.MaxValue),
        ("BIGNUM", "'-123456789012345678901234567890123456789012345678901234567890'",
            BigInteger.Parse("-123456789012345678901234567890123456789012345678901234567890")),
        ("BIGNUM", "'0'", BigInteger.Zero),
        ("BIGNUM", "'255'", new BigInteger(255)),
        ("FLOAT", "1.5", 1.5f),
        ("DOUBLE", "'nan'", double.NaN),
        ("DOUBLE", "'-infinity'", double.NegativeInfinity),
        ("DECIMAL(4,1)", "-999.9", new DecimalValue(-9999, 4, 1)),
        ("DECIMAL(9,2)", "9999999.99", new DecimalValue(999_999_999, 9, 2)),
        ("DECIMAL(18,3)", "-0.001", new DecimalValue(-1, 18, 3)),
        ("DECIMAL(38,10)", "'1234567890123456789012345678.0123456789'",
            new DecimalValue(Int128.Parse("12345678901234567890123456780123456789"), 38, 10)),
        ("VARCHAR", "''", ""),
        ("VARCHAR", "'twelve bytes'", "twelve bytes"),
        ("VARCHAR", "'thirteen byte'", "thirteen byte"),
        ("VARCHAR", "'água é 🦆 ' || repeat('ã', 1000)", "água é 🦆 " + new string('ã', 1000)),
        ("VARCHAR", "'a' || chr(0) || 'b'", "a\0b"),
        ("BLOB", "'\\x00\\xFF\\x80'", new byte[] { 0, 255, 128 }),
        ("BLOB", "''", Array.Empty<byte>()),
        ("BIT", "'10101'", new BitValue("10101")),
        ("BIT", "'1010101011110000'", new BitValue("1010101011110000")),
        ("UUID", "'00112233-4455-6677-8899-aabbccddeeff'", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
        ("UUID", "'f0112233-4455-6677-8899-aabbccddeeff'", Guid.Parse("f0112233-4455-6677-8899-aabbccddeeff")),
        ("DATE", "'2024-02-29'", Date.From(new DateOnly(2024, 2, 29))),
        ("DATE", "'infinity'", Date.PositiveInfinity),
        ("DATE", "'-infinity'", Date.NegativeInfinity),
        ("DATE", "'0044-03-15 (BC)'", new Date(-735_160)),
        ("TIME", "'24:00:00'", new Time(86_400_000_000)),
        ("TIME", "'12:34:56.789'", Time.From(new TimeOnly(12, 34, 56, 789))),
        ("TIME_NS", "'12:34:56.789012345'", new TimeNs(45_296_789_012_345)),
        ("TIME WITH TIME ZONE", "'12:34:56.5+02:30'", new TimeTz(45_296_500_000, 9000)),
        ("TIME WITH TIME ZONE", "'00:00:00-15:59:59'", new TimeTz(0, -57_599)),
        ("TIMESTAMP", "'2024-02-29 12:34:56.789012'",
            Timestamp.From(new DateTime(2024, 2, 29, 12, 34, 56, 789, 12))),
        ("TIMESTAMP", "'infinity'", Timestamp.PositiveInfinity),
        ("TIMESTAMP", "'1969-12-31 23:59:59.999999'", new Timestamp(-1)),
        ("TIMESTAMP_S", "'2024-02-29 12:34:56'", new TimestampS(1_709_210_096)),
        ("TIMESTAMP_MS", "'2024-02-29 12:34:56.789'", new TimestampMs(1_709_210_096_789)),
        ("TIMESTAMP_NS", "'2024-02-29 12:34:56.789012345'", new TimestampNs(1_709_210_096_789_012_345)),
        ("TIMESTAMP WITH TIME ZONE", "'2024-02-29 12:34:56+03'",
            TimestampTz.From(new DateTimeOffset(2024, 2, 29, 12, 34, 56, TimeSpan.FromHours(3)))),
        ("INTERVAL", "INTERVAL '1 year 2 months 3 days 4 seconds'", new Interval(14, 3, 4_000_000)),
        ("ENUM('sad', 'it''s ok', 'happy')", "'it''s ok'", "it's ok"),
        ("INTEGER[]", "[1, NULL, 3]", new object?[] { 1, null, 3 }),
        ("INTEGER[]", "[]", Array.Empty<object?>()),
        ("VARCHAR[][]", "[['a', 'a rather long text'], [], NULL]",
            new object?[] { new object?[] { "a", "a rather long text" }, Array.Empty<object?>(), null }),
        ("DOUBLE[3]", "[1.0, NULL, 3.0]", new object?[] { 1.0, null, 3.0 }),
        ("STRUCT(\"a\" INTEGER, \"B c\" VARCHAR[])", "{'a': 1, 'B c': ['x', NULL]}",
            new StructValue(("a", 1), ("B c", new object?[] { "x", null }))),
        ("STRUCT(\"a\" STRUCT(\"b\" DATE))", "{'a': {'b': NULL}}",
            new StructValue(("a", new StructValue(("b", null))))),
        ("MAP(VARCHAR, INTEGER)", "MAP {'one': 1, 'none': NULL}", new MapValue(("one", 1), ("none", null))),
        ("MAP(INTEGER, STRUCT(\"x\" DOUBLE)[])", "MAP {7: [{'x': 0.5}]}",
            new MapValue((7, new object?[] { new StructValue(("x", 0.5)) }))),
        ("UNION(\"num\" INTEGER, \"str\" VARCHAR)", "union_value(str := 'text')", new UnionValue("str", "text")),
        ("UNION(\"num\" INTEGER, \"str\" VARCHAR)", "union_value(num := 5)", new UnionValue("num", 5)),
        ("STRUCT(\"u\" UNION(\"l\" INTEGER[], \"s\" VARCHAR))[2]", "[{'u': union_value(l := [1])}, NULL]",
            new object?[] { new StructValue(("u", new UnionValue("l", new object?[] { 1 }))), null }),
        ("JSON", "'{\"a\": [1, 2]}'", "{\"a\": [1, 2]}"),
    ];

    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var (type, sql, _) in All) rows.Add(type, sql);
        return rows;
    }

    /// <summary>
    /// Those that a VARIANT holds as they are: no UNION, and JSON becomes the objects that it describes.
    /// </summary>
    public static TheoryData<string, string> VariantRows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var (type, sql, _) in All.Where(s => !s.Type.Contains("UNION") && s.Type != "JSON"))
            rows.Add(type, sql);
        return rows;
    }

    public static object? ValueOf(string type, string sql) => All.Single(s => s.Type == type && s.Sql == sql).Value;

    /// <summary>The types, each once.</summary>
    public static TheoryData<string> Types() => [.. All.Select(s => s.Type).Distinct()];
}
