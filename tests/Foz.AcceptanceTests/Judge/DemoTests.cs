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
            Assert.True(
                await judge.AssertReadEquallyAsync(session, await lake.TableAsync(name)) > 0, $"{name} is empty");
            if (!name.StartsWith("foz.", StringComparison.Ordinal)) versions[name] = Version(log);
        }
        Assert.Contains("gold.daily_sales", versions.Keys);
        Assert.True(versions.Count >= 10, string.Join(' ', versions.Keys));

        var second = (await FozProcess.RunAsync(folder, "demo", "--folder", ".")).Expect(0);
        Expect.File("demo-second.txt", Still(second.Output));
        Assert.All(versions, table => Assert.Equal(
            table.Value, Version(Path.Combine(lake.Lake.Folder, table.Key.Replace('.', '/'), "_delta_log"))));
    }

    [Fact]
    public async Task Tables_of_the_demo_whose_rows_no_statement_changed_are_read_by_delta_rs_and_Daft()
    {
        await checkout.CopyAsync(checkoutFolder);
        using var lake = new TestLake(Path.Combine(checkoutFolder, "examples", "loja"));
        var (plain, changed) = (new List<string>(), new List<string>());
        foreach (var log in Directory.GetDirectories(lake.Lake.Folder, "_delta_log", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(lake.Lake.Folder, Path.GetDirectoryName(log)!).Replace('/', '.');
            var table = await (await lake.TableAsync(name)).LatestAsync(TestContext.Current.CancellationToken);
            if (table.State.Files.Any(file => file.DeletionVector is not null))
            {
                changed.Add(name);
                continue;
            }
            plain.Add(name);
            var protocol = table.State.Protocol;
            Assert.True(
                protocol.MinReaderVersion == 1 || protocol is { MinReaderVersion: 3, ReaderFeatures: ["timestampNtz"] },
                $"{name} asks for reader version {protocol.MinReaderVersion} with "
                    + $"{string.Join(", ", protocol.AllReaderFeatures)}");
            var engines = table.Engines.Where(engine => engine.Engine is "delta-rs" or "daft").ToList();
            Assert.All(engines, engine => Assert.True(engine.IsRead, $"{name}: {engine}"));
            Assert.Equal(2, engines.Count);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{plain.Count} tables: {string.Join(' ', plain)}\nchanged row by row: {string.Join(' ', changed)}");
        Assert.Contains("gold.daily_sales", plain);
        Assert.True(plain.Count >= 18, $"{plain.Count} of {plain.Count + changed.Count} tables");
    }

    static string Still(string output) =>
        string.Join('\n', StillText.Ordered(StillText.WithoutSamples(StillText.Of(output)))) + "\n";

    static long Version(string log) =>
        Directory.GetFiles(log, "*.json").Max(file => long.Parse(Path.GetFileNameWithoutExtension(file)));
}
