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
    static readonly IReadOnlyList<SettingSpec> shared =
        [.. AlertKeys.Channel.Where(key => key.Name is not ("type" or "language"))];

    static readonly IReadOnlyCollection<string> names = [.. shared.Select(key => key.Name)];

    /// <summary>Reads a channel; null where it is wrong.</summary>
    /// <param name="entry">Its entry.</param>
    /// <param name="templates">The templates, by name.</param>
    public RoutedChannel? Read(YamlEntry entry, IReadOnlyDictionary<string, IncidentTexts?> templates)
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
        var reader = new MappingReader(
            new([.. mapping.Entries.Where(part => names.Contains(part.Key))], mapping.Place), shared, errors);
        var template = reader.Text("texts");
        IncidentTexts? own = null;
        if (template is not null && !templates.TryGetValue(template, out own))
            errors.Add(
                reader.PlaceOf("texts"), $"unknown template '{template}'",
                NearestName.Hint(template, templates.Keys) ?? "declare it under 'templates' of a file in alerts/");
        var (role, perMinute) = (reader.Text("role"), reader.Integer("per_minute", 1, 10_000));
        var channel = new ChannelReader(file.Folder, file.Variables, file.Secrets, clock, errors) { Report = report }
            .Read(entry, names);
        if (errors.Count == before && channel is not null)
            return new(new ReplaceableChannel(channel))
            {
                Role = role, PerMinuteMax = (int)(perMinute ?? 30), Texts = own,
            };
        channel?.Dispose();
        return null;
    }
}
