using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations.Channels;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Alerts;

/// <summary>Reads the files of <c>alerts/</c>. What is wrong is noted, and all else is returned.</summary>
/// <param name="file">What <c>foz.yml</c> says.</param>
/// <param name="report">Where channels of the type <c>terminal</c> report.</param>
/// <param name="clock">The clock of channels.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class AlertReader(ProjectFile file, Action<string> report, TimeProvider clock, ErrorList errors)
{
    /// <summary>The folder, inside the project's.</summary>
    public const string Folder = "alerts";

    const int FilesMax = 200;
    const int BytesMax = 1 << 20;
    const int RulesMax = 1000;
    const int RoutesMax = 1000;
    const int ChannelsMax = 200;

    /// <summary>Reads all files.</summary>
    public AlertSettings Read()
    {
        var files = Files().ToList();
        var readers = files.Select(Open).OfType<MappingReader>().ToList();
        var values = new AlertValues(file, errors);
        var templates = new Dictionary<string, IncidentTexts?>(StringComparer.Ordinal);
        foreach (var entry in Unique(readers, "templates", "a template")) templates[entry.Key] = Template(entry);
        var channels = new Dictionary<string, RoutedChannel>(StringComparer.Ordinal)
        {
            [AlertSettings.HostChannel] = new(
                new TerminalChannel(AlertSettings.HostChannel, MessageWords.English, report)),
        };
        var creation = new ChannelCreation(file, report, clock, errors);
        var names = new HashSet<string>(StringComparer.Ordinal) { AlertSettings.HostChannel };
        foreach (var entry in Unique(readers, "channels", "a channel"))
        {
            names.Add(entry.Key);
            if (Limit(channels.Count, ChannelsMax, "channels", entry.KeyPlace)
                && creation.Read(entry, templates) is { } channel)
                channels[entry.Key] = channel;
        }
        var routes = new RouteReader(values, file, names, errors);
        var rules = Unique(readers, "rules", "a rule").Take(RulesMax + 1)
            .Where((entry, i) => Limit(i, RulesMax, "rules", entry.KeyPlace))
            .Select(new RuleReader(values, errors).Read).OfType<AlertRule>().ToList();
        if (!rules.Exists(rule => rule is AlertRule.Filling)) rules.Add(AlertRule.Filling.Default);
        var read = new AlertSettings
        {
            Channels = channels, Rules = rules,
            Routes =
            [
                .. readers.SelectMany(reader => Items(reader, "routes")).Take(RoutesMax + 1)
                    .Where((node, i) => Limit(i, RoutesMax, "routes", node.Place))
                    .Select(routes.Read).OfType<AlertRoute>(),
            ],
        };
        foreach (var reader in readers)
            read = read with
            {
                GroupWait = values.Length(reader, "group_wait", TimeSpan.Zero) ?? read.GroupWait,
                RetryFor = values.Length(reader, "retry_for", TimeSpan.FromMinutes(1)) ?? read.RetryFor,
                Links = reader.Has("links") ? Links(reader, values) : read.Links,
            };
        foreach (var reader in readers) reader.Finish();
        return read;
    }

    /// <summary>The names of the files, relative to the project.</summary>
    public static IEnumerable<string> FilesOf(string projectFolder)
    {
        var folder = Path.Combine(projectFolder, Folder);
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Where(path => Path.GetExtension(path) is ".yml" or ".yaml")
                .Order(StringComparer.Ordinal).Select(path => $"{Folder}/{Path.GetFileName(path)}")
            : [];
    }

    IEnumerable<string> Files()
    {
        var count = 0;
        foreach (var name in FilesOf(file.Folder))
            if (Limit(count++, FilesMax, "files in alerts/", new(name, 1, 1))) yield return name;
            else yield break;
    }

    MappingReader? Open(string name)
    {
        try
        {
            var path = Path.Combine(file.Folder, name);
            if (new FileInfo(path).Length > BytesMax)
            {
                errors.Add(new Place(name, 1, 1), $"the file is larger than {BytesMax} bytes");
                return null;
            }
            var node = YamlReader.Read(File.ReadAllText(path), name, errors);
            return node is null ? null : MappingReader.Of(node, new(name, 1, 1), "the file", errors, AlertKeys.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(new Place(name, 1, 1), $"the file cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>The entries of a key in all files; a name that comes twice is an error.</summary>
    IEnumerable<YamlEntry> Unique(List<MappingReader> readers, string key, string what)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in readers.SelectMany(reader => reader.Entries(key)))
            if (names.Add(entry.Key)) yield return entry;
            else errors.Add(entry.KeyPlace, $"there is {what} '{entry.Key}' already");
    }

    IEnumerable<YamlNode> Items(MappingReader reader, string key)
    {
        switch (reader.Node(key))
        {
            case null: return [];
            case YamlNode.Sequence list: return list.Items;
            case var node:
                errors.Add(node.Place, $"'{key}' must be a list, not {node.Kind}");
                return [];
        }
    }

    IncidentTexts? Template(YamlEntry entry)
    {
        var reader = MappingReader.Of(entry.Value, entry.KeyPlace, "a template", errors, AlertKeys.Template);
        var template = IncidentTexts.Read(
            reader.Node("title") as YamlNode.Scalar, reader.Node("text") as YamlNode.Scalar, errors);
        reader.Finish();
        return template;
    }

    LinkSettings? Links(MappingReader file, AlertValues values)
    {
        var reader = MappingReader.Of(file.Node("links"), file.PlaceOf("links"), "'links'", errors, AlertKeys.Links);
        var lifetime = values.Length(reader, "expires", TimeSpan.FromMinutes(1)) ?? TimeSpan.FromDays(7);
        var text = reader.RequiredText("url");
        reader.Finish();
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return new(url, lifetime);
        if (text.Length > 0) errors.Add(
            reader.PlaceOf("url"), $"'{text}' is no address", "write https://foz.example.com");
        return null;
    }

    bool Limit(int count, int max, string what, Place place)
    {
        if (count < max) return true;
        errors.Add(place, $"there are more than {max} {what}");
        return false;
    }
}
