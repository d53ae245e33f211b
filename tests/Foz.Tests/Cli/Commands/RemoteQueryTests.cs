using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Cli.Commands;

public sealed class RemoteQueryTests : IAsyncLifetime
{
    readonly CommandRunner foz = new();
    PgTestServer server = null!;

    string Address => $"postgres://ana:{Uri.EscapeDataString(PgTestServer.Password)}@127.0.0.1:{server.EndPoint.Port}";

    public async ValueTask InitializeAsync() => server = await PgTestServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        foz.Dispose();
    }

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    [InlineData("csv")]
    public async Task Values_are_written_as_the_embedded_query_writes_them(string format)
    {
        const string sql = """
            select true as flag, 42 as number, 9223372036854775807::bigint as big, '170141183460469231731687303715884105727'::hugeint as huge,
                1.50::numeric(10, 2) as price, -0.05::numeric(10, 2) as cents, 'São "Paulo", SP' as city, null::text as nothing,
                date '2024-02-29' as day, timestamp '2024-02-29 12:34:56.789' as local,
                timestamptz '2024-02-29 12:34:56+00' as instant, '{"j": [1]}'::json as json, 'two' || chr(10) || 'lines' as text
            """;
        var embedded = await foz.RunAsync("query", sql, "--output", format);

        var remote = await foz.RunAsync("query", "--remote", Address, sql, "--output", format);

        Assert.Equal((0, ""), (embedded.ExitCode, embedded.Error));
        Assert.Equal((0, ""), (remote.ExitCode, remote.Error));
        Assert.Equal(embedded.Out, remote.Out);
    }

    [Fact]
    public async Task Arrays_and_structs_are_JSON_inside_of_JSON()
    {
        var result = await foz.RunAsync(
            "query", "--remote", Address, "-o", "json",
            "select array[1, null, 3] as numbers, array['a,b', null, 'NULL', '', 'x\"\\y'] as texts, "
                + "array[true, false] as flags, "
            + "array[1.5, 2.25]::float8[] as shares, {'a': 1, 'b': ['x']} as struct");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(
            """
            [{"numbers":[1,null,3],"texts":["a,b",null,"NULL","","x\"\\y"],"flags":[true,false],"shares":[1.5,2.25],"struct":{"a":1,"b":["x"]}}]
            """,
            result.Out.ReplaceLineEndings(""));
    }

    [Fact]
    public async Task Statements_of_a_text_run_one_after_the_other_in_one_session()
    {
        var result = await foz.RunAsync(
            "query", "--remote", Address,
            "create table silver.remote_items (id bigint, name text); insert into "
                + "silver.remote_items values (1, 'a'), (2, null); "
            + "select * from silver.remote_items order by id; -- the end\n select count(*) "
            + "as n from silver.remote_items");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(
            "CREATE TABLE\nINSERT 0 2\nid  name\n──  ────\n 1  a\n 2  NULL\n(2 rows)\n\nn\n─\n2\n(1 row)\n",
            result.Out);
    }

    [Fact]
    public async Task Programs_get_rows_alone()
    {
        var result = await foz.RunAsync(
            "query", "--remote", Address, "-o", "csv",
            "set search_path = silver; select 1 as a; select 'x,y' as b, null as c");
        Assert.Equal((0, "a\n1\n\nb,c\n\"x,y\",\n", "SET\n"), (result.ExitCode, result.Out, result.Error));
    }

    [Fact]
    public async Task An_error_has_its_place_in_the_text_its_hint_and_the_exit_code_of_its_kind()
    {
        var result = await foz.RunAsync(
            "query", "--remote", Address, "select 'ação' as a;\n  select nope from silver.orders; select 3 as c");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("a\n────\nação\n", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("c\n", result.Out, StringComparison.Ordinal);
        Assert.StartsWith("error: sql:2:10: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("nope", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://ana:wrong@127.0.0.1:{0}", "password authentication failed for user \"ana\"", 1)]
    [InlineData("postgres://ana:wrong@127.0.0.1:{0}/shop", "", 1)]
    [InlineData("postgres://ana:wrong@127.0.0.1:{0}?sslmode=require", "the server does not take TLS", 1)]
    [InlineData("postgres://ana:wrong@127.0.0.1:1", "cannot connect", 1)]
    [InlineData("postgres://ana@127.0.0.1:port", "--remote", 2)]
    public async Task A_server_that_does_not_let_one_in_is_an_error(string address, string expected, int exitCode)
    {
        var result = await foz.RunAsync(
            "query", "--remote",
            string.Format(System.Globalization.CultureInfo.InvariantCulture, address, server.EndPoint.Port),
            "select 1");
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Out));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong@", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--target", "prod")]
    [InlineData("--project", ".")]
    [InlineData("--vars", "{a: 1}")]
    public async Task What_belongs_to_a_project_here_is_refused(string option, string value)
    {
        var result = await foz.RunAsync("query", "--remote", Address, option, value, "select 1");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"{option} and --remote", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_copied_out_and_in()
    {
        foz.Input = "1,ação\n2,\n";
        var copied = await foz.RunAsync(
            "query", "--remote", Address,
            "create table silver.copied (id bigint, name text); copy silver.copied from stdin with (format csv); copy "
                + "silver.copied to stdout with (format csv)");
        Assert.Equal((0, ""), (copied.ExitCode, copied.Error));
        Assert.Equal("CREATE TABLE\nCOPY 2\n1,ação\n2,\n", copied.Out);

        foz.Input = "copy silver.copied from stdin";
        var refused = await foz.RunAsync("query", "--remote", Address);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("the standard input", refused.Error, StringComparison.Ordinal);

        var binary = await foz.RunAsync(
            "query", "--remote", Address, "copy silver.copied to stdout with (format binary)");
        Assert.Contains("binary", binary.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_is_given_up_is_canceled_at_the_server()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = foz.RunAsync(
            stop.Token, "query", "--remote", Address,
            "select count(*) from range(10000000) a(x), range(10000000) b(y) where x * y % 7 = 3");
        while (server.Lake.Service.Sessions.Count == 0) await Task.Yield();

        await stop.CancelAsync();

        var result = await running;
        Assert.Equal((2, "", "stopped\n"), (result.ExitCode, result.Out, result.Error));
        await server.WaitUntilIdleAsync();
    }
}
