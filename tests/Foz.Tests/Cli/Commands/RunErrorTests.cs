namespace Foz.Tests.Cli.Commands;

/// <summary>Where errors of a run are in the project's files.</summary>
public sealed class RunErrorTests : IDisposable
{
    readonly CommandRunner foz = new();

    public RunErrorTests()
    {
        foz.Write("foz.yml", "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\n");
        foz.Write("models/bronze/people.sql", "select 1 as id, 'Ana' as name");
    }

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("table", "select p.id,\n  nam\nfrom bronze.people p", 5, 3, "Referenced column \"nam\" not found")]
    [InlineData("view", "select p.id from bronze.people p where nam = 1", 4, 40, "Referenced column \"nam\" not found")]
    [InlineData(
        "table", "select p.id from bronze.people p\nwhere cast(p.name as int) = 3", 5, 7,
        "Could not convert string 'Ana' to INT32")]
    [InlineData(
        "table", "select cast(p.name as int) as n from bronze.people p", 4, 8,
        "Could not convert string 'Ana' to INT32")]
    [InlineData("table", "select lower(p.id, 3) from bronze.people p", 4, 8, "No function matches")]
    public async Task Of_a_model_they_have_the_line_and_column_of_the_file(
        string materialization, string sql, int line, int column, string message)
    {
        foz.Write("models/silver/m.sql", $"/* @foz\nmaterialization: {materialization}\n@foz */\n{sql}");
        var run = await foz.RunAsync("run");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            $"models/silver/m.sql:{line}:{column}: {message}", run.Out + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_without_a_place_of_its_own_has_the_file()
    {
        foz.Write("models/silver/m.sql", "select p.id from bronze.people p join bronze.people q using (ix)");
        var run = await foz.RunAsync("run");
        Assert.Contains(
            "models/silver/m.sql: Column \"ix\" does not exist on left side of join", run.Out + run.Error,
            StringComparison.Ordinal);
    }
}
