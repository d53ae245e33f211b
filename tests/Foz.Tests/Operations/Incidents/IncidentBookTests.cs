using System.Diagnostics;
using System.Text.Json;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;

namespace Foz.Tests.Operations.Incidents;

public sealed class IncidentBookTests
{
    static readonly DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_fails_opens_an_incident_with_owners_and_what_waits_for_it_and_closes_by_itself()
    {
        var book = Book();
        var opened = book.Apply(new(), [Step("silver.a", 1, isBroken: true)], At(2));
        var incident = Assert.Single(opened.Open);
        Assert.Equal(
            (IncidentKind.Step, "silver.a", At(1), At(2)),
            (incident.Kind, incident.Subject, incident.Since, incident.OpenedAt));
        Assert.Equal(["ana"], incident.Owners);
        Assert.Equal(["gold.b", "exposure board"], incident.Blocks);
        var resolved = book.Apply(opened, [Step("silver.a", 5, isBroken: false)], At(6));
        Assert.Empty(resolved.Open);
        Assert.Equal((At(6), (string?)null), (resolved.Incidents[0].ResolvedAt, resolved.Incidents[0].ResolvedBy));
        Assert.Equal(
            ["opened 1", "resolved 2"],
            resolved.History.Select(record => $"{record.Event} {record.Change}"));
    }

    [Fact]
    public void Evidence_that_comes_twice_or_late_changes_nothing()
    {
        var book = Book();
        var opened = book.Apply(new(), [Step("silver.a", 1, isBroken: true)], At(2));
        Assert.Same(opened, book.Apply(opened, [Step("silver.a", 1, isBroken: true)], At(3)));
        Assert.Same(opened, book.Apply(opened, [Step("silver.a", 0, isBroken: false)], At(3)));
        var resolved = book.Apply(opened, [Step("silver.a", 5, isBroken: false)], At(6));
        Assert.Same(resolved, book.Apply(resolved, [Step("silver.a", 1, isBroken: true)], At(7)));
        Assert.Same(resolved, book.Apply(resolved, [Step("silver.a", 5, isBroken: false)], At(7)));
        Assert.Single(book.Apply(resolved, [Step("silver.a", 8, isBroken: true)], At(9)).Open);
    }

    [Fact]
    public void Forty_streams_of_one_source_and_what_is_late_below_are_one_incident()
    {
        var tables = Enumerable.Range(0, 40).ToDictionary(i => $"bronze.t{i}", i => Fact("bronze", source: "shop"));
        tables["silver.x"] = Fact("silver", upstream: ["bronze.t3"]);
        var book = Book(new(tables));
        var failed = Enumerable.Range(0, 40).Select(i => Step($"bronze.t{i}", i, isBroken: true)).ToList();
        var state = book.Apply(new(), failed, At(50));
        state = book.Apply(state, [Late("silver.x", 51, isBroken: true)], At(52));
        var incident = Assert.Single(state.Open);
        Assert.Equal(("source:shop", 41, 41), (incident.Root, incident.MembersCount, incident.Members.Count));
        state = book.Apply(
            state, [.. Enumerable.Range(0, 40).Select(i => Step($"bronze.t{i}", 60, isBroken: false))], At(61));
        Assert.Equal(["silver.x"], Assert.Single(state.Open).Members.Select(member => member.Subject));
        Assert.Empty(book.Apply(state, [Late("silver.x", 62, isBroken: false)], At(63)).Open);
    }

    [Fact]
    public void A_check_that_is_made_no_more_closes_with_the_next_run_of_its_step()
    {
        var book = Book();
        var check = new Evidence(IncidentKind.Check, "silver.a unique(id)", At(1), IsBroken: true)
        { Table = "silver.a" };
        var state = book.Apply(new(), [check], At(2));
        var sweep = new Evidence(IncidentKind.Check, "silver.a ", At(1), IsBroken: false) { IsOfAll = true };
        Assert.Single(book.Apply(state, [sweep], At(3)).Open);
        Assert.Empty(book.Apply(state, [sweep with { At = At(4) }], At(5)).Open);
        Assert.Single(book.Apply(state, [sweep with { Subject = "silver.ab ", At = At(4) }], At(5)).Open);
    }

    [Fact]
    public void A_storm_is_bounded_work_and_a_bounded_state()
    {
        var names = Enumerable.Range(0, 10_000).Select(i => $"gold.t{i:D5}").ToList();
        var tables = names.Select((name, i) => (name, Fact("gold", upstream: i % 100 == 0 ? [] : [names[i - 1]])))
            .ToDictionary();
        var book = Book(new(tables));
        var watch = Stopwatch.StartNew();
        // Every chain of a hundred from its end on, so that none has a broken one above it.
        var state = book.Apply(
            new(), [.. names.Select((name, i) => Step(name, 10_000 - i, isBroken: true))], At(20_000));
        TestContext.Current.TestOutputHelper?.WriteLine($"10,000 failed steps: {watch.ElapsedMilliseconds} ms");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.Equal(IncidentBook.OpenMax + 1, state.Open.Count());
        Assert.Equal(9_001, state.Open.Single(incident => incident.Kind is IncidentKind.Overflow).MembersCount);
        Assert.InRange(
            JsonSerializer.SerializeToUtf8Bytes(state, IncidentJson.Default.IncidentState).Length, 0, 5_000_000);
        var after = book.Apply(state, [.. names.Select(name => Step(name, 30_000, isBroken: false))], At(30_001));
        Assert.Empty(after.Open);
    }

    [Fact]
    public void A_source_with_ten_thousand_failed_streams_is_one_incident_of_bounded_size()
    {
        var names = Enumerable.Range(0, 10_000).Select(i => $"bronze.t{i}").ToList();
        var book = Book(new(names.ToDictionary(name => name, _ => Fact("bronze", source: "shop"))));
        var state = book.Apply(new(), [.. names.Select(name => Step(name, 1, isBroken: true))], At(2));
        var incident = Assert.Single(state.Open);
        Assert.Equal((10_000, IncidentBook.MembersMax), (incident.MembersCount, incident.Members.Count));
        state = book.Apply(state, [.. names.Select(name => Step(name, 3, isBroken: false))], At(4));
        Assert.Empty(state.Open);
    }

    [Theory]
    [InlineData("silver.*", "silver.orders", true)]
    [InlineData("*.orders", "silver.orders", true)]
    [InlineData("*", "", true)]
    [InlineData("s*r.o*s", "SILVER.ORDERS", true)]
    [InlineData("silver", "silver.orders", false)]
    [InlineData("a*b*c", "abcabd", false)]
    public void Patterns_match_the_whole_name(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Wildcards.Match(pattern, text));

    static IncidentBook Book(TableFacts? facts = null) => new(new("p", "e"), facts ?? Chain());

    static TableFacts Chain()
    {
        var below = Fact("gold", upstream: ["silver.a"]);
        below.Exposures.Add("board");
        return new(new() { ["silver.a"] = Fact("silver", owner: "ana"), ["gold.b"] = below });
    }

    static TableFact Fact(
        string schema, string? owner = null, string? source = null, params IReadOnlyList<string> upstream) =>
        new(owner, [], schema, source, upstream);

    static Evidence Step(string table, int second, bool isBroken) =>
        new(IncidentKind.Step, table, At(second), isBroken) { Table = table, Text = "it failed" };

    static Evidence Late(string table, int second, bool isBroken) =>
        new(IncidentKind.Late, table, At(second), isBroken) { Table = table, Severity = AlertSeverity.Warning };

    static DateTimeOffset At(int second) => start.AddSeconds(second);
}
