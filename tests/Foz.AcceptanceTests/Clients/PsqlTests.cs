namespace Foz.AcceptanceTests.Clients;

/// <summary>psql, as Debian has it.</summary>
public sealed class PsqlTests(ServedProject project)
{
    [Theory]
    [InlineData("-Atc \"select 1, 'ação', null\"", "1|ação|\n")]
    [InlineData("-At -F ' ' -c \"select i, i * i from range(3) r(i)\"", "0 0\n1 1\n2 4\n")]
    [InlineData("-At -v FETCH_COUNT=2 -c \"select i from range(5) r(i)\"", "0\n1\n2\n3\n4\n")]
    [InlineData("-Atc \"select 1\" -c \"select 2; select 3\"", "1\n2\n3\n")]
    [InlineData("-c \"copy (select i, null from range(2) r(i)) to stdout with csv\"", "0,\n1,\n")]
    [InlineData(
        "-Atc \"begin\" -c \"declare c cursor for select i from range(5) r(i)\" -c \"fetch 2 from c\" -c \"move 1 in c\" -c \"fetch all from c\" -c \"close c\" -c \"commit\"",
        "BEGIN\nDECLARE CURSOR\n0\n1\nMOVE 1\n3\n4\nCLOSE CURSOR\nCOMMIT\n")]
    [InlineData(
        "-Atc \"set statement_timeout = '100ms'\" -c \"select count(*) from range(10000000) a(x), range(10000000) b(y) where x * y % 7 = 3\"",
        "SET\nERROR:  canceling statement due to statement timeout\n")]
    public async Task Statement_gives_what_PostgreSQL_gives(string arguments, string expected) =>
        Assert.Equal(expected, await project.ShellAsync($"psql {arguments}"));

    [Fact]
    public async Task Connection_tells_who_it_is() => Assert.Contains(
        $"connected to database \"lake\" as user \"{ServedProject.User}\"",
        await project.ShellAsync("psql -c '\\conninfo'"),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("PGPASSWORD=wrong psql -c 'select 1'", "FATAL:  password authentication failed for user \"ana\"")]
    [InlineData("PGDATABASE=shop psql -c 'select 1'", "FATAL:  database \"shop\" does not exist")]
    [InlineData("psql -c 'select nope'", "LINE 1: select nope\n               ^")]
    [InlineData(
        "psql -c 'select 1 from nowhere'",
        "ERROR:  relation \"nowhere\" does not exist\nLINE 1: select 1 from nowhere\n                      ^")]
    [InlineData("PGSSLMODE=require psql -c 'select 1'", "server does not support SSL")]
    public async Task Refusal_is_told_as_PostgreSQL_tells_it(string command, string expected) =>
        Assert.Contains(expected, await project.ShellAsync(command), StringComparison.Ordinal);

    [Fact]
    public async Task Interrupted_psql_cancels_its_statement()
    {
        var output = await project.ShellAsync(
            "(env --default-signal=INT psql -c 'select count(*) from range(10000000) a(x), range(10000000) b(y) "
                + "where x * y % 7 = 5' & p=$!; "
            + ServedProject.WaitUntilActive("7 = 5") + " while kill -INT $p; do sleep 1; done; wait $p)");
        Assert.Contains("canceling statement due to user request", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_answered_without_a_log_in()
    {
        await project.StartAsync();
        using var http = new HttpClient();
        Assert.Equal(
            "alive\n",
            await http.GetStringAsync(new Uri(project.Http + "healthz"), TestContext.Current.CancellationToken));
        Assert.Equal(
            "ready\n",
            await http.GetStringAsync(new Uri(project.Http + "readyz"), TestContext.Current.CancellationToken));
    }
}
