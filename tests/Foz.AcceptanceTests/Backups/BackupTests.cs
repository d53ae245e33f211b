using Foz.Lake;
using Foz.Tests;

namespace Foz.AcceptanceTests.Backups;

/// <summary>Backups: what they have, what they cost, how they end, and what comes back.</summary>
public sealed class BackupTests : BackupProject
{
    const string Rows = "SELECT count(*) AS n, sum(amount) AS total FROM silver.orders";

    [Fact]
    public async Task A_lost_lake_comes_back_and_its_runs_continue()
    {
        WriteProject();
        Load(1);
        using (var lake = new TestLake(Project))
        {
            await lake.RunWellAsync();
            Load(2);
            await lake.RunWellAsync();
            await MakeAsync(lake);
            Load(3);
            await lake.RunWellAsync();
        }
        Directory.Delete(Path.Combine(Project, "lake"), recursive: true);

        (await FozProcess.RunAsync(Project, "backup", "restore")).Expect(0);

        using var restored = new TestLake(Project);
        Assert.Equal(["2|3"], await restored.QueryAsync(Rows));
        Assert.Equal(["1|1", "2|2"], await restored.QueryAsync("SELECT id, amount FROM bronze.orders ORDER BY id"));
        // What came after the backup is read again, and only that.
        await restored.RunWellAsync();
        Load(4);
        await restored.RunWellAsync();
        Assert.Equal(["4|10"], await restored.QueryAsync(Rows));
        Assert.Equal(["4"], await restored.QueryAsync("SELECT count(*) FROM bronze.orders"));
        Assert.Equal(["10"], await restored.QueryAsync("SELECT total FROM gold.total"));
    }

    [Fact]
    public async Task A_backup_copies_what_earlier_ones_lack_and_shares_the_rest()
    {
        WriteProject();
        using var lake = new TestLake(Project);
        await lake.AppendAsync("bronze.big", "SELECT range AS id, hash(range)::VARCHAR AS v FROM range(400000)");
        var first = await MakeAsync(lake);
        await lake.AppendAsync("bronze.big", "SELECT range AS id, 'x' AS v FROM range(10)");

        var second = await MakeAsync(lake);
        var third = await MakeAsync(lake);

        Assert.Equal(first.Manifest.Bytes, first.BytesCopied);
        Assert.InRange(second.BytesCopied, 1, 60_000);
        // The record of the backup before is new in each.
        Assert.InRange(third.BytesCopied, 1, 40_000);
        Assert.True(first.Manifest.Bytes > 2_000_000, $"{first.Manifest.Bytes}");
        Assert.Equal(3, (await Service(lake).ListAsync(Cancel)).Count);
        Assert.Equal([0L, 1L, 1L], new[] { first, second, third }.Select(backup =>
            backup.Manifest.Tables.Single(table => table.Name == "bronze.big").Version));
        foreach (var backup in new[] { first, second, third })
            Assert.Empty(await Service(lake).VerifyAsync(backup.Manifest, isDeep: true, Cancel));
        Assert.Equal(
            ["backup|3", "verify|3"],
            await lake.QueryAsync("SELECT action, count(*) FROM foz.backups GROUP BY action ORDER BY action"));
    }

    [Fact]
    public async Task An_old_backup_goes_with_all_that_only_it_had()
    {
        WriteProject();
        var clock = new ShiftedTime();
        using var lake = new TestLake(Project, clock: clock);
        await lake.AppendAsync("bronze.a", "SELECT 1 AS id");
        var old = await MakeAsync(lake);
        await lake.OverwriteAsync("bronze.b", "SELECT 2 AS id");
        var kept = await MakeAsync(lake);
        // The first version of the log of foz.backups and other small objects are the old one's alone.
        clock.Shift = TimeSpan.FromDays(1.5);
        await lake.Lake.DropTableAsync((await FindAsync(lake, "bronze.b"))!, Cancel);
        var newest = await Service(lake, TimeSpan.FromDays(1)).MakeAsync(TimeSpan.FromSeconds(30), _ => { }, Cancel);

        Assert.Equal(2, newest.Expired);
        Assert.Equal(
            [newest.Manifest.Id], (await Service(lake).ListAsync(Cancel)).Select(backup => backup.Id));
        Assert.Empty(await Service(lake).VerifyAsync(newest.Manifest, isDeep: true, Cancel));
        var left = Directory.GetFiles(Store, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Store, file).Replace('\\', '/'))
            .Where(path => !path.StartsWith("backups/", StringComparison.Ordinal)).ToHashSet();
        Assert.Equal(newest.Manifest.Objects.Select(item => item.Stored).ToHashSet(), left);
        Assert.Contains(kept.Manifest.Objects, item => item.Path.StartsWith("bronze/b/", StringComparison.Ordinal));
        Assert.DoesNotContain(left, path => path.Contains("/bronze/b/", StringComparison.Ordinal));
        Assert.NotEqual(old.Manifest.Id, kept.Manifest.Id);
    }

    [Fact]
    public async Task A_lake_that_is_gone_makes_no_empty_backup()
    {
        WriteProject();
        using (var lake = new TestLake(Project))
        {
            await lake.AppendAsync("silver.a", "SELECT 1 AS id");
            await MakeAsync(lake);
        }
        Directory.Delete(Path.Combine(Project, "lake"), recursive: true);

        var refused = await FozProcess.RunAsync(Project, "backup");

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("there is no lake in", refused.Errors, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(Store, "backups")));
        (await FozProcess.RunAsync(Project, "backup", "restore")).Expect(0);
        using var restored = new TestLake(Project);
        Assert.Equal(["1"], await restored.RowsAsync("silver.a"));
    }

    [Fact]
    public async Task One_table_comes_back_under_a_new_name()
    {
        WriteProject();
        using var lake = new TestLake(Project);
        await lake.AppendAsync("silver.a", "SELECT 1 AS id");
        await lake.AppendAsync("silver.a", "SELECT 2 AS id");
        await MakeAsync(lake);
        await lake.OverwriteAsync("silver.a", "SELECT 3 AS id");

        var taken = await FozProcess.RunAsync(Project, "backup", "restore", "--table", "silver.a");
        var unknown = await FozProcess.RunAsync(
            Project, "backup", "restore", "--table", "silver.b", "--as", "silver.c");
        (await FozProcess.RunAsync(
            Project, "backup", "restore", "--table", "silver.a", "--as", "silver.a_old")).Expect(0);

        Assert.Contains("the lake has silver.a already", taken.Errors, StringComparison.Ordinal);
        Assert.Contains("has no table silver.b", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("did you mean 'silver.a'", unknown.Errors, StringComparison.Ordinal);
        Assert.Equal(["3"], await lake.RowsAsync("silver.a"));
        Assert.Equal(["1", "2"], await lake.RowsAsync("silver.a_old"));
        await lake.AppendAsync("silver.a_old", "SELECT 4 AS id");
        Assert.Equal(["1", "2", "4"], await lake.RowsAsync("silver.a_old"));
        Assert.Equal(["3"], await lake.RowsAsync("silver.a"));
    }

    [Fact]
    public async Task One_table_is_not_restored_into_a_folder()
    {
        WriteProject();
        using var lake = new TestLake(Project);
        await lake.AppendAsync("silver.a", "SELECT 1 AS id");
        await MakeAsync(lake);
        var into = Path.Combine(Folder, "into");

        var refused = await FozProcess.RunAsync(
            Project, "backup", "restore", "--table", "silver.a", "--as", "silver.b", "--into", into);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--table and --into cannot be combined", refused.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(into));
        Assert.Null(await FindAsync(lake, "silver.b"));
    }

    [Fact]
    public async Task What_would_mix_two_lakes_is_refused()
    {
        WriteProject();
        using var lake = new TestLake(Project);
        await lake.AppendAsync("silver.a", "SELECT 1 AS id");
        await MakeAsync(lake);

        var notEmpty = await FozProcess.RunAsync(Project, "backup", "restore");
        var unknown = await FozProcess.RunAsync(Project, "backup", "verify", "20200101T000000000");
        var other = await Assert.ThrowsAsync<FozException>(
            () => Service(lake, owner: "other.prod").MakeAsync(TimeSpan.FromSeconds(30), _ => { }, Cancel));
        lake.Write("foz.yml", "name: shop\nlake: lake\nbackup: {too: x}\n");
        var typo = await FozProcess.RunAsync(Project, "backup");

        Assert.Contains("it is not empty", notEmpty.Errors, StringComparison.Ordinal);
        Assert.Contains("there is no backup 20200101T000000000", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("has backups of shop.default, not of other.prod", other.Message, StringComparison.Ordinal);
        Assert.Contains("did you mean 'to'", typo.Errors, StringComparison.Ordinal);
        Assert.Contains("foz.yml:3", typo.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup.copied", false)]
    [InlineData("backup.written", true)]
    [InlineData("backup.expired", true)]
    public async Task A_backup_that_is_killed_is_whole_or_none(string failpoint, bool isWhole)
    {
        WriteProject(retention: "1 hour");
        using var lake = new TestLake(Project);
        await lake.AppendAsync("silver.a", "SELECT 1 AS id");
        // An old one, so that there is something to expire.
        var clock = new ShiftedTime { Shift = TimeSpan.FromDays(-2) };
        using (var earlier = new TestLake(Project, clock: clock)) await MakeAsync(earlier);

        using var killed = FozProcess.Start(Project, failpoint, "backup");
        Assert.Equal(FozProcess.KilledExitCode, (await killed.WaitAsync()).ExitCode);

        var after = await Service(lake).ListAsync(Cancel);
        Assert.Equal(isWhole, after.Any(backup => backup.TakenAt > lake.Lake.Clock.GetUtcNow().AddDays(-1)));
        foreach (var backup in after) Assert.Empty(await Service(lake).VerifyAsync(backup, isDeep: true, Cancel));
        (await FozProcess.RunAsync(Project, "backup")).Expect(0);
        (await FozProcess.RunAsync(Project, "backup", "rehearse")).Expect(0);
    }

    [Fact]
    public async Task A_restore_that_is_killed_has_no_tables_and_can_be_repeated()
    {
        WriteProject();
        Load(1);
        using (var lake = new TestLake(Project))
        {
            await lake.RunWellAsync();
            await MakeAsync(lake);
        }
        Directory.Delete(Path.Combine(Project, "lake"), recursive: true);

        for (var part = 1; part <= 3; part++)
        {
            using var killed = FozProcess.Start(Project, $"restore.part:{part}", "backup", "restore");
            Assert.Equal(FozProcess.KilledExitCode, (await killed.WaitAsync()).ExitCode);
            Assert.False(Directory.Exists(Path.Combine(Project, "lake/_foz/catalog")));
        }
        (await FozProcess.RunAsync(Project, "backup", "restore")).Expect(0);

        using var restored = new TestLake(Project);
        Assert.Equal(["1|1"], await restored.QueryAsync(Rows));
        Assert.False(File.Exists(Path.Combine(Project, "lake/_foz/restore.json")));
    }

    [Fact]
    public async Task Backups_beside_runs_have_whole_batches_only()
    {
        WriteProject();
        Load(1);
        using var lake = new TestLake(Project);
        await lake.RunWellAsync();
        using var ended = new CancellationTokenSource();
        var running = Task.Run(async () =>
        {
            for (var day = 2; !ended.IsCancellationRequested && day <= 60; day++)
            {
                Load(day);
                await lake.RunWellAsync();
            }
        }, Cancel);
        var ids = new List<string>();
        using (var other = new TestLake(Project))
            for (var i = 0; i < 4; i++)
                ids.Add(
                    (await Service(other).MakeAsync(TimeSpan.FromMinutes(2), _ => { }, Cancel)).Manifest.Id);
        await ended.CancelAsync();
        await running;

        foreach (var id in ids)
        {
            var into = Path.Combine(Folder, id);
            (await FozProcess.RunAsync(Project, "backup", "restore", id, "--into", into)).Expect(0);
            using var restored = new TestLake(Project, into);
            var counts = await restored.QueryAsync(
                "SELECT (SELECT count(*) FROM bronze.orders), (SELECT count(*) FROM silver.orders), "
                    + "(SELECT sum(amount) FROM silver.orders), (SELECT total FROM gold.total)");
            var parts = Assert.Single(counts).Split('|');
            Assert.Equal(parts[0], parts[1]);
            Assert.Equal(parts[2], parts[3]);
        }
    }

    [Fact]
    public async Task A_lake_is_backed_up_to_an_object_store_that_fails_every_fourth_time()
    {
        await using var server = new S3Loopback(Soak.Seed());
        WriteProject();
        Load(1);
        using (var lake = new TestLake(Project))
        {
            lake.Write("foz.yml", $$"""
                name: shop
                lake: lake
                connections:
                  files: {type: files, path: in}
                backup:
                  to:
                    url: s3://lake/backups
                    endpoint: {{server.Address}}
                    access_key_id: id
                    secret_access_key: ${SECRET}
                """);
            lake.Write(".env", "SECRET=very-hidden-key\n");
            await lake.RunWellAsync();
        }

        var made = (await FozProcess.RunAsync(Project, "backup")).Expect(0);
        (await FozProcess.RunAsync(Project, "backup", "verify", "--deep")).Expect(0);
        Directory.Delete(Path.Combine(Project, "lake"), recursive: true);
        (await FozProcess.RunAsync(Project, "backup", "restore")).Expect(0);

        Assert.Contains("backup 2", made.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("very-hidden-key", made.Output + made.Errors, StringComparison.Ordinal);
        Assert.True(server.Faults > 5, $"{server.Faults} faults");
        using var restored = new TestLake(Project);
        Assert.Equal(["1|1"], await restored.QueryAsync(Rows));
    }
}
