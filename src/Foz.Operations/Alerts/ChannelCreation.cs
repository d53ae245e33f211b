using Foz.Lake.Configuration;
using Foz.Operations.Channels;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Alerts;

/// <summary>Reads channels: what all of them have here, and the rest by their type.</summary>
/// <param name="file">What <c>foz.yml</c> says.</param>
/// <param name="report">Where channels of the type <c>terminal</c> report.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class ChannelCreation(ProjectFile file, Action<string> report, ErrorList errors)
{
    const string TypeKey = "type";

    static readonly Dictionary<string, Func<string, Action<string>, IncidentWords, IAlertChannel>> types =
        new(StringComparer.Ordinal)
        {
            ["terminal"] = static (name, report, words) => new TerminalChannel(name, report, words),
        };

    static readonly Dictionary<string, MessageLanguage> languages = new(StringComparer.Ordinal)
    {
        ["en"] = MessageLanguage.English, ["pt"] = MessageLanguage.Portuguese,
        ["pt-BR"] = MessageLanguage.Portuguese,
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
        var template = shared.Text("template");
        IncidentTemplate? own = null;
        if (template is not null && !templates.TryGetValue(template, out own))
            errors.Add(
                shared.PlaceOf("template"), $"unknown template '{template}'",
                NearestName.Hint(template, templates.Keys) ?? "declare it under 'templates' of a file in alerts/");
        var language = shared.Word("language", languages) ?? MessageLanguage.English;
        var (role, perMinute) = (shared.Text("role"), shared.Integer("per_minute", 1, 10_000));
        var channel = Create(
            entry with
            {
                Value = new YamlNode.Mapping(
                    [.. mapping.Entries.Where(part => !common.Contains(part.Key))], mapping.Place),
            },
            language);
        return channel is null || errors.Count > before
            ? null
            : new(channel) { Language = language, Role = role, PerMinuteMax = (int)(perMinute ?? 30), Template = own };
    }

    /// <summary>The one place where channels are made from what is said of them.</summary>
    IAlertChannel? Create(YamlEntry entry, MessageLanguage language)
    {
        var filledIn = entry with { Value = VariableText.Expand(entry.Value, file.Variables, errors) };
        var reader = new MappingReader((YamlNode.Mapping)filledIn.Value, errors);
        var type = reader.RequiredText(TypeKey);
        if (type.Length == 0) return null;
        if (types.TryGetValue(type, out var create))
        {
            reader.Finish();
            return create(entry.Key, report, IncidentWords.Of(language));
        }
        errors.Add(
            reader.PlaceOf(TypeKey), $"unknown type '{type}' of a channel", NearestName.Hint(type, types.Keys));
        return null;
    }
}
