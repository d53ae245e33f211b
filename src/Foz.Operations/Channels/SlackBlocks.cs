using System.Text.Json.Nodes;

namespace Foz.Operations.Channels;

/// <summary>Lays a message out in Slack's Block Kit: at most 50 blocks, and 3,000 characters in each.</summary>
static class SlackBlocks
{
    const int FieldsMax = 10;
    const int HeaderLengthMax = 150;
    const string Fence = "```";

    /// <summary>
    /// Less than Slack allows for each: blocks of 11,341 characters together were refused with
    /// <c>msg_blocks_too_long</c>.
    /// </summary>
    static readonly MessageLimits limits = new(Title: HeaderLengthMax, Text: 2000, Value: 150, Values: 12, Table: 1500)
    {
        LengthOf = static part => Escape(part).Length,
    };

    /// <summary>Returns the members <c>text</c>, for notifications, and <c>blocks</c>.</summary>
    public static JsonObject Of(AlertMessage message, MessageWords words)
    {
        var fitted = FittedMessage.Of(message, words, limits);
        var blocks = new JsonArray(new JsonObject
        {
            ["type"] = "header",
            // The header is plain text, in which nothing is escaped.
            ["text"] = new JsonObject { ["type"] = "plain_text", ["text"] = fitted.Heading, ["emoji"] = false },
        });
        if (fitted.Text.Length > 0) blocks.Add(Section(Escape(fitted.Text)));
        foreach (var values in fitted.Values.Chunk(FieldsMax))
            blocks.Add(new JsonObject
            {
                ["type"] = "section",
                ["fields"] = new JsonArray(
                    [.. values.Select(value => Markdown($"*{Escape(value.Name)}*\n{Escape(value.Value)}"))]),
            });
        if (fitted.Table.Length > 0)
            blocks.Add(Section($"*{Escape(words.FirstRows)}*\n{Fence}{Code(fitted.Table)}{Fence}"));
        if (fitted.Command.Length > 0)
            blocks.Add(Section($"*{Escape(words.Fix)}*\n{Fence}{Code(fitted.Command)}{Fence}"));
        // Links, not buttons: a button calls the app, which has to answer even if it only opens an address.
        if (fitted.Links.Count > 0)
            blocks.Add(Section(string.Join(
                "  ·  ", fitted.Links.Select(link => $"<{Escape(link.Address.AbsoluteUri)}|{LinkText(link.Text)}>"))));
        return new JsonObject { ["text"] = Escape(fitted.Heading), ["blocks"] = blocks };
    }

    /// <summary>
    /// Escapes Slack's control characters; three backticks, which have no escape, would begin a block of code.
    /// </summary>
    public static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace(Fence, "'''", StringComparison.Ordinal);

    /// <summary>With the fences around it, one more backtick could end the block.</summary>
    static string Code(string text) => Escape(text).Replace('`', '\'');

    static string LinkText(string text) => Escape(text).Replace('|', '/');

    static JsonObject Section(string markdown) => new() { ["type"] = "section", ["text"] = Markdown(markdown) };

    // Verbatim: names of channels and users in it become no mentions, and addresses no links.
    static JsonObject Markdown(string text) => new() { ["type"] = "mrkdwn", ["text"] = text, ["verbatim"] = true };
}
