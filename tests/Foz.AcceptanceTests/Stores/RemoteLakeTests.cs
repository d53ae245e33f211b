using System.Text;
using Foz.AcceptanceTests.Documents;
using Foz.Tests;

namespace Foz.AcceptanceTests.Stores;

/// <summary>The sample company's lake in an object store: the same rows as on this machine.</summary>
public sealed class RemoteLakeTests(AzuriteServer azurite, DemoCheckout checkout) : IDisposable
{
    readonly string local = Directory.CreateTempSubdirectory("foz-local-").FullName;
    readonly string remote = Directory.CreateTempSubdirectory("foz-remote-").FullName;

    public void Dispose()
    {
        Directory.Delete(local, recursive: true);
        Directory.Delete(remote, recursive: true);
    }

    [Fact]
    public async Task The_demo_gives_the_same_rows_on_s3_that_fails_every_fourth_time()
    {
        var seed = Soak.Seed();
        await using var server = new S3Loopback(seed);
        await CheckAsync(
            $$"""
            lake:
              url: s3://lake/loja
              endpoint: {{server.Address}}
              secret_access_key: ${SECRET}
              access_key_id: id
            """, "SECRET=very-hidden-key\n");
        Assert.True(server.Faults > 50, $"{server.Faults} faults");
        Assert.Empty(server.Bucket.List("loja/_foz/hosts/", _ => true, 10));
        var leases = server.Bucket.List("loja/_foz/leases/dev/", _ => true, 100);
        Assert.NotEmpty(leases);
        Assert.All(leases, lease => Assert.Contains(
            "\"isReleased\": true", Encoding.UTF8.GetString(lease.Value.Content), StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_demo_gives_the_same_rows_on_azure() => await CheckAsync(
        $"lake: az://{await azurite.CreateContainerAsync()}/loja\n",
        $"AZURE_STORAGE_CONNECTION_STRING={azurite.ConnectionString}\n");

    async Task CheckAsync(string lake, string variables)
    {
        await checkout.CopyAsync(local);
        var here = Path.Combine(local, "examples", "loja");
        DemoCheckout.CopyFolder(here, remote, "lake");
        var file = Path.Combine(remote, "foz.yml");
        var text = (await File.ReadAllTextAsync(file)).Replace(
            "lake: lake\nmemory", $"{lake}\ncache:\n  folder: cache\n  size: 100MB\nmemory", StringComparison.Ordinal)
            .Replace("    lake: lake\n", "    threads: 2\n", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text);
        await File.WriteAllTextAsync(Path.Combine(remote, ".env"), variables);

        (await FozProcess.RunAsync(remote, "doctor")).Expect(0);
        var run = (await FozProcess.RunAsync(remote, "demo", "--folder", ".")).Expect(0);
        Assert.DoesNotContain("very-hidden-key", run.Output + run.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(remote, "lake")));
        foreach (var query in new[]
        {
            "from gold.daily_sales order by all", "from silver.orders order by all",
            "select step, outcome, rows_written from foz.steps order by all",
        })
            Assert.Equal(await QueryAsync(here, query), await QueryAsync(remote, query));
        var second = (await FozProcess.RunAsync(remote, "demo", "--folder", ".")).Expect(0);
        Assert.Contains("No table changed", second.Output, StringComparison.Ordinal);
        // A machine without a cache reads the same.
        Directory.Delete(Path.Combine(remote, "cache"), recursive: true);
        Assert.Equal(
            await QueryAsync(here, "from gold.daily_sales order by all"),
            await QueryAsync(remote, "from gold.daily_sales order by all"));
    }

    static async Task<string> QueryAsync(string project, string sql) =>
        (await FozProcess.RunAsync(project, "query", sql, "--output", "csv")).Expect(0).Output;
}
