namespace Foz.Tests.Cli.Commands;

/// <summary>
/// What commands that ask no source show of sources of all streams, and of what the project no longer makes.
/// </summary>
public sealed class KnownStreamTests : IDisposable
{
    readonly CommandRunner foz = new();

    public KnownStreamTests()
    {
        foz.Write(
            "foz.yml",
            "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
        foz.Write("data/people.csv", "id,name\n1,Ana\n");
        foz.Write(
            "sources/shop.yml",
            "connection: files\nsilver: current\nstreams: {people: {path: people.csv, mode: snapshot}, '*': }\n");
        foz.Write("data/orders.csv", "id,amount\n1,2\n");
        foz.Write("models/silver/orders.sql", "select id, amount from bronze.orders");
        foz.Write("models/gold/old.sql", "select id from silver.people");
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Documentation_lineage_and_lists_have_their_tables()
    {
        (await foz.RunAsync("run")).ExpectOk();
        // No source is asked.
        Directory.Delete(Path.Combine(foz.Folder, "data"), recursive: true);

        var docs = await foz.RunAsync("docs");
        docs.ExpectOk();
        var index = await File.ReadAllTextAsync(
            Path.Combine(foz.Folder, "target/docs/index.html"), TestContext.Current.CancellationToken);
        foreach (var table in new[] { "bronze.people", "bronze.orders", "silver.people", "silver.orders" })
            Assert.Contains($">{table}</a>", index, StringComparison.Ordinal);
        Assert.DoesNotContain("Orphans", index, StringComparison.Ordinal);

        Assert.Equal(
            "silver.orders.amount\n└─ bronze.orders.amount  identity\n   └─ shop.orders.amount  identity\n",
            Plain((await foz.RunAsync("lineage", "silver.orders.amount")).Out));
        Assert.Contains(
            "bronze.orders  incremental", Plain((await foz.RunAsync("lineage", "silver.orders")).Out),
            StringComparison.Ordinal);
        Assert.Equal(
            "bronze.orders\nbronze.people\n",
            (await foz.RunAsync("ls", "--select", "bronze.*", "--output", "name")).Out);
    }

    [Fact]
    public async Task Tables_of_the_lock_are_shown_before_any_run()
    {
        (await foz.RunAsync("source", "discover", "--lock")).ExpectOk();
        Directory.Delete(Path.Combine(foz.Folder, "data"), recursive: true);

        (await foz.RunAsync("docs")).ExpectOk();
        var page = await File.ReadAllTextAsync(
            Path.Combine(foz.Folder, "target/docs/tables/bronze.orders.html"), TestContext.Current.CancellationToken);
        Assert.Contains("amount", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nothing_makes_any_more_is_named()
    {
        (await foz.RunAsync("run")).ExpectOk();
        File.Delete(Path.Combine(foz.Folder, "models/gold/old.sql"));
        foz.Write("sources/shop.yml", "connection: files\nstreams: {orders: {path: orders.csv}}\n");

        var list = await foz.RunAsync("ls");
        list.ExpectOk();
        foreach (var orphan in new[] { "bronze.people", "silver.people", "gold.old" })
            Assert.Contains(
                $"warning: {orphan} is an orphan: no model and no source of the project makes it any more", list.Error,
                StringComparison.Ordinal);
        Assert.Contains(
            "foz query \"DROP TABLE \"\"gold\"\".\"\"old\"\"\"".Replace("\"\"", "\"", StringComparison.Ordinal),
            list.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("orders is an orphan", list.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("people", (await foz.RunAsync("ls", "--schema", "gold")).Error, StringComparison.Ordinal);

        (await foz.RunAsync("docs")).ExpectOk();
        var index = await File.ReadAllTextAsync(
            Path.Combine(foz.Folder, "target/docs/index.html"), TestContext.Current.CancellationToken);
        Assert.Contains("<li>gold.old</li>", index, StringComparison.Ordinal);
        Assert.Contains(
            "gold.old  orphan", Plain((await foz.RunAsync("lineage", "gold.old")).Out), StringComparison.Ordinal);
    }

    static string Plain(string text) => text.ReplaceLineEndings("\n");
}
