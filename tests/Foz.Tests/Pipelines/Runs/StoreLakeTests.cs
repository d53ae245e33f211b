using System.Text.RegularExpressions;
using Foz.Lake.Configuration;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>What runs keep in a lake that is in an object store.</summary>
public sealed class StoreLakeTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-store-lake-").FullName;
    readonly S3Loopback server = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_records_of_a_step_are_in_the_store_when_it_ends_and_another_machine_brings_them_to_their_tables()
    {
        using (var here = Open("here"))
        {
            Write(here);
            var atEnds = new List<int>();
            await new RunService(here.Lake).Start(
                new() { Project = here.Load() },
                what =>
                {
                    if (what is RunEvent.StepFinished) atEnds.Add(Journaled());
                },
                Cancel).Result;
            Assert.Equal([1, 2], atEnds);
            Assert.Equal(0, Journaled());

            // This machine is lost in the middle of its next run.
            using var journal = RunJournal.Open(here.Lake, "20260101000000000-lost");
            await journal.AppendAsync([Step("silver.lost1")], Cancel);
            await journal.AppendAsync([Step("silver.lost2")], Cancel);
        }
        using var there = Open("there");
        Write(there);
        Assert.Equal(2, Journaled());
        using (await new JournalWriter(there.Lake).SelectPendingAsync("steps"))
            Assert.Null(await new JournalWriter(there.Lake).SelectPendingAsync("checks"));

        Assert.Null((await there.RunAsync()).Error);

        Assert.Equal(
            ["silver.a", "silver.b", "silver.lost1", "silver.lost2"],
            await there.QueryAsync("SELECT DISTINCT step FROM foz.steps ORDER BY step"));
        Assert.Equal(0, Journaled());
    }

    [Fact]
    public async Task A_write_whose_answer_got_lost_leaves_its_records_once()
    {
        using var here = Open("here");
        using var journal = RunJournal.Open(here.Lake, "20260101000000000-here");
        await journal.AppendAsync([Step("silver.a")], Cancel);
        await journal.AppendAsync([Step("silver.b")], Cancel);
        server.NextFaults.Enqueue(ServerFault.ResetAfter);
        await journal.AppendAsync([Step("silver.c")], Cancel);

        var steps = new List<string>();
        foreach (var segment in await RunJournal.ListAsync(here.Lake, Cancel))
            steps.AddRange(
                (await segment.ReadAsync(Cancel)).Select(json => System.Text.Encoding.UTF8.GetString(json.Span)));
        Assert.Equal(3, steps.Count);
    }

    [Fact]
    public async Task A_machine_asks_once_whether_the_store_obeys_conditions()
    {
        using (var first = Open("here")) await first.Lake.Store.PutIfAbsentAsync("a", default, Cancel);
        var asked = server.Requests;
        using (var second = Open("here")) await second.Lake.Store.PutIfAbsentAsync("b", default, Cancel);
        // One of them reads the lake's format.
        Assert.InRange(server.Requests - asked, 2, 3);
        using (var elsewhere = Open("there")) await elsewhere.Lake.Store.PutIfAbsentAsync("c", default, Cancel);
        Assert.InRange(server.Requests - asked, 6, 17);
        Assert.Equal(
            ["_foz/format.json", "_foz/leases/run.json", "a", "b", "c"],
            server.Bucket.List("", _ => true, 100).Select(found => found.Key));
    }

    [Fact]
    public async Task A_run_with_nothing_to_do_takes_no_lease_and_asks_no_more_than_it_must()
    {
        using (var here = Open("here"))
        {
            Write(here);
            Assert.Null((await here.RunAsync()).Error);
            Assert.Null((await here.RunAsync()).Error);
        }
        using var again = Open("here");
        Write(again);
        var asked = new List<string>();
        server.OnRequest = request => asked.Add($"{request.Method} {request.Path.Replace("/lake/", "")}");
        var run = await again.RunAsync();
        Assert.Null(run.Error);
        var host = $"_foz/hosts/{run.RunId}.json";
        Assert.Equal(
            ["GET _foz/format.json", $"PUT {host}", $"HEAD {host}", "GET _foz/leases/lake.json", $"DELETE {host}"],
            asked.Where(request => Regex.IsMatch(request, "_foz/(format|hosts|leases)")));
        // Five of them for each table of the schema foz.
        Assert.Equal(99, asked.Count);
        Assert.Empty(server.Bucket.List("_foz/hosts/", _ => true, 100));
    }

    LakeProject Open(string machine) => new(new LakeLocation
    {
        Path = "s3://lake",
        Settings = new Dictionary<string, string>
        {
            ["endpoint"] = server.Address, ["access_key_id"] = "id", ["secret_access_key"] = "key",
        },
        CacheFolder = Path.Combine(folder, machine),
    });

    int Journaled() => server.Bucket.List("_foz/journal/", _ => true, 100).Count;

    static void Write(LakeProject project)
    {
        project.Write("models/silver/a.sql", "SELECT 1 AS a");
        project.Write("models/silver/b.sql", "SELECT a FROM silver.a");
    }

    static StepRecord Step(string step) => new()
    {
        RunId = "r1", Step = step, Kind = "model", Outcome = Outcome.Succeeded, StartedAt = default,
        FinishedAt = default,
    };
}
