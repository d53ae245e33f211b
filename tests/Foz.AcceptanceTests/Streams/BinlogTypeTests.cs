namespace Foz.AcceptanceTests.Streams;

/// <summary>Values of a real MariaDB: those of a copy, those of changes, and what the server has.</summary>
public sealed class BinlogTypeTests(LoggedMariaDbServer logs)
{
    const string Schema = """
        CREATE TABLE t (
            id BIGINT PRIMARY KEY, bo BOOLEAN, t1 TINYINT, y YEAR, ut TINYINT UNSIGNED, s SMALLINT, us SMALLINT UNSIGNED,
            m MEDIUMINT, um MEDIUMINT UNSIGNED, i INT, ui INT UNSIGNED, zf INT(8) ZEROFILL, b BIGINT, ub BIGINT UNSIGNED,
            de DECIMAL(65,30), d38 DECIMAL(38,10), d102 DECIMAL(10,2), ud DECIMAL(9,0) UNSIGNED, f FLOAT, f72 FLOAT(7,2),
            d DOUBLE, b1 BIT(1), b9 BIT(9), b64 BIT(64), dt DATE, dtm DATETIME, dtm3 DATETIME(3), dtm6 DATETIME(6),
            ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NULL, ti TIME, ti3 TIME(3), ti6 TIME(6), ch CHAR(5), ch36 CHAR(36),
            vc VARCHAR(300), l1 VARCHAR(50) CHARACTER SET latin1, l2 CHAR(9) CHARACTER SET latin2,
            cy TEXT CHARACTER SET cp1251, u2 VARCHAR(20) CHARACTER SET ucs2, u16 VARCHAR(20) CHARACTER SET utf16,
            u16c CHAR(6) CHARACTER SET utf16, u16l VARCHAR(20) CHARACTER SET utf16le, u32 VARCHAR(20) CHARACTER SET utf32,
            as_ VARCHAR(20) CHARACTER SET ascii, bi BINARY(4), vb VARBINARY(20), bl BLOB, tb TINYBLOB, tx LONGTEXT,
            e ENUM('a','b,c','é',''), el ENUM('ä','b') CHARACTER SET latin1, eu ENUM('日','b') CHARACTER SET utf16,
            st SET('x','y','z'), sl SET('ä','ö') CHARACTER SET latin1, js JSON, g GEOMETRY, pt POINT, uu UUID, i4 INET4,
            i6 INET6, zc VARCHAR(200) COMPRESSED, zb BLOB COMPRESSED,
            hidden INT INVISIBLE DEFAULT 3, hidden_text VARCHAR(9) INVISIBLE,
            vi INT AS (i DIV 2) VIRTUAL, sto VARCHAR(300) AS (CONCAT(vc, '!')) STORED,
            `we ird``name` INT, `Año` VARCHAR(9), _cdc_op INT)
            CHARACTER SET utf8mb4;
        """;

    const string Columns = "id, bo, t1, y, ut, s, us, m, um, i, ui, zf, b, ub, de, d38, d102, ud, f, f72, d, b1, b9, b64, dt, "
        + "dtm, dtm3, dtm6, ts, ts6, ti, ti3, ti6, ch, ch36, vc, l1, l2, cy, u2, u16, u16c, u16l, u32, as_, bi, vb, bl, tb, tx, "
        + "e, el, eu, st, sl, js, g, pt, uu, i4, i6, zc, zb, hidden, hidden_text, `we ird``name`, `Año`, _cdc_op";

    const string Values = """
        (1, 1, -128, 2155, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, 42, -9223372036854775808,
         18446744073709551615, -12345678901234567890123456789012345.123456789012345678901234567890,
         1234567890123456789012345678.0123456789, -0.05, 999999999, 0.1, -12345.68, 1.7976931348623157e308, 1, 511,
         18446744073709551615, '2024-02-29', '1000-01-01 00:00:00', '2024-02-29 12:30:00.125', '9999-12-31 23:59:59.999999',
         '2024-03-31 01:30:00', '2038-01-19 03:14:07.999999', '-838:59:59', '838:59:58.999', '-00:00:01.500000', 'ab',
         '6ccd780c-baba-1026-9564-5b8c656024db', 'naïve 🦊 "q"', 'café €', 'łódź', 'Привет', '日本', '日本 🦊', 'é', '🦊', 'a🦊b',
         'ascii', 0x00010000, 0x00FF00, REPEAT(0x01, 70), 0x00, REPEAT('é', 700), 'b,c', 'ä', '日', 'x,z', 'ö',
         '{"a": [1, "é"], "b":null}', ST_GeomFromText('GEOMETRYCOLLECTION(POINT(0.1 -2),LINESTRING(0 0,1e20 1e-7))', 4326),
         POINT(-1.5, 2), '6ccd780c-baba-1026-9564-5b8c656024db', '192.168.0.1', '2001:db8::ff00:42:8329', REPEAT('é', 150),
         REPEAT(0x00, 500), -5, 'hid', 8, 'ñ', 9),
        (2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0000-00-00', '0000-00-00 00:00:00',
         '2024-00-15 01:02:03.5', '2024-00-15 00:00:00.000001', 0, 0, 0, 0, 0, '', '', '', '', '', '', '', '', '', '', '', '', '', '',
         '', '', '', '', 'b', '', '', '', '[]', ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), POINT(1, 2),
         '01234567-89ab-4def-8123-456789abcd00', '0.0.0.0', '::', '', '', 0, '', 0, '', 0),
        (4, 1, 1, 1970, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1e-30, 1, -0.0, 1, 1, 1, '0001-01-01', '2024-01-31 24:00:00',
         '2024-12-31 23:59:59.999', '2024-01-01', '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001', '00:00:01', '100:00:00.1',
         '-838:59:59', 'a  ', 'x', 'tab\t\\ \n end ', 'ÿ', '', 'ё', 'a', ' ', 'ab', 'ab', 'ab', 'x', 0x20202020, 0x20, 0x2000, 0xFF,
         'x', 'no such', 'zzz', 'b', 'x,y,z', 'ä,ö', '1', NULL, NULL, NULL, '255.255.255.255', '::ffff:1.2.3.4', 'x', 'y', 1, 'h', 1,
         'x', 1)
        """;

    [Theory]
    [InlineData("FULL", false)]
    [InlineData("FULL", true)]
    [InlineData("NOBLOB", false)]
    [InlineData("MINIMAL", false)]
    public async Task A_copy_and_a_change_give_the_same_values_of_every_type(string rowImage, bool isCompressed)
    {
        // Generated values are in no log of the changed columns alone.
        var isMinimal = rowImage == "MINIMAL";
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server, Schema + (isMinimal ? "ALTER TABLE t DROP vi, DROP sto" : ""), "t");
        var (database, lake) = (logged.Database, logged.Lake);
        // Values are as the server keeps them, whatever the zone of the session that reads.
        var set = $"SET sql_mode = '', time_zone = '+00:00', binlog_row_image = {rowImage}; ";
        await database.ExecuteAsync(set + $"INSERT INTO t ({Columns}) VALUES {Values}, (3, {Nulls()})");
        await lake.RunWellAsync();
        await database.ExecuteAsync($"SET GLOBAL log_bin_compress = {isCompressed}, GLOBAL log_bin_compress_min_len = 10");
        try
        {
            await database.ExecuteAsync(
                set + $"CREATE TABLE was AS SELECT {Columns} FROM t; DELETE FROM t; "
                + $"INSERT INTO t ({Columns}) SELECT {Columns} FROM was; DROP TABLE was");
        }
        finally
        {
            await database.ExecuteAsync("SET GLOBAL log_bin_compress = 0");
        }
        await lake.RunWellAsync();
        var columns = await database.QueryAsync(
            $"SELECT column_name FROM information_schema.columns WHERE table_schema = '{database.Name}' AND table_name = 't' "
                + "ORDER BY ordinal_position");
        Assert.Equal(isMinimal ? 68 : 70, columns.Count);
        // A column that is named like one of Foz's own has another name in the lake.
        foreach (var column in columns.Select(name => name == "_cdc_op" ? "_cdc_op_1" : name).Append("_rescued_data"))
        {
            var copied = await ReadAsync(column, 'r');
            Assert.Equal(copied, await ReadAsync(column, 'c'));
            if (column != "_rescued_data") Assert.Contains(copied, row => !row.EndsWith('|'));
        }
        Assert.Equal(["1", "2", "3", "4"], await lake.QueryAsync("SELECT id FROM bronze.t WHERE _cdc_op = 'd' ORDER BY id"));
        string[] shown =
        [
            "ub", "de", "y", "b64", "d102", "ti", "ti6", "l1", "u16", "e", "st", "js", "hidden", "ts6", "dtm6", "uu",
        ];
        Assert.Equal(
            "18446744073709551615|-12345678901234567890123456789012345.123456789012345678901234567890|2155|18446744073709551615|"
                + "-0.05|-838:59:59|-00:00:01.500000|café €|日本 🦊|b,c|x,z|{\"a\": [1, \"é\"], \"b\":null}|-5|"
                + "2038-01-19 03:14:07.999999+00|9999-12-31 23:59:59.999999|6ccd780c-baba-1026-9564-5b8c656024db",
            (await lake.QueryAsync(
                $"SELECT {string.Join(", ", shown.Select(c => $"CAST({c} AS VARCHAR)"))} FROM bronze.t WHERE id = 1 AND _cdc_op = 'c'"))
                .Single());
        if (!isMinimal)
            Assert.Equal(
                ["-1073741824|naïve 🦊 \"q\"!"],
                await lake.QueryAsync("SELECT vi, sto FROM bronze.t WHERE id = 1 AND _cdc_op = 'c'"));
        Assert.Equal(
            ["{\"dt\":\"0000-00-00\",\"dtm\":\"0000-00-00 00:00:00\",\"dtm3\":\"2024-00-15 01:02:03.500000\","
                + "\"dtm6\":\"2024-00-15 00:00:00.000001\",\"ts\":\"0000-00-00 00:00:00\",\"ts6\":\"0000-00-00 00:00:00\"}"],
            await lake.QueryAsync("SELECT DISTINCT _rescued_data FROM bronze.t WHERE id = 2 AND _cdc_op <> 'd'"));

        Task<List<string>> ReadAsync(string column, char operation) => lake.QueryAsync(
            $"SELECT id, \"{column}\" FROM bronze.t WHERE _cdc_op = '{operation}' ORDER BY id");
    }

    static string Nulls() => string.Join(", ", Enumerable.Repeat("NULL", Columns.Split(", ").Length - 1));

    [Fact]
    public async Task A_copy_and_a_change_give_the_same_of_every_character_of_more_than_one_byte()
    {
        string[] charsets = ["sjis", "gbk", "big5", "cp932", "euckr", "gb2312", "ujis", "eucjpms"];
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            "CREATE TABLE t (id INT PRIMARY KEY"
                + string.Concat(charsets.Select(set =>
                    $", {set}_all LONGTEXT CHARACTER SET {set}, {set}_char CHAR(3) CHARACTER SET {set}, "
                        + $"{set}_enum ENUM('a', '人') CHARACTER SET {set}"))
                + "); CREATE TABLE b (id INT PRIMARY KEY, v TEXT); INSERT INTO b VALUES (1, 'one')",
            "t", "b");
        // All sequences of bytes that are one character; those of three bytes begin with 8F.
        var all = charsets.Select(set => $"""
            (SELECT GROUP_CONCAT(CONVERT(s USING {set}) ORDER BY s SEPARATOR '') FROM (
                SELECT CHAR(j) AS s FROM i UNION ALL SELECT CHAR(a.j, b.j) FROM i AS a CROSS JOIN i AS b
                UNION ALL SELECT CHAR(0x8F, a.j, b.j) FROM i AS a CROSS JOIN i AS b) AS every
             WHERE CHAR_LENGTH(CONVERT(s USING {set})) = 1 AND HEX(CONVERT(s USING {set})) = HEX(s)), '人a', '人'
            """);
        await logged.Database.ExecuteAsync(
            "SET group_concat_max_len = 10000000; CREATE TABLE i AS SELECT seq AS j FROM seq_0_to_255; "
                + $"INSERT INTO t SELECT 1, {string.Join(", ", all)}");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE t SET id = 2; UPDATE b SET v = 'two'");
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("b", "id", "id", "v");
        foreach (var column in charsets.SelectMany(set => new[] { $"{set}_all", $"{set}_char", $"{set}_enum" }))
        {
            var copied = await logged.Lake.QueryAsync($"SELECT {column} FROM bronze.t WHERE _cdc_op = 'r'");
            Assert.Equal(copied, await logged.Lake.QueryAsync($"SELECT {column} FROM bronze.t WHERE _cdc_op = 'c'"));
            if (column.EndsWith("_all", StringComparison.Ordinal)) Assert.InRange(copied.Single().Length, 8000, 30000);
            else Assert.Equal(column.EndsWith("_char", StringComparison.Ordinal) ? "人a" : "人", copied.Single());
        }
    }

    [Theory]
    [InlineData("INSERT INTO t (id, a) VALUES (2, 2)")]
    [InlineData("UPDATE t SET a = 5")]
    public async Task A_generated_value_that_is_not_logged_is_refused_not_guessed(string change)
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, v INT AS (a * 2) VIRTUAL, s INT AS (a * 3) STORED); "
                + "INSERT INTO t (id, a) VALUES (1, 1)",
            "t");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(change);
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("t", "id", "id", "a", "v", "s");
        await logged.Database.ExecuteAsync($"SET binlog_row_image = MINIMAL; {change.Replace('2', '3').Replace('5', '6')}");
        var error = (await logged.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains("a generated value is not in the log", error.Message, StringComparison.Ordinal);
    }
}
