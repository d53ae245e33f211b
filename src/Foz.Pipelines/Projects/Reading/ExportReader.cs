using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads <c>export</c> of a model: one mapping, or a list of them. What targets differ in they say themselves.
/// </summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class ExportReader(ErrorList errors)
{
    static readonly Dictionary<string, ExportMode> Modes = new(StringComparer.Ordinal)
    {
        ["replace"] = ExportMode.Replace, ["upsert"] = ExportMode.Upsert, ["append"] = ExportMode.Append,
    };

    /// <summary>What was seen so far that one model alone may write, with its exports.</summary>
    readonly Dictionary<string, List<(Model Model, ExportDefinition Export)>> owned = new(StringComparer.Ordinal);

    /// <summary>Reads them.</summary>
    public IReadOnlyList<ExportDefinition> Read(YamlNode? node) => node switch
    {
        null => [],
        YamlNode.Sequence list => [.. list.Items.Select(ReadOne).OfType<ExportDefinition>()],
        _ => ReadOne(node) is { } one ? [one] : [],
    };

    /// <summary>
    /// Makes sure that each goes to a target that there is, and that takes it as it is set; what one model alone may
    /// write, no other does.
    /// </summary>
    public void Check(Model model, ProjectFile file)
    {
        foreach (var export in model.Exports)
        {
            if (FindTarget(export, file) is { } target)
            {
                CheckTarget(target, export, file.Folder);
                if (target.FindOwned(export, file.Folder) is { } what) CheckOwner(what, model, export);
            }
            foreach (var environment in export.Environments.Where(e => !file.Environments.Contains(e)))
                errors.Add(
                    export.Place, $"unknown environment '{environment}'",
                    NearestName.Hint(environment, file.Environments));
            if (model.Materialization is Materialization.View)
                errors.Add(export.Place, "a view cannot be exported", "make it a table");
            if (export.Mode is ExportMode.Append && model.Materialization is Materialization.Table)
                errors.Add(
                    export.Place, "a table that each run rebuilds cannot be exported with 'mode: append'",
                    "all rows would come again: make it incremental, or take another mode");
        }
    }

    IExportTarget? FindTarget(ExportDefinition export, ProjectFile file)
    {
        if (export.Connection is not { } name) return ExportRegistry.Find(export.Key, null);
        if (file.FindConnection(name, export.Place, errors) is not { } connection) return null;
        if (ExportRegistry.Find(export.Key, connection.Type) is { } target) return target;
        var types = string.Join(" or ", ExportRegistry.ConnectionTypes(export.Key).OfType<string>());
        errors.Add(
            export.Place, $"the connection '{name}' is of type {connection.Type}",
            $"a {export.Key} takes one of type {types}");
        return null;
    }

    void CheckTarget(IExportTarget target, ExportDefinition export, string folder)
    {
        var settings = export.Settings;
        foreach (var other in ExportRegistry.Settings.Where(s => target.Settings.All(own => own.Name != s.Name)))
            if (settings.Names.Contains(other.Name))
                errors.Add(settings.PlaceOf(other.Name), $"'{other.Name}' does not go with '{export.Key}'");
        if (!target.Modes.Contains(export.Mode))
        {
            var known = Modes.Where(mode => target.Modes.Contains(mode.Value)).Select(mode => mode.Key);
            errors.Add(
                settings.PlaceOf("mode"), $"a {export.Key} takes no 'mode: {settings.Text("mode")}'",
                target.Modes is [ExportMode.Replace] ? "it is replaced" : $"known: {string.Join(", ", known)}");
        }
        try
        {
            target.Validate(export, folder);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Configuration)
        {
            errors.Add(e);
        }
    }

    void CheckOwner(string what, Model model, ExportDefinition export)
    {
        if (!owned.TryGetValue(what, out var others)) owned[what] = others = [];
        var first = others.FirstOrDefault(other => Meet(other.Export.Environments, export.Environments)).Model;
        if (first is not null && first.Name != model.Name)
            errors.Add(
                export.Place, $"the {export.Key} '{export.Address}' is that of {first.Name} too",
                $"each would replace the rows of the other: name another {export.Key}");
        others.Add((model, export));
    }

    /// <summary>Whether two exports are done in one environment.</summary>
    static bool Meet(IReadOnlyList<string> some, IReadOnlyList<string> others) =>
        some.Count == 0 || others.Count == 0 || some.Intersect(others).Any();

    ExportDefinition? ReadOne(YamlNode node)
    {
        var reader = MappingReader.Of(node, node.Place, "an export", errors, ModelKeys.Export);
        if (node is not YamlNode.Mapping mapping) return null;
        var addresses = ExportRegistry.Addresses
            .Select(key => (key.Name, Text: reader.Text(key.Name))).Where(key => key.Text is not null).ToList();
        var (connection, mode) = (reader.Text("connection"), reader.Word("mode", Modes));
        var (keys, environments) = (reader.Texts("keys"), reader.Texts("environments"));
        foreach (var setting in ExportRegistry.Settings) reader.Node(setting.Name);
        reader.Finish();
        if (addresses is not [var (key, address)])
        {
            var names = ExportRegistry.Addresses.Select(a => a.Name).ToList();
            var others = names.Where(name => !ExportRegistry.ConnectionTypes(name).Contains(null))
                .Select(name => $"a {name}");
            errors.Add(
                node.Place, $"an export needs one of {Listed(names.Select(name => $"'{name}'"))}",
                $"{Listed(others)} need a 'connection' besides");
            return null;
        }
        if (!ExportRegistry.ConnectionTypes(key).Any(type => type is null == connection is null))
        {
            errors.Add(
                node.Place,
                connection is null ? "'connection' is missing in an export" : $"'connection' does not go with '{key}'");
            return null;
        }
        if (mode is ExportMode.Upsert != keys.Count > 0)
            errors.Add(
                reader.PlaceOf(keys.Count > 0 ? "keys" : "mode"),
                keys.Count > 0 ? "'keys' are for 'mode: upsert'" : "'mode: upsert' needs 'keys'");
        return new()
        {
            Key = key,
            Address = address!,
            Connection = connection,
            Mode = mode ?? ExportMode.Replace,
            Keys = keys,
            Settings = new SettingsReader(ModelKeys.Export, errors).Read(mapping, []),
            Environments = environments,
            Place = node.Place,
        };
    }

    static string Listed(IEnumerable<string> words) =>
        words.ToList() is [.. var first, var last] ? $"{string.Join(", ", first)} and {last}" : "";
}
