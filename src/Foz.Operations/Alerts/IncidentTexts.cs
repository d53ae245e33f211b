using Foz.Lake.Configuration;
using Foz.Operations.Channels;

namespace Foz.Operations.Alerts;

/// <summary>A project's own texts of messages about incidents, with placeholders of a fixed list of names.</summary>
public sealed record IncidentTexts
{
    readonly MessageTemplate? title, text;

    IncidentTexts(MessageTemplate? title, MessageTemplate? text) => (this.title, this.text) = (title, text);

    /// <summary>Gets the names, with what they are.</summary>
    public static IReadOnlyDictionary<string, string> Names { get; } = new Dictionary<string, string>(
        StringComparer.Ordinal)
    {
        ["title"] = "the title that Foz gives", ["text"] = "what happened, in one line",
        ["event"] = "`opened`, `repeated`, `escalated`, `acknowledged`, `resolved` or `test`",
        ["kind"] = "the kind of incident", ["subject"] = "what it is about, such as a table",
        ["severity"] = "`info`, `warning` or `critical`", ["since"] = "since when it is broken",
        ["duration"] = "for how long", ["owners"] = "the owners", ["tags"] = "the tags",
        ["blocks"] = "the tables and exposures that wait for it", ["blocks_count"] = "how many those are",
        ["members"] = "what is broken, a line each", ["members_count"] = "how many things are",
        ["run"] = "the run that failed first", ["command"] = "the command that fixes it or shows more",
        ["project"] = "the project", ["environment"] = "the environment", ["incident"] = "the incident's id",
        ["acknowledged_by"] = "who takes care of it", ["link"] = "the link to its page",
    };

    /// <summary>Reads texts; what is wrong is noted, and they are null then.</summary>
    public static IncidentTexts? Read(YamlNode.Scalar? title, YamlNode.Scalar? text, ErrorList errors)
    {
        var before = errors.Count;
        var texts = new IncidentTexts(Read(title, errors), Read(text, errors));
        return errors.Count > before ? null : texts;
    }

    /// <summary>Fills in the title; null where the texts have none.</summary>
    internal string? Title(IReadOnlyDictionary<string, string> values, MessageWords words) =>
        FillIn(title, values, words)?.ReplaceLineEndings(" ");

    /// <summary>Fills in the text; null where the texts have none.</summary>
    internal string? Text(IReadOnlyDictionary<string, string> values, MessageWords words) =>
        FillIn(text, values, words);

    static string? FillIn(MessageTemplate? template, IReadOnlyDictionary<string, string> values, MessageWords words) =>
        template?.Render((name, max) => MessageText.Cut(values.GetValueOrDefault(name, ""), max, words));

    static MessageTemplate? Read(YamlNode.Scalar? scalar, ErrorList errors)
    {
        if (scalar is null) return null;
        var template = MessageTemplate.Read(scalar.Text, [.. Names.Keys], out var error);
        if (error is { } wrong) errors.Add(scalar.Place, $"{wrong.Message} in a template", wrong.Hint);
        return template;
    }
}
