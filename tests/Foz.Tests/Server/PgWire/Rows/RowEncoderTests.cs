using System.Text;
using Foz.DuckDB;
using Foz.DuckDB.Connections;
using Foz.Server.PgWire.Rows;
using Foz.Serving.Copying;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Server.PgWire.Rows;

public sealed class RowEncoderTests
{
    /// <summary>A value in SQL, the type that the client gets, and PostgreSQL's text of it.</summary>
    public static TheoryData<string, uint, string> Texts { get; } = new()
    {
        { "true", TypeOids.Bool, "t" },
        { "(-5)::tinyint", TypeOids.Int2, "-5" },
        { "300::smallint", TypeOids.Int2, "300" },
        { "(-2147483648)::integer", TypeOids.Int4, "-2147483648" },
        { "9223372036854775807", TypeOids.Int8, "9223372036854775807" },
        { "18446744073709551615::ubigint", TypeOids.Numeric, "18446744073709551615" },
        { "(-170141183460469231731687303715884105728)::hugeint", TypeOids.Numeric, "-170141183460469231731687303715884105728" },
        { "1.5::float", TypeOids.Float4, "1.5" },
        { "1000000::float", TypeOids.Float4, "1e+06" },
        { "(-1234567)::float", TypeOids.Float4, "-1.234567e+06" },
        { "1000000.5::float", TypeOids.Float4, "1.0000005e+06" },
        { "0.1::double", TypeOids.Float8, "0.1" },
        { "1e15::double", TypeOids.Float8, "1e+15" },
        { "(-1234567890123456)::double", TypeOids.Float8, "-1.234567890123456e+15" },
        { "123456789::float", TypeOids.Float4, "1.2345679e+08" },
        { "1e9::float", TypeOids.Float4, "1e+09" },
        { "99999999999999999::double", TypeOids.Float8, "1e+17" },
        { "'-31685727009973248'::double", TypeOids.Float8, "-3.1685727009973248e+16" },
        { "'1e23'::double", TypeOids.Float8, "9.999999999999999e+22" },
        { "'1.5e300'::double", TypeOids.Float8, "1.5e+300" },
        { "'33554436'::float", TypeOids.Float4, "3.3554436e+07" },
        { "1e16::double", TypeOids.Float8, "1e+16" },
        { "123456789012345::double", TypeOids.Float8, "123456789012345" },
        { "1.234567890123456e+20::double", TypeOids.Float8, "1.234567890123456e+20" },
        { "0.00001::double", TypeOids.Float8, "1e-05" },
        { "'nan'::double", TypeOids.Float8, "NaN" },
        { "'-inf'::double", TypeOids.Float8, "-Infinity" },
        { "(-0.05)::decimal(4,2)", TypeOids.Numeric, "-0.05" },
        { "12345.678::decimal(38,3)", TypeOids.Numeric, "12345.678" },
        { "date '0044-03-15 (BC)'", TypeOids.Date, "0044-03-15 BC" },
        { "'infinity'::date", TypeOids.Date, "infinity" },
        { "time '12:34:56.789'", TypeOids.Time, "12:34:56.789" },
        { "timetz '12:34:56+02:30'", TypeOids.Timetz, "12:34:56+02:30" },
        { "timestamp '2024-02-29 12:34:56.000001'", TypeOids.Timestamp, "2024-02-29 12:34:56.000001" },
        { "'-infinity'::timestamp", TypeOids.Timestamp, "-infinity" },
        { "'2024-02-29 12:34:56.123456789'::timestamp_ns", TypeOids.Timestamp, "2024-02-29 12:34:56.123456" },
        { "'1969-12-31 23:59:59.999999999'::timestamp_ns", TypeOids.Timestamp, "1969-12-31 23:59:59.999999" },
        { "'2024-02-29 12:34:56'::timestamp_s", TypeOids.Timestamp, "2024-02-29 12:34:56" },
        { "interval '1 year 2 months -3 days'", TypeOids.Interval, "1 year 2 mons -3 days" },
        { "'67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid", TypeOids.Uuid, "67e55044-10b1-426f-9247-bb680e5fe0c8" },
        { "'ação'", TypeOids.Text, "ação" },
        { "'\\xDE\\xAD'::blob", TypeOids.Bytea, "\\xdead" },
        { "'b'::enum('a', 'b')", TypeOids.Text, "b" },
        { "[1, null, 3]", TypeOids.Int4Array, "{1,NULL,3}" },
        { "['a b', '', 'x']", TypeOids.TextArray, "{\"a b\",\"\",x}" },
        { "[]::integer[]", TypeOids.Int4Array, "{}" },
        { "[1, 2]::smallint[]", TypeOids.Int2Vector, "1 2" },
        { "{'a': 1, 'b': [1.5, null], 'ç': 'x\"y'}", TypeOids.Json, "{\"a\":1,\"b\":[1.5,null],\"ç\":\"x\\\"y\"}" },
        { "map {'k': date '2024-01-02'}", TypeOids.Json, "{\"k\":\"2024-01-02\"}" },
        { "[[1], [2, 3]]", TypeOids.Json, "[[1],[2,3]]" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Value_is_written_as_PostgreSQL_writes_its_text(string sql, uint oid, string expected)
    {
        var rows = Encode($"select {sql} union all select null", (oid, ValueFormat.Text));
        Assert.Equal([expected], rows[0].Select(Utf8));
        Assert.Null(rows[1][0]);
    }

    /// <summary>A value in SQL, the type that the client gets, and its bytes in hexadecimal.</summary>
    [Theory]
    [InlineData("true", TypeOids.Bool, "01")]
    [InlineData("(-2)::tinyint", TypeOids.Int2, "fffe")]
    [InlineData("258::smallint", TypeOids.Int2, "0102")]
    [InlineData("7::integer", TypeOids.Int4, "00000007")]
    [InlineData("7::uinteger", TypeOids.Oid, "00000007")]
    [InlineData("7::bigint", TypeOids.RegClass, "00000007")]
    [InlineData("7::bigint", TypeOids.Int8, "0000000000000007")]
    [InlineData("12345.678::decimal(18,3)", TypeOids.Numeric, "000300010000000300010929" + "1a7c")]
    [InlineData("7::hugeint", TypeOids.Numeric, "00010000000000000007")]
    [InlineData("0::decimal(4,2)", TypeOids.Numeric, "0000000000000002")]
    [InlineData("1.5::float", TypeOids.Float4, "3fc00000")]
    [InlineData("(-1.5)::double", TypeOids.Float8, "bff8000000000000")]
    [InlineData("date '2000-01-02'", TypeOids.Date, "00000001")]
    [InlineData("'infinity'::date", TypeOids.Date, "7fffffff")]
    [InlineData("'-infinity'::timestamp", TypeOids.Timestamp, "8000000000000000")]
    [InlineData("timestamp '2000-01-01 00:00:01'", TypeOids.Timestamp, "00000000000f4240")]
    [InlineData("'2000-01-01 00:00:01'::timestamp_ms", TypeOids.Timestamp, "00000000000f4240")]
    [InlineData("timestamptz '2000-01-01 00:00:01+00'", TypeOids.Timestamptz, "00000000000f4240")]
    [InlineData("time '00:00:01'", TypeOids.Time, "00000000000f4240")]
    [InlineData("timetz '00:00:01+01'", TypeOids.Timetz, "00000000000f4240fffff1f0")]
    [InlineData("interval '1 month 2 days 1 second'", TypeOids.Interval, "00000000000f42400000000200000001")]
    [InlineData("'67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid", TypeOids.Uuid, "67e5504410b1426f9247bb680e5fe0c8")]
    [InlineData("'\\xDE\\xAD'::blob", TypeOids.Bytea, "dead")]
    [InlineData("'{}'::json", TypeOids.Jsonb, "017b7d")]
    [InlineData("[1, null]", TypeOids.Int4Array, "0000000100000001000000170000000200000001" + "0000000400000001" + "ffffffff")]
    [InlineData("[]::text[]", TypeOids.TextArray, "000000000000000000000019")]
    [InlineData("[3]::smallint[]", TypeOids.Int2Vector, "0000000100000000000000150000000100000000" + "00000002" + "0003")]
    public void Value_is_written_in_PostgreSQLs_binary_form(string sql, uint oid, string expected)
    {
        var rows = Encode($"select {sql} union all select null", (oid, ValueFormat.Binary));
        Assert.Equal(expected, Convert.ToHexStringLower(rows[0][0]!));
        Assert.Null(rows[1][0]);
    }

    [Fact]
    public void Rows_of_many_chunks_come_back_whole_in_both_formats()
    {
        const string sql =
            """
            select i, case when i % 7 = 0 then null else i * 1.5 end as d, repeat('x', (i * 37 % 500)::integer) as t,
                   case when i % 3 = 0 then null else (i % 1000)::decimal(12, 2) end as n
            from range(10000) r(i)
            """;
        foreach (var format in (ValueFormat[])[ValueFormat.Text, ValueFormat.Binary])
        {
            var rows = Encode(
                sql, (TypeOids.Int8, format), (TypeOids.Numeric, format), (TypeOids.Text, format), (TypeOids.Numeric, format));
            Assert.Equal(10_000, rows.Count);
            for (var i = 0; i < rows.Count; i++)
            {
                Assert.Equal(i % 7 == 0, rows[i][1] is null);
                Assert.Equal(i * 37 % 500, rows[i][2]!.Length);
                Assert.Equal(i % 3 == 0, rows[i][3] is null);
                if (i % 3 != 0)
                    Assert.Equal(
                        $"{i % 1000}.00",
                        format is ValueFormat.Text ? Utf8(rows[i][3]) : new BinaryNumeric(rows[i][3]).ToString());
            }
        }
    }

    [Fact]
    public void Row_larger_than_a_block_is_written_whole()
    {
        var rows = Encode("select repeat('a', 300000), i from range(3) r(i)", (TypeOids.Text, ValueFormat.Text), (TypeOids.Int8, ValueFormat.Text));
        Assert.Equal(3, rows.Count);
        Assert.All(rows, row => Assert.Equal(300_000, row[0]!.Length));
    }

    [Fact]
    public void Instants_follow_the_clock_of_the_session()
    {
        var rows = Encode(
            "select unnest([timestamptz '2018-11-03 12:00:00+00', timestamptz '2018-11-04 12:00:00+00'])",
            ClockZone.Of("America/Sao_Paulo"), (TypeOids.Timestamptz, ValueFormat.Text));
        // The summer of 2018 began in Brazil on the fourth of November.
        Assert.Equal(["2018-11-03 09:00:00-03", "2018-11-04 10:00:00-02"], rows.Select(row => Utf8(row[0])));
    }

    [Theory]
    [InlineData(nameof(CopyFormat.Text), "1\ta\\tb\\\\\\n\n2\t\\N\n3\t\n")]
    [InlineData(nameof(CopyFormat.Csv), "1,\"a\tb\\\n\"\n2,\n3,\"\"\n")]
    public void Copy_escapes_as_PostgreSQL_does(string kind, string expected) =>
        Assert.Equal(expected, Copy(Options(Enum.Parse<CopyFormat>(kind)), "select * from (values (1, E'a\\tb\\\\\\n'), (2, null), (3, ''))"));

    [Fact]
    public void Csv_quotes_what_would_read_as_something_else()
    {
        var format = Options(CopyFormat.Csv) with { Delimiter = '-', Null = "7", Escape = '\\' };
        Assert.Equal(
            "\"7\"-\"a\\\"b\\\\\"-\"2024-01-02\"\n7-x-7\n",
            Copy(format, "select * from (values (7, 'a\"b\\', date '2024-01-02'), (null, 'x', null))"));
    }

    static List<byte[]?[]> Encode(string sql, params (uint Oid, ValueFormat Format)[] columns) => Encode(sql, ClockZone.Utc, columns);

    static List<byte[]?[]> Encode(string sql, ClockZone zone, params (uint Oid, ValueFormat Format)[] columns)
    {
        var messages = Write(
            sql, types => RowEncoder.ForQuery([.. types.Select((t, i) => (t, columns[i].Oid, columns[i].Format))], zone));
        var rows = new List<byte[]?[]>();
        for (var rest = messages.AsSpan(); !rest.IsEmpty;)
        {
            Assert.True(Message.TryRead(rest, out var message));
            Assert.Equal(MessageType.DataRow, message.Type);
            var tuple = new TupleReader(message.Payload);
            var row = new byte[]?[tuple.ValueCount];
            foreach (ref var value in row.AsSpan()) value = tuple.TryReadValue(out var bytes) ? bytes.ToArray() : null;
            Assert.True(tuple.Rest.IsEmpty);
            rows.Add(row);
            rest = rest[message.Bytes..];
        }
        return rows;
    }

    static CopyOptions Options(CopyFormat format) => format is CopyFormat.Csv
        ? new() { Format = format, Delimiter = ',', Null = "" }
        : new() { Format = format };

    static string Copy(CopyOptions format, string sql)
    {
        var messages = Write(
            sql, types => RowEncoder.ForCopy(format, [.. types.Select(t => (t, TypeOids.Text))], ClockZone.Utc));
        var text = new StringBuilder();
        for (var rest = messages.AsSpan(); !rest.IsEmpty;)
        {
            Assert.True(Message.TryRead(rest, out var message));
            text.Append(Encoding.UTF8.GetString(message.Payload));
            rest = rest[message.Bytes..];
        }
        return text.ToString();
    }

    static byte[] Write(string sql, Func<IReadOnlyList<LogicalType>, RowEncoder> open)
    {
        using var database = Database.OpenInMemory(new Dictionary<string, string> { ["threads"] = "1" });
        using var connection = database.Connect();
        connection.Execute("set timezone = 'UTC'");
        using var result = connection.Query(sql);
        var encoder = open([.. result.Columns.Select(c => c.Type)]);
        var writer = new MessageWriter();
        using var all = new MemoryStream();
        while (result.Fetch() is { } fetched)
        {
            using var chunk = fetched;
            encoder.Begin();
            // Rows are asked for in uneven numbers, as portals with limits do.
            for (var row = 0; row < chunk.RowCount;)
            {
                var written = encoder.Write(chunk, row, Math.Min(chunk.RowCount - row, 1 + (row % 700)), writer);
                Assert.InRange(written, 1, 1 + (row % 700));
                row += written;
                all.Write(writer.Written.Span);
                writer.Reset();
            }
        }
        return all.ToArray();
    }

    static string? Utf8(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);
}
