namespace Foz.AcceptanceTests.Backups;

/// <summary>Where backups may go: not into the lake, nor among the project's files.</summary>
public sealed class BackupPlaceTests : BackupProject
{
    [Theory]
    [InlineData("lake", "is in the lake")]
    [InlineData("lake/bk", "is in the lake")]
    [InlineData("link/bk", "is in the lake")]
    [InlineData("models", "is in the project's folder models/")]
    [InlineData("sources/bk", "is in the project's folder sources/")]
    [InlineData(".", "contains the lake")]
    [InlineData("..", "contains the lake")]
    [InlineData("../project", "contains the lake")]
    [InlineData("elsewhere", "contains the lake", "elsewhere/lake")]
    [InlineData(".", "is or contains the project's folder", "../other")]
    [InlineData("s3://lake/a/bk", "is in the lake", "s3://lake/a")]
    [InlineData("s3://lake", "contains the lake", "s3://lake/a")]
    public async Task Backups_need_a_place_of_their_own(string to, string fault, string place = "lake")
    {
        WriteProject();
        Directory.CreateDirectory(Path.Combine(Project, "lake"));
        Directory.CreateSymbolicLink(Path.Combine(Project, "link"), Path.Combine(Project, "lake"));
        Write("foz.yml", $"name: shop\nlake: {place}\nconnections:\n  files: {{type: files, path: in}}\n"
            + $"backup:\n  to: {to}\n");
        var before = Entries();

        var validated = await FozProcess.RunAsync(Project, "validate");
        var made = await FozProcess.RunAsync(Project, "backup");

        foreach (var refused in new[] { validated, made })
        {
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains($"'to' of 'backup' {fault}", refused.Errors + refused.Output, StringComparison.Ordinal);
            Assert.Contains("foz.yml:6", refused.Errors + refused.Output, StringComparison.Ordinal);
            Assert.Contains("a place of their own", refused.Errors + refused.Output, StringComparison.Ordinal);
        }
        Assert.Equal(before, Entries());
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("lake-backup")]
    [InlineData("../store")]
    public async Task A_folder_for_backups_only_may_be_beside_the_lake(string to)
    {
        WriteProject();
        Write("foz.yml", $"name: shop\nlake: lake\nconnections:\n  files: {{type: files, path: in}}\n"
            + $"backup:\n  to: {to}\n");
        using var lake = new TestLake(Project);
        await lake.AppendAsync("silver.a", "SELECT 1 AS id");

        (await FozProcess.RunAsync(Project, "validate")).Expect(0);
        (await FozProcess.RunAsync(Project, "backup")).Expect(0);

        Assert.True(Directory.Exists(Path.Combine(Project, to, "backups")));
    }

    // Each process that a test starts has a folder for its temporary files in the project.
    string[] Entries() =>
    [
        .. Directory.GetFileSystemEntries(Folder, "*", SearchOption.AllDirectories)
            .Where(path => path != Path.Combine(Project, "temp")).Order(StringComparer.Ordinal),
    ];
}
