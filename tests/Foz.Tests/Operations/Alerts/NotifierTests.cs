using Foz.Operations.Alerts;
using Foz.Operations.Calendars;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;

namespace Foz.Tests.Operations.Alerts;

public sealed class NotifierTests
{
    // A Friday, eight in the morning in São Paulo.
    static readonly DateTimeOffset start = new(2026, 1, 2, 11, 0, 0, TimeSpan.Zero);

    static readonly TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo");

    [Fact]
    public void The_first_route_that_takes_an_incident_has_it_unless_it_continues()
    {
        var settings = Routes(
            new() { To = ["log"], Continues = true, Severity = AlertSeverity.Info },
            new() { To = ["ana"], Owners = ["ana"] },
            new() { To = ["gold"], Schemas = ["go*"] },
            new() { To = ["steps"], Kinds = [IncidentKind.Step], Severity = AlertSeverity.Critical });
        Assert.Equal("log,ana", ChannelsOf(settings, Incident() with { Owners = ["Ana"], Schemas = ["gold"] }));
        Assert.Equal("log,gold", ChannelsOf(settings, Incident() with { Schemas = ["gold"] }));
        Assert.Equal("log,steps", ChannelsOf(settings, Incident()));
        Assert.Equal("log", ChannelsOf(settings, Incident() with { Severity = AlertSeverity.Warning }));
        // What no route takes is reported by the host; what is only good to know is not.
        Assert.Equal("host", ChannelsOf(AlertSettings.None, Incident()));
        Assert.Equal("", ChannelsOf(AlertSettings.None, Incident() with { Severity = AlertSeverity.Info }));
    }

    [Fact]
    public void A_channel_that_fails_is_not_asked_to_say_so()
    {
        var settings = Routes(new() { To = ["a"] }, new() { To = ["a", "b"] });
        Assert.Equal("b", ChannelsOf(settings, Incident() with { Kind = IncidentKind.Channel, Subject = "a" }));
        Assert.Equal("a", ChannelsOf(settings, Incident() with { Kind = IncidentKind.Channel, Subject = "b" }));
        Assert.Equal(
            "host", ChannelsOf(
                Routes(new AlertRoute { To = ["a"] }), Incident() with { Kind = IncidentKind.Channel, Subject = "a" }));
    }

    [Fact]
    public void Messages_wait_for_the_hours_of_their_route()
    {
        var calendar = BrazilianHolidays.Calendars.First(known => known.Name == "br");
        var hours = new AlertHours(new(new(9, 0), new(18, 0), zone), calendar);
        var settings = Routes(new AlertRoute { To = ["a"], Hours = hours });
        var state = State(Incident());
        Assert.Same(state, new Notifier(settings).Plan(state, start.AddMinutes(59)));
        Assert.Single(new Notifier(settings).Plan(state, start.AddMinutes(61)).Outbox);
        // Saturday, then Monday.
        Assert.Empty(new Notifier(settings).Plan(state, start.AddDays(1).AddHours(2)).Outbox);
        Assert.Single(new Notifier(settings).Plan(state, start.AddDays(3).AddHours(2)).Outbox);
    }

    [Theory]
    [InlineData("22:00", "06:00", "2026-01-03 01:30", true)]
    [InlineData("22:00", "06:00", "2026-01-03 08:30", true)]
    [InlineData("22:00", "06:00", "2026-01-03 09:30", false)]
    [InlineData("08:00", "00:00", "2026-01-03 02:59", true)]
    [InlineData("08:00", "00:00", "2026-01-03 03:00", false)]
    public void Hours_may_pass_midnight(string from, string to, string utc, bool contains) => Assert.Equal(
        contains,
        new AlertHours(new(TimeOnly.Parse(from), TimeOnly.Parse(to), zone), Calendar: null)
            .Contains(DateTimeOffset.Parse(utc + "Z")));

    [Fact]
    public void An_incident_is_repeated_escalated_acknowledged_and_resolved()
    {
        var settings = Routes(new AlertRoute
        {
            To = ["a"], Repeat = TimeSpan.FromHours(1),
            Escalations = [new(TimeSpan.FromMinutes(30), ["boss"])],
        });
        var notifier = new Notifier(settings);
        var state = State(Incident());
        var sent = new List<string>();
        for (var minute = 1; minute <= 400; minute++)
        {
            if (minute == 150)
                state = state with
                {
                    Incidents = [state.Incidents[0] with
                    {
                        AcknowledgedBy = "ana", AcknowledgedAt = start.AddMinutes(150),
                    }],
                };
            if (minute == 390)
                state = state with { Incidents = [state.Incidents[0] with { ResolvedAt = start.AddMinutes(390) }] };
            state = notifier.Plan(state, start.AddMinutes(minute));
            sent.AddRange(state.Outbox.Select(notice => $"{minute} {notice.Channel} {notice.Key}"));
            state = state with { Outbox = [] };
        }
        Assert.Equal(
            [
                "1 a i.opened.0", "31 boss i.escalated.0", "61 a i.repeated.1", "121 a i.repeated.2",
                "150 a i.acknowledged.0", "150 boss i.acknowledged.0", "390 a i.resolved.0", "390 boss i.resolved.0",
            ],
            sent);
        Assert.Same(state, notifier.Plan(state, start.AddDays(9)));
    }

    [Fact]
    public void A_silence_keeps_messages_back_until_it_ends_and_an_incident_that_ended_by_then_makes_none()
    {
        var silence = new Silence
        {
            Number = 1, Subject = "silver.*", By = "ana", Reason = "migration", Until = start.AddHours(2),
        };
        var notifier = new Notifier(Routes(new AlertRoute { To = ["a"] }));
        var state = State(Incident()) with { Silences = [silence] };
        Assert.Same(state, notifier.Plan(state, start.AddHours(1)));
        Assert.Equal("i.opened.0", Assert.Single(notifier.Plan(state, start.AddHours(2)).Outbox).Key);
        var other = state with { Silences = [silence with { Subject = "gold.*" }] };
        Assert.Single(notifier.Plan(other, start.AddHours(1)).Outbox);
        var over = state with { Incidents = [Incident() with { ResolvedAt = start.AddHours(1) }] };
        Assert.Same(over, notifier.Plan(over, start.AddHours(3)));
    }

    [Fact]
    public void Many_incidents_of_one_moment_share_a_message_and_its_end()
    {
        var notifier = new Notifier(Routes(new AlertRoute { To = ["a"] }));
        var incidents = Enumerable.Range(0, 500).Select(i => Incident() with { Id = $"i{i}" }).ToList();
        var state = notifier.Plan(new() { Incidents = incidents }, start.AddMinutes(1));
        var opened = Assert.Single(state.Outbox);
        Assert.Equal((500, "many-i0.opened.0"), (opened.Incidents.Count, opened.Key));
        state = state with { Outbox = [] };
        state = state with
        {
            Incidents =
            [
                .. state.Incidents.Select((incident, i) =>
                    i < 499 ? incident with { ResolvedAt = start.AddMinutes(2) } : incident),
            ],
        };
        state = notifier.Plan(state, start.AddMinutes(2));
        Assert.Empty(state.Outbox);
        state = state with
        {
            Incidents = [.. state.Incidents.Select(incident => incident with { ResolvedAt = start.AddMinutes(3) })],
        };
        Assert.Equal(
            "many-i0.opened.0.resolved", Assert.Single(notifier.Plan(state, start.AddMinutes(3)).Outbox).Key);
    }

    static AlertSettings Routes(params IReadOnlyList<AlertRoute> routes) => new() { Routes = routes };

    static string ChannelsOf(AlertSettings settings, Incident incident) =>
        string.Join(',', new Notifier(settings).RoutesOf(incident).SelectMany(route => route.To));

    static IncidentState State(Incident incident) => new() { Incidents = [incident] };

    static Incident Incident() => new()
    {
        Id = "i", Root = "step:silver.a", Kind = IncidentKind.Step, Subject = "silver.a", Text = "it failed",
        Severity = AlertSeverity.Critical, Since = start, OpenedAt = start, LastSeen = start,
    };
}
