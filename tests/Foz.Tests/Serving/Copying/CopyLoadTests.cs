using System.Text;
using Foz.Lake;
using Foz.Serving.Changes;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Serving.Copying;

public sealed class CopyLoadTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        await lake.ChangeAsync(
            "CREATE TABLE silver.kinds (a int, b string, c boolean, d double, e decimal(10,2), f date, g "
                + "timestamp_ntz, h timestamp, i binary, j array<int>, k struct<x: int, y: string>)");
        session = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Fact]
    public async Task Rows_of_text_are_written_in_one_commit()
    {
        Assert.Equal(
            "COPY 2",
            await CopyAsync("COPY silver.orders (name, id) FROM STDIN", "f\\tg\\\\h\\x41\\101\\\nx\t6\n\\N\t7\n"));
        Assert.Equal(
            ["6|f\tg\\hAA\nx", "7|NULL", "SELECT 2"],
            await session.RunAsync("SELECT id, name FROM silver.orders WHERE id > 5 ORDER BY id"));
        Assert.Equal("WRITE", (await session.RunAsync("DESCRIBE HISTORY silver.orders LIMIT 1"))[0].Split('|')[2]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("(FORMAT csv, HEADER)")]
    [InlineData("(FORMAT csv, HEADER MATCH, QUOTE '''', ESCAPE '!', DELIMITER ';', NULL '-')")]
    public async Task Rows_are_the_same_however_they_are_cut_into_pieces(string options)
    {
        var text = options switch
        {
            "" => "1\ta\\\r\\nb\\tc\t\\N\r\n2\t\\\\N\té\r\n\\.\r\nnothing",
            "(FORMAT csv, HEADER)" => "id,name,note\n1,\"a\r\nb\"\"\tc\",\n2,\\N,\"é\"\"\"\n",
            _ => "id;name;note\r1;'a\r\nb!'\tc';-\r2;\\N;'é!''\r",
        };
        await lake.ChangeAsync("CREATE TABLE silver.pieces (id bigint, name string, note string)");
        var bytes = Encoding.UTF8.GetBytes(text);
        IReadOnlyList<string>? whole = null;
        for (var cut = bytes.Length; cut >= 1; cut = cut > 7 ? cut / 2 : cut - 1)
        {
            await lake.ChangeAsync("DELETE FROM silver.pieces");
            Assert.Equal("COPY 2", await CopyAsync($"COPY silver.pieces FROM STDIN {options}", bytes, cut));
            var rows = await session.RunAsync("SELECT id, name, note FROM silver.pieces ORDER BY id");
            Assert.Equal(whole ??= rows, rows);
        }
        Assert.Equal(3, whole!.Count);
        Assert.StartsWith("1|a", whole[0], StringComparison.Ordinal);
        Assert.EndsWith("|NULL", whole[0], StringComparison.Ordinal);
        Assert.StartsWith("2|\\N|é", whole[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_type_is_read_from_text_as_PostgreSQL_writes_it()
    {
        Assert.Equal(
            "COPY 2",
            await CopyAsync(
                "COPY silver.kinds FROM STDIN",
                " 1 \tx\tyes\t1e3\t1.005\t2026-01-31\t2026-01-31 10:00:00.5\t2026-01-31 "
                    + "10:00:00-03\t\\\\x0102\t{1,NULL,3}\t{\"x\": 1, \"y\": \"z\"}\n"
                + "-2\t\tOFF\t-inf\t-3\t0001-01-01\t1969-12-31 23:59:59\t2026-01-31\t\\\\\\\\a\\\\001\t{}\t\\N\n"));
        Assert.Equal(
            [
                "1|x|True|1000|1.01|2026-01-31|2026-01-31 10:00:00.5|2026-01-31 13:00:00+00|\\x0102|{1,NULL,3}|(1,z)",
                "-2||False|-Infinity|-3.00|0001-01-01|1969-12-31 23:59:59|2026-01-31 00:00:00+00|\\x5c6101|{}|NULL",
                "SELECT 2",
            ],
            await session.RunAsync(
                "SELECT a, b, c, d, CAST(e AS VARCHAR), CAST(f AS VARCHAR), CAST(g AS VARCHAR), CAST(h AS VARCHAR), "
                    + "CAST(i AS VARCHAR), CAST(j AS VARCHAR), CAST(k AS VARCHAR) FROM silver.kinds ORDER BY a DESC"));
    }

    [Theory]
    [InlineData("1\tx\n2\n", "22P04", "missing data for column \"name\"", "COPY orders, line 2: \"2\"")]
    [InlineData("1\tx\ty\n", "22P04", "extra data after last expected column", "COPY orders, line 1: \"1\tx\ty\"")]
    [InlineData(
        "1\tx\nq\ty\n", "22P02", "invalid input syntax for type bigint: \"q\"",
        "COPY orders, line 2, column id: \"q\"")]
    [InlineData(
        "99999999999999999999\tx\n", "22003", "value \"99999999999999999999\" is out of range for type bigint",
        "COPY orders, line 1, column id: \"99999999999999999999\"")]
    [InlineData("1\tx\r\n2\ty\n", "22P04", "literal newline found in data", "COPY orders, line 2")]
    [InlineData("1\t\\0\n", "22021", "invalid byte sequence for encoding \"UTF8\": 0x00", "COPY orders, line 1")]
    public async Task A_fault_tells_its_line_and_column_and_nothing_is_written(
        string text, string sqlState, string message, string context)
    {
        var error =
            await Assert.ThrowsAsync<FozException>(() => CopyAsync("COPY silver.orders (id, name) FROM STDIN", text));
        Assert.Equal((sqlState, message, context), (error.SqlState, error.Message, error.Context));
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
    }

    [Theory]
    [InlineData("f", "2026-02-30", "22007", "invalid input syntax for type date: \"2026-02-30\"")]
    [InlineData("e", "1e9", "22003", "numeric field overflow")]
    [InlineData("e", "1,5", "22P02", "invalid input syntax for type numeric: \"1,5\"")]
    [InlineData("h", "soon", "22007", "invalid input syntax for type timestamp with time zone: \"soon\"")]
    [InlineData("j", "{1", "22P02", "malformed array literal: \"{1\"")]
    [InlineData("j", "{x}", "22P02", "invalid input syntax for type json: \"[\"x\"]\"")]
    [InlineData("c", "2", "22P02", "invalid input syntax for type boolean: \"2\"")]
    [InlineData("d", "1e999", "22003", "\"1e999\" is out of range for type double precision")]
    [InlineData("a", "1.5", "22P02", "invalid input syntax for type integer: \"1.5\"")]
    public async Task The_first_of_several_faults_is_told(string column, string value, string sqlState, string message)
    {
        // The error after it is found before the engine sees the first.
        var error = await Assert.ThrowsAsync<FozException>(
            () => CopyAsync($"COPY silver.kinds ({column}, b) FROM STDIN", $"\\N\t\n{value}\ta\n\\N\n"));
        Assert.Equal((sqlState, message), (error.SqlState, error.Message));
        Assert.StartsWith($"COPY kinds, line 2, column {column}: ", error.Context, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quotes_decide_what_is_null_in_csv()
    {
        await lake.ChangeAsync("CREATE TABLE silver.quotes (a string, b string, c string)");
        Assert.Equal(
            "COPY 1",
            await CopyAsync(
                "COPY silver.quotes FROM STDIN WITH (FORMAT csv, FORCE_NULL (a), FORCE_NOT_NULL (b))", "\"\",,\"\"\n"));
        Assert.Equal(["NULL||", "SELECT 1"], await session.RunAsync("SELECT * FROM silver.quotes"));
        await FailsAsync(
            "COPY silver.quotes FROM STDIN WITH CSV HEADER DELIMITER ';'", "a;b;c\n1;2;\"3", "22P04",
            "unterminated CSV quoted field");
        await FailsAsync("COPY silver.quotes FROM STDIN WITH (FORMAT csv, HEADER match)", "a,x,c\n", "22P04",
            "column name mismatch in header line field 2: got \"x\", expected \"b\"");
    }

    [Theory]
    [InlineData("COPY silver.nothing FROM STDIN", "42P01")]
    [InlineData("COPY silver.orders (nothing) FROM STDIN", "42703")]
    [InlineData("COPY silver.orders (id, id) FROM STDIN", "42701")]
    [InlineData("COPY silver.orders FROM '/etc/passwd'", "42501")]
    [InlineData("COPY silver.orders FROM PROGRAM 'id'", "42501")]
    [InlineData("COPY silver.orders FROM STDIN (ENCODING 'latin1')", "0A000")]
    [InlineData("COPY silver.orders FROM STDIN WHERE id > 1", "0A000")]
    [InlineData("COPY silver.orders FROM STDIN (FORMAT parquet)", "22023")]
    [InlineData("COPY silver.orders FROM STDIN (DELIMITER 'ab')", "22023")]
    public async Task What_cannot_be_copied_is_refused(string sql, string sqlState)
    {
        var error = await Assert.ThrowsAsync<FozException>(() => CopyAsync(sql, ""));
        Assert.Equal(sqlState, error.SqlState ?? error.Kind.SqlState);
    }

    [Fact]
    public async Task Who_is_no_owner_copies_nothing()
    {
        await using var other = lake.Open("bia", isOwner: false);
        var statement = await other.PrepareAsync("COPY silver.orders FROM STDIN", [], Cancel);
        var error = await Assert.ThrowsAsync<FozException>(() => statement.BeginLoadAsync(Cancel));
        Assert.Contains(error.SqlState ?? error.Kind.SqlState, new[] { "42501", "42P01" });
    }

    [Fact]
    public async Task Binary_rows_are_read_in_any_pieces()
    {
        var writer = new MessageWriter();
        writer.Begin(MessageType.CopyData);
        BinaryCopy.WriteHeader(writer);
        foreach (var (id, name) in new[] { (10L, "dez"), (11L, null) })
        {
            writer.WriteInt16(2);
            writer.WriteInt32(8);
            writer.WriteInt32((int)(id >> 32));
            writer.WriteInt32((int)id);
            writer.WriteInt32(name is null ? -1 : name.Length);
            if (name is not null) writer.WriteBytes(Encoding.UTF8.GetBytes(name));
        }
        writer.WriteInt16(-1);
        writer.End();
        var data = writer.Written[Message.HeaderBytes..].ToArray();
        foreach (var cut in new[] { data.Length, 5, 1 })
        {
            Assert.Equal("COPY 2", await CopyAsync("COPY silver.orders (id, name) FROM STDIN BINARY", data, cut));
            Assert.Equal(
                ["10|dez", "11|NULL", "SELECT 2"],
                await session.RunAsync("SELECT id, name FROM silver.orders WHERE id > 5 ORDER BY id"));
            await lake.ChangeAsync("DELETE FROM silver.orders WHERE id > 5");
        }
        await FailsAsync(
            "COPY silver.orders (id, name) FROM STDIN BINARY", "PGCOPX", "22P04", "COPY file signature not recognized");
        await FailsAsync(
            "COPY silver.orders (id) FROM STDIN BINARY", data, "22P04", "row field count is 2, expected 1");
        await FailsAsync(
            "COPY silver.orders (name, id) FROM STDIN BINARY", data[..^1], "22021",
            "invalid byte sequence for encoding \"UTF8\": 0x00");
        await FailsAsync(
            "COPY silver.orders (id, name) FROM STDIN BINARY", data[..^5], "22P04", "unexpected EOF in COPY data");
        await FailsAsync(
            "COPY silver.orders (id, name) FROM STDIN BINARY", [.. data, 0], "22P04",
            "received copy data after EOF marker");
    }

    [Fact]
    public async Task Declared_types_are_checked_and_written_in_one_form()
    {
        const string Id = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        await session.RunAsync("CREATE TABLE silver.declared (u uuid, j jsonb, n numeric)");
        Assert.Equal(
            "COPY 1",
            await CopyAsync(
                "COPY silver.declared FROM STDIN", $"{{{Id.ToUpperInvariant()}}}\t{{\"b\":1,\"a\":2}}\t1.50\n"));
        var writer = new MessageWriter();
        writer.Begin(MessageType.CopyData);
        BinaryCopy.WriteHeader(writer);
        writer.WriteInt16(2);
        writer.WriteInt32(16);
        writer.WriteBytes(new Guid(Id).ToByteArray(bigEndian: true));
        writer.WriteInt32(4);
        writer.WriteBytes("\u0001[1]"u8);
        writer.WriteInt16(-1);
        writer.End();
        Assert.Equal(
            "COPY 1",
            await CopyAsync(
                "COPY silver.declared (u, j) FROM STDIN BINARY", writer.Written[Message.HeaderBytes..].ToArray(), 7));
        Assert.Equal(
            [$"{Id}|{{\"a\": 2, \"b\": 1}}|1.5", $"{Id}|[1]|NULL", "SELECT 2"],
            await session.RunAsync(
                $"SELECT u, j, n::text FROM silver.declared WHERE u = "
                    + $"'{Id.ToUpperInvariant()}' ORDER BY n NULLS LAST"));
        await FailsAsync(
            "COPY silver.declared (u) FROM STDIN", "x\n", "22P02", "invalid input syntax for type uuid: \"x\"");
        await FailsAsync(
            "COPY silver.declared (j) FROM STDIN", "x\n", "22P02", "invalid input syntax for type json: \"x\"");
        await FailsAsync(
            "COPY silver.declared (n) FROM STDIN", "0.00000000000001\n", "0A000",
            "numeric 0.00000000000001 in a column without digits, which has 28 before the point and 10 after it, is "
                + "not supported: declare numeric(p,s)");
    }

    [Fact]
    public async Task Many_rows_go_through_few_at_a_time()
    {
        var rows = string.Concat(Enumerable.Range(6, 150_000).Select(i => $"{i}\tname {i}\t{i % 1000}.25\n"));
        Assert.Equal("COPY 150000", await CopyAsync("COPY silver.orders FROM STDIN", rows));
        Assert.Equal(
            ["150005|150005", "SELECT 1"], await session.RunAsync("SELECT count(*), max(id) FROM silver.orders"));
    }

    Task<string> CopyAsync(string sql, string text) => CopyAsync(sql, Encoding.UTF8.GetBytes(text), 8192);

    async Task<string> CopyAsync(string sql, byte[] bytes, int pieceBytes)
    {
        var statement = await session.PrepareAsync(sql, [], Cancel);
        Assert.True(statement.TakesRows);
        await using var load = await statement.BeginLoadAsync(Cancel);
        foreach (var piece in bytes.Chunk(pieceBytes)) load.Write(piece, Cancel);
        return await load.CompleteAsync(Cancel);
    }

    Task FailsAsync(string sql, string text, string sqlState, string message) =>
        FailsAsync(sql, Encoding.UTF8.GetBytes(text), sqlState, message);

    async Task FailsAsync(string sql, byte[] bytes, string sqlState, string message)
    {
        var error = await Assert.ThrowsAsync<FozException>(() => CopyAsync(sql, bytes, 8192));
        Assert.Equal((sqlState, message), (error.SqlState, error.Message));
    }
}
