using Foz.Delta.Readers;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>The engines that the tables of a project stay readable for, as <c>foz.yml</c> names them.</summary>
public sealed class ReaderPolicies
{
    readonly IReadOnlyList<string>? common;
    readonly IReadOnlyDictionary<string, (IReadOnlyList<string> Readers, Place Place)> byName;

    ReaderPolicies(IReadOnlyList<string>? common, IReadOnlyDictionary<string, (IReadOnlyList<string> Readers, Place Place)> byName) =>
        (this.common, this.byName) = (common, byName);

    /// <summary>Those of a project that names none.</summary>
    public static ReaderPolicies None { get; } = new(null, new Dictionary<string, (IReadOnlyList<string> Readers, Place Place)>());

    /// <summary>Whether nothing is said of any table.</summary>
    public bool IsEmpty => common is null && byName.Count == 0;

    /// <summary>The tables and schemas of which something is said, with where.</summary>
    internal IEnumerable<(string Name, Place Place)> Names => byName.Select(entry => (entry.Key, entry.Value.Place));

    /// <summary>The engines of a table: its own, those of its schema, or those of all; null where nothing is said of it.</summary>
    /// <param name="name">Its name, as the project's SQL has it.</param>
    public IReadOnlyList<string>? Of(TableName name) =>
        byName.TryGetValue(name.ToString().ToLowerInvariant(), out var own) ? own.Readers
        : byName.TryGetValue(name.Schema.ToLowerInvariant(), out var ofSchema) ? ofSchema.Readers
        : common;

    /// <summary>Reads <c>readers:</c> of <c>foz.yml</c>: a list for all tables, or a mapping.</summary>
    internal static ReaderPolicies Read(MappingReader file, ErrorList errors)
    {
        if (file.Node(ReaderList.Key) is not YamlNode.Mapping mapping)
            return ReaderList.Read(file, ReaderList.Key, errors) is { } all ? new(all, None.byName) : None;
        var reader = new MappingReader(mapping, ProjectKeys.Readers, errors);
        var tables = new Dictionary<string, (IReadOnlyList<string> Readers, Place Place)>(StringComparer.Ordinal);
        var entries = reader.Node("tables") is YamlNode.Mapping named ? named : new YamlNode.Mapping([], mapping.Place);
        var own = new MappingReader(entries, errors);
        foreach (var (name, place, _) in reader.Entries("tables"))
            tables[name.ToLowerInvariant()] = (ReaderList.Read(own, name, errors) ?? [], place);
        var ofAll = ReaderList.Read(reader, "all", errors);
        reader.Finish();
        return new(ofAll, tables);
    }
}

/// <summary>A list of engines that a table stays readable for.</summary>
static class ReaderList
{
    /// <summary>The key of <c>foz.yml</c>, models, seeds and streams.</summary>
    public const string Key = "readers";

    /// <summary>Reads a list of names; null where nothing is said. An empty list takes back what is said for more tables.</summary>
    public static IReadOnlyList<string>? Read(MappingReader reader, string key, ErrorList errors)
    {
        if (!reader.Has(key)) return null;
        var names = new List<string>();
        foreach (var scalar in reader.Scalars(key))
            if (TableReader.Find(scalar.Text) is { } known) names.Add(known.Name);
            else errors.Add(scalar.Place, $"unknown reader '{scalar.Text}'", NearestName.Hint(scalar.Text, TableReader.Names));
        return names;
    }
}
