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
        var english = Write(MessageKind.Opened, Incident(), MessageWords.English, rows);
        Assert.Equal("silver.a: it failed", english.Title);
        Assert.Equal(
            "Since=2026-01-02 03:04:05 UTC;Owners=ana;Run=r1;Blocks=gold.b, gold.c and 3 more", Values(english));
        Assert.Equal(("foz run silver.a", "i.opened.0", "i"), (english.Command, english.Key, english.IncidentId));
        Assert.Same(rows, english.Rows);
        var portuguese = Write(
            MessageKind.Resolved, Incident() with { ResolvedAt = start.AddMinutes(61), ResolvedBy = "bia" },
            MessageWords.Portuguese, rows);
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
            }, MessageWords.English);
        Assert.StartsWith("shop: 9000 × yyy", message.Title);
        Assert.Equal((200, 4000), (message.Title.Length, message.Text.Length));
    }

    [Fact]
    public void Own_texts_have_the_values_and_nothing_else()
    {
        var errors = new ErrorList();
        var template = IncidentTexts.Read(
            new("{{ severity }}|{{subject}}|{{ blocks_count }}|{{ owners:1 }}", isQuoted: true, default),
            new("{{ event }} {{ members }}", isQuoted: true, default), errors);
        Assert.Empty(errors.Items);
        // A value that looks like a place for another stays a value.
        var message = new MessageWriter("p", "e", Settings(MessageWords.English) with { Texts = template })
            .Write(
                Notice(MessageKind.Opened), [Incident() with { Subject = "{{ run }}" }], start, rows: null, link: null);
        Assert.Equal("critical|{{ run }}|5|", message.Title);
        Assert.Equal("opened silver.a: it failed", message.Text);
    }

    [Fact]
    public async Task The_terminal_shows_all_of_a_message_and_no_control_characters()
    {
        var shown = new List<string>();
        using var terminal = new TerminalChannel("a", MessageWords.Portuguese, shown.Add);
        var incident = Incident() with { Subject = "silver.a\e[2J", Text = "it failed\r\u202Eagain" };
        var message = new MessageWriter("p", "e", new(terminal)).Write(
            Notice(MessageKind.Repeated), [incident], start, new(["id", "name"], [["1", null], ["20", "\e[31mx"]]),
            new("https://foz.example.com/links/x"));
        await terminal.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal(
            """
            Crítico, ainda em aberto: silver.a[2J: it failed again (i)
              Desde: 2026-01-02 03:04:05 UTC
              Responsáveis: ana
              Execução: r1
              Bloqueia: gold.b, gold.c e mais 3
              Primeiras linhas:
              id | name
              1  | NULL
              20 | [31mx
              Para corrigir: foz run silver.a
              Assumir: https://foz.example.com/links/x
            """, Assert.Single(shown));
    }

    static AlertMessage Write(
        MessageKind kind, Incident incident, MessageWords words, MessageRows? rows = null) =>
        new MessageWriter("p", "e", Settings(words)).Write(Notice(kind), [incident], start, rows, link: null);

    static RoutedChannel Settings(MessageWords words) =>
        new(new RecordingChannel("a", new ManualTime()) { Words = words });

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
