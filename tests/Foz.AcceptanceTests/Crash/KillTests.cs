using System.Diagnostics;
using System.Text.Json.Nodes;
using Foz.AcceptanceTests.Judge;
using Foz.Pipelines.Batches;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>Runs that are killed with SIGKILL, again and again, and in the end let finish.</summary>
public sealed class KillTests(JudgeProcess judge) : IDisposable
{
    const int KillsMax = 30;
    const int KillsPerRound = 3;

    readonly CrashProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Runs_killed_at_random_moments_end_as_if_undisturbed()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var kills = new List<string>();
        project.AddRound();
        var duration = await MeasureAsync(project.Start());
        while (kills.Count < KillsMax * Soak.Factor)
        {
            // Some runs have new files, others only what a killed one has left.
            if (random.Next(KillsPerRound) == 0) project.AddRound();
            using var run = project.Start();
            await run.ReadLineAsync();
            var moment = duration * random.NextDouble();
            await Task.Delay(moment, Cancel);
            run.Kill();
            if ((await run.WaitAsync()).ExitCode == 0)
            {
                project.AddRound();
                duration *= 0.9;
            }
            else
            {
                kills.Add($"{moment.TotalMilliseconds:0}");
            }
        }
        await project.FinishAsync();

        await project.AssertUndisturbedAsync($"kills at ms {string.Join(", ", kills)} (seed {seed})");
        await AssertJudgedAsync("silver.orders");
        await AssertJudgedAsync("bronze.orders");
    }

    [Fact]
    public async Task Runs_killed_at_every_failpoint_end_as_if_undisturbed()
    {
        project.AddRound();
        await project.FinishAsync();
        LetEveryCommitWriteCheckpoint("silver.orders");
        var names = FailpointNames.OfRuns;
        Assert.NotEmpty(names);
        var missed = new List<string>();
        foreach (var hit in Enumerable.Range(0, Soak.Factor).Select(i => 1 + 2 * i))
        {
            foreach (var name in names)
            {
                if (name is "steps.fold") await AddPastAsync("bronze.orders");
                project.AddRound();
                using var run = project.Start($"{name}:{hit}");
                var result = await run.WaitAsync();
                if (result.ExitCode == 0 && hit == 1) missed.Add(name);
                Assert.True(result.ExitCode is 0 or FozProcess.KilledExitCode, $"{name}: {result.Errors}");
            }
        }
        await project.FinishAsync();

        Assert.Empty(missed);
        await project.AssertUndisturbedAsync($"{Soak.Factor} kills at each of {string.Join(", ", names)}");
        await AssertJudgedAsync("silver.orders");
    }

    [Fact]
    public async Task One_run_ends_what_was_cut_off_and_loads_what_came_since()
    {
        project.AddRound();
        await project.FinishAsync();
        project.AddRound();
        await KillBetweenTablesAsync();
        project.AddRound();
        await project.FinishAsync();

        await project.AssertUndisturbedAsync("a kill between side table and table");
    }

    [Fact]
    public async Task A_full_refresh_that_was_cut_off_is_ended_as_one()
    {
        project.AddRound();
        await project.FinishAsync();
        await KillBetweenTablesAsync("--full-refresh");
        // Models that append refuse to continue after a table was replaced.
        using (var run = project.Start()) await run.WaitAsync();

        await project.AssertUndisturbedAsync(
            "a kill of a full refresh between side table and table", "bronze.customers", "bronze.orders");
    }

    [Fact]
    public async Task A_backfill_that_is_killed_between_intervals_goes_on_with_those_that_are_left_each_once()
    {
        const int Kills = 3;
        const string Failpoint = "commit.after", Backfill = "backfill silver.days --start 2026-01-01 --end 2026-01-09";
        using var folder = new BackfillProject();
        (await FozProcess.RunAsync(folder.Path, "run", "bronze.days", "--log-format", "json")).Expect(0);
        foreach (var _ in Enumerable.Range(0, Kills))
        {
            // Dies after the commit of its second interval.
            var before = folder.Commits("silver/days");
            using var run = FozProcess.Start(folder.Path, $"{Failpoint}:2", Backfill.Split(' '));
            Assert.Equal(FozProcess.KilledExitCode, (await run.WaitAsync()).ExitCode);
            Assert.InRange(folder.Commits("silver/days"), before + 1, before + 2);
        }
        (await FozProcess.RunAsync(folder.Path, Backfill.Split(' '))).Expect(0);

        using var lake = new TestLake(folder.Path);
        Assert.Equal(
            Enumerable.Range(1, 8).Select(day => $"2026-01-0{day}|{day}"),
            await lake.QueryAsync("SELECT day, count(*) FROM silver.days GROUP BY ALL ORDER BY 1"));
        Assert.Equal(8, folder.Commits("silver/days"));
    }

    async Task KillBetweenTablesAsync(params string[] options)
    {
        using var run = project.Start("step.side-committed", options);
        Assert.Equal(FozProcess.KilledExitCode, (await run.WaitAsync()).ExitCode);
    }

    /// <summary>How long a run works after it has said that it begins.</summary>
    static async Task<TimeSpan> MeasureAsync(FozProcess started)
    {
        using var run = started;
        await run.ReadLineAsync();
        var startedAt = Stopwatch.GetTimestamp();
        (await run.WaitAsync()).Expect(0);
        return Stopwatch.GetElapsedTime(startedAt);
    }

    /// <summary>Sets a table, as another program could, to get a checkpoint with every commit.</summary>
    void LetEveryCommitWriteCheckpoint(string name)
    {
        var log = Path.Combine(project.Folder, "lake", name.Replace('.', '/'), "_delta_log");
        var commits = Directory.GetFiles(log, "*.json").Order(StringComparer.Ordinal).ToList();
        var metadata = commits.SelectMany(File.ReadLines)
            .Last(line => line.StartsWith("{\"metaData\"", StringComparison.Ordinal));
        var changed = JsonNode.Parse(metadata)!;
        changed["metaData"]!["configuration"]!["delta.checkpointInterval"] = "1";
        File.WriteAllText(Path.Combine(log, $"{commits.Count:D20}.json"), changed.ToJsonString() + "\n");
    }

    /// <summary>Gives a step as many batches as are folded, of which each read nothing.</summary>
    async Task AddPastAsync(string name)
    {
        await project.FinishAsync();
        var steps = Path.Combine(project.Folder, "lake", "_foz", "steps", name);
        var last = Directory.GetFiles(steps, "*.json").Max(StringComparer.Ordinal)!;
        var manifest = JsonNode.Parse(File.ReadAllText(last))!;
        manifest["stream"]!["files"] = new JsonArray();
        var batch = manifest["batch"]!.GetValue<long>();
        for (var i = 0; i <= StepLog.FoldMin; i++)
        {
            manifest["batch"] = ++batch;
            File.WriteAllText(Path.Combine(steps, $"{batch:D20}.json"), manifest.ToJsonString());
        }
        var log = Path.Combine(project.Folder, "lake", name.Replace('.', '/'), "_delta_log");
        var version = Directory.GetFiles(log, "*.json").Count(IsCommit);
        File.WriteAllText(
            Path.Combine(log, $"{version:D20}.json"),
            $$$"""{"txn":{"appId":"{{{name}}}","version":{{{batch}}}}}""" + "\n");
    }

    static bool IsCommit(string file) => Path.GetFileNameWithoutExtension(file).All(char.IsAsciiDigit);

    async Task AssertJudgedAsync(string name)
    {
        using var lake = new TestLake(project.Folder);
        using var session = lake.Open();
        await judge.AssertReadEquallyAsync(session, await lake.TableAsync(name));
    }
}
