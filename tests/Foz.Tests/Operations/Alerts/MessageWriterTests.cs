using System.Text;
using Foz.Lake.Configuration;
using Foz.Operations.Alerts;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Alerts;

public sealed class MessageWriterTests
{
    static readonly DateTimeOffset start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_message_says_what_since_when_who_and_what_it_blocks_in_both_languages()
    {
        var rows = new MessageRows(["id"], [["1"]]);
        var english = Write(MessageKind.Opened, Incident(), MessageLanguage.English, rows);
        Assert.Equal("silver.a: it failed", english.Title);
        Assert.Equal(
            "Since=2026-01-02 03:04:05 UTC;Owners=ana;Run=r1;Blocks=gold.b, gold.c and 3 more", Values(english));
        Assert.Equal(("foz run silver.a", "i.opened.0", "i"), (english.Command, english.Key, english.IncidentId));
        Assert.Same(rows, english.Rows);
        var portuguese = Write(
            MessageKind.Resolved, Incident() with { ResolvedAt = start.AddMinutes(61), ResolvedBy = "bia" },
            MessageLanguage.Portuguese, rows);
        Assert.Equal("silver.a: it failed", portuguese.Title);
        Assert.Equal("fechado por bia", portuguese.Text);
        Assert.Contains("Durou=1 hora 1 minuto", Values(portuguese));
        Assert.Null(portuguese.Rows);
    }

    [Fact]
    public void Many_broken_things_are_counted_and_listed_and_the_message_stays_small()
    {
        var members = Enumerable.Range(0, 1000).Select(i => new IncidentMember(
            IncidentKind.Step, $"bronze.t{i}", new string('x', 490), start, start)).ToList();
        var message = Write(
            MessageKind.Opened,
            Incident() with
            {
                Root = "source:shop",
                Members = members,
                MembersCount = 9000,
                Text = new string('y', 490),
            }, MessageLanguage.English);
        Assert.StartsWith("shop: 9000 × yyy", message.Title);
        Assert.Equal((200, 4000), (message.Title.Length, message.Text.Length));
    }

    [Fact]
    public void Own_texts_have_the_values_and_nothing_else()
    {
        var errors = new ErrorList();
        var template = IncidentTemplate.Read(
            new("{{ severity }}|{{subject}}|{{ blocks_count }}", isQuoted: true, default),
            new("{{ event }} {{ members }}", isQuoted: true, default), errors);
        Assert.Empty(errors.Items);
        // A value that looks like a place for another stays a value.
        var message = new MessageWriter("p", "e", Settings(MessageLanguage.English) with { Template = template })
            .Write(
                Notice(MessageKind.Opened), [Incident() with { Subject = "{{ run }}" }], start, rows: null, link: null);
        Assert.Equal("critical|{{ run }}|5", message.Title);
        Assert.Equal("opened silver.a: it failed", message.Text);
    }

    [Fact]
    public void A_link_holds_for_its_incident_and_time_and_no_other()
    {
        var links = new IncidentLinks(
            new(new("https://foz.example.com/base/"), TimeSpan.FromDays(1), Key: null), Encoding.UTF8.GetBytes("key"));
        var link = links.Of("i", start);
        Assert.StartsWith("https://foz.example.com/base/incidents/i?until=", link.ToString());
        var query = System.Web.HttpUtility.ParseQueryString(link.Query);
        var (until, sign) = (query["until"], query["sign"]);
        Assert.True(links.Holds("i", until, sign, start));
        Assert.True(links.Holds("i", until, sign, start.AddHours(23)));
        Assert.False(links.Holds("i", until, sign, start.AddHours(24)));
        Assert.False(links.Holds("j", until, sign, start));
        Assert.False(links.Holds("i", until + "0", sign, start));
        Assert.False(links.Holds("i", until, sign + "0", start));
        Assert.False(links.Holds("i", until, sign: null, start));
    }

    static AlertMessage Write(
        MessageKind kind, Incident incident, MessageLanguage language, MessageRows? rows = null) =>
        new MessageWriter("p", "e", Settings(language)).Write(Notice(kind), [incident], start, rows, link: null);

    static RoutedChannel Settings(MessageLanguage language) =>
        new(new RecordingChannel("a", new ManualTime())) { Language = language };

    static Notice Notice(MessageKind kind) => new()
    {
        Key = $"i.{kind.ToString().ToLowerInvariant()}.0", Channel = "a", Incidents = ["i"], Kind = kind,
        CreatedAt = start,
    };

    static string Values(AlertMessage message) =>
        string.Join(';', message.Values.Select(value => $"{value.Name}={value.Value}"));

    static Incident Incident() => new()
    {
        Id = "i", Root = "step:silver.a", Kind = IncidentKind.Step, Subject = "silver.a", Text = "it failed",
        Severity = AlertSeverity.Critical, Since = start, OpenedAt = start, LastSeen = start, Owners = ["ana"],
        RunId = "r1", Command = "foz run silver.a", Blocks = ["gold.b", "gold.c"], BlocksCount = 5, MembersCount = 1,
        Members = [new(IncidentKind.Step, "silver.a", "it failed", start, start)],
    };
}
