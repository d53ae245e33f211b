using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>Reads the entries of <c>channels</c> in files of <c>alerts/</c>.</summary>
/// <param name="folder">The project's folder.</param>
/// <param name="variables">The values of <c>${NAME}</c>.</param>
/// <param name="secrets">Takes the secrets of channels, and masks them in reasons.</param>
/// <param name="clock">The clock of channels.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed partial class ChannelReader(
    string folder, Variables variables, Secrets secrets, TimeProvider clock, ErrorList errors)
{
    const string TypeKey = "type";

    /// <summary>Gets the types of channels.</summary>
    public static IReadOnlyList<ChannelType> Types { get; } =
    [
        SlackChannel.Type, TelegramChannel.Type, EmailChannel.Type, WhatsAppChannel.Type, TeamsChannel.Type,
        PagerDutyChannel.Type, AlertmanagerChannel.Type, WebhookChannel.Type, TerminalChannel.Type,
    ];

    /// <summary>Gets what takes the messages that the host itself reports to its operator.</summary>
    public Action<string> Report { get; init; } = static _ => { };

    /// <summary>Gets the settings that hold a secret in a part of their text, if a variable is in it.</summary>
    static readonly string[] partlySecret = [WebhookChannel.UrlKey, WebhookChannel.ResolvedUrlKey, "headers"];

    /// <summary>Reads a channel.</summary>
    /// <param name="entry">Its name, with its settings.</param>
    /// <param name="otherKeys">Keys that the caller reads itself.</param>
    /// <returns>The channel; null where something is wrong, which is in the list of errors then.</returns>
    public IAlertChannel? Read(YamlEntry entry, params IReadOnlyCollection<string> otherKeys)
    {
        var own = new ErrorList();
        var channel = Read(entry, [TypeKey, .. otherKeys], own);
        foreach (var error in own.Items) errors.Add(secrets.Mask(error));
        if (own.IsEmpty) return channel;
        channel?.Dispose();
        return null;
    }

    IAlertChannel? Read(YamlEntry entry, IReadOnlyCollection<string> otherKeys, ErrorList own)
    {
        var (name, place, node) = (entry.Key, entry.KeyPlace, entry.Value);
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
            own.Add(place, $"'{name}' is not a name for a channel", "letters, digits, _, - and .");
        if (node is not YamlNode.Mapping mapping)
        {
            own.Add(node.Place, $"a channel must be a mapping, not {node.Kind}", "{type: slack, …}");
            return null;
        }
        if (TypeOf(mapping, own) is not { } type) return null;
        IReadOnlyList<SettingSpec> keys = [.. type.Keys, .. ChannelSettings.Common];
        var reader = new SettingsReader(keys, own);
        reader.Check(mapping, otherKeys, $"a channel of type {type.Name}");
        var filledIn = (YamlNode.Mapping)VariableText.Expand(mapping, variables, own);
        reader.NoteSecrets(mapping, filledIn, secrets);
        NoteVariables(mapping);
        var settings = reader.Read(filledIn, otherKeys);
        if (!own.IsEmpty) return null;
        try
        {
            return type.Create(new(name, folder, settings, secrets, clock) { Report = Report });
        }
        catch (FozException e)
        {
            own.Add(e);
            return null;
        }
    }

    static ChannelType? TypeOf(YamlNode.Mapping mapping, ErrorList own)
    {
        var names = Types.Select(type => type.Name);
        switch (mapping[TypeKey])
        {
            case null or { IsNull: true }:
                own.Add(mapping.Place, "'type' is missing in a channel", NearestName.Hint("", names));
                return null;
            case YamlNode.Scalar scalar:
                var found = Types.FirstOrDefault(type => type.Name == scalar.Text);
                if (found is null)
                    own.Add(
                        scalar.Place, $"unknown type '{scalar.Text}' of a channel",
                        NearestName.Hint(scalar.Text, names));
                return found;
            case var node:
                own.Add(node.Place, $"'type' must be a single value, not {node.Kind}");
                return null;
        }
    }

    /// <summary>Makes secrets of variables in settings that are no secrets as a whole.</summary>
    void NoteVariables(YamlNode.Mapping mapping)
    {
        foreach (var scalar in mapping.Entries.Where(entry => partlySecret.Contains(entry.Key))
            .SelectMany(entry => ScalarsOf(entry.Value)))
            foreach (Match match in Variable.Matches(scalar.Text))
                secrets.Add(variables[match.Groups["name"].Value] ?? "");
    }

    static IEnumerable<YamlNode.Scalar> ScalarsOf(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => [scalar],
        YamlNode.Mapping inner => inner.Entries.SelectMany(entry => ScalarsOf(entry.Value)),
        _ => [],
    };

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)")]
    private static partial Regex Variable { get; }
}
