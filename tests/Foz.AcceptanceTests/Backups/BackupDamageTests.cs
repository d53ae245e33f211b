using Foz.Lake;

namespace Foz.AcceptanceTests.Backups;

/// <summary>Stored files that have changed: they are found, never restored, and copied again.</summary>
public sealed class BackupDamageTests : BackupProject
{
    [Fact]
    public async Task Damage_is_found_and_never_restored()
    {
        WriteProject();
        using var lake = new TestLake(Project);
        await lake.AppendAsync("bronze.a", "SELECT range AS id FROM range(1000)");
        var manifest = (await MakeAsync(lake)).Manifest;
        var data = manifest.Objects.First(item => item.Path.EndsWith(".parquet", StringComparison.Ordinal)
            && item.Path.StartsWith("bronze/a/", StringComparison.Ordinal));
        var file = Path.Combine(Store, data.Stored);
        var bytes = await File.ReadAllBytesAsync(file, Cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancel);

        // Only reading the bytes finds it; what was found is known from then on.
        Assert.Empty(await Service(lake).VerifyAsync(manifest, isDeep: false, Cancel));
        Assert.Contains(
            $"{data.Path} has other bytes",
            Assert.Single(await Service(lake).VerifyAsync(manifest, isDeep: true, Cancel)), StringComparison.Ordinal);
        var rehearsed = await Service(lake).RehearseAsync(
            manifest, Path.Combine(Folder, "rehearsal"), Cancel);
        Assert.Contains("other bytes", Assert.Single(rehearsed), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Folder, "rehearsal")));
        var error = await Assert.ThrowsAsync<FozException>(() => Service(lake).RestoreTableAsync(
            manifest, new("bronze", "a"), new("bronze", "a2"), Cancel));
        Assert.Contains("other bytes", error.Message, StringComparison.Ordinal);
        Assert.Null(await FindAsync(lake, "bronze.a2"));
        File.Delete(file);
        Assert.Contains(
            $"{data.Path} is missing",
            Assert.Single(await Service(lake).VerifyAsync(manifest, isDeep: false, Cancel)), StringComparison.Ordinal);
        // The next backup notices it too: what is not there is copied again.
        var next = (await MakeAsync(lake)).Manifest;
        Assert.Empty(await Service(lake).VerifyAsync(next, isDeep: true, Cancel));
        Assert.Equal(
            ["rehearse|Failed", "verify|Failed"],
            await lake.QueryAsync(
                "SELECT DISTINCT action, outcome FROM foz.backups WHERE error IS NOT NULL ORDER BY action"));
    }

    [Theory]
    [InlineData("verify", ".parquet")]
    [InlineData("rehearse", ".parquet")]
    [InlineData("restore", ".parquet")]
    [InlineData("verify", ".json")]
    public async Task A_file_that_was_found_bad_is_copied_again_by_the_next_backup(string by, string suffix)
    {
        WriteProject();
        using var lake = new TestLake(Project);
        await lake.AppendAsync("bronze.a", "SELECT range AS id FROM range(1000)");
        var first = (await MakeAsync(lake)).Manifest;
        var bad = first.Objects.First(item => item.Path.EndsWith(suffix, StringComparison.Ordinal)
            && item.Path.StartsWith("bronze/a/", StringComparison.Ordinal));
        var file = Path.Combine(Store, bad.Stored);
        var bytes = await File.ReadAllBytesAsync(file, Cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancel);
        var into = Path.Combine(Folder, "into");

        var found = await FozProcess.RunAsync(
            Project, ["backup", by, .. by == "verify" ? ["--deep"] : (string[])["--into", into]]);
        var still = await FozProcess.RunAsync(Project, "backup", "verify");
        var again = await FozProcess.RunAsync(Project, ["backup", "restore", "--into", into]);
        var second = (await MakeAsync(lake)).Manifest;

        Assert.NotEqual(0, found.ExitCode);
        Assert.Contains("foz backup copies it again", found.Errors, StringComparison.Ordinal);
        // The mark is there without reading all bytes, and what failed is never taken for restored.
        Assert.NotEqual(0, still.ExitCode);
        Assert.Contains(bad.Path, still.Errors, StringComparison.Ordinal);
        Assert.NotEqual(0, again.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(into, "_foz/catalog")));
        Assert.Empty(await Service(lake).VerifyAsync(second, isDeep: true, Cancel));
        Assert.Empty(await Service(lake).VerifyAsync(second, isDeep: false, Cancel));
        // The earlier backup shares the file, and is whole again: the restore that failed ends now.
        Assert.Empty(await Service(lake).VerifyAsync(first, isDeep: true, Cancel));
        (await FozProcess.RunAsync(Project, "backup", "restore", first.Id, "--into", into)).Expect(0);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Store, "*", SearchOption.AllDirectories),
            path => path.StartsWith(Path.Combine(Store, "bad"), StringComparison.Ordinal));
    }
}
