using System.Diagnostics;

namespace Foz.Benchmarks.Snapshots;

/// <summary>The log of 300,000 files next to the checkout.</summary>
static class GoldenLog
{
    public const int FileCount = 300_000;

    const string Name = "300k-add-files-100-col-partitioned";

    /// <summary>Unpacks the log into a folder.</summary>
    /// <returns>The table's folder in it.</returns>
    public static async Task<string> UnpackAsync(string folder)
    {
        var shared = Environment.GetEnvironmentVariable("FOZ_SHARED") ?? Path.Combine(Root(), "..", "shared");
        var archive = Path.Combine(shared, "golden", "_perf", Name + ".tar.zst");
        if (!File.Exists(archive)) throw new SkippedException($"no {archive}");
        using var tar = Process.Start("tar", ["--zstd", "-xf", archive, "-C", folder]);
        await tar.WaitForExitAsync();
        if (tar.ExitCode != 0) throw new SkippedException($"tar does not unpack {archive}");
        return Name;
    }

    /// <summary>The checkout.</summary>
    public static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Foz.slnx"))) return folder;
        throw new SkippedException("not in a checkout");
    }
}
