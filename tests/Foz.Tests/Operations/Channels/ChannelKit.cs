using Foz.Lake.Configuration;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

/// <summary>Makes channels from YAML, and messages for them.</summary>
static class ChannelKit
{
    /// <summary>A secret that no reason may hold.</summary>
    public const string Secret = "t0ps3cr3t-AbC_4711";

    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static Variables Variables { get; } = new(
        new Dictionary<string, string>
        {
            ["TOKEN"] = Secret, ["TELEGRAM"] = $"123456:{Secret}",
            ["KEY"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        },
        new Dictionary<string, string>());

    /// <summary>Reads a channel that is right.</summary>
    public static IAlertChannel Create(string yaml, TimeProvider? clock = null, string folder = "/",
        Variables? variables = null)
    {
        var errors = new ErrorList();
        var channel = Read(yaml, errors, clock, folder, variables);
        errors.ThrowIfAny();
        return channel!;
    }

    public static IAlertChannel? Read(
        string yaml, ErrorList errors, TimeProvider? clock = null, string folder = "/", Variables? variables = null)
    {
        var file = (YamlNode.Mapping)YamlReader.Read(yaml, "alerts/ops.yml", errors)!;
        var reader = new ChannelReader(
            folder, variables ?? Variables, new Secrets(), clock ?? TimeProvider.System, errors);
        return reader.Read(Assert.Single(file.Entries));
    }

    public static AlertMessage Message(MessageKind kind = MessageKind.Opened, string? thread = null) => new()
    {
        IncidentId = "inc-2026-03-01-7",
        Kind = kind,
        Severity = AlertSeverity.Critical,
        Key = $"inc-2026-03-01-7/{kind}/1",
        Title = "silver.orders is 3 hours late & <broken>",
        Text = "The last version is of 09:00.\nTwo models wait for it: \"gold.total\" and gold.by_day.",
        Values = [new("Table", "silver.orders"), new("Owner", "ana@example.org"), new("Since", "09:00")],
        Rows = new(["id", "name"], [["1", "Müller & Söhne"], ["2", null], ["3", "a|b `c` <d>"]]),
        Command = "foz run --select silver.orders",
        Links = [new("Acknowledge", new Uri("https://foz.example.org/ack?id=7&sig=a%2Bb"))],
        Thread = thread,
        Since = Now.AddHours(-3),
    };

    public static Task<Delivery> SendAsync(this IAlertChannel channel, AlertMessage message) =>
        channel.SendAsync(message, TestContext.Current.CancellationToken);

    public static string ReasonOf(Delivery delivery) => delivery switch
    {
        Delivery.Failed failed => failed.Reason,
        Delivery.Refused refused => refused.Reason,
        Delivery.Sent sent => $"sent, in {sent.Thread}; {sent.Warning}",
        _ => "",
    };
}
