using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Tests.Pipelines.Materializations;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>
/// A run that was thought to be dead may wake and commit what it had opened: each row comes once all the same, since a
/// batch number never gets other inputs.
/// </summary>
public sealed class LateCommitTests : IDisposable
{
    readonly ModelLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    StepLog Log => new(lake.Lake.Store, "silver.m");

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_batch_that_was_given_up_cannot_be_committed()
    {
        await MakeAsync();
        await using var paused = await PauseAsync(2);
        await lake.AppendAsync("SELECT 3 AS id");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await lake.RowsAsync());

        Assert.Equal(
            DeltaErrorKind.Conflict, (await Assert.ThrowsAsync<DeltaException>(() => paused.CommitAsync(Cancel))).Kind);
        // A run that only now begins to write finds the same.
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<FozException>(() => StageAsync(2))).Kind);
        await GoesOnAsync("1", "2", "3");
        var manifests = await Log.ReadEachAsync(Cancel);
        Assert.Equal(
            ["1 done 0", "2 given up 1", "3 done 2", "4 done 3"],
            manifests.Select(m =>
                $"{m.Batch} {(m.GivenUpBy is null ? "done" : "given up")} {m.Tables["bronze.t"].Version}"));
    }

    [Fact]
    public async Task A_batch_that_is_committed_before_it_is_given_up_is_done()
    {
        await MakeAsync();
        await using var paused = await PauseAsync(2);
        await lake.AppendAsync("SELECT 3 AS id");
        await paused.CommitAsync(Cancel);
        await GoesOnAsync("1", "2", "3");
    }

    [Fact]
    public async Task A_batch_that_is_committed_while_it_is_given_up_is_done()
    {
        await MakeAsync();
        await using var paused = await PauseAsync(2);
        await MarkAsync();
        await paused.CommitAsync(Cancel);
        await lake.AppendAsync("SELECT 3 AS id");
        await GoesOnAsync("1", "2", "3");
        Assert.All(await Log.ReadEachAsync(Cancel), manifest => Assert.Null(manifest.GivenUpBy));
    }

    [Fact]
    public async Task Who_gave_a_batch_up_may_die_before_its_number_is_in_the_tables()
    {
        await MakeAsync();
        await using var paused = await PauseAsync(2);
        await MarkAsync();
        await lake.RunWellAsync();
        Assert.Equal(["1", "2"], await lake.RowsAsync());
        await Assert.ThrowsAsync<DeltaException>(() => paused.CommitAsync(Cancel));
        await GoesOnAsync("1", "2");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_first_batch_comes_once_whoever_makes_the_table(bool isLate)
    {
        await MakeAsync(run: false);
        await using var paused = await PauseAsync(1);
        if (isLate) await lake.RunWellAsync();
        else await MarkAsync();
        if (isLate) await Assert.ThrowsAsync<DeltaException>(() => paused.CommitAsync(Cancel));
        else await paused.CommitAsync(Cancel);
        await GoesOnAsync("1");
    }

    [Fact]
    public async Task A_batch_of_which_a_table_was_committed_is_finished_with_its_own_inputs()
    {
        await MakeAsync("columns: [{name: id, checks: [{max: {value: 99, on_violation: quarantine}}]}]");
        await lake.AppendAsync("SELECT 100 AS id");
        await using var paused = await PauseAsync(2);
        await WriteAsync(
            "silver.m__quarantine",
            "SELECT 100 AS id, ['max(id)'] AS _quarantine_checks, '' AS _quarantine_reason, "
                + "2::BIGINT AS _quarantine_batch", 2);
        await lake.AppendAsync("SELECT 3 AS id");
        await lake.RunWellAsync();

        await Assert.ThrowsAsync<DeltaException>(() => paused.CommitAsync(Cancel));
        var manifests = await Log.ReadEachAsync(Cancel);
        Assert.Equal((3, "paused"), (manifests.Count, manifests[1].RunId));
        Assert.All(manifests, manifest => Assert.Null(manifest.GivenUpBy));
        Assert.Equal(["100|2"], await lake.QueryAsync("SELECT id, _quarantine_batch FROM silver.m__quarantine"));
        await GoesOnAsync("1", "2", "3");
    }

    [Fact]
    public async Task A_batch_that_fails_gives_itself_up_and_changes_no_table()
    {
        await MakeAsync("columns: [{name: id, checks: [{max: 99}]}]");
        await lake.AppendAsync("SELECT 100 AS id");
        await lake.FailAsync();
        await lake.FailAsync();
        Assert.Equal(0, (await lake.SnapshotAsync()).Version);
        await lake.ReplaceAsync("SELECT 5 AS id");
        await lake.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["5"], await lake.RowsAsync());
        Assert.Equal((1, 4), ((await lake.SnapshotAsync()).Version, (await lake.SnapshotAsync()).BatchOf("silver.m")));
    }

    /// <summary>A model that appends, after its first batch; and a row more.</summary>
    async Task MakeAsync(string settings = "", bool run = true)
    {
        lake.Model($"{{type: incremental, strategy: append}}\n{settings}", "SELECT id FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT 1 AS id");
        if (!run) return;
        await lake.RunWellAsync();
        await lake.AppendAsync("SELECT 2 AS id");
    }

    /// <summary>Opens a batch and writes its files, as a run does that is stopped before its commit.</summary>
    async Task<TableChange> PauseAsync(long batch)
    {
        var bronze = await lake.SnapshotAsync("bronze.t");
        var last = await Log.ReadLastAsync(Cancel);
        var manifest = new StepManifest
        {
            Step = "silver.m", Batch = batch, RunId = "paused", CreatedAt = lake.Clock.Now,
            Fingerprint = last?.Fingerprint ?? "",
            Tables = System.Collections.Immutable.ImmutableSortedDictionary<string, TableInput>.Empty
                .Add("bronze.t", new(bronze.Version, last?.Tables["bronze.t"].Version) { Id = bronze.Id }),
        };
        await Log.OpenAsync(manifest, Cancel);
        return await StageAsync(batch);
    }

    async Task<TableChange> StageAsync(long batch)
    {
        using var session = lake.Lake.Engines.Open(Workload.Models);
        var table = await lake.Lake.DefineTableAsync(TableName.Parse("silver.m"), null, null, Cancel);
        return await new TableWriter(session).AppendAsync(
            table, $"SELECT {batch} AS id", new() { Batch = new("silver.m", batch), RacesMax = 0 }, Cancel);
    }

    async Task WriteAsync(string name, string select, long batch)
    {
        using var session = lake.Lake.Engines.Open(Workload.Models);
        var table = await lake.Lake.DefineTableAsync(TableName.Parse(name), null, null, Cancel);
        await using var change = await new TableWriter(session).AppendAsync(
            table, select, new() { Batch = new("silver.m", batch) }, Cancel);
        await change.CommitAsync(Cancel);
    }

    /// <summary>Marks the last batch as given up, by a run that dies before any table has its number.</summary>
    async Task MarkAsync()
    {
        var open = (await Log.ReadLastAsync(Cancel))!;
        await Log.ReopenAsync(open, open with { GivenUpBy = "dead" }, Cancel);
    }

    /// <summary>What comes next is added, once, and then there is nothing to do.</summary>
    async Task GoesOnAsync(params string[] rows)
    {
        await lake.AppendAsync("SELECT 9 AS id");
        await lake.RunWellAsync();
        Assert.Equal([.. rows, "9"], await lake.RowsAsync());
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }
}
