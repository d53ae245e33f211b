using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Storage.Addresses;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads where the lake is: <c>lake:</c>, a path or address or a mapping of one with settings, and <c>cache:</c>.
/// </summary>
/// <param name="folder">The project's folder.</param>
/// <param name="variables">What texts are filled in from.</param>
/// <param name="secrets">Takes the secrets among the settings.</param>
/// <param name="errors">Takes what is wrong.</param>
public sealed class LakeReader(string folder, Variables variables, Secrets secrets, ErrorList errors)
{
    const string Key = "lake";
    const string UrlKey = "url";
    const string CacheKey = "cache";
    const string Default = "lake";
    const string BackupKey = "backup";
    const string ToKey = "to";
    const string RetentionKey = "retention";
    const long CacheBytesMin = 1_000_000;

    static readonly TimeSpan retentionDefault = TimeSpan.FromDays(30);
    static readonly TimeSpan retentionMin = TimeSpan.FromHours(1);

    /// <summary>The keys of <c>lake</c> besides its address.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
    [
        .. ObjectStores.Settings.Append(ObjectStores.SingleWriter)
            .Select(s => new SettingSpec(s.Name, s.Description) { IsSecret = s.IsSecret }),
    ];

    /// <summary>What an environment says, else what the project does.</summary>
    public LakeLocation Read(MappingReader chosen, MappingReader common)
    {
        Check(common, errors);
        var lake = ReadLocation(chosen.Node(Key) is null ? common : chosen, Key);
        var cache = ReadCache(chosen.Node(CacheKey) is null ? common : chosen);
        return lake with { CacheFolder = cache.Folder, CacheBytesMax = cache.Bytes, Variables = variables };
    }

    /// <summary>Reports what is wrong with the keys, wherever they stand.</summary>
    public static void Check(MappingReader environment, ErrorList errors)
    {
        if (environment.Node(Key) is YamlNode.Mapping mapping)
            new SettingsReader(Settings, errors).Check(mapping, [UrlKey], "'lake'");
        if (environment.Node(BackupKey) is YamlNode.Mapping backup)
            new SettingsReader(ProjectKeys.Backup, errors).Check(backup, [], $"'{BackupKey}'", isComplete: false);
        if (environment.Node(CacheKey) is not { } node) return;
        if (node is YamlNode.Mapping cache) CacheReader(cache, errors);
        else errors.Add(node.Place, $"'{CacheKey}' must be a mapping, not {node.Kind}", "it takes folder and size");
    }

    /// <summary>
    /// What an environment says of <c>backup</c>, else what the project does; null where neither does.
    /// </summary>
    public BackupSettings? ReadBackup(MappingReader chosen, MappingReader common)
    {
        var own = chosen.Node(BackupKey);
        if ((own ?? common.Node(BackupKey)) is not { } node) return null;
        var reader = MappingReader.Of(node, node.Place, $"'{BackupKey}'", errors, ProjectKeys.Backup);
        if (!reader.Has(ToKey))
            errors.Add(node.Place, $"'{BackupKey}' needs '{ToKey}'", "a folder, or an object store");
        var retention = retentionDefault;
        if (reader.Text(RetentionKey) is { } text
            && (!Duration.TryParseWords(text, out retention) || retention < retentionMin))
            errors.Add(reader.PlaceOf(RetentionKey), $"'{RetentionKey}' must be at least 1 hour", "such as 30 days");
        var to = ReadLocation(reader, ToKey);
        var lake = new LakeReader(folder, variables, new(), new()).Read(chosen, common);
        if (reader.Has(ToKey) && BackupPlace.FaultOf(to, lake, folder) is { } fault)
            errors.Add(
                reader.PlaceOf(ToKey), $"'{ToKey}' of '{BackupKey}' {fault}: {to.Path}",
                "backups need a place of their own, such as a folder on another disk or an object store");
        reader.Finish();
        return new(to with { Variables = variables }, retention);
    }

    LakeLocation ReadLocation(MappingReader reader, string key)
    {
        if (reader.Node(key) is not YamlNode.Mapping mapping)
            return new() { Path = PathOf(reader.Text(key) ?? Default, reader.PlaceOf(key)) };
        var settings = new SettingsReader(Settings, errors);
        var filledIn = (YamlNode.Mapping)VariableText.Expand(mapping, variables, errors);
        settings.NoteSecrets(mapping, filledIn, secrets);
        var url = new MappingReader(filledIn, errors).RequiredText(UrlKey);
        var values = settings.Read(filledIn, [UrlKey]);
        return new()
        {
            Path = PathOf(url, reader.PlaceOf(key)),
            Settings = values.Names.ToDictionary(name => name, name => values.Text(name) ?? "", StringComparer.Ordinal),
        };
    }

    (string? Folder, long Bytes) ReadCache(MappingReader reader)
    {
        if (reader.Node(CacheKey) is not YamlNode.Mapping mapping) return (null, LakeLocation.CacheBytesDefault);
        var (path, size) = CacheReader(mapping, new());
        var place = mapping["folder"]?.Place ?? mapping.Place;
        return (path is null ? null : FolderOf(Fill(path, place)), size ?? LakeLocation.CacheBytesDefault);
    }

    static (string? Folder, long? Bytes) CacheReader(YamlNode.Mapping mapping, ErrorList errors)
    {
        var reader = new MappingReader(mapping, ProjectKeys.Cache, errors);
        var (path, size) = (reader.Text("folder"), reader.MemorySize("size"));
        if (size is { Bytes: < CacheBytesMin }) errors.Add(reader.PlaceOf("size"), "'size' must be at least 1MB");
        reader.Finish();
        return (path, size?.Bytes);
    }

    string PathOf(string text, Place place)
    {
        var lake = Fill(text, place);
        if (!lake.Contains("://", StringComparison.Ordinal)) return Path.GetFullPath(lake, folder);
        return Uri.TryCreate(lake, UriKind.Absolute, out var url) && url.IsFile ? url.LocalPath : lake;
    }

    string FolderOf(string path) => path is "~" || path.StartsWith("~/", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
        : Path.GetFullPath(path, folder);

    string Fill(string text, Place place) => VariableText.Expand(text, place, variables, errors);
}
