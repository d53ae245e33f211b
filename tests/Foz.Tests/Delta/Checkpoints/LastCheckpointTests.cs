using System.Text;
using System.Text.Json;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Tests.Delta.Checkpoints;

public sealed class LastCheckpointTests : IDisposable
{
    readonly LogTable table = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    /// <summary>The example of the specification.</summary>
    [Fact]
    public void The_checksum_is_that_of_the_canonical_form()
    {
        using var json = JsonDocument.Parse(
            """
            {"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}
            """);

        Assert.Equal(
            """
            "k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,"k1"+"k3"+2+"k4"="v4","k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6","k1"+"k3"+2+"k5"+2="v7"
            """, JsonChecksum.Canonical(json.RootElement));
        Assert.Equal("6a92d155a59bf2eecbd4b4ec7fd1f875", JsonChecksum.Compute(json.RootElement));
    }

    [Fact]
    public async Task The_checksums_of_other_writers_are_right()
    {
        var checkedCount = 0;
        foreach (var golden in GoldenTable.All().Where(golden => golden.LogFiles().Contains("_last_checkpoint")))
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(golden.Root, LogFiles.LastCheckpointPath), Ct);
            if (!Encoding.UTF8.GetString(content).Contains("\"checksum\"", StringComparison.Ordinal)) continue;
            var hint = await LastCheckpoint.ReadAsync(new LocalObjectStore(golden.Root), Ct);
            using var json = JsonDocument.Parse(content);
            Assert.Equal((golden, json.RootElement.GetProperty("version").GetInt64()), (golden, hint?.Version));
            checkedCount++;
        }
        Assert.InRange(checkedCount, 5, int.MaxValue);
    }

    [Theory]
    [InlineData("""{"version":3}""", 3L)]
    [InlineData("""{"version":3,"checksum":"0123"}""", null)]
    [InlineData("""{"version":3,"size":2,"version":4}""", null)]
    [InlineData("""{"version":-1}""", null)]
    [InlineData("""{"version":"3"}""", null)]
    [InlineData("""{"version":3""", null)]
    [InlineData("[3]", null)]
    [InlineData("", null)]
    public async Task A_hint_that_is_not_whole_tells_nothing(string content, long? version)
    {
        await table.WriteAsync("_last_checkpoint", content);

        Assert.Equal(version, (await LastCheckpoint.ReadAsync(table.Store, Ct))?.Version);
    }
}
