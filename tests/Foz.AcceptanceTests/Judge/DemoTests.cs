using Foz.AcceptanceTests.Documents;
using Foz.Tests;

namespace Foz.AcceptanceTests.Judge;

/// <summary>The sample company's lake, made as a person makes it, and read back by the judge.</summary>
public sealed class DemoTests(JudgeProcess judge, DemoCheckout checkout) : IDisposable
{
    readonly string checkoutFolder = Directory.CreateTempSubdirectory("foz-demo-").FullName;

    public void Dispose() => Directory.Delete(checkoutFolder, recursive: true);

    [Fact]
    public async Task Every_table_of_the_demo_is_read_equally_and_a_second_demo_changes_none()
    {
        var first = await checkout.CopyAsync(checkoutFolder);
        Expect.File("demo.txt", Still(first));
        var folder = Path.Combine(checkoutFolder, "examples", "loja");
        using var lake = new TestLake(folder);
        using var session = lake.Open();
        var versions = new Dictionary<string, long>();
        foreach (var log in Directory.GetDirectories(lake.Lake.Folder, "_delta_log", SearchOption.AllDirectories))
        {
            var location = Path.GetRelativePath(lake.Lake.Folder, Path.GetDirectoryName(log)!);
            var name = location.Replace('/', '.');
            Assert.True(await judge.AssertReadEquallyAsync(session, await lake.TableAsync(name)) > 0, $"{name} is empty");
            if (!name.StartsWith("foz.", StringComparison.Ordinal)) versions[name] = Version(log);
        }
        Assert.Contains("gold.daily_sales", versions.Keys);
        Assert.True(versions.Count >= 10, string.Join(' ', versions.Keys));

        var second = (await FozProcess.RunAsync(folder, "demo", "--folder", ".")).Expect(0);
        Expect.File("demo-second.txt", Still(second.Output));
        Assert.All(versions, table => Assert.Equal(
            table.Value, Version(Path.Combine(lake.Lake.Folder, table.Key.Replace('.', '/'), "_delta_log"))));
    }

    static string Still(string output) =>
        string.Join('\n', StillText.Ordered(StillText.WithoutSamples(StillText.Of(output)))) + "\n";

    static long Version(string log) =>
        Directory.GetFiles(log, "*.json").Max(file => long.Parse(Path.GetFileNameWithoutExtension(file)));
}
