using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Storage;
using Foz.Tests.Delta;
using Foz.Tests.Pipelines.Batches;

namespace Foz.Tests.Operations.Scheduling;

public sealed class SchedulerTests
{
    readonly ManualTime clock = new();
    readonly MemoryObjectStore objects;

    public SchedulerTests() => objects = new(clock);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 4 * Soak.Factor)];

    /// <summary>
    /// A year with hosts that die at any request, pauses of hours, clocks that jump back, and sometimes two hosts at
    /// once: each time that the slow computation finds is run once, or counted as missed.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Each_time_of_a_year_is_run_once_or_known_as_missed(int seed)
    {
        var random = new Random(seed);
        var (cron, zone) = (SlowCronOf(random), TimeZoneInfo.FindSystemTimeZoneById(
            ((string[])["America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "UTC"])[random.Next(4)]));
        var catchUp = ((string[])["skip", "last", "all"])[seed % 3];
        var schedules = Read($$"""
            a: {cron: '{{cron.Text}}', time_zone: {{zone.Id}}, catch_up: {{catchUp}}, catch_up_max: 5, concurrency: 3}
            """);
        var runs = new SimulatedRuns(clock, random);
        var start = clock.Now;
        var hosts = new List<Scheduler>();
        hosts.Add((await OpenAsync(runs, operations: null, random))!);
        await hosts[0].StepAsync(schedules, Cancel);
        while (clock.Now < start.AddYears(1))
        {
            clock.Now += random.Next(40) == 0 ? TimeSpan.FromHours(random.Next(1, 60))
                : TimeSpan.FromMinutes(random.Next(1, 120));
            if (seed % 2 == 0 && random.Next(100) == 0) clock.Now -= TimeSpan.FromMinutes(random.Next(200));
            if (random.Next(20) == 0 || hosts.Count == 0)
            {
                var next = await OpenAsync(runs, random.Next(2) == 0 ? random.Next(1, 60) : null, random);
                if (next is null) continue;
                // One that stood still goes on beside its successor for a while.
                if (hosts.Count > 1 || random.Next(3) > 0) hosts.Clear();
                hosts.Add(next);
            }
            foreach (var host in hosts.ToList())
                try
                {
                    await host.StepAsync(schedules, Cancel);
                }
                catch (CrashException)
                {
                    hosts.Remove(host);
                }
        }
        var last = (await OpenAsync(runs, operations: null, random))!;
        for (var i = 0; i < 300; i++, clock.Now += TimeSpan.FromMinutes(11)) await last.StepAsync(schedules, Cancel);
        await new ScheduleStateStore(Store(), "p", "e").ChangeAsync(
            known => known.With("a", known.Find("a")! with { Trigger = "" }), Cancel);
        var decided = (await new ScheduleStateStore(Store(), "p", "e").ReadAsync(Cancel)).Find("a")!.Decided;
        for (var i = 0; i < 3; i++, clock.Now += TimeSpan.FromMinutes(11))
            await last.StepAsync(schedules with
            {
                All =
                [schedules.All[0] with { IsOff = true, Trigger = new ScheduleTrigger.Manual() }]
            }, Cancel);

        var firings = await FiringsAsync();
        var due = cron.Between(Schedules.WallClock.Of(zone.Id), seed % 2 == 0 ? start.AddDays(-1) : start, decided)
            .ToList();
        Assert.All(firings, firing => Assert.True(firing.HasEnded, $"seed {seed}: {firing.Id} {firing.State}"));
        Assert.Equal(firings.Count, firings.Select(firing => firing.Id).Distinct().Count());
        var run = firings.Where(firing => firing.State is FiringState.Succeeded).Select(firing =>
            firing.Due).ToHashSet();
        Assert.Subset(due.ToHashSet(), run);
        Assert.Equal(run.Count, runs.Attempts.Count);
        Assert.All(runs.Attempts, attempts => Assert.Equal(1, attempts.Value));
        // A time that was missed by a clock that went ahead can come again, and be run then.
        var known = run.Count + firings.Where(firing => firing.State is FiringState.Missed).Sum(f => f.Count);
        Assert.InRange(known, due.Count(at => at > start), seed % 2 == 0 ? long.MaxValue : due.Count);
        // The last time before any moment of rest is run where times are caught up.
        if (catchUp is not "skip") Assert.Contains(due[^1], run);
    }

    [Fact]
    public async Task Places_of_schedules_and_pools_are_not_exceeded_and_priority_goes_first()
    {
        var schedules = Read(
            """
            low: {every: 1m, concurrency: 2, catch_up: all, pool: erp}
            high: {every: 1m, concurrency: 2, catch_up: all, pool: erp, priority: 1}
            other: {every: 1m, catch_up: all}
            """, "{runs_max: 4, pools: {erp: 3}}");
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.FromMinutes(3) };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        for (var i = 0; i < 400; i++, clock.Now += TimeSpan.FromSeconds(10)) await scheduler.StepAsync(schedules,
            Cancel);

        var all = runs.All.ToList();
        foreach (var (_, from, _) in all)
        {
            var beside = all.Where(run => run.From <= from && run.To > from).ToList();
            Assert.InRange(beside.Count, 1, 4);
            Assert.InRange(beside.Count(run => run.Firing.Schedule != "other"), 0, 3);
            Assert.InRange(beside.Count(run => run.Firing.Schedule == "other"), 0, 1);
            Assert.InRange(beside.Count(run => run.Firing.Schedule == "low"), 0, 2);
        }
        Assert.True(
            all.Count(run => run.Firing.Schedule == "high") > all.Count(run => run.Firing.Schedule == "low"));
        Assert.Equal(
            all.Where(run => run.Firing.Schedule == "high").Select(run => run.Firing.Due).Order(),
            all.Where(run => run.Firing.Schedule == "high").OrderBy(run => run.From).Select(run => run.Firing.Due));
    }

    [Fact]
    public async Task What_fails_is_tried_again_later_and_later()
    {
        var schedules = Read("a: {cron: '0 3 * * *', retries: 3, retry_delay: 1m}");
        var runs = new SimulatedRuns(clock, new(1)) { FailedShare = 1, LengthMax = TimeSpan.Zero };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromHours(4));
        var firing = Assert.Single(await FiringsAsync());
        Assert.Equal((FiringState.Failed, 4, 1), (firing.State, firing.Attempts, firing.ExitCode));
        Assert.Equal(
            [0, 1, 3, 7],
            runs.All.Select(run => (int)(run.From - firing.Due).TotalMinutes));
    }

    [Fact]
    public async Task A_run_that_takes_too_long_is_canceled_and_one_that_is_canceled_is_not_tried_again()
    {
        var schedules = Read("a: {cron: '0 3 * * *', timeout: 5m}\nb: {cron: '0 3 * * *', retries: 5}");
        var runs = new SimulatedRuns(clock, new(5)) { LengthMax = TimeSpan.FromDays(30) };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromHours(3.5));
        await new ScheduleStateStore(Store(), "p", "e").ChangeAsync(
            known => known with { Cancels = ["b@20260101T030000"] }, Cancel);
        await StepsAsync(scheduler, schedules, TimeSpan.FromHours(1));
        Assert.Equal(
            [("a", FiringState.TimedOut), ("b", FiringState.Canceled)],
            (await FiringsAsync()).Select(firing => (firing.Schedule, firing.State)).Order());
        Assert.Empty((await new ScheduleStateStore(Store(), "p", "e").ReadAsync(Cancel)).Cancels);
    }

    [Fact]
    public async Task What_follows_a_run_is_run_after_it_as_it_ended()
    {
        var schedules = Read(
            """
            a: {cron: '0 3 * * *'}
            good: {after: a}
            bad: {after: a, when: failure}
            any: {after: [good, bad], when: any}
            """);
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.FromSeconds(90) };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromHours(4));
        var firings = (await FiringsAsync()).OrderBy(firing => firing.Due).ToList();
        Assert.Equal(["a", "good", "any"], firings.Select(firing => firing.Schedule));
        Assert.Equal("after a@20260101T030000", firings[1].Cause);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public async Task What_is_canceled_is_followed_as_no_failure(double failedShare)
    {
        var schedules = Read(
            """
            a: {cron: '0 3 * * *', retries: 3, retry_delay: 1h}
            good: {after: a}
            bad: {after: a, when: failure}
            any: {after: a, when: any}
            """);
        // One works when it is canceled; the other has failed, and waits for its next attempt.
        var runs = new SimulatedRuns(clock, new(5))
        {
            FailedShare = failedShare, LengthMax = failedShare > 0 ? TimeSpan.FromMinutes(1) : TimeSpan.FromDays(30),
        };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromHours(3.5));
        Assert.Single(await FiringsAsync());
        await new ScheduleStateStore(Store(), "p", "e").ChangeAsync(
            known => known with { Cancels = ["a@20260101T030000"] }, Cancel);
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(10));
        var firings = await FiringsAsync();
        Assert.Equal(FiringState.Canceled, firings.Single(firing => firing.Schedule == "a").State);
        Assert.Equal("any", Assert.Single(firings, firing => firing.Schedule != "a").Schedule);
    }

    [Fact]
    public async Task What_waits_while_the_project_cannot_be_used_is_missed_for_that_reason()
    {
        var schedules = Read("a: {every: 1m}");
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.Zero };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(5));
        await StepsAsync(scheduler, schedules with { RunsMax = 0 }, TimeSpan.FromMinutes(5));
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(5));
        var missed = (await FiringsAsync()).Where(firing => firing.State is FiringState.Missed).ToList();
        Assert.NotEmpty(missed);
        Assert.All(missed, firing => Assert.StartsWith("foz.yml could not be used", firing.Reason));
    }

    [Fact]
    public async Task New_versions_of_tables_are_run_once()
    {
        var schedules = Read("a: {on_tables: [silver.x, silver.y]}");
        var runs = new SimulatedRuns(clock, new(1));
        runs.Versions["silver.x"] = 3;
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(30));
        Assert.Empty(runs.All);
        runs.Versions["silver.x"] = 4;
        runs.Versions["silver.y"] = 0;
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(30));
        Assert.Equal("silver.x version 4, silver.y version 0", Assert.Single(runs.All).Firing.Cause);
        scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(30));
        Assert.Single(runs.All);
    }

    [Fact]
    public async Task What_a_condition_is_found_to_be_is_run_once_and_waits_while_the_schedule_is_paused()
    {
        var schedules = Read("a: {on_files: shop.orders}\nb: {on_stale: shop, older_than: 2h}");
        var runs = new SimulatedRuns(clock, new(1));
        runs.Marks["on new files of shop.orders"] = "1";
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(30));
        Assert.Equal("because of 1", Assert.Single(runs.All).Firing.Cause);
        scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(30));
        Assert.Single(runs.All);
        var states = new ScheduleStateStore(Store(), "p", "e");
        await states.ChangeAsync(
            known => known.With("a", known.Find("a")! with { PausedAt = clock.Now, PausedBy = "ana" }), Cancel);
        runs.Marks["on new files of shop.orders"] = "2";
        runs.Marks["when shop is older than 2 hours"] = "x";
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(30));
        Assert.Equal(["a", "b"], runs.All.Select(run => run.Firing.Schedule));
        await states.ChangeAsync(
            known => known.With("a", known.Find("a")! with { PausedAt = null, PausedBy = null }), Cancel);
        await StepsAsync(scheduler, schedules, TimeSpan.FromMinutes(30));
        Assert.Equal(["because of 1", "because of x", "because of 2"], runs.All.Select(run => run.Firing.Cause));
    }

    [Fact]
    public async Task A_changed_or_paused_schedule_does_not_make_up_for_what_passed()
    {
        var runs = new SimulatedRuns(clock, new(1));
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, Read("a: {cron: '0 3 * * *', catch_up: all}"), TimeSpan.FromHours(10));
        Assert.Single(runs.All);
        // Eight o'clock has passed when it is written.
        var changed = Read("a: {cron: '0 8 * * *', catch_up: all}");
        await StepsAsync(scheduler, changed, TimeSpan.FromHours(1));
        Assert.Single(runs.All);
        var states = new ScheduleStateStore(Store(), "p", "e");
        await states.ChangeAsync(
            known => known.With("a", known.Find("a")! with { PausedAt = clock.Now, PausedBy = "ana" }), Cancel);
        await StepsAsync(scheduler, changed, TimeSpan.FromDays(3));
        Assert.Single(runs.All);
        await states.ChangeAsync(
            known => known.With("a", known.Find("a")! with { PausedAt = null, PausedBy = null }), Cancel);
        await StepsAsync(scheduler, changed, TimeSpan.FromDays(1));
        Assert.Equal(2, runs.All.Count());
    }

    [Fact]
    public async Task A_schedule_that_is_taken_away_leaves_nothing_waiting()
    {
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.FromDays(1) };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, Read("a: {every: 1h, catch_up: all}"), TimeSpan.FromHours(4));
        await StepsAsync(scheduler, Read("b: {}"), TimeSpan.FromDays(2));
        Assert.All(await FiringsAsync(), firing => Assert.True(firing.HasEnded));
        Assert.Contains(await FiringsAsync(), firing => firing is
        {
            State: FiringState.Canceled, Reason: "the schedule is not in foz.yml any more",
        });
    }

    [Fact]
    public async Task A_run_that_takes_long_lets_one_time_wait_and_counts_the_others_as_missed()
    {
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.FromDays(1) };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(
            scheduler, Read("a: {every: 1m}\nb: {every: 1m, catch_up: all, catch_up_max: 7}"), TimeSpan.FromHours(2));
        var firings = await FiringsAsync();
        Assert.InRange(firings.Count(firing => firing is { Schedule: "a", HasEnded: false }), 1, 2);
        Assert.InRange(firings.Count(firing => firing is { Schedule: "b", HasEnded: false }), 7, 8);
        Assert.Contains(
            firings, firing => firing is { State: FiringState.Missed, Reason: var reason } && reason!.Contains("a later time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_clock_that_was_ahead_does_not_silence_schedules()
    {
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.Zero };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        var schedules = Read("a: {every: 1h, concurrency: 9}");
        await StepsAsync(scheduler, schedules, TimeSpan.FromHours(2.5));
        clock.Now += TimeSpan.FromHours(10);
        await scheduler.StepAsync(schedules, Cancel);
        clock.Now -= TimeSpan.FromHours(10);
        await StepsAsync(scheduler, schedules, TimeSpan.FromHours(12));
        Assert.All(runs.Attempts, attempts => Assert.Equal(1, attempts.Value));
        // 1 and 2, then 12 by the clock that was ahead, then 3 to 14 but 11, which was the last that it missed.
        Assert.Equal(13, runs.Attempts.Count);
    }

    [Fact]
    public async Task A_lake_that_is_gone_is_not_made_anew()
    {
        var runs = new SimulatedRuns(clock, new(1));
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, Read("a: {every: 1h}"), TimeSpan.FromHours(2));
        await foreach (var info in objects.ListAsync("_foz", startAfter: null, Cancel))
            await objects.DeleteAsync(info.Path, Cancel);
        var error = await Assert.ThrowsAsync<Foz.Lake.FozException>(
            () => scheduler.StepAsync(Read("a: {every: 1h}"), Cancel));
        Assert.Contains("is gone", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A host that takes over is quick, however long the schedules have worked.</summary>
    [Fact]
    public async Task A_host_that_opens_reads_no_times_of_which_all_runs_have_ended()
    {
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.Zero };
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, Read("a: {every: 10m, start: '2026-01-01 00:05'}"), TimeSpan.FromDays(2));
        Assert.Equal(288, (await FiringsAsync()).Count);
        var store = new CrashingStore(objects);
        var lake = new LakeStore(store, clock);
        await new Scheduler(new(lake, "p", "e"), new(lake, "p", "e"), runs, clock).OpenAsync(Cancel);
        Assert.InRange(store.Reads, 1, 15);
    }

    [Fact]
    public async Task Old_batches_are_removed()
    {
        var runs = new SimulatedRuns(clock, new(1));
        var scheduler = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(scheduler, Read("a: {every: 1d}", "{keep: 3 days}"), TimeSpan.FromDays(30));
        Assert.InRange((await FiringsAsync()).Count, 3, 4);
    }

    async Task StepsAsync(Scheduler scheduler, ProjectSchedules schedules, TimeSpan length)
    {
        for (var end = clock.Now + length; clock.Now < end; clock.Now += TimeSpan.FromMinutes(1))
            await scheduler.StepAsync(schedules, Cancel);
    }

    /// <summary>A host that dies after some requests to the store; null where it does before it began.</summary>
    async Task<Scheduler?> OpenAsync(SimulatedRuns runs, int? operations, Random random)
    {
        var store = new LakeStore(new CrashingStore(objects, operations, random.Next(2) == 0), clock);
        var scheduler = new Scheduler(new(store, "p", "e"), new(store, "p", "e"), runs, clock);
        try
        {
            await scheduler.OpenAsync(Cancel);
            return scheduler;
        }
        catch (CrashException)
        {
            return null;
        }
    }

    async Task<List<Firing>> FiringsAsync()
    {
        var store = new FiringStore(Store(), "p", "e");
        var found = new List<Firing>();
        foreach (var batch in await store.ListAsync(from: null, Cancel))
            found.AddRange(await store.ReadAsync(batch, Cancel));
        return found;
    }

    LakeStore Store() => new(objects, clock);

    static Schedules.SlowCron SlowCronOf(Random random)
    {
        while (true)
            if (Schedules.SlowCron.Random(random) is var cron && !cron.Text.StartsWith("*/", StringComparison.Ordinal))
                return cron;
    }

    static ProjectSchedules Read(string schedules, string scheduler = "{}")
    {
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read(
            $"scheduler: {scheduler}\nschedules:\n  {schedules.ReplaceLineEndings("\n  ")}\n", "foz.yml", errors)!;
        var read = new ScheduleReader(errors).Read(yaml["scheduler"], yaml["schedules"], ["default"]);
        errors.ThrowIfAny();
        return read with
        {
            Kept = yaml["scheduler"] is YamlNode.Mapping { Entries.Count: > 0 } ? read.Kept
            : TimeSpan.FromDays(800)
        };
    }
}
