using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs;
using Foz.Storage;

namespace Foz.Tests.Pipelines.Runs.Models;

/// <summary>What a model was seen to have nothing to do in tells so again, until any of it is another.</summary>
public sealed class UpToDateCacheTests : IDisposable
{
    readonly string cache = Directory.CreateTempSubdirectory("foz-cache-").FullName;
    // An hour ahead of the file system: all that was done before is old.
    readonly RunningProject project = new(new LaterTime(TimeSpan.FromHours(1)));

    public UpToDateCacheTests()
    {
        Assert.SkipUnless(FileStamp.AreKnown, "this system has no stamps of files");
        project["models/silver/orders.sql"] =
            "/* @foz\nmaterialization: {type: incremental, strategy: merge, unique_key: id}\n@foz */\nselect id, "
                + "amount from STREAM(bronze.orders)";
        project["models/silver/shown.sql"] = "/* @foz\nmaterialization: view\n@foz */\nselect id from silver.orders";
        project["models/gold/total.sql"] =
            "/* @foz\ndescription: all of them\n@foz */\nselect count(*) as n from silver.shown";
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        project.Dispose();
        Directory.Delete(cache, recursive: true);
    }

    [Fact]
    public async Task What_was_seen_is_not_looked_at_again()
    {
        await MakeAsync();
        Assert.Empty((await PlanAsync()).Working);
        // Nothing of the folder changes by it.
        File.WriteAllText(ManifestOf("gold.total"), "{");

        Assert.Empty((await PlanAsync()).Working);
        Assert.All((await project.RunAsync(cache)).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        await Assert.ThrowsAsync<FozException>(() => PlanAsync(withCache: false));
    }

    [Fact]
    public async Task A_run_keeps_what_it_saw_for_the_next()
    {
        await MakeAsync();
        await project.RunAsync(cache);
        File.WriteAllText(ManifestOf("gold.total"), "{");

        Assert.All((await project.RunAsync(cache)).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task What_changed_within_the_last_seconds_is_not_kept()
    {
        // What the file system says is never older than this clock.
        using var now = new RunningProject(new LaterTime(TimeSpan.FromHours(-1)));
        now["models/gold/one.sql"] = "select 1 as id";
        Assert.Equal(Outcome.Succeeded, (await now.RunAsync()).Outcome);
        var planner = new RunPlanner(now.Lake);
        Assert.Empty((await planner.PlanAsync(new() { Project = now.Load(cache) }, Cancel)).Working);
        File.WriteAllText(
            Assert.Single(Directory.GetFiles(Path.Combine(now.Lake.Folder, Lakehouse.StepFolder("gold.one")))), "{");

        await Assert.ThrowsAsync<FozException>(() => planner.PlanAsync(new() { Project = now.Load(cache) }, Cancel));
    }

    [Theory]
    [InlineData("a commit of another program")]
    [InlineData("another table of the name")]
    [InlineData("no table any more")]
    [InlineData("another view of the name")]
    [InlineData("no manifests any more")]
    [InlineData("a batch that was cut off")]
    [InlineData("another definition")]
    [InlineData("another description")]
    [InlineData("another location")]
    public async Task What_is_another_is_looked_at(string change)
    {
        await MakeAsync();
        Assert.Empty((await PlanAsync()).Working);
        var before = TextOf(await PlanAsync());
        await ChangeAsync(change);

        var anew = TextOf(await PlanAsync(withCache: false));
        Assert.NotEqual(before, anew);
        Assert.Equal(anew, TextOf(await PlanAsync()));
        // What is kept now tells the same.
        Assert.Equal(anew, TextOf(await PlanAsync()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(int.MaxValue)]
    public async Task A_damaged_file_is_as_none(int length)
    {
        await MakeAsync();
        await PlanAsync();
        var file = Assert.Single(Directory.GetFiles(cache));
        var bytes = File.ReadAllBytes(file);
        if (length < bytes.Length) bytes = bytes[..length];
        else bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        await project.AppendAsync("bronze.orders", "SELECT 9 AS id, 9 AS amount");

        Assert.Equal(TextOf(await PlanAsync(withCache: false)), TextOf(await PlanAsync()));
    }

    async Task MakeAsync()
    {
        await project.AppendAsync("bronze.orders", "SELECT i AS id, i * 10 AS amount FROM range(5) r(i)");
        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);
    }

    async Task ChangeAsync(string change)
    {
        var lake = project.Lake;
        var orders = new TableName("silver", "orders");
        var folder = Path.Combine(lake.Folder, "silver", "orders");
        switch (change)
        {
            case "a commit of another program":
                await project.AppendAsync("bronze.orders", "SELECT 9 AS id, 9 AS amount");
                break;
            case "another table of the name":
                await project.AppendAsync("silver.other", "SELECT 9 AS id, 9 AS amount");
                Directory.Move(folder, folder + "-before");
                Directory.Move(Path.Combine(lake.Folder, "silver", "other"), folder);
                break;
            case "no table any more":
                Directory.Delete(folder, recursive: true);
                break;
            case "another view of the name":
                await lake.Catalog.DefineAsync(
                    new("silver", "shown"),
                    present => present! with { Sql = "select id from silver.orders where id > 1" }, Cancel);
                break;
            case "no manifests any more":
                Directory.Delete(Path.Combine(lake.Folder, Lakehouse.StepFolder("gold.total")), recursive: true);
                break;
            case "a batch that was cut off":
                var manifest = ManifestOf("gold.total");
                File.WriteAllText(
                    manifest.Replace("1.json", "2.json", StringComparison.Ordinal),
                    File.ReadAllText(manifest).Replace("\"batch\": 1", "\"batch\": 2", StringComparison.Ordinal));
                break;
            case "another definition":
                project["models/gold/total.sql"] =
                    "/* @foz\ndescription: all of them\n@foz */\nselect count(*) + 1 as n from silver.shown";
                break;
            case "another description":
                project["models/gold/total.sql"] =
                    "/* @foz\ndescription: the others\n@foz */\nselect count(*) as n from silver.shown";
                break;
            case "another location":
                await project.AppendAsync("silver.other", "SELECT 9 AS id, 9 AS amount");
                await lake.Catalog.DefineAsync(orders, present => present! with { Location = "silver/other" }, Cancel);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "no such change");
        }
    }

    string ManifestOf(string step) =>
        Assert.Single(Directory.GetFiles(Path.Combine(project.Lake.Folder, Lakehouse.StepFolder(step))));

    Task<RunPlan> PlanAsync(bool withCache = true) =>
        new RunPlanner(project.Lake).PlanAsync(new() { Project = project.Load(withCache ? cache : null) }, Cancel);

    static string TextOf(RunPlan plan) => string.Join(
        '\n',
        plan.Steps.Select(step =>
            $"{step.Step} {step.Works} {step.Reason} {step.Change} {step.File} {step.BytesToRead}"));

    sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
