using System.Text;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

/// <summary>Messages of random texts go through every channel, and break the format of none.</summary>
public sealed class ChannelPropertyTests
{
    const int Messages = 120;

    static readonly string[] pieces =
    [
        "&", "<", ">", "\"", "'", "&amp;", "</b>", "<b>", "<!channel>", "<@U1>", "```", "`", "*", "_", "~", "|",
        "[x](y)",
        "\\", "{{title}}", "{", "}", "\r\nBcc: x@example.org\r\n", "\n", "\r", "\t", "     ", "\0", "\u0007",
        "\u001b[31m",
        "\u202E", "\u2066", "\u2028", "\uFEFF", "\uD83D", "\uDE00", "👩‍👩‍👧‍👦", "🇧🇷", "e\u0301\u0302\u0303", "ção",
        "Ünïcödé",
        "中文字", "עברית", "العربية", "\uFFFF", "=?utf-8?q?x?=", ".\r\n.\r\n", "--boundary", "%0d%0a", "@everyone", "😀",
    ];

    [Theory]
    [MemberData(nameof(Services.Names), MemberType = typeof(Services))]
    public async Task Random_messages_break_no_format(string service)
    {
        var random = new Random(Soak.Seed());
        await using var server = Services.Start(service);
        using var channel = ChannelKit.Create(
            $"ops: {Services.Yaml(service, server.Address)}", variables: Services.Variables(server.Address));
        for (var i = 0; i < Messages * Soak.Factor; i++)
        {
            server.TakesReplacements = i % 2 == 0;
            var message = RandomMessage(random, hasHalves: server.TakesReplacements);
            var delivery = await channel.SendAsync(message);
            Assert.True(
                delivery is Delivery.Sent && server.Violations.Count == 0,
                $"message {i}: {ChannelKit.ReasonOf(delivery)}; {string.Join("; ", server.Violations)}");
        }
    }

    [Theory]
    [InlineData(
        "application/json",
        """{"a": "{{title}}", "b": ["{{message:500}}", "{{rows}}"], "{{kind}}": {"c": "{{values}}"}}""")]
    [InlineData("application/xml", "<a t=\"{{title}}\">{{message}}</a>")]
    [InlineData("application/x-www-form-urlencoded", "text={{message:100}}&title={{title}}")]
    public async Task Random_messages_break_no_template(string contentType, string body)
    {
        var random = new Random(Soak.Seed());
        await using var server = new WebhookServer(TimeProvider.System, key: null);
        using var channel = ChannelKit.Create(
            $"ops: {{type: webhook, url: '{server.Address}/hook?i={{{{incident}}}}', content_type: {contentType}, "
            + $"body: '{body}'}}");
        for (var i = 0; i < Messages * Soak.Factor; i++)
        {
            server.TakesReplacements = i % 2 == 0;
            var message = RandomMessage(random, hasHalves: server.TakesReplacements);
            message = message with { IncidentId = message.Key };
            var delivery = await channel.SendAsync(message);
            Assert.True(
                delivery is Delivery.Sent && server.Violations.Count == 0,
                $"message {i}: {ChannelKit.ReasonOf(delivery)}; {string.Join("; ", server.Violations)}");
            var sent = server.Taken[^1];
            if (contentType.EndsWith("json", StringComparison.Ordinal))
                Assert.Equal(
                    ["a", "b", message.Kind.Code], server.Last.EnumerateObject().Select(member => member.Name));
            else if (contentType.EndsWith("xml", StringComparison.Ordinal))
                Assert.Equal("a", System.Xml.Linq.XDocument.Parse(sent).Root!.Name.LocalName);
            else Assert.Equal(2, sent.Split('&').Length);
        }
    }

    /// <summary>Returns a message of random parts.</summary>
    /// <param name="random">What they are drawn from.</param>
    /// <param name="hasHalves">Whether halves of surrogate pairs are in its texts.</param>
    public static AlertMessage RandomMessage(Random random, bool hasHalves = true)
    {
        string RandomText(Random random, int piecesMax) =>
            ChannelPropertyTests.RandomText(random, piecesMax, hasHalves);

        var rows = random.Next(4) == 0 ? null : new MessageRows(
            [.. Enumerable.Range(0, random.Next(0, 20)).Select(_ => RandomText(random, 6))],
            [.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => (IReadOnlyList<string?>)
            [
                .. Enumerable.Range(0, random.Next(0, 20))
                    .Select(_ => random.Next(5) == 0 ? null : RandomText(random, 30)),
            ])]);
        return new()
        {
            IncidentId = $"inc-{random.Next()}",
            Kind = (MessageKind)random.Next(6),
            Severity = (AlertSeverity)random.Next(3),
            Key = RandomText(random, 4),
            Title = RandomText(random, random.Next(3) == 0 ? 400 : 10),
            Text = RandomText(random, random.Next(3) == 0 ? 6000 : 50),
            Values =
            [
                .. Enumerable.Range(0, random.Next(0, 50)).Select(_ => new MessageValue(
                    RandomText(random, 20), RandomText(random, random.Next(5) == 0 ? 500 : 8))),
            ],
            Rows = rows,
            Command = random.Next(2) == 0 ? null : RandomText(random, random.Next(4) == 0 ? 200 : 10),
            Links =
            [
                .. Enumerable.Range(0, random.Next(0, 8)).Select(_ => new MessageLink(
                    RandomText(random, 8),
                    new Uri($"https://example.org/?q={Uri.EscapeDataString(RandomWord(random))}&a=b|<c>\"'"))),
            ],
            Since = ChannelKit.Now.AddMinutes(-random.Next(100_000)),
        };
    }

    /// <summary>A text of pieces that formats give a meaning, and of any code units.</summary>
    static string RandomText(Random random, int piecesMax, bool hasHalves)
    {
        var text = new StringBuilder();
        for (var count = random.Next(piecesMax + 1); count > 0; count--)
            switch (random.Next(4))
            {
                case 0: text.Append(pieces[random.Next(pieces.Length)]); break;
                case 1: text.Append((char)random.Next(0x10000)); break;
                default: text.Append(RandomWord(random)); break;
            }
        return hasHalves
            ? text.ToString()
            : string.Concat(text.ToString().EnumerateRunes().Where(rune => rune.Value != 0xFFFD));
    }

    static string RandomWord(Random random) =>
        new([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => (char)random.Next(' ', 127))]);
}
