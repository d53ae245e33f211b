using System.Globalization;
using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Storage;
using Foz.Tests.Delta;
using Foz.Tests.Operations.Schedules;
using Foz.Tests.Pipelines.Batches;

namespace Foz.Tests.Operations.Scheduling;

/// <summary>
/// A year of schedules, one in each of many time zones, with hosts that die at any request to the store: no time of the
/// slow computation is missed, and none is run twice. A soak has all time zones of the machine.
/// </summary>
public sealed class ScheduleYearTests
{
    const int ZonesOfShortRun = 6;

    // Clocks there change at midnight, by half an hour, not any more since 2019, and as in most places.
    static readonly string[] always =
        ["America/Sao_Paulo", "Australia/Lord_Howe", "Europe/Lisbon", "America/New_York"];

    // Leap years, the last ones of Brazil's summer time, and one to come.
    static readonly int[] years = [2016, 2018, 2024, 2026, 2028];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, Soak.Is ? 40 : 2)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task No_time_of_a_year_is_missed_or_doubled_in_any_zone(int seed)
    {
        var random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var start = new DateTimeOffset(years[random.Next(years.Length)], 1, 1, 0, 0, 0, TimeSpan.Zero);
        var clock = new ManualTime { Now = start };
        var objects = new MemoryObjectStore(clock);
        var crons = ZonesOf(seed, random).Select(zone => (Zone: zone, Cron: SparseCron(random))).ToList();
        var schedules = Read(crons);
        var runs = new SimulatedRuns(clock, random) { LengthMax = TimeSpan.FromSeconds(50) };
        var host = (await OpenAsync(objects, runs, clock, operations: null, random))!;
        await host.StepAsync(schedules, Cancel);
        var restarts = 0;
        while (clock.Now < start.AddYears(1))
        {
            clock.Now += random.Next(50) == 0
                ? TimeSpan.FromHours(random.Next(1, 50))
                : TimeSpan.FromMinutes(random.Next(1, 240));
            try
            {
                if (host is null || random.Next(30) == 0)
                {
                    host = await OpenAsync(
                        objects, runs, clock, random.Next(2) == 0 ? random.Next(1, 200) : null, random);
                    restarts++;
                }
                if (host is not null) await host.StepAsync(schedules, Cancel);
            }
            catch (CrashException)
            {
                host = null;
            }
        }
        host = (await OpenAsync(objects, runs, clock, operations: null, random))!;
        for (var i = 0; i < 400; i++, clock.Now += TimeSpan.FromMinutes(1)) await host.StepAsync(schedules, Cancel);

        Assert.All(runs.Attempts, attempts => Assert.Equal(1, attempts.Value));
        var run = runs.All.ToLookup(one => one.Firing.Schedule, one => one.Firing.Due);
        for (var i = 0; i < crons.Count; i++)
        {
            var expected = crons[i].Cron.Between(crons[i].Zone, start, start.AddYears(1)).ToHashSet();
            var ran = run[Name(i)].Where(due => due <= start.AddYears(1)).ToList();
            Assert.True(
                expected.SetEquals(ran) && ran.Count == expected.Count,
                $"seed {seed}, {crons[i].Cron.Text} in {crons[i].Zone.Id}, {start.Year}, {restarts} restarts: missed "
                    + string.Join(", ", expected.Except(ran).Take(3)) + "; more "
                    + string.Join(", ", ran.Except(expected).Take(3)));
        }
    }

    /// <summary>A host that dies after some requests to the store; null where it does before it began.</summary>
    static async Task<Scheduler?> OpenAsync(
        MemoryObjectStore objects, SimulatedRuns runs, ManualTime clock, int? operations, Random random)
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

    static List<TimeZoneInfo> ZonesOf(int seed, Random random)
    {
        var all = TimeZoneInfo.GetSystemTimeZones();
        var chosen = always.Select(TimeZoneInfo.FindSystemTimeZoneById).ToList();
        if (Soak.Is) chosen.AddRange(all.Where((_, i) => i % 40 == seed - 1));
        else for (var i = 0; i < ZonesOfShortRun; i++) chosen.Add(all[random.Next(all.Count)]);
        return chosen;
    }

    /// <summary>An expression that is due a few times a day at most.</summary>
    static SlowCron SparseCron(Random random)
    {
        while (true)
            if (SlowCron.Random(random) is var cron && !cron.Text.StartsWith("*/", StringComparison.Ordinal)) return cron;
    }

    static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"s{number}");

    static ProjectSchedules Read(List<(TimeZoneInfo Zone, SlowCron Cron)> crons)
    {
        var text = new StringBuilder("schedules:\n");
        for (var i = 0; i < crons.Count; i++)
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {Name(i)}: {{cron: '{crons[i].Cron.Text}', time_zone: {crons[i].Zone.Id}, catch_up: all, concurrency: 100}}\n");
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read(text.ToString(), "foz.yml", errors)!;
        var read = new ScheduleReader(errors).Read(scheduler: null, yaml["schedules"], ["default"]);
        errors.ThrowIfAny();
        return read with { Kept = TimeSpan.FromDays(800), RunsMax = 10_000 };
    }
}
