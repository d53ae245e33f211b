using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Pipelines.Intervals;
using Foz.Storage;
using Foz.Tests.Delta;
using Foz.Tests.Pipelines.Batches;

namespace Foz.Tests.Operations.Scheduling;

public sealed class BackfillTests
{
    readonly ManualTime clock = new();
    readonly MemoryObjectStore objects;

    public BackfillTests() => objects = new(clock);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 3 * Soak.Factor)];

    /// <summary>
    /// Hosts die at any request, and sometimes two work at once: each interval is run once, the schedule's own times
    /// begin in the step in which they are due.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Each_interval_is_run_once_beside_the_schedules_own_times(int seed)
    {
        var random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var schedules = Read("a: {every: 1h, catch_up: all, catch_up_max: 1000}");
        var runs = new SimulatedRuns(clock, random) { LengthMax = TimeSpan.FromMinutes(3) };
        await AddAsync(Backfill("a", "2023-01-01", 300) with { RunsMax = 1 + seed % 3 });
        List<Scheduler> hosts = [];
        var steps = 0;
        for (; (await BackfillAsync()).EndedAt is null; steps++)
        {
            Assert.True(steps < 40_000, $"seed {seed}: {(await BackfillAsync()).Done}");
            clock.Now += TimeSpan.FromSeconds(random.Next(5, 60));
            if (hosts.Count == 0 || random.Next(60) == 0)
            {
                if (await OpenAsync(runs, random.Next(2) == 0 ? random.Next(1, 120) : null, random) is not { } next)
                    continue;
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
        Assert.All(runs.Attempts, attempts => Assert.Equal(1, attempts.Value));
        var ofBackfill = runs.All.Where(run => run.Firing.Number is not null).ToList();
        Assert.Equal(Enumerable.Range(0, 300), ofBackfill.Select(run => run.Firing.Number!.Value).Order());
        Assert.Equal(
            ["run", "--start", "2023-01-01T00:00:00Z", "--end", "2023-01-02T00:00:00Z"],
            ofBackfill.Single(run => run.Firing.Number == 0).Firing.Command);
        foreach (var (_, from, _) in ofBackfill)
            Assert.InRange(ofBackfill.Count(run => run.From <= from && run.To > from), 1, 2 * (1 + seed % 3));
        var own = runs.All.Where(run => run.Firing.Number is null).ToList();
        Assert.NotEmpty(own);
        Assert.Equal(own.Count, own.Select(run => run.Firing.Due).Distinct().Count());
    }

    [Fact]
    public async Task Own_times_start_in_the_step_in_which_they_are_due_and_take_no_place_of_a_backfill()
    {
        var schedules = Read("a: {every: 10m}\nb: {every: 10m}", "{runs_max: 2}");
        var runs = new SimulatedRuns(clock, new(1)) { LengthMax = TimeSpan.FromMinutes(8) };
        await AddAsync(Backfill("a", "2024-01-01", 1000) with { RunsMax = 4 });
        var host = (await OpenAsync(runs, operations: null, new(1)))!;
        for (var i = 0; i < 3600; i++, clock.Now += TimeSpan.FromSeconds(1)) await host.StepAsync(schedules, Cancel);
        var own = runs.All.Where(run => run.Firing.Number is null).ToList();
        Assert.Equal(10, own.Count);
        Assert.All(own, run => Assert.Equal(run.Firing.Due, run.From));
        Assert.True((await BackfillAsync()).Done.Count > 20);
    }

    [Fact]
    public async Task A_backfill_is_paused_resumed_canceled_and_goes_on_with_what_failed()
    {
        var schedules = Read("a: {}");
        var runs = new SimulatedRuns(clock, new(4)) { LengthMax = TimeSpan.FromMinutes(1), FailedShare = 0.5 };
        await AddAsync(Backfill("a", "2024-01-01", 40));
        var host = (await OpenAsync(runs, operations: null, new(1)))!;
        await StepsAsync(10);
        await ChangeAsync(one => one with { PausedBy = "ana" });
        await StepsAsync(3);
        var before = runs.All.Count();
        await StepsAsync(30);
        Assert.Equal(before, runs.All.Count());
        await ChangeAsync(one => one with { PausedBy = null });
        await StepsAsync(10);
        Assert.True(runs.All.Count() > before);
        await ChangeAsync(one => one with { CanceledBy = "ana", EndedAt = clock.Now });
        await States().ChangeAsync(
            known => known with { Cancels = ["a@20240101T000000_20260101T000000"] }, Cancel);
        await StepsAsync(5);
        before = runs.All.Count();
        await StepsAsync(20);
        Assert.Equal(before, runs.All.Count());
        for (var round = 2; (await BackfillAsync()).Done.Count < 40; round++)
        {
            Assert.True(round < 30);
            await ChangeAsync(one => one with { CanceledBy = null, EndedAt = null, Failed = IndexSet.Empty, Round = round });
            await StepsAsync(150);
        }
        Assert.Equal("0-39", $"{(await BackfillAsync()).Done}");
        await StepsAsync(3);
        Assert.NotNull((await BackfillAsync()).EndedAt);
        var succeeded = runs.Ended.Where(run => run.ExitCode == 0).Select(run => run.Firing.Number).ToList();
        Assert.Equal(succeeded.Count, succeeded.Distinct().Count());

        async Task StepsAsync(int count)
        {
            for (var i = 0; i < count; i++, clock.Now += TimeSpan.FromMinutes(1)) await host.StepAsync(schedules, Cancel);
        }
    }

    [Theory]
    [InlineData("2024-01-31", "2024-03-01", BatchSize.Day, 1, 30)]
    [InlineData("2024-01-01", "2024-03-01", BatchSize.Day, 7, 9)]
    [InlineData("2024-02-28", "2024-03-02", BatchSize.Hour, 24, 3)]
    [InlineData("2020-01-01", "2024-01-01", BatchSize.Month, 5, 10)]
    [InlineData("2020-01-01", "2024-01-01", BatchSize.Year, 1, 4)]
    public void Firings_cover_the_time_once(string from, string to, BatchSize size, int perFiring, int count)
    {
        var backfill = Backfill("a", from, 0) with
        {
            To = At(to),
            Size = size,
            PerFiring = perFiring,
            Count = Foz.Operations.Firings.Backfill.CountOf(
                At(from), At(to), size, perFiring),
        };
        Assert.Equal(count, backfill.Count);
        var intervals = Enumerable.Range(0, count).Select(backfill.IntervalOf).ToList();
        Assert.Equal((At(from), At(to)), (intervals[0].Start, intervals[^1].End));
        Assert.All(intervals.Zip(intervals.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
        Assert.All(intervals, interval => Assert.False(interval.IsEmpty));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_set_of_numbers_is_as_one_of_the_framework(int seed)
    {
        var random = new Random(seed);
        var (set, expected) = (IndexSet.Empty, new HashSet<int>());
        for (var i = 0; i < 300; i++)
        {
            var number = random.Next(200);
            set = set.With(number);
            expected.Add(number);
            Assert.Equal(expected.Count, set.Count);
            var at = random.Next(210);
            Assert.Equal(expected.Contains(at), set.Contains(at));
            Assert.Equal(Enumerable.Range(at, 400).First(free => !expected.Contains(free)), set.NextFree(at));
            Assert.Equal($"{set}", $"{IndexSet.Parse($"{set}")}");
        }
        Assert.Equal("0-199", $"{Enumerable.Range(0, 200).Aggregate(set, (all, number) => all.With(number))}");
    }

    static Backfill Backfill(string schedule, string from, int days) => new()
    {
        Schedule = schedule, Key = "20260101T000000", User = "ana", From = At(from), To = At(from).AddDays(days),
        Size = BatchSize.Day, Count = days,
    };

    static DateTimeOffset At(string day) => DateTimeOffset.Parse(
        day, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);

    ScheduleStateStore States() => new(new LakeStore(objects, clock), "p", "e");

    async Task<Backfill> BackfillAsync() => Assert.Single((await States().ReadAsync(Cancel)).Backfills);

    Task<ScheduleStates> AddAsync(Backfill backfill) => States().ChangeAsync(known => known with { Backfills = [backfill] }, Cancel);

    Task<ScheduleStates> ChangeAsync(Func<Backfill, Backfill> change) => States().ChangeAsync(
        known => known with { Backfills = [.. known.Backfills.Select(change)] }, Cancel);

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

    static ProjectSchedules Read(string schedules, string scheduler = "{}")
    {
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read(
            $"scheduler: {scheduler}\nschedules:\n  {schedules.ReplaceLineEndings("\n  ")}\n", "foz.yml", errors)!;
        var read = new ScheduleReader(errors).Read(yaml["scheduler"], yaml["schedules"], ["default"]);
        errors.ThrowIfAny();
        return read;
    }
}
