using Foz.Core.Engine;
using Foz.Core.Tables;
using Foz.Delta.Storage;
using Foz.Tests;

namespace Foz.AcceptanceTests.Golden;

/// <summary>The tables of the Delta acceptance tests (dat), at every version that they give rows for.</summary>
public sealed class DatTests : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tables
    {
        get
        {
            var suite = Path.Combine(Repository.Shared, "golden", "dat");
            return Directory.Exists(suite)
                ? [.. Directory.GetDirectories(suite).Select(Path.GetFileName).OfType<string>().Order()]
                : ["(absent)"];
        }
    }

    public void Dispose() => engines.Dispose();

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Every_version_has_the_expected_rows(string name)
    {
        var folder = Path.Combine(Repository.SharedFolder("golden"), "dat", name);
        var lake = new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System);
        var table = lake.Open("delta");
        using var session = engines.Open(Workload.Query);
        foreach (var expected in Directory.GetDirectories(Path.Combine(folder, "expected")))
        {
            var version = Path.GetFileName(expected);
            var snapshot = version == "latest"
                ? await table.LatestAsync(Cancel)
                : await table.VersionAsync(long.Parse(version[1..]), Cancel);
            using var rows = await snapshot.OpenAsync(session, Cancel);
            GoldenRows.AssertEqual(session, rows.Sql, Path.Combine(expected, "table_content"), $"{name} {version}");
        }
    }
}
