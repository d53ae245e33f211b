using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Selectors;

/// <summary>A selector that the project states under a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Selector">What it means.</param>
/// <param name="Place">Where it stands.</param>
public sealed record NamedSelector(string Name, Selector Selector, Place Place)
{
    /// <summary>The description, for people; null if the file gives none.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it holds where nothing else is asked for.</summary>
    public bool IsDefault { get; init; }
}

/// <summary>
/// Reads the selectors of <c>selectors.yml</c>, or of the key <c>selectors</c> of <c>foz.yml</c>, in dbt's shape.
/// </summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class SelectorFileReader(ErrorList errors)
{
    /// <summary>The file.</summary>
    public const string FileName = "selectors.yml";

    /// <summary>The key that the selectors stand under.</summary>
    public const string Key = "selectors";

    readonly Dictionary<string, NamedSelector> found = new(StringComparer.Ordinal);

    /// <summary>What was read so far, by name.</summary>
    public IReadOnlyDictionary<string, NamedSelector> Selectors => found;

    /// <summary>Reads a whole file.</summary>
    public void ReadFile(string text)
    {
        var place = new Place(FileName, 1, 1);
        var yaml = YamlReader.Read(text, FileName, errors);
        var reader = MappingReader.Of(yaml, place, FileName, errors);
        Read(reader.Node(Key));
        reader.Finish();
    }

    /// <summary>Reads a list of selectors.</summary>
    /// <param name="node">The list; null for none.</param>
    public void Read(YamlNode? node)
    {
        if (node is null) return;
        if (node is not YamlNode.Sequence sequence)
        {
            errors.Add(node.Place, $"'{Key}' must be a list, not {node.Kind}", "each selector is an item '- name: …'");
            return;
        }
        foreach (var item in sequence.Items) ReadNamed(MappingReader.Of(item, item.Place, "a selector", errors));
        if (found.Values.Where(selector => selector.IsDefault).ToList() is [_, var second, ..])
            errors.Add(
                second.Place, $"'{second.Name}' is a second default selector", "only one can be 'default: true'");
    }

    void ReadNamed(MappingReader reader)
    {
        var name = reader.RequiredText("name");
        var definition = reader.Node("definition");
        var isDefault = reader.Flag("default") ?? false;
        var description = reader.Text("description");
        reader.Finish();
        if (definition is null)
        {
            errors.Add(reader.Place, $"the selector '{name}' has no 'definition'", "write definition: 'tag:nightly'");
            return;
        }
        if (Try(() => ReadDefinition(definition)) is not { } selector || name.Length == 0) return;
        var named = new NamedSelector(name, selector, reader.Place)
        {
            Description = description, IsDefault = isDefault,
        };
        if (!found.TryAdd(name, named))
            errors.Add(
                reader.PlaceOf("name"), $"the selector '{name}' is there twice", $"first at {found[name].Place}");
    }

    Selector? Try(Func<Selector> read)
    {
        try
        {
            return read();
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }

    static Selector ReadDefinition(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => SelectorParser.Parse(scalar.Text, scalar.Place),
        YamlNode.Mapping { Entries: [{ Key: "union" } entry] } => ReadMany(entry, parts => new Selector.Union(parts)),
        YamlNode.Mapping { Entries: [{ Key: "intersection" } entry] } =>
            ReadMany(entry, parts => new Selector.Intersection(parts)),
        YamlNode.Mapping mapping when mapping["method"] is not null => ReadMethod(mapping),
        YamlNode.Mapping { Entries: [{ Value: YamlNode.Scalar value } entry] } =>
            Method(entry.Key, value.Text, default, entry.KeyPlace),
        _ => throw Wrong(
            node.Place, $"a definition cannot be {node.Kind}",
            "write 'tag:nightly', method and value, union or intersection"),
    };

    /// <summary>The parts of a union or intersection, what an item <c>exclude</c> means left out of it.</summary>
    static Selector ReadMany(YamlEntry entry, Func<IReadOnlyList<Selector>, Selector> combine)
    {
        if (entry.Value is not YamlNode.Sequence { Items: { Count: > 0 } items })
            throw Wrong(
                entry.Value.Place, $"'{entry.Key}' must be a list of definitions, not {entry.Value.Kind}", null);
        var excluded = items.Select(ExcludeOf).OfType<YamlNode.Sequence>().SelectMany(list => list.Items).ToList();
        var parts = items.Where(item => ExcludeOf(item) is null).Select(ReadDefinition).ToList();
        if (parts.Count == 0)
            throw Wrong(entry.KeyPlace, $"'{entry.Key}' has only what it excludes", "add what it excludes that from");
        return Without(combine(parts), excluded);
    }

    static YamlNode? ExcludeOf(YamlNode item) => item is YamlNode.Mapping { Entries: [{ Key: "exclude" } only] }
        ? only.Value is YamlNode.Sequence list
            ? list
            : throw Wrong(only.Value.Place, "'exclude' must be a list of definitions", null)
        : null;

    static Selector Without(Selector from, List<YamlNode> excluded) => excluded.Count == 0
        ? from
        : new Selector.Difference(from, new Selector.Union([.. excluded.Select(ReadDefinition)]));

    /// <summary>Method and value with what is reached from there.</summary>
    static Selector ReadMethod(YamlNode.Mapping mapping)
    {
        var problems = new ErrorList();
        var reader = new MappingReader(mapping, problems);
        var (method, value) = (reader.RequiredText("method"), reader.RequiredText("value"));
        var reach = new SelectorReach(
            Depth(reader, "parents", "parents_depth"), Depth(reader, "children", "children_depth"),
            reader.Flag("childrens_parents") ?? false);
        // Tests go with any table that they look at; the other ways of dbt are about tests alone.
        reader.Word(
            "indirect_selection", new Dictionary<string, bool>(StringComparer.Ordinal) { ["eager"] = true },
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["cautious"] = "is not supported", ["buildable"] = "is not supported", ["empty"] = "is not supported",
            });
        var excluded = reader.Node("exclude");
        reader.Finish();
        problems.ThrowIfAny();
        var term = Method(method, value, reach, mapping.Place);
        return excluded is YamlNode.Sequence { Items: var items } ? Without(term, [.. items]) : term;
    }

    static int Depth(MappingReader reader, string key, string depthKey)
    {
        var depth = reader.Integer(depthKey, 0, int.MaxValue);
        return reader.Flag(key) is true ? (int)(depth ?? SelectorReach.All) : 0;
    }

    static Selector.Term Method(string method, string value, SelectorReach reach, Place place)
    {
        var dot = method.IndexOf('.', StringComparison.Ordinal);
        var (word, argument) = dot < 0 ? (method, "") : (method[..dot], method[(dot + 1)..]);
        return SelectorParser.OfMethod(
            word, argument, value, string.Create(CultureInfo.InvariantCulture, $"{method}:{value}"), place) with
        { Reach = reach };
    }

    static FozException Wrong(Place place, string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = place, Hint = hint };
}
