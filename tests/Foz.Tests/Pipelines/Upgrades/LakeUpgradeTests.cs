using System.IO.Compression;
using Foz.Lake.Catalog;
using Foz.Pipelines.Upgrades;
using Foz.Tests.Cli;

namespace Foz.Tests.Pipelines.Upgrades;

/// <summary>
/// A lake of each format, as the Foz of its time left it: commands work on it, and upgrades keep its rows.
/// </summary>
public sealed class LakeUpgradeTests : IDisposable
{
    const string Rows = "select id, price from silver.orders order by id";
    static readonly string lakes = Path.Combine(Repository.Root, "tests/Foz.Tests/Pipelines/Upgrades/Lakes");
    static readonly string[] serve =
        ["serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0"];
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    public static TheoryData<int> Formats => [.. Enumerable.Range(LakeFormat.Oldest, LakeFormat.Newest)];

    [Fact]
    public void Each_format_has_an_upgrade_and_a_lake()
    {
        Assert.Equal(Formats.Select(format => format.Data).Skip(1), LakeUpgrade.Steps.Select(step => step.Format));
        Assert.All(Formats, format => Assert.True(File.Exists(Path.Combine(lakes, $"format-{format.Data}.zip"))));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Commands_work_on_a_lake_of_each_format_before_and_after_its_upgrade(int format)
    {
        Unpack(format);
        var before = await ExpectAsync("query", Rows, "-o", "csv");
        Assert.Equal("id,price\n1,10\n2,21\n3,30\n", before);
        foreach (var isUpgraded in new[] { false, true })
        {
            foreach (var command in Commands) await ExpectAsync(command);
            Assert.Equal(before, await ExpectAsync("query", Rows, "-o", "csv"));
            if (isUpgraded) break;
            var check = await ExpectAsync("upgrade", "--check", "-o", "json");
            Assert.Equal(format == LakeFormat.Newest, !check.Contains("_foz/format.json", StringComparison.Ordinal));
            // Neither commands nor the check upgraded it in passing.
            Assert.Equal(format > 1, File.Exists(Path.Combine(foz.Folder, "lake", LakeFormat.Path)));
            Assert.Contains($"{LakeFormat.Newest}", await ExpectAsync("upgrade"), StringComparison.Ordinal);
        }
        foz.Write("data/orders3.csv", "id,price\n3,31\n4,40\n");
        await ExpectAsync("run");
        Assert.Equal("id,price\n1,10\n2,21\n3,31\n4,40\n", await ExpectAsync("query", Rows, "-o", "csv"));
        Assert.Contains("the newest", await ExpectAsync("upgrade", "--check"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lake_of_an_unknown_format_is_refused_by_each_command()
    {
        Unpack(LakeFormat.Newest);
        foz.Write($"lake/{LakeFormat.Path}", """{"format": 99, "foz": "7.0.0", "writtenAt": "2030-01-01T00:00:00Z"}""");
        foreach (var command in (string[][])[.. Commands, ["upgrade"], ["upgrade", "--check"], ["query", Rows], serve])
        {
            var refused = await foz.RunAsync(command);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("has format 99, and this Foz (", refused.Error, StringComparison.Ordinal);
            Assert.Contains("install Foz 7.0.0", refused.Error, StringComparison.Ordinal);
        }
        var doctor = await foz.RunAsync("doctor");
        Assert.Contains("has format 99", doctor.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_format_is_an_error_and_never_an_old_lake()
    {
        Unpack(LakeFormat.Newest);
        foz.Write($"lake/{LakeFormat.Path}", "{\"format\":");
        var refused = await foz.RunAsync("run");
        Assert.Contains("cannot be read from _foz/format.json", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_damaged_lease_is_an_error_that_names_it(int format)
    {
        Unpack(format);
        var lease = format == LakeFormat.Oldest ? LakeFormat.FirstLease : "_foz/leases/lake.json";
        foz.Write($"lake/{lease}", "{");
        var refused = await foz.RunAsync("run");
        Assert.Contains($"the lease {lease} cannot be read", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lake_whose_making_was_cut_off_by_a_newer_Foz_is_refused_and_its_format_is_not_stated()
    {
        Unpack(LakeFormat.Newest);
        Directory.Delete(Path.Combine(foz.Folder, "lake"), recursive: true);
        foz.Write($"lake/{LakeFormat.FirstLease}", """{"closedByFormat": 99, "why": ""}""");
        Assert.Contains("has format 99, and this Foz (", (await foz.RunAsync("run")).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(foz.Folder, "lake", LakeFormat.Path)));
    }

    [Fact]
    public async Task Reading_makes_no_lake_and_the_first_run_makes_one_of_the_newest_format()
    {
        Unpack(LakeFormat.Newest);
        Directory.Delete(Path.Combine(foz.Folder, "lake"), recursive: true);
        File.Delete(Path.Combine(foz.Folder, "data/orders2.csv"));
        await ExpectAsync("ls");
        Assert.Contains("no lake", await ExpectAsync("upgrade"), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(foz.Folder, "lake", LakeFormat.Path)));
        await ExpectAsync("run");
        Assert.Contains("the newest", await ExpectAsync("upgrade"), StringComparison.Ordinal);
    }

    static IEnumerable<string[]> Commands =>
    [
        ["ls"], ["plan"], ["run"], ["history", "silver.orders"], ["show", "silver.orders"],
        ["fsck", "all"], ["optimize", "all"], ["vacuum", "all"],
    ];

    void Unpack(int format) =>
        ZipFile.ExtractToDirectory(Path.Combine(lakes, $"format-{format}.zip"), foz.Folder, overwriteFiles: true);

    async Task<string> ExpectAsync(params string[] args)
    {
        var output = await foz.RunAsync(args);
        output.ExpectOk();
        return output.Out;
    }
}
