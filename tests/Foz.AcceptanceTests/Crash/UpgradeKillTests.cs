using System.IO.Compression;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// Upgrades, and first runs, that are killed at each of their failpoints, and completed by the next command.
/// </summary>
public sealed class UpgradeKillTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-upgrade-").FullName;

    public UpgradeKillTests() => ZipFile.ExtractToDirectory(
        Path.Combine(Repository.Root, "tests/Foz.Tests/Pipelines/Upgrades/Lakes/format-1.zip"), folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("upgrade.held")]
    [InlineData("upgrade.applied")]
    [InlineData("upgrade.stated")]
    public async Task A_killed_upgrade_is_completed_and_no_row_is_lost(string failpoint)
    {
        await KillAsync(failpoint, "upgrade");
        (await FozProcess.RunAsync(folder, "run")).Expect(0);
        (await FozProcess.RunAsync(folder, "upgrade")).Expect(0);
        await AssertWholeAsync("1|10", "2|21", "3|30");
    }

    [Fact]
    public async Task A_lake_whose_making_was_killed_is_made_by_the_next_run()
    {
        Directory.Delete(Path.Combine(folder, "lake"), recursive: true);
        File.Delete(Path.Combine(folder, "data/orders2.csv"));
        await KillAsync("format.closed", "run");
        (await FozProcess.RunAsync(folder, "run")).Expect(0);
        await AssertWholeAsync("1|10", "2|20");
    }

    async Task KillAsync(string failpoint, string command)
    {
        using var killed = FozProcess.Start(folder, failpoint, [command]);
        Assert.Equal(FozProcess.KilledExitCode, (await killed.WaitAsync()).ExitCode);
    }

    async Task AssertWholeAsync(params string[] rows)
    {
        using (var lake = new TestLake(folder))
            Assert.Equal(rows, await lake.QueryAsync("SELECT id, price FROM silver.orders ORDER BY id"));
        Assert.Contains("\"format\": 2", await ReadAsync("format.json"), StringComparison.Ordinal);
        Assert.Contains("closedByFormat", await ReadAsync("leases/run.json"), StringComparison.Ordinal);
    }

    Task<string> ReadAsync(string path) => File.ReadAllTextAsync(Path.Combine(folder, "lake/_foz", path));
}
