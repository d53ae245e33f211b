namespace Foz.Tests.Cli.Commands;

/// <summary>What the rows of a step say in the output of a run.</summary>
public sealed class RowsChangedTests : IDisposable
{
    readonly CommandRunner foz = new();

    public RowsChangedTests() =>
        foz.Write(
            "foz.yml",
            "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("strategy: delete+insert, unique_key: [id]", "id,n\n1,1\n1,2\n1,3\n2,1\n", "id,n\n1,9\n", "3 rows")]
    [InlineData("strategy: merge, unique_key: [id]", "id,n\n1,1\n2,2\n", "id,n\n2,3\n3,3\n", "2 rows")]
    [InlineData("strategy: append", "id,n\n1,1\n", "id,n\n2,3\n3,3\n", "2 rows")]
    public async Task It_is_those_that_are_not_as_they_were(string settings, string first, string second, string rows)
    {
        foz.Write("sources/s.yml", "connection: files\nstreams: {orders: {path: '*.csv', settle: 0s}}\n");
        foz.Write(
            "models/silver/m.sql",
            $"/* @foz\nmaterialization: {{type: incremental, {settings}}}\n@foz */\nselect "
                + "id, n from STREAM(bronze.orders)");
        foz.Write("data/a.csv", first);
        (await foz.RunAsync("run")).ExpectOk();
        foz.Write("data/b.csv", second);
        var run = await foz.RunAsync("run");
        run.ExpectOk();
        Assert.Contains(
            rows, run.Out.Split('\n').Single(line => line.Contains("silver.m ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_a_changed_file_no_longer_has_count()
    {
        foz.Write("sources/s.yml", "connection: files\nstreams: {orders: {path: '*.csv', settle: 0s}}\n");
        foz.Write("data/a.csv", "id\n1\n2\n3\n");
        (await foz.RunAsync("run")).ExpectOk();
        foz.Write("data/a.csv", "id\n1\n");
        Assert.Contains("3 rows", (await foz.RunAsync("run")).Out, StringComparison.Ordinal);
    }
}
