using System.Globalization;
using System.Text;
using Foz.Lake.Configuration;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Storage;
using Foz.Tests.Delta;
using Foz.Tests.Operations.Schedules;

namespace Foz.Tests.Operations.Scheduling;

/// <summary>
/// A year of cron expressions and lengths of time in zones of the tz database, against a slow computation that looks at
/// every minute and reads the database itself. Hosts end and stand still between any two requests to the store, several
/// lead at once, and clocks jump ahead and back: no time is missed, and none is run twice. A soak has all zones.
/// </summary>
public sealed class ScheduleYearTests
{
    const int Parts = 30, ZonesOfShortRun = 4, RunsMax = 100_000, StartHour = 12;

    // Clocks there change at midnight, by half an hour, in a month that moves, and as in most places.
    static readonly string[] always =
        ["America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "America/New_York"];

    // Leap years, the last ones of Brazil's summer time, a year in which zones moved for good, and those to come, also
    // after the last one that the database lists.
    static readonly int[] years = [2028, 2018, 2024, 2026, 2016, 2040];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> PartNumbers => [.. Enumerable.Range(0, Soak.Is ? Parts : 2)];

    [Theory]
    [MemberData(nameof(PartNumbers))]
    public async Task No_time_of_a_year_is_missed_or_doubled_in_any_zone(int part)
    {
        Assert.SkipUnless(WallClock.Names.Count > 0, "this machine has no tz database");
        var seed = Soak.Seed(part);
        var start = new DateTimeOffset(years[part % years.Length], 1, 1, 0, 0, 0, TimeSpan.Zero);
        // Without a context, so that what a host does is done when its turn ends.
        var done = await Task.Run(() => new Year(start, ZonesOf(part, new(seed)), new(seed)).Run(), Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"{start.Year}: {done}");
    }

    static List<string> ZonesOf(int part, Random random) => Soak.Is
        ? [.. always, .. WallClock.Names.Where((_, i) => i % Parts == part)]
        :
        [
            .. always,
            .. Enumerable.Range(0, ZonesOfShortRun).Select(_ => WallClock.Names[random.Next(WallClock.Names.Count)]),
        ];

    /// <summary>A year of schedules, several in each zone.</summary>
    sealed class Year
    {
        readonly DateTimeOffset start;
        readonly Random random;
        readonly ManualTime clock;
        readonly SimulatedRuns runs;
        readonly SimulatedHosts hosts;
        readonly List<SlowSchedule> slow = [];
        readonly ProjectSchedules schedules;
        int jumps;

        public Year(DateTimeOffset start, List<string> zones, Random random)
        {
            (this.start, this.random) = (start, random);
            clock = new() { Now = start };
            runs = new(clock, random) { LengthMax = TimeSpan.FromSeconds(50) };
            hosts = new(new MemoryObjectStore(clock), runs, clock, random);
            foreach (var zone in zones)
                slow.AddRange(SlowSchedule.OfCron(zone, SparseCron()),
                    SlowSchedule.OfCron(zone, SlowCron.RandomRare(random)),
                    SlowSchedule.OfLength(zone, start.Year, TimeSpan.FromMinutes(random.Next(120, 6000))));
            schedules = Read(slow);
        }

        DateTimeOffset End => start.AddYears(1);

        public string Run()
        {
            hosts.StartOver();
            // The first step opens the host, the second sees the schedules: they count from then on.
            for (var i = 0; i < 2; i++) hosts.Step(schedules, isCalm: true);
            while (clock.Now < End)
            {
                clock.Now += random.Next(40) == 0
                    ? TimeSpan.FromHours(random.Next(1, 50))
                    : TimeSpan.FromMinutes(random.Next(1, 300));
                if (random.Next(40) == 0) Jump();
                hosts.Step(schedules);
            }
            hosts.StartOver();
            for (var i = 0; i < 200; i++, clock.Now += TimeSpan.FromMinutes(1)) hosts.Step(schedules, isCalm: true);
            Check();
            return $"{slow.Count} schedules, {runs.Attempts.Count} runs, {hosts.Ended} hosts ended and "
                + $"{hosts.StoodStill} stood still within a step, {jumps} clocks set back, "
                + $"{hosts.Interleaved} requests of hosts that led at once";
        }

        /// <summary>Sets the clock back, or ahead for one step and back again.</summary>
        void Jump()
        {
            var length = TimeSpan.FromMinutes(random.Next(1, 900));
            if (random.Next(2) == 0)
            {
                clock.Now += length;
                hosts.Step(schedules);
            }
            if (clock.Now - length <= start.AddHours(1)) return;
            clock.Now -= length;
            jumps++;
        }

        void Check()
        {
            var ran = runs.All.ToLookup(run => run.Firing.Schedule, run => run.Firing.Due);
            foreach (var schedule in slow)
            {
                var expected = schedule.Between(start, End).ToHashSet();
                // What a host does before or after the year, as its clock is wrong, is not looked at.
                var times = ran[schedule.Name].Where(due => due > start && due <= End).ToList();
                Assert.True(
                    expected.SetEquals(times),
                    $"{schedule.Yaml}, {start.Year}: missed {string.Join(", ", expected.Except(times).Take(3))}; more "
                        + string.Join(", ", times.Except(expected).Take(3)));
                Assert.True(times.Count == expected.Count, $"{schedule.Yaml}, {start.Year}: a time was run twice");
            }
            Assert.All(runs.Attempts, attempts => Assert.Equal(1, attempts.Value));
            Assert.All(hosts.Ends, end => Assert.True(end.Value is FiringState.Succeeded, $"{end.Key} {end.Value}"));
            // What the test is about has happened.
            Assert.True(hosts.Ended > 20 && hosts.StoodStill > 20 && jumps > 5 && hosts.Interleaved > 1000);
        }

        /// <summary>An expression that is due a few times a day at most.</summary>
        SlowCron SparseCron()
        {
            while (true)
                if (SlowCron.Random(random) is var cron && !cron.Text.StartsWith("*/", StringComparison.Ordinal))
                    return cron;
        }
    }

    static ProjectSchedules Read(List<SlowSchedule> slow)
    {
        var text = new StringBuilder("schedules:\n");
        foreach (var (i, schedule) in slow.Index())
        {
            schedule.Name = string.Create(CultureInfo.InvariantCulture, $"s{i}");
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {schedule.Name}: {{{schedule.Yaml}, catch_up: all, catch_up_max: 1000, concurrency: 1000}}\n");
        }
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read(text.ToString(), "foz.yml", errors)!;
        var read = new ScheduleReader(errors).Read(scheduler: null, yaml["schedules"], ["default"]);
        errors.ThrowIfAny();
        return read with { Kept = TimeSpan.FromDays(30), RunsMax = RunsMax };
    }

    /// <summary>A schedule, and its times by looking at every minute.</summary>
    sealed record SlowSchedule(string Yaml, Func<DateTimeOffset, DateTimeOffset, IEnumerable<DateTimeOffset>> Between)
    {
        public string Name { get; set; } = "";

        public static SlowSchedule OfCron(string zone, SlowCron cron) => new(
            $"cron: '{cron.Text}', time_zone: {zone}",
            (after, upTo) => cron.Between(WallClock.Of(zone), after, upTo));

        /// <summary>Lengths that are counted from noon of the zone's third of January.</summary>
        public static SlowSchedule OfLength(string zone, int year, TimeSpan length) => new(
            Invariant($"every: {(int)length.TotalMinutes}m, start: '{year}-01-03 {StartHour}:00', time_zone: {zone}"),
            (after, upTo) => Lengths(WallClock.Of(zone), new(year, 1, 3, StartHour, 0, 0), length, after, upTo));

        static IEnumerable<DateTimeOffset> Lengths(
            WallClock clock, DateTime noon, TimeSpan length, DateTimeOffset after, DateTimeOffset upTo)
        {
            int? passed = null;
            for (var at = after.AddMinutes(1); at <= upTo; at = at.AddMinutes(1))
            {
                if (passed is { } minutes) passed = minutes + 1;
                else if (clock.At(at) == noon) passed = 0;
                if (passed % (int)length.TotalMinutes == 0) yield return at;
            }
        }

        static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
