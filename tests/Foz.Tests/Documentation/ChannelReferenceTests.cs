using Foz.Lake.Configuration;
using Foz.Operations.Channels;
using Foz.Tests.Operations.Channels;

namespace Foz.Tests.Documentation;

public sealed class ChannelReferenceTests
{
    const string Guide = "docs/guide/alert-channels.md", Reference = "docs/reference/channels.md";

    public static TheoryData<string> Types =>
    [
        .. ChannelReader.Types.Where(type => type.Keys.Count > 0).Select(type => type.Name), "All types",
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_setting_is_documented_as_it_is_declared(string type)
    {
        var keys = ChannelReader.Types.FirstOrDefault(t => t.Name == type)?.Keys ?? ChannelSettings.Common;
        Generated.Table(MarkdownDocument.Read(Reference), $"## {type}", keys.SelectMany(SettingRows.Of));
    }

    [Fact]
    public void Every_placeholder_is_documented() => Generated.Table(
        MarkdownDocument.Read(Reference), "## Placeholders",
        MessagePlaceholders.All.Select(p => (string[])[$"`{{{{{p.Name}}}}}`", p.Description]));

    [Fact]
    public void The_guide_shows_a_message()
    {
        var message = new AlertMessage
        {
            IncidentId = "7", Key = "7/opened", Kind = MessageKind.Opened, Severity = AlertSeverity.Critical,
            Title = "silver.orders is late: not finished by 07:30",
            Text = "The last version is of yesterday, 07:12.",
            Values = [new("Owners", "ana@example.org"), new("Since", "07:30"), new("Blocks", "gold.sales, gold.stock")],
            Rows = new(["order_id", "customer", "total"], [["1041", "***", "19.90"], ["1042", "***", null]]),
            Command = "foz run --select silver.orders+",
            Links = [new("Acknowledge", new Uri("https://foz.example.org/incidents/7"))],
            Since = ChannelKit.Now,
        };
        var text = FittedMessage.Of(message, MessageWords.English, new(300, 4000, 500, 20, 4000))
            .ToText(MessageWords.English);
        Generated.Block(MarkdownDocument.Read(Guide), "message", ["```tree", .. text.Split('\n'), "```"]);
    }

    [Fact]
    public void Every_example_of_the_guide_is_a_channel()
    {
        var variables = new Variables(new AnyVariable(), new Dictionary<string, string>());
        var read = new HashSet<string>();
        foreach (var block in MarkdownDocument.Read(Guide).Blocks.Where(block => block.Language == "yaml"))
        {
            var errors = new ErrorList();
            var file = (YamlNode.Mapping)YamlReader.Read(block.Code, $"{block}", errors)!;
            foreach (var entry in ((YamlNode.Mapping)file["channels"]!).Entries)
            {
                using var channel = new ChannelReader("/", variables, new Secrets(), TimeProvider.System, errors)
                    .Read(entry);
                read.Add(((YamlNode.Scalar)((YamlNode.Mapping)entry.Value)["type"]!).Text);
            }
            errors.ThrowIfAny();
        }
        Assert.Equal(ChannelReader.Types.Select(type => type.Name).Order(), read.Order());
    }

    /// <summary>A variable of any name, whose value fits where it is used.</summary>
    sealed class AnyVariable : Dictionary<string, string>, IReadOnlyDictionary<string, string>
    {
        bool IReadOnlyDictionary<string, string>.TryGetValue(string key, out string value)
        {
            value = key switch
            {
                "TEAMS_URL" or "SLACK_WEBHOOK" => "https://example.org/a?sig=0123456789abcdef",
                _ => "0123456789abcdef0123456789abcdef",
            };
            return true;
        }
    }
}
