using Foz.Lake.Configuration;
using Foz.Operations.Channels;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Alerts;

/// <summary>Reads channels: what all of them have here, and the rest by their type.</summary>
/// <param name="file">What <c>foz.yml</c> says.</param>
/// <param name="report">Where channels of the type <c>terminal</c> report.</param>
/// <param name="clock">The clock of channels.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class ChannelCreation(ProjectFile file, Action<string> report, TimeProvider clock, ErrorList errors)
{
    const string TypeKey = "type", Terminal = "terminal", LanguageKey = "language";

    static readonly Dictionary<string, MessageLanguage> languages = new(StringComparer.Ordinal)
    {
        ["en"] = MessageLanguage.English, ["pt"] = MessageLanguage.Portuguese,
    };

    static readonly HashSet<string> common =
        [.. AlertKeys.Channel.Select(key => key.Name).Where(name => name != TypeKey)];

    /// <summary>Reads a channel; null where it is wrong.</summary>
    /// <param name="entry">Its entry.</param>
    /// <param name="templates">The templates, by name.</param>
    public RoutedChannel? Read(YamlEntry entry, IReadOnlyDictionary<string, IncidentTemplate?> templates)
    {
        var before = errors.Count;
        if (entry.Value is not YamlNode.Mapping mapping)
        {
            errors.Add(entry.Value.Place, $"a channel must be a mapping, not {entry.Value.Kind}");
            return null;
        }
        if (entry.Key == AlertSettings.HostChannel)
        {
            errors.Add(entry.KeyPlace, $"a channel '{entry.Key}' is there by itself", "give it another name");
            return null;
        }
        var shared = new MappingReader(
            new([.. mapping.Entries.Where(part => common.Contains(part.Key))], mapping.Place),
                AlertKeys.Channel, errors);
        var template = shared.Text("texts");
        IncidentTemplate? own = null;
        if (template is not null && !templates.TryGetValue(template, out own))
            errors.Add(
                shared.PlaceOf("texts"), $"unknown template '{template}'",
                NearestName.Hint(template, templates.Keys) ?? "declare it under 'templates' of a file in alerts/");
        var language = shared.Word("language", languages) ?? MessageLanguage.English;
        var (role, perMinute) = (shared.Text("role"), shared.Integer("per_minute", 1, 10_000));
        var channel = Create(entry, mapping, language);
        return channel is null || errors.Count > before
            ? null
            : new(channel) { Language = language, Role = role, PerMinuteMax = (int)(perMinute ?? 30), Template = own };
    }

    /// <summary>The one place where channels are made from what is said of them.</summary>
    IAlertChannel? Create(YamlEntry entry, YamlNode.Mapping mapping, MessageLanguage language)
    {
        if (mapping[TypeKey] is not YamlNode.Scalar { Text: Terminal })
            // The language is read there too, for the labels that the channel itself writes.
            return new ChannelReader(file.Folder, file.Variables, file.Secrets, clock, errors)
                .Read(entry, [.. common.Where(key => key != LanguageKey)]);
        var own = new YamlNode.Mapping(
            [.. mapping.Entries.Where(part => !common.Contains(part.Key))], mapping.Place);
        var reader = new MappingReader(own, errors);
        reader.Text(TypeKey);
        reader.Finish();
        return new TerminalChannel(entry.Key, report, IncidentWords.Of(language));
    }
}
