namespace Foz.AcceptanceTests.Clients;

/// <summary>psqlODBC, which Tableau, Excel and Power BI use, through <c>isql</c>.</summary>
public sealed class OdbcTests(ServedProject project)
{
    const string DriverName = "psqlodbcw.so";

    [Theory]
    [InlineData("select 1 as a, null as b, 'ação' as c", "1,,ação\n")]
    [InlineData("select i, i * 1.5 as half from range(3) r(i) order by i", "0,0.0\n1,1.5\n2,3.0\n")]
    [InlineData(
        "select date '2024-02-29', timestamp '2024-02-29 12:34:56', true", "2024-02-29,2024-02-29 12:34:56,1\n")]
    public async Task Statement_is_answered(string sql, string expected)
    {
        var driver = Directory.Exists("/usr/lib")
            ? Directory.EnumerateFiles(
                "/usr/lib", DriverName,
                new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).FirstOrDefault()
            : null;
        const string remedy = "psqlODBC and isql are not installed: run .ci/install-test-tools";
        var isAbsent = driver is null || !File.Exists("/usr/bin/isql");
        if (Environment.GetEnvironmentVariable("CI") is not "true") Assert.SkipWhen(isAbsent, remedy);
        Assert.False(isAbsent, remedy);
        // isql reads a data source from a file; each run has its own.
        var output = await project.ShellAsync(
            $"""
            ini=$(mktemp) && printf '[foz]\nDriver={driver}\nServername=127.0.0.1\nPort=%s\nDatabase=lake\nUsername=%s\nPassword=%s\n' "$PGPORT" "$PGUSER" "$PGPASSWORD" > $ini
            echo "{sql}" | ODBCINI=$ini LC_ALL=C.UTF-8 isql -b -d, foz; rm $ini
            """);
        Assert.Equal(expected, output);
    }
}
