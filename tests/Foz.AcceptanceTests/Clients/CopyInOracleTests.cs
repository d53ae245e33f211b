using System.Globalization;
using System.Text;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;
using Npgsql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>What COPY takes of clients, held against PostgreSQL: rows and faults are the same.</summary>
public sealed class CopyInOracleTests(ServedProject project, PostgreSqlServer server)
{
    const string Columns =
        "a integer, b text, c boolean, d double precision, e numeric(20,4), f date, g timestamp, h "
            + "timestamptz, i bytea, j integer[]";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "text",
        "\\N\ta\\tb\\\\\\x41\\101\\q\ttrue\t1e10\t12.34567\t2024-02-29\t2024-02-29 12:34:56.789\t2024-02-29 12:34:56+03\t\\\\x00ff\t{1,NULL,3}\n")]
    [InlineData(
        "text",
        " -7 \t\tno\t-Infinity\t-0.00005\t0001-01-01\t1969-12-31 23:59:59.5\t2024-02-29T12:34:56Z\ta\\\\\\\\b\t{}\r\n1\t\\\\N\toff\tNaN\t1\t9999-12-31\t2024-01-01\t2024-01-01\t\t{ 1 , 2 }\r\n\\.\r\n")]
    [InlineData(
        "csv",
        "1,\"a\"\"b\nc\",t,1,1,2024-01-01,2024-01-01 00:00:00,2024-01-01 00:00:00+00,\\x01,\"{1,2}\"\n2,\"\",f,,,,,,,\n3,,f,,,,,,,\n")]
    public async Task Rows_are_the_same(string format, string rows)
    {
        await using var postgres = await PostgresAsync();
        await using var foz = await FozAsync();
        Assert.Equal(await CopyAsync(postgres, format, rows), await CopyAsync(foz, format, rows));
        var read = await RowsAsync(postgres);
        Assert.NotEmpty(read);
        Assert.Equal(read, await RowsAsync(foz));
    }

    [Fact]
    public async Task Dates_are_read_in_the_forms_that_PostgreSQL_reads()
    {
        string[] dates =
        [
            "2026-01-31", "1/31/2026", "01/31/26", "1-8-1999", "1.8.70", "20260131", "Jan 31 2026", "january 8, 1999",
            "31-Jan-2026", "8 Jan 1999", "2026/1/31",
        ];
        string[] times = ["", " 12:34:56.789", " 04:05:06"];
        var number = 0;
        var rows = string.Concat(dates.SelectMany(date => times.Select(time =>
            $"{number++}\t\\N\t\\N\t\\N\t\\N\t"
                + $"{date}\t{date}{time}\t{date}{time}{(time.Length > 0 ? "+03" : "")}\t\\N\t\\N\n")));
        await using var postgres = await PostgresAsync();
        await using var foz = await FozAsync();
        await CopyAsync(postgres, "text", rows);
        await CopyAsync(foz, "text", rows);
        var read = await RowsAsync(postgres);
        Assert.Equal(number, read.Count);
        Assert.Equal(read, await RowsAsync(foz));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Arrays_of_bytes_are_the_same(bool isBinary)
    {
        byte[]?[] values = [[0, 255, (byte)'a', (byte)'\\'], null, []];
        await using var postgres = await PostgresAsync();
        await using var foz = await FozAsync();
        foreach (var connection in new[] { postgres, foz })
        {
            await RunAsync(connection, "drop table if exists silver.copied_bytes");
            await RunAsync(connection, "create table silver.copied_bytes (a int, b bytea[])");
            if (isBinary)
            {
                await using var importer = await connection.BeginBinaryImportAsync(
                    "copy silver.copied_bytes from stdin (format binary)", Cancel);
                await importer.StartRowAsync(Cancel);
                await importer.WriteAsync(1, Cancel);
                await importer.WriteAsync(values, Cancel);
                await importer.CompleteAsync(Cancel);
            }
            else
            {
                await using var writer = await connection.BeginTextImportAsync(
                    "copy silver.copied_bytes from stdin", Cancel);
                await writer.WriteAsync(
                    "1\t{\"\\\\\\\\x00ff615c\",NULL,\"\"}\n2\t{}\n3\t{a\\\\\\\\\\\\\\\\b}\n".AsMemory(), Cancel);
            }
        }
        Assert.Equal(await BytesAsync(postgres), await BytesAsync(foz));

        static async Task<string> BytesAsync(NpgsqlConnection connection)
        {
            using var reader = await connection.BeginTextExportAsync(
                "copy (select * from silver.copied_bytes order by a) to stdout", Cancel);
            return await reader.ReadToEndAsync(Cancel);
        }
    }

    [Theory]
    [InlineData("text", "1\n")]
    [InlineData("text", "1\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "1\t\\N\tmaybe\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "2147483648\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "x\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "1\t\\N\t\\N\tx\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "1\t\\N\t\\N\t\\N\tx\t\\N\t\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "1\t\\N\t\\N\t\\N\t\\N\tx\t\\N\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "1\t\\N\t\\N\t\\N\t\\N\t\\N\tx\t\\N\t\\N\t\\N\n")]
    [InlineData("text", "1\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\r\n1\n")]
    [InlineData("csv", "1,\"a\n")]
    [InlineData("csv", "1,a,b\n")]
    public async Task Faults_are_told_the_same(string format, string rows)
    {
        await using var postgres = await PostgresAsync();
        await using var foz = await FozAsync();
        var expected = await Assert.ThrowsAsync<PostgresException>(() => CopyAsync(postgres, format, rows));
        var actual = await Assert.ThrowsAsync<PostgresException>(() => CopyAsync(foz, format, rows));
        Assert.Equal(
            (expected.SqlState, expected.MessageText, expected.Where),
            (actual.SqlState, actual.MessageText, actual.Where));
        Assert.Empty(await RowsAsync(foz));
    }

    [Fact]
    public async Task Random_binary_rows_are_the_same()
    {
        var seed = Soak.Seed();
        await using var postgres = await PostgresAsync();
        await using var foz = await FozAsync();
        foreach (var connection in new[] { postgres, foz })
        {
            var random = new Random(seed);
            await using var importer = await connection.BeginBinaryImportAsync(
                "copy silver.copied from stdin (format binary)", Cancel);
            for (var row = 0; row < 3000; row++) await WriteAsync(importer, random, row);
            Assert.Equal(3000UL, await importer.CompleteAsync(Cancel));
        }
        Assert.Equal(await RowsAsync(postgres), await RowsAsync(foz));
    }

    [Fact]
    public async Task An_import_that_is_not_completed_writes_nothing()
    {
        await using var foz = await FozAsync();
        await using (var importer = await foz.BeginBinaryImportAsync(
            "copy silver.copied (a) from stdin (format binary)", Cancel))
        {
            await importer.StartRowAsync(Cancel);
            await importer.WriteAsync(1, Cancel);
        }
        Assert.Empty(await RowsAsync(foz));
    }

    [Fact]
    public async Task Psql_copies_a_file()
    {
        await (await FozAsync()).DisposeAsync();
        Assert.Equal(
            "COPY 2\n3|dois\n",
            await project.ShellAsync(
                """printf 'a,b\n1,um\n2,dois\n' > "$FOLDER/rows.csv"; psql -At -c "\copy silver.copied (a, b) from '$FOLDER/rows.csv' with (format csv, header match)" -c "select sum(a)::int, min(b) from silver.copied" """));
        Assert.Equal(
            "ERROR:  invalid input syntax for type integer: \"x\"\nCONTEXT:  COPY copied, line 2, column a: \"x\"\n",
            await project.ShellAsync(
                """printf '1\tum\nx\tdois\n' | psql -c "\copy silver.copied (a, b) from stdin" """));
    }

    static async Task WriteAsync(NpgsqlBinaryImporter importer, Random random, int row)
    {
        await importer.StartRowAsync(Cancel);
        await importer.WriteAsync(row, Cancel);
        await MaybeAsync(new string('x', random.Next(40)) + "çé☂\t\\");
        await MaybeAsync(random.Next(2) == 0);
        await MaybeAsync(Math.ScaleB(random.NextDouble() - 0.5, random.Next(-60, 60)));
        await MaybeAsync(random.NextInt64(-1_000_000_000_000, 1_000_000_000_000) / 100_000m);
        // Npgsql sends its first date and time as -infinity.
        await MaybeAsync(DateOnly.FromDayNumber(random.Next(1, DateOnly.MaxValue.DayNumber)));
        await MaybeAsync(new DateTime(random.NextInt64(10, DateTime.MaxValue.Ticks) / 10 * 10));
        await MaybeAsync(new DateTime(random.NextInt64(10, DateTime.MaxValue.Ticks) / 10 * 10, DateTimeKind.Utc));
        await MaybeAsync(Encoding.UTF8.GetBytes(random.Next().ToString(CultureInfo.InvariantCulture)));
        await MaybeAsync(
            Enumerable.Range(0, random.Next(4)).Select(i => i == 2 ? null : (int?)random.Next()).ToArray());

        async Task MaybeAsync<T>(T value)
        {
            if (random.Next(6) == 0) await importer.WriteNullAsync(Cancel);
            else await importer.WriteAsync(value, Cancel);
        }
    }

    static async Task<string> CopyAsync(NpgsqlConnection connection, string format, string rows)
    {
        await using var writer = await connection.BeginTextImportAsync(
            $"copy silver.copied from stdin (format {format})", Cancel);
        await writer.WriteAsync(rows.AsMemory(), Cancel);
        return format;
    }

    static async Task<IReadOnlyList<string>> RowsAsync(NpgsqlConnection connection)
    {
        using var reader = await connection.BeginTextExportAsync(
            "copy (select * from silver.copied order by a) to stdout", Cancel);
        return [.. (await reader.ReadToEndAsync(Cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    async Task<NpgsqlConnection> PostgresAsync()
    {
        var connection = await server.ConnectAsync("postgres");
        await RunAsync(
            connection,
            $"set timezone = 'UTC'; create schema if not exists silver; drop table if exists silver.copied; create "
                + $"table silver.copied ({Columns})");
        return connection;
    }

    async Task<NpgsqlConnection> FozAsync()
    {
        var connection = await project.ConnectAsync();
        await RunAsync(connection, "drop table if exists silver.copied");
        await RunAsync(
            connection,
            "create table silver.copied (a int, b text, c boolean, d double precision, e numeric(20,4), f date, g "
                + "timestamp, h timestamptz, i bytea, j int[])");
        return connection;
    }

    static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
