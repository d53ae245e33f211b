using System.Globalization;
using Foz.Lake.Data;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Every built-in type, its values compared with what the server itself writes.</summary>
public sealed class TypeTests(PostgreSqlServer server, TypeTests.TypesDatabase types) : IClassFixture<TypeTests.TypesDatabase>
{
    /// <summary>A type, the type in bronze, and literals of values.</summary>
    public static TheoryData<string, string, string[]> Types { get; } = new()
    {
        { "boolean", "boolean", ["true", "false"] },
        { "smallint", "short", ["-32768", "0", "32767"] },
        { "integer", "integer", ["-2147483648", "0", "2147483647"] },
        { "bigint", "long", ["-9223372036854775808", "0", "9223372036854775807"] },
        { "oid", "long", ["0", "4294967295"] },
        { "numeric(10,2)", "decimal(10,2)", ["0", "-0.01", "99999999.99", "-99999999.99", "1", "10000", "0.1"] },
        { "numeric(38,0)", "decimal(38,0)", ["99999999999999999999999999999999999999", "-1", "10000000000000000000000"] },
        { "numeric(38,38)", "decimal(38,38)", ["0.00000000000000000000000000000000000001", "-0.5", "0"] },
        { "numeric(20,8)", "decimal(20,8)", ["123456789012.12345678", "0.00000001", "-7"] },
        { "numeric(5,-2)", "decimal(7,0)", ["1234500", "-100"] },
        { "numeric(2,4)", "decimal(4,4)", ["0.0099", "-0.0001"] },
        { "numeric(39,0)", "string", ["999999999999999999999999999999999999999", "NaN"] },
        {
            "numeric", "string",
            ["0", "1.500", "-1e-20", "1e40", "12345678901234567890123456789012345678901234567890.5", "NaN", "Infinity",
            "-Infinity", "0.00010001", "10000", "100000000", "-0.0"]
        },
        { "date", "date", ["2026-11-21", "0001-01-01", "9999-12-31", "1582-10-10", "1969-12-31"] },
        {
            "timestamp", "timestamp_ntz",
            ["2026-11-21 10:11:12.131415", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.9"]
        },
        { "timestamp(3)", "timestamp_ntz", ["2026-11-21 10:11:12.131"] },
        {
            "timestamptz", "timestamp",
            ["2026-11-21 10:11:12.131415-03", "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"]
        },
        { "time", "string", ["00:00:00", "24:00:00", "10:11:12.131415"] },
        { "timetz", "string", ["10:11:12.131415-03:30", "24:00:00+15:59:59"] },
        {
            "interval", "string",
            ["1 year 2 mons -3 days 04:05:06.789", "-178000000 years", "00:00:00", "178000000 years", "-00:00:00.000001"]
        },
        { "text", "string", ["", "ção ☂ 𝄞", "a\nb\\c'd\"e", "NULL", "\\N"] },
        { "varchar(10)", "string", ["", "São Paulo"] },
        { "char(5)", "string", ["ab", "", "ábcde"] },
        { "name", "string", ["pg_catalog", ""] },
        { "\"char\"", "string", ["a", ""] },
        { "bytea", "binary", ["\\x", "\\x00ff10", "\\xdeadbeef"] },
        { "uuid", "string", ["00000000-0000-0000-0000-000000000000", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"] },
        { "json", "string", ["{\"b\": 1,  \"a\":[null, 1e400]}", "null", "\"ç\""] },
        { "jsonb", "string", ["{\"b\": 1,  \"a\":[null, 1.10]}", "null", "12345678901234567890.123"] },
        { "jsonpath", "string", ["$.a[*] ? (@ > 2)"] },
        { "xml", "string", ["<a b=\"c\">ç</a>", "text"] },
        { "bit(5)", "string", ["10101"] },
        { "bit varying", "string", ["", "1", "1010101010101"] },
        {
            "inet", "string",
            ["1.2.3.4", "1.2.3.4/24", "0.0.0.0/0", "::1", "2001:db8::1/64", "::ffff:1.2.3.4", "::1.2.3.4",
            "fe80::1:0:0:1", "1:0:2:0:0:3:0:4"]
        },
        { "cidr", "string", ["10.0.0.0/8", "1.2.3.4/32", "2001:db8::/32", "::/0"] },
        { "macaddr", "string", ["08:00:2b:01:02:03"] },
        { "macaddr8", "string", ["08:00:2b:01:02:03:04:05"] },
        { "point", "string", ["(1.5,-2e30)"] },
        { "line", "string", ["{1,2,3}"] },
        { "lseg", "string", ["[(1,2),(3,4)]"] },
        { "box", "string", ["(3,4),(1,2)"] },
        { "path", "string", ["[(1,2),(3,4)]", "((1,2),(3,4))"] },
        { "polygon", "string", ["((1,2),(3,4),(5,6))"] },
        { "circle", "string", ["<(1,2),3>"] },
        { "tsvector", "string", ["'a':1A 'cat':5 'çã':2"] },
        { "tsquery", "string", ["'fat' & ( 'rat' | !'cat' )"] },
        { "int4range", "string", ["[1,5)", "empty", "(,)"] },
        { "numrange", "string", ["[1.5,2.5]", "(,9)"] },
        { "tstzrange", "string", ["[\"2026-01-01 00:00:00-03\",infinity)"] },
        { "daterange", "string", ["[2026-01-01,2026-02-01)"] },
        { "int8multirange", "string", ["{[1,3),[5,9)}", "{}"] },
        { "pg_lsn", "string", ["16/B374D848"] },
        { "xid8", "string", ["18446744073709551615"] },
        { "txid_snapshot", "string", ["10:20:10,14,15"] },
        { "regclass", "string", ["pg_class"] },
        { "regtype", "string", ["timestamp with time zone"] },
        { "int2vector", "string", ["1 2 3"] },
        { "oidvector", "string", ["1 2 4294967295"] },
        { "refcursor", "string", ["c"] },
        { "mood", "string", ["sad", "so-so ☂"] },
        { "address", "string", ["(\"Rua A, 1\",,\"x\"\"y\")"] },
        { "positive", "decimal(8,3)", ["12345.678", "0.001"] },
        { "nested_domain", "decimal(8,3)", ["12345.678"] },
        { "label", "string", ["x"] },
    };

    public static TheoryData<string, string, string[], string[]> Arrays { get; } = new()
    {
        { "boolean[]", "array<boolean>", ["{}", "{t,NULL,f}"], ["[]", "[t|NULL|f]"] },
        { "smallint[]", "array<short>", ["{-1,2}"], ["[-1|2]"] },
        { "integer[]", "array<integer>", ["{1,2,3}", "{NULL}", "[0:1]={5,6}"], ["[1|2|3]", "[NULL]", "[5|6]"] },
        { "bigint[]", "array<long>", ["{9223372036854775807}"], ["[9223372036854775807]"] },
        { "real[]", "array<float>", ["{0.1,NaN}"], ["[0.1|NaN]"] },
        { "double precision[]", "array<double>", ["{0.1,Infinity}"], ["[0.1|Infinity]"] },
        { "numeric(6,2)[]", "array<decimal(6,2)>", ["{1.5,NULL,-9999.99}"], ["[1.50|NULL|-9999.99]"] },
        { "numeric[]", "array<string>", ["{1.500,NaN}"], ["[1.500|NaN]"] },
        { "text[]", "array<string>", ["{a,\"b,c\",\"\",NULL,\"NULL\"}"], ["[a|b,c||NULL|NULL]"] },
        { "varchar(3)[]", "array<string>", ["{abc}"], ["[abc]"] },
        { "bytea[]", "array<binary>", ["{\"\\\\x00ff\"}"], ["[\\x00ff]"] },
        { "date[]", "array<date>", ["{2026-01-01,NULL}"], ["[2026-01-01|NULL]"] },
        { "timestamp[]", "array<timestamp_ntz>", ["{\"2026-01-01 01:02:03\"}"], ["[2026-01-01 01:02:03]"] },
        { "timestamptz[]", "array<timestamp>", ["{\"2026-01-01 01:02:03-03\"}"], ["[2026-01-01 04:02:03+00]"] },
        { "uuid[]", "array<string>", ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"], ["[a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11]"] },
        { "jsonb[]", "array<string>", ["{\"{\\\"a\\\": 1}\",NULL}"], ["[{\"a\": 1}|NULL]"] },
        { "inet[]", "array<string>", ["{1.2.3.4,::1/64}"], ["[1.2.3.4|::1/64]"] },
        { "mood[]", "array<string>", ["{sad,NULL}"], ["[sad|NULL]"] },
        { "positive[]", "array<decimal(8,3)>", ["{1.5}"], ["[1.500]"] },
        { "int4range[]", "array<string>", ["{\"[1,5)\"}"], ["[[1,5)]"] },
        { "money[]", "array<string>", ["{12.34}"], ["[12.34]"] },
        { "address[]", "array<string>", ["{\"(a,1,b)\"}"], ["[(a,1,b)]"] },
        { "list_domain", "array<integer>", ["{1,2}"], ["[1|2]"] },
        { "integer[][]", "string", ["{{1,2},{3,4}}", "{}"], ["{{1,2},{3,4}}", "{}"] },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Values_of_a_type_are_read_as_the_server_writes_them(string type, string arrivesAs, string[] literals)
    {
        var (database, table) = await types.TableAsync(type, type == "nested_domain" ? [] : [null], literals);

        var read = await database.ReadAsync(PostgreSqlDatabase.Stream($"public.{table}"));

        Assert.Equal(arrivesAs, $"{read.Fields[1].Type}");
        Assert.Equal(
            await database.ScalarAsync(
                $"SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = 'v'"),
            read.Fields[1].Metadata[Field.SourceTypeKey]);
        var expected = await database.QueryAsync($"SELECT i, v FROM {table} ORDER BY i");
        Assert.Equal(
            expected.Select(r => r[1]), read.Rows.OrderBy(r => int.Parse(r[0]!, CultureInfo.InvariantCulture)).Select(r => r[1]));
        if (read.Fields.Any(f => f.Name == "_rescued_data")) Assert.All(read.Column("_rescued_data"), Assert.Null);
    }

    [Theory]
    [MemberData(nameof(Arrays))]
    public async Task Arrays_are_read_as_lists(string type, string arrivesAs, string[] literals, string[] expected)
    {
        var (database, table) = await types.TableAsync(type, [null], literals);

        var read = await database.ReadAsync(PostgreSqlDatabase.Stream(table));

        Assert.Equal(arrivesAs, $"{read.Fields[1].Type}");
        Assert.Equal(new string?[] { null }.Concat(expected), read.Rows.Select(r => r[1]));
        if (read.Fields.Any(f => f.Name == "_rescued_data")) Assert.All(read.Column("_rescued_data"), Assert.Null);
    }

    [Theory]
    [InlineData("real")]
    [InlineData("double precision")]
    public async Task Floats_are_read_bit_by_bit(string type)
    {
        var database = await server.CreateDatabaseAsync();
        var largest = type == "real" ? "3.4028235e38" : "1.7976931348623157e308";
        var least = type == "real" ? "1e-45" : "5e-324";
        await database.ExecuteAsync($"""
            CREATE TABLE t (i int, v {type});
            INSERT INTO t VALUES (1, 'NaN'), (2, 'Infinity'), (3, '-Infinity'), (4, {largest}), (5, {least}), (6, 0.1),
                                 (7, '-0'), (8, NULL);
            INSERT INTO t SELECT 8 + i, (random() - 0.5) * 10 ^ (i % 40 - 20) FROM generate_series(1, 1000) i;
            """);
        await database.GrantAsync();
        var read = await database.ReadAsync(PostgreSqlDatabase.Stream("t"));
        var expected = await database.QueryAsync("SELECT i, v FROM t");
        Assert.Equal(
            expected.Select(r => r[1] is null ? null : Round(r[1]!)), read.Rows.Select(r => r[1] is null ? null : Round(r[1]!)));

        string Round(string text) => type == "real"
            ? float.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture)
            : double.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Money_is_read_as_its_number_whatever_the_locale()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (v money); INSERT INTO t VALUES (1234567.8), (-0.01), (NULL)");
        await database.GrantAsync();
        var read = await database.ReadAsync(PostgreSqlDatabase.Stream("t"));
        Assert.Equal("string", $"{read.Fields[0].Type}");
        Assert.Equal(["1234567.80", "-0.01", null], read.Column("v"));
    }

    [Fact]
    public async Task Value_that_its_column_cannot_hold_is_rescued_as_the_source_writes_it()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (i int, d date, ts timestamp, tz timestamptz, n numeric(10,2), a int[], da date[], na numeric(4,1)[]);
            INSERT INTO t (i, d) VALUES (1, 'infinity'), (2, '-infinity'), (3, '0044-03-15 BC'), (4, '10000-01-01');
            INSERT INTO t (i, ts) VALUES (5, 'infinity'), (6, '0044-03-15 12:00:00.5 BC'), (7, '294276-12-31 23:59:59.999999');
            INSERT INTO t (i, tz) VALUES (8, '-infinity'), (9, '4713-01-01 00:00:00+00 BC'), (10, '10000-01-01 00:00:00+00');
            INSERT INTO t (i, n) VALUES (11, 'NaN');
            INSERT INTO t (i, a) VALUES (12, '{{1,2},{3,NULL}}');
            INSERT INTO t (i, da) VALUES (13, '{2026-01-01,infinity}');
            INSERT INTO t (i, na) VALUES (14, '{1.5,NaN}');
            INSERT INTO t (i, d, n) VALUES (15, 'infinity', 'NaN'), (16, '2026-11-21', 1.5);
            """);
        await database.GrantAsync();

        var read = await database.ReadAsync(PostgreSqlDatabase.Stream("t"));

        Assert.Equal(
            [
                """{"d":"infinity"}""", """{"d":"-infinity"}""", """{"d":"0044-03-15 BC"}""", """{"d":"10000-01-01"}""",
                """{"ts":"infinity"}""", """{"ts":"0044-03-15 12:00:00.5 BC"}""",
                """{"ts":"294276-12-31 23:59:59.999999"}""", """{"tz":"-infinity"}""",
                """{"tz":"4713-01-01 00:00:00+00 BC"}""", """{"tz":"10000-01-01 00:00:00+00"}""", """{"n":"NaN"}""",
                """{"a":[[1,2],[3,null]]}""", """{"da":["2026-01-01","infinity"]}""", """{"na":["1.5","NaN"]}""",
                """{"d":"infinity","n":"NaN"}""", null,
            ],
            read.Column("_rescued_data"));
        Assert.All(read.Rows.Take(15), row => Assert.All(row[1..^1], Assert.Null));
        Assert.Equal((string?[])["16", "2026-11-21", null, null, "1.50", null, null, null, null], read.Rows[15].AsEnumerable());
        var texts = await database.QueryAsync("SELECT COALESCE(d::text, ts::text, tz::text) FROM t WHERE i <= 10 ORDER BY i");
        Assert.Equal(
            texts.Select(t => t[0]), read.Column("_rescued_data").Take(10).Select(json => json!.Split('"')[3]));
    }

    [Fact]
    public async Task Text_that_is_no_UTF8_is_rescued_from_a_database_that_checks_none()
    {
        var database = await server.CreateDatabaseAsync("ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        await database.ExecuteAsync("""
            CREATE TABLE t (i int, v text);
            INSERT INTO t VALUES (1, 'São'), (2, E'S\xe3o'), (3, NULL);
            """);
        await database.GrantAsync();
        var read = await database.ReadAsync(PostgreSqlDatabase.Stream("t"));
        Assert.Equal(["São", null, null], read.Column("v"));
        Assert.Equal([null, """{"v":"\\x53e36f"}""", null], read.Column("_rescued_data"));
    }

    [Fact]
    public async Task Declared_type_stands_over_the_columns_own()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (d date, n numeric, s text);
            INSERT INTO t VALUES ('infinity', 12.345, '42');
            """);
        await database.GrantAsync();
        var read = await database.ReadAsync(PostgreSqlDatabase.Stream("t") with
        {
            Columns = new Dictionary<string, string> { ["d"] = "string", ["n"] = "DECIMAL(10, 2)", ["s"] = "bigint" },
        });
        Assert.Equal(["string", "decimal(10,2)", "long", "string"], read.Fields.Select(f => $"{f.Type}"));
        Assert.Equal((string?[])["infinity", "12.35", "42", null], read.Rows[0].AsEnumerable());
    }

    /// <summary>One database with types of its own, and a table a test.</summary>
    public sealed class TypesDatabase(PostgreSqlServer server) : IAsyncLifetime
    {
        int tableCount;
        PostgreSqlDatabase? database;

        public async ValueTask InitializeAsync()
        {
            database = await server.CreateDatabaseAsync();
            await database.ExecuteAsync("""
                CREATE TYPE mood AS ENUM ('sad', 'so-so ☂');
                CREATE TYPE address AS (street text, number int, extra text);
                CREATE DOMAIN positive AS numeric(8,3) CHECK (VALUE > 0);
                CREATE DOMAIN nested_domain AS positive NOT NULL;
                CREATE DOMAIN label AS text;
                CREATE DOMAIN list_domain AS integer[];
                """);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        /// <summary>A table with the columns <c>i</c>, numbered from 1, and <c>v</c>.</summary>
        public async Task<(PostgreSqlDatabase Database, string Table)> TableAsync(
            string type, string?[] first, string[] literals)
        {
            var table = $"t{Interlocked.Increment(ref tableCount)}";
            var rows = first.Concat(literals)
                .Select((v, i) => $"({i + 1}, {(v is null ? "NULL" : $"'{v.Replace("'", "''")}'")})");
            await database!.ExecuteAsync($"""
                CREATE TABLE {table} (i int, v {type});
                INSERT INTO {table} VALUES {string.Join(", ", rows)};
                GRANT SELECT ON {table} TO foz;
                """);
            return (database, table);
        }
    }
}
