namespace Foz.AcceptanceTests.Clients;

/// <summary><c>foz query --remote</c>, in a process of its own, against a server in another.</summary>
public sealed class RemoteQueryTests(ServedProject project)
{
    [Theory]
    [InlineData("select 6 * 7 as n, 'ação' as text", "-o csv", "n,text\n42,ação\n")]
    [InlineData(
        "select i from range(2) r(i); select 3 as j", "-o json", "[\n{\"i\":0},\n{\"i\":1}\n]\n[\n{\"j\":3}\n]\n")]
    [InlineData("copy (select i, null from range(2) r(i)) to stdout with csv", "", "0,\n1,\n")]
    public async Task Statements_are_answered_with_the_password_of_the_variables(
        string sql, string options, string expected) =>
        Assert.Equal(
            expected, await project.ShellAsync($"dotnet foz.dll query --remote 127.0.0.1:$PGPORT {options} \"{sql}\""));

    [Fact]
    public async Task A_password_file_lets_one_in()
    {
        var answer = await project.ShellAsync(
            "(unset PGPASSWORD; export PGPASSFILE=$FOLDER/pgpass; "
            + $"echo \"127.0.0.1:*:lake:$PGUSER:{ServedProject.Password}\" > $PGPASSFILE; chmod 600 $PGPASSFILE; "
            + "dotnet foz.dll query --remote $PGUSER@127.0.0.1:$PGPORT 'select current_user as who' -o csv)");
        Assert.Equal($"who\n{ServedProject.User}\n", answer);
    }

    [Theory]
    [InlineData(
        "PGPASSWORD=wrong dotnet foz.dll query --remote 127.0.0.1:$PGPORT 'select 1'",
        "password authentication failed for user \"ana\"", 1)]
    [InlineData(
        "PGPASSWORD= HOME=/nowhere dotnet foz.dll query --remote 127.0.0.1:$PGPORT 'select 1' < /dev/null",
        "set PGPASSWORD", 1)]
    [InlineData("dotnet foz.dll query --remote 127.0.0.1:$PGPORT 'select nope'", "sql:1:8: ", 1)]
    [InlineData("dotnet foz.dll query --remote 127.0.0.1:$PGPORT --target prod 'select 1'", "--target and --remote", 2)]
    public async Task A_refusal_has_its_exit_code(string command, string expected, int exitCode)
    {
        var answer = await project.ShellAsync($"({command}; echo exit $?)");
        Assert.Contains(expected, answer, StringComparison.Ordinal);
        Assert.EndsWith($"exit {exitCode}\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_statement_at_the_server()
    {
        const string statement = "select count(*) from range(10000000) a(x), range(10000000) b(y) where x * y % 7 = 4";
        var answer = await project.ShellAsync(
            $"(env --default-signal=INT dotnet foz.dll query --remote 127.0.0.1:$PGPORT '{statement}' & p=$!; "
            + ServedProject.WaitUntilActive("7 = 4")
            + " kill -INT $p; wait $p; for i in $(seq 100); do n=$(psql -Atc \"select count(*) from pg_stat_activity "
            + "where application_name = 'foz query'\"); "
            + "[ \"$n\" = 0 ] && break; sleep 0.1; done; echo $n)");
        Assert.Equal("stopped\n0\n", answer);
    }
}
