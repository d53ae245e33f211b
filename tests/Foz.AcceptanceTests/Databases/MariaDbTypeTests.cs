namespace Foz.AcceptanceTests.Databases;

/// <summary>The types of MariaDB, from a real server, read by the provider that comes with Foz.</summary>
public sealed class MariaDbTypeTests(MariaDbServer server) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("TINYINT(1)", "tinyint", "-128", "2", "127")]
    [InlineData("BOOLEAN", "tinyint", "0", "1")]
    [InlineData("TINYINT UNSIGNED", "smallint", "255")]
    [InlineData("SMALLINT", "smallint", "-32768", "32767")]
    [InlineData("SMALLINT UNSIGNED", "integer", "65535")]
    [InlineData("MEDIUMINT", "integer", "-8388608")]
    [InlineData("MEDIUMINT UNSIGNED", "bigint", "16777215")]
    [InlineData("INT", "integer", "-2147483648", "2147483647")]
    [InlineData("INT UNSIGNED", "bigint", "4294967295")]
    [InlineData("INT(8) ZEROFILL", "bigint", "42")]
    [InlineData("BIGINT", "bigint", "-9223372036854775808", "9223372036854775807")]
    [InlineData("BIGINT UNSIGNED", "decimal(20,0)", "18446744073709551615", "0")]
    [InlineData("DECIMAL(10,2)", "decimal(10,2)", "-12345678.90", "0.01", "-0.05")]
    [InlineData("DECIMAL(38,10)", "decimal(38,10)", "1234567890123456789012345678.0123456789")]
    [InlineData("DECIMAL(20,0)", "decimal(20,0)", "99999999999999999999")]
    [InlineData("DECIMAL(65,30)", "varchar", "12345678901234567890123456789012345.123456789012345678901234567890")]
    [InlineData("DECIMAL(6,2) UNSIGNED", "decimal(6,2)", "1234.50", "0.00")]
    [InlineData("DOUBLE UNSIGNED", "double", "0.1", "2.5")]
    [InlineData("DOUBLE", "double", "0.1", "1.7976931348623157e308", "-2.5")]
    [InlineData("BIT(1)", "bigint", "1", "0")]
    [InlineData("BIT(9)", "bigint", "511")]
    [InlineData("BIT(64)", "decimal(20,0)", "18446744073709551615")]
    [InlineData("YEAR", "integer", "2155", "1901")]
    [InlineData("DATE", "date", "2024-02-29", "1000-01-01", "9999-12-31", "0001-01-01")]
    [InlineData("DATETIME", "timestamp", "2024-01-02 03:04:05", "1969-12-31 23:59:59")]
    [InlineData("DATETIME(6)", "timestamp", "2024-01-02 03:04:05.678901", "9999-12-31 23:59:59.999999")]
    [InlineData("TIME", "varchar", "-838:59:59", "838:59:59", "00:00:00")]
    [InlineData("TIME(6)", "varchar", "-00:00:01.500000", "23:59:59.999999")]
    [InlineData("CHAR(5)", "varchar", "ab", "")]
    [InlineData("CHAR(36)", "varchar", "ABCDEF01-2345-6789-ABCD-EF0123456789", "no uuid")]
    [InlineData("VARCHAR(40)", "varchar", "naïve 🦊 O''Brien", " a ")]
    [InlineData("VARCHAR(40) CHARACTER SET latin1", "varchar", "naïve €")]
    [InlineData("VARCHAR(40) CHARACTER SET utf16", "varchar", "日本 🦊")]
    [InlineData("VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "varchar", "a", "A")]
    [InlineData("TINYTEXT", "varchar", "é")]
    [InlineData("TEXT", "varchar", "x")]
    [InlineData("MEDIUMTEXT", "varchar", "🦊")]
    [InlineData("LONGTEXT", "varchar", "x")]
    [InlineData("ENUM('a','b''c','é')", "varchar", "b''c", "é")]
    [InlineData("SET('x','y','z')", "varchar", "x,z", "")]
    [InlineData("JSON", "varchar", "{\"a\": [1, \"é\"]}")]
    [InlineData("UUID", "varchar", "01234567-89ab-4def-8123-456789abcdef")]
    [InlineData("INET4", "varchar", "192.168.0.1")]
    [InlineData("INET6", "varchar", "2001:db8::ff00:42:8329")]
    public async Task Values_arrive_as_they_are(string type, string expected, params string[] values)
    {
        var database = await server.CreateDatabaseAsync("CHARACTER SET utf8mb4");
        database.Define(lake, "{t: }");
        var rows = values.Select((v, i) => $"({i}, {Literal(type, v)})").Append($"({values.Length}, NULL)");
        await database.ExecuteAsync(
            $"SET sql_mode = 'TRADITIONAL'; CREATE TABLE t (i INT, c {type} NULL); INSERT INTO t VALUES "
                + string.Join(", ", rows));
        await lake.RunWellAsync();
        Assert.Equal(
            [.. values.Select(v => v.Replace("''", "'", StringComparison.Ordinal)), ""],
            (await lake.QueryAsync("SELECT c::varchar FROM bronze.t ORDER BY i")).Select(Plain));
        Assert.Equal(
            expected.ToUpperInvariant(), (await lake.QueryAsync("SELECT typeof(c) FROM bronze.t LIMIT 1")).Single());

        static string Plain(string value) => value.Replace("e+308", "e308", StringComparison.Ordinal);
    }

    static string Literal(string type, string value) =>
        type.StartsWith("BIT", StringComparison.Ordinal) ? value : $"'{value}'";

    [Fact]
    public async Task Floats_keep_all_their_digits()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: }");
        await database.ExecuteAsync(
            "CREATE TABLE t (i INT, c FLOAT); INSERT INTO t VALUES (1, 16777215), (2, 0.1), (3, 1.1754944e-38)");
        await lake.RunWellAsync();
        Assert.Equal(
            ["true|FLOAT", "true|FLOAT", "true|FLOAT"],
            await lake.QueryAsync(
                "SELECT (c = [16777215, 0.1, 1.1754944e-38][i]::float)::varchar, typeof(c) FROM bronze.t ORDER BY i"));
    }

    [Fact]
    public async Task Instants_are_read_in_UTC_whatever_the_zone_of_the_server()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: }");
        await database.ExecuteAsync(
            "SET time_zone = '+02:00'; CREATE TABLE t (c TIMESTAMP(6) NULL, d DATETIME); "
                + "INSERT INTO t VALUES ('2024-01-02 03:04:05.678901', '2024-01-02 03:04:05')");
        await lake.RunWellAsync();
        Assert.Equal(
            ["2024-01-02 01:04:05.678901|2024-01-02 03:04:05|TIMESTAMP WITH TIME ZONE"],
            await lake.QueryAsync(
                "SELECT (c AT TIME ZONE 'UTC')::varchar, d::varchar, typeof(c) FROM bronze.t"));
    }

    [Fact]
    public async Task Bytes_and_geometries_arrive_whole()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: }");
        await database.ExecuteAsync(
            """
            CREATE TABLE t (i INT, b BINARY(4), v VARBINARY(10), l LONGBLOB, g GEOMETRY, p POINT, x LONGTEXT);
            INSERT INTO t VALUES (1, 'ab', 0x00FF, REPEAT(0x01, 3000000), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))', 4326),
                POINT(0.1, -2), REPEAT('é', 1000000)), (2, NULL, '', '', NULL, NULL, '')
            """);
        await lake.RunWellAsync();
        Assert.Equal(
            [
                "61620000|00FF|3000000|SRID=4326;POLYGON((0 0,1 0,1 1,0 0))|POINT(0.1 -2)|1000000|éé", "||0|||0|",
            ],
            await lake.QueryAsync(
                "SELECT hex(b), hex(v), octet_length(l), g, p, length(x), right(x, 2) FROM bronze.t ORDER BY i"));
    }

    [Fact]
    public async Task Days_of_no_calendar_are_null_and_kept_beside_the_row()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: , none: }");
        await database.ExecuteAsync(
            """
            SET sql_mode = 'ALLOW_INVALID_DATES';
            CREATE TABLE none (i INT);
            CREATE TABLE t (i INT, d DATE, at DATETIME(6), ts TIMESTAMP NULL);
            INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00'), (2, '2024-00-15', '2024-02-31 01:02:03.5', NULL),
                (3, '2024-02-29', '2024-02-29', '2024-02-29'), (4, '0000-03-01', NULL, '2024-01-01')
            """);
        await lake.RunWellAsync();
        Assert.Equal(
            [
                """1|||{"d":"0000-00-00","at":"0000-00-00 00:00:00","ts":"0000-00-00 00:00:00"}""",
                """2|||{"d":"2024-00-15","at":"2024-02-31 01:02:03.500000"}""", "3|2024-02-29|2024-02-29 00:00:00|",
                """4|||{"d":"0000-03-01"}""",
            ],
            await lake.QueryAsync("SELECT i, d::varchar, \"at\"::varchar, _rescued_data FROM bronze.t ORDER BY i"));
        Assert.Equal(
            ["0"],
            await lake.QueryAsync(
                "SELECT count(*) FROM (DESCRIBE SELECT * FROM bronze.none) WHERE column_name = '_rescued_data'"));
    }
}
