using System.Diagnostics;
using Foz.Tests;
using Foz.Tests.Connectors.MongoDb;

namespace Foz.AcceptanceTests.Cli;

/// <summary><c>make publish</c>.</summary>
[Collection<PublishCollection>]
public sealed class PublishTests(PublishedFoz foz) : IDisposable
{
    const long BytesMax = 230_000_000;

    readonly string folder = Directory.CreateTempSubdirectory("foz-publish-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_is_published_runs_alone_and_no_lock_file_is_rewritten()
    {
        Assert.Equal(foz.LocksBefore, await PublishedFoz.LocksAsync());
        var published = new DirectoryInfo(PublishedFoz.Folder).GetFiles();
        Assert.Equal(["foz", "libduckdb.so"], published.Select(f => f.Name).Order(StringComparer.Ordinal));
        Assert.InRange(published.Sum(f => f.Length), 1, BytesMax);

        var commit = await PublishedFoz.RunAsync(Repository.Root, new("git", ["rev-parse", "HEAD"]));
        var version = await RunAsync("version", "--verbose");
        Assert.Matches(@"^foz \d+\.\d+\.\d+", version);
        Assert.Contains($"commit {commit.TrimEnd()}", version, StringComparison.Ordinal);
        Assert.Contains("libduckdb.so, SHA-256 ", version, StringComparison.Ordinal);
        Assert.Equal("a\n1\n", await RunAsync("query", "select 1 as a", "--output", "csv"));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    /// <summary>Its driver is the one that is not compiled ahead of time with all else.</summary>
    [Fact]
    public async Task What_is_published_reads_collections_of_MongoDB()
    {
        using var server = new MongoServer(
            new MongoCommands().Add("orders", "{_id: 1, total: NumberDecimal('1.50')}", "{_id: 2, total: null}"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "foz.yml"),
            $"name: shop\nconnections:\n  shop: {{type: mongodb, url: '{server.Url}'}}\n",
            TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "sources", "shop.yml"),
            "connection: shop\nstreams:\n  orders: {columns: {total: 'decimal(10,2)'}}\n",
            TestContext.Current.CancellationToken);
        await RunAsync("run");
        Assert.Equal(
            "_id,total\n1,1.50\n2,\n",
            await RunAsync("query", "select _id, total from bronze.orders order by 1", "--output", "csv"));
    }

    /// <summary>Runs the program with no .NET of the machine, no home, and a folder for whatever it would unpack.</summary>
    Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(PublishedFoz.Folder, "foz"), arguments);
        start.Environment.Clear();
        start.Environment["TMPDIR"] = folder;
        start.Environment["HOME"] = "/nonexistent";
        start.Environment["DOTNET_ROOT"] = "/nonexistent";
        return PublishedFoz.RunAsync(folder, start);
    }
}
