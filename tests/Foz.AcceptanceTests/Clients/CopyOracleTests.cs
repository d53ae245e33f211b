using System.Globalization;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;
using Npgsql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>What COPY sends of each type, byte for byte as PostgreSQL sends it.</summary>
public sealed class CopyOracleTests(ServedProject project, PostgreSqlServer server)
{
    const int Rows = 400;

    static readonly string[] Formats = ["text", "csv", "binary"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Values that both sides write the same.</summary>
    public static TheoryData<string> Values { get; } =
    [
        "true", "false", "null::int", "1::smallint", "(-5)::int", "9223372036854775807", "1.5::real", "1000000::real",
        "123456789::real", "0.1::double precision", "1e15::double precision", "1e16::double precision",
        "123456789012345.67::double precision", "1.234567890123456e300::double precision", "0.0001::double precision",
        "0.00001::double precision", "(-0.0)::double precision", "'NaN'::double precision",
        "'-Infinity'::double precision",
        "0.00::numeric(4,2)", "(-0.05)::numeric(4,2)", "12345678901234567890123456789012345.678::numeric(38,3)",
        "10000::numeric(10,4)", "date '2024-02-29'", "date '0001-01-01'", "date '9999-12-31'", "'infinity'::date",
        "timestamp '2024-02-29 12:34:56.000001'", "timestamp '1969-12-31 23:59:59.5'", "'-infinity'::timestamp",
        "timestamp with time zone '2024-02-29 12:34:56.789+00'", "time '12:34:56.789'", "time '00:00:00'",
        "interval '1 year 2 months 3 days 04:05:06.789'", "interval '-1 month' + interval '1 day'", "interval '0'",
        "'67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid", "''::text", "'NULL'::text", "E'a\\tb\\nc\\rd\\\\e\"f,g'::text",
        "'\\.'::text", "'ação ☂ 😀'::text", "array[1, null, 3]",
        "array['a b', '', 'x\"y', 'NULL', null, 'back\\slash']",
        "array[1.5, 2.25]::double precision[]", "'{\"a\": [1, null]}'::json",
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Value_is_written_as_by_PostgreSQL(string value) =>
        await CompareAsync($"select {value} as v, 1 as n");

    [Fact]
    public async Task Random_rows_are_written_as_by_PostgreSQL()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var rows = Enumerable.Range(0, Rows).Select(i => $"({string.Join(", ", Row(random, i))})");
        await CompareAsync($"select * from (values {string.Join(",\n", rows)}) v(a, b, c, d, e, f, g, h) order by a");
    }

    static IEnumerable<string> Row(Random random, int number)
    {
        yield return $"{number}::bigint";
        yield return Maybe(random, $"{random.Next(int.MinValue, int.MaxValue)}") + "::int";
        yield return Maybe(
            random,
            $"'{Math.ScaleB(random.NextDouble() - 0.5, random.Next(-60, 60)).ToString("R", CultureInfo.InvariantCulture)}'") + "::double precision";
        yield return Maybe(random, $"{random.NextInt64(-1_000_000_000_000, 1_000_000_000_000) / 10_000m}")
            + "::numeric(20,4)";
        yield return Maybe(random, $"'{new DateTime(random.NextInt64(DateTime.MaxValue.Ticks)):yyyy-MM-dd}'")
            + "::date";
        yield return Maybe(
            random,
            $"'{new DateTime(random.NextInt64(DateTime.MaxValue.Ticks)):yyyy-MM-dd HH:mm:ss.ffffff}'") + "::timestamp";
        yield return Maybe(random, $"'{new string('x', random.Next(40))}çé☂,\"{random.Next()}'") + "::text";
        yield return Maybe(random, random.Next(2) == 0 ? "true" : "false") + "::boolean";
    }

    static string Maybe(Random random, string value) => random.Next(8) == 0 ? "null" : $"({value})";

    async Task CompareAsync(string query)
    {
        await using var postgres = await server.ConnectAsync("postgres");
        await using (var settings = new NpgsqlCommand("set timezone = 'UTC'", postgres))
            await settings.ExecuteNonQueryAsync(Cancel);
        await using var foz = await project.ConnectAsync();
        foreach (var format in Formats)
        {
            var copy = $"copy ({query}) to stdout (format {format})";
            Assert.Equal(await CopyAsync(postgres, copy, format), await CopyAsync(foz, copy, format));
        }
    }

    static async Task<string> CopyAsync(NpgsqlConnection connection, string copy, string format)
    {
        if (format != "binary")
        {
            using var text = await connection.BeginTextExportAsync(copy, Cancel);
            return await text.ReadToEndAsync(Cancel);
        }
        await using var stream = await connection.BeginRawBinaryCopyAsync(copy, Cancel);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Cancel);
        return Convert.ToHexString(bytes.ToArray());
    }
}
