using Foz.Lake;
using Foz.Operations.Alerts;
using Foz.Operations.Calendars;
using Foz.Operations.Channels;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Operations.Schedules;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Alerts;

public sealed class RuleWatchTests
{
    static readonly Place place = new("alerts/a.yml", 1, 1);
    static readonly TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo");

    readonly ManualTime clock = new();
    readonly HostStandIn host = new();
    readonly Dictionary<string, DateTimeOffset> finished = [];
    readonly List<AlertQuery> queries = [];
    Func<AlertQuery, MessageRows> answer = static _ => new(["n"], []);
    bool hasUsers;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // São Paulo is three hours behind UTC; 2026-01-05 is a Monday, and the third and fourth are a weekend.
    [Theory]
    [InlineData("2026-01-05 10:29", "2026-01-04 09:00", true)] // before 07:30 of Monday, the last business day counts
    [InlineData("2026-01-05 10:31", "2026-01-05 02:59", false)] // made before Monday began
    [InlineData("2026-01-05 10:31", "2026-01-05 03:01", true)]
    [InlineData("2026-01-03 12:00", "2026-01-02 12:00", true)] // a Saturday asks for Friday
    [InlineData("2026-01-03 12:00", "2026-01-02 02:00", false)]
    public void A_table_must_be_finished_by_a_time_of_a_business_day(string now, string made, bool isFine)
    {
        var calendar = BrazilianHolidays.Calendars.First(known => known.Name == "br");
        var rule = new AlertRule.FinishedBy(["gold.a"], new(7, 30), TimeOnly.MinValue, zone, calendar)
        {
            Name = "r", Place = place,
        };
        Assert.Equal(isFine, RuleWatch.WhyLate(rule, Utc(made), Utc(now)) is null);
    }

    [Fact]
    public async Task A_table_is_late_by_any_of_its_rules_and_fine_when_it_is_made()
    {
        var facts = new TableFacts(new()
        {
            ["dev_gold.a"] = new(null, ["daily"], "gold", null, []), ["dev_gold.b"] = new("ana", [], "gold", null, []),
        });
        var settings = Rules(
            new AlertRule.Freshness(["gold.a"], TimeSpan.FromHours(1)) { Name = "short", Place = place },
            new AlertRule.Freshness(["tag:daily", "owner:ana"], TimeSpan.FromHours(9))
            { Name = "long", Place = place });
        finished["dev_gold.a"] = finished["dev_gold.b"] = clock.Now.AddHours(-2);
        var watch = Watch();
        var seen = await LookAsync(watch, settings, facts);
        Assert.Equal(
            ["dev_gold.a True", "dev_gold.b False"],
            seen.Select(item => $"{item.Subject} {item.IsBroken}").Order());
        clock.Now += TimeSpan.FromMinutes(2);
        finished["dev_gold.a"] = clock.Now;
        Assert.All(await LookAsync(watch, settings, facts), item => Assert.False(item.IsBroken));
    }

    [Fact]
    public async Task A_condition_runs_with_its_user_and_is_broken_by_rows_and_by_errors()
    {
        var settings = Rules(new AlertRule.Sql("select 1", "ana")
        {
            Name = "c", Place = place, Severity = AlertSeverity.Warning,
            Trigger = new ScheduleTrigger.Every(TimeSpan.FromMinutes(5), DateTimeOffset.UnixEpoch),
        });
        var watch = Watch();
        Assert.False((await AskAsync(watch, settings)).IsBroken);
        Assert.Equal(("select 1", "ana"), (queries[0].Sql, queries[0].User));
        answer = static _ => new(["n"], [.. Enumerable.Range(0, 6).Select(i => (IReadOnlyList<string?>)[$"{i}"])]);
        clock.Now += TimeSpan.FromMinutes(4);
        await LookAsync(watch, settings, TableFacts.Unknown);
        Assert.Single(queries);
        clock.Now += TimeSpan.FromMinutes(2);
        var broken = await AskAsync(watch, settings);
        Assert.Equal(
            (true, "more than 5 rows break it", AlertSeverity.Warning),
            (broken.IsBroken, broken.Text, broken.Severity));
        answer = static _ => throw new FozException(ErrorKind.Sql, "there is no table x");
        clock.Now += TimeSpan.FromMinutes(5);
        Assert.Equal(
            "the rule cannot be looked at: there is no table x", (await AskAsync(watch, settings)).Text);
    }

    [Fact]
    public async Task A_condition_without_a_user_is_refused_where_there_are_users()
    {
        hasUsers = true;
        var evidence = await AskAsync(
            Watch(), Rules(new AlertRule.Sql("select 1", User: null) { Name = "c", Place = place }));
        Assert.True(evidence.IsBroken);
        Assert.Contains("must state 'user'", evidence.Text);
        Assert.Empty(queries);
    }

    [Fact]
    public async Task The_host_has_room_and_a_certificate_or_not_and_a_rule_that_is_gone_holds()
    {
        var settings = Rules(
            new AlertRule.Room(HostRoom.Disk, BytesMin: null, 0.1) { Name = "disk", Place = place },
            new AlertRule.Room(HostRoom.Memory, 1000, ShareMin: null) { Name = "memory", Place = place },
            new AlertRule.Certificate(14) { Name = "certificate", Place = place });
        var watch = Watch();
        host.Free = 50_000_000_000;
        host.End = clock.Now.AddDays(13);
        var seen = await LookAsync(watch, settings, TableFacts.Unknown);
        Assert.Equal(
            [
                "certificate True the certificate of serve.tls ends at 2026-01-14 00:00 UTC",
                "disk True the disk of the lake has 50 GB of 1000 GB left", "memory False ",
            ],
            seen.Select(item => $"{item.Subject} {item.IsBroken} {item.Text}").Order());
        Assert.Equal(
            ["certificate False", "disk False"],
            (await LookAsync(watch, Rules(settings.Rules[1]), TableFacts.Unknown))
                .Select(item => $"{item.Subject} {item.IsBroken}").Order());
    }

    [Theory]
    [InlineData(6, true)]
    [InlineData(8, false)]
    public async Task A_disk_that_fills_is_foretold_also_where_no_rule_is_stated(int days, bool isBroken)
    {
        host.Forecast = new(clock.Now.AddDays(days).AddHours(1), 3_000_000_000, 18_000_000_000);
        var seen = Assert.Single(await LookAsync(Watch(), new(), TableFacts.Unknown));
        Assert.Equal((IncidentKind.Host, "disk_full_in", isBroken), (seen.Kind, seen.Subject, seen.IsBroken));
        Assert.Equal(
            isBroken ? "the disk of the lake is full in 6 days: it fills by 3 GB a day, and 18 GB are left" : "", seen.Text);
    }

    RuleWatch Watch() => new(
        host,
        new()
        {
            FindProjectAsync = (_, _) => Task.FromResult<Foz.Pipelines.Projects.Project?>(null),
            ReadAsync = (query, _) =>
            {
                queries.Add(query);
                return Task.FromResult(answer(query));
            },
            Current = () => AlertSettings.None, HasUsers = () => hasUsers,
        },
        clock);

    Task<IReadOnlyList<Evidence>> LookAsync(RuleWatch watch, AlertSettings settings, TableFacts facts) =>
        watch.LookAsync(settings, facts, finished, [], Cancel);

    async Task<Evidence> AskAsync(RuleWatch watch, AlertSettings settings)
    {
        for (var i = 0; i < 500; i++, await Task.Delay(10, Cancel))
            if (await LookAsync(watch, settings, TableFacts.Unknown) is [var evidence]) return evidence;
        throw new TimeoutException("the condition was not asked");
    }

    static AlertSettings Rules(params IReadOnlyList<AlertRule> rules) => new() { Rules = rules };

    static DateTimeOffset Utc(string text) =>
        DateTimeOffset.Parse(text + "Z", System.Globalization.CultureInfo.InvariantCulture);

    sealed class HostStandIn : IHostFacts
    {
        public long Free { get; set; }

        public DateTimeOffset? End { get; set; }

        public (long Free, long All) RoomOf(HostRoom of) => (Free, 1_000_000_000_000);

        public DiskForecast? Forecast { get; set; }

        public DateTimeOffset? CertificateEndsAt() => End;

        public Task<DiskForecast?> ForetellDiskAsync(CancellationToken cancellationToken) => Task.FromResult(Forecast);
    }
}
