using Foz.Delta.Readers;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>A list of engines that a table stays readable for.</summary>
static class ReaderList
{
    /// <summary>The key of <c>foz.yml</c>, models, seeds and streams.</summary>
    public const string Key = "readers";

    /// <summary>
    /// Reads a list of names; null where nothing is said. An empty list takes back what is said for more tables.
    /// </summary>
    public static IReadOnlyList<string>? Read(MappingReader reader, string key, ErrorList errors)
    {
        if (!reader.Has(key)) return null;
        var names = new List<string>();
        foreach (var scalar in reader.Scalars(key))
            if (TableReader.Find(scalar.Text) is { } known) names.Add(known.Name);
            else errors.Add(
                scalar.Place, $"unknown reader '{scalar.Text}'", NearestName.Hint(scalar.Text, TableReader.Names));
        return names;
    }

    /// <summary>Reads <c>readers:</c> of <c>foz.yml</c>: a list for all tables, or a mapping.</summary>
    public static ReaderPolicies ReadPolicies(MappingReader file, ErrorList errors)
    {
        if (file.Node(Key) is not YamlNode.Mapping mapping)
            return Read(file, Key, errors) is { } all
                ? new(all, new Dictionary<string, (IReadOnlyList<string> Readers, Place Place)>())
                : ReaderPolicies.None;
        var reader = new MappingReader(mapping, ProjectKeys.Readers, errors);
        var tables = new Dictionary<string, (IReadOnlyList<string> Readers, Place Place)>(StringComparer.Ordinal);
        var entries = reader.Node("tables") is YamlNode.Mapping named ? named : new YamlNode.Mapping([], mapping.Place);
        var own = new MappingReader(entries, errors);
        foreach (var (name, place, _) in reader.Entries("tables"))
            tables[name.ToLowerInvariant()] = (Read(own, name, errors) ?? [], place);
        var ofAll = Read(reader, "all", errors);
        reader.Finish();
        return new(ofAll, tables);
    }
}
