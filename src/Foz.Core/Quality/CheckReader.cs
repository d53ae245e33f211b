using Foz.Core.Configuration;

namespace Foz.Core.Quality;

/// <summary>
/// Reads lists of checks in the spellings of this ecosystem: <c>- not_null</c>, Bruin's
/// <c>- name: min, value: 0</c> and dbt's <c>- accepted_values: {values: [a, b]}</c>.
/// </summary>
/// <param name="onViolation">What a violation does where a check does not say.</param>
/// <param name="errors">Takes what is wrong.</param>
public sealed class CheckReader(OnViolation onViolation, ErrorList errors)
{
    const string Custom = "custom";

    /// <summary>The types of checks, each with how one is read from its arguments.</summary>
    static readonly Dictionary<string, Func<CheckArguments, IEnumerable<CheckDefinition>>> Types =
        new(StringComparer.Ordinal)
        {
            ["not_null"] = a => a.Columns().Select(column => new CheckDefinition.NotNull(column)),
            ["unique"] = a => a.Columns() is { Count: > 0 } columns ? [new CheckDefinition.Unique(columns)] : [],
            ["accepted_values"] = a =>
                a.OnColumn(c => a.Values() is { } values ? new CheckDefinition.AcceptedValues(c, values) : null),
            ["relationships"] = a => a.OnColumn(a.Relationships),
            ["positive"] = a => a.OnColumn(column => new CheckDefinition.Positive(column)),
            ["min"] = a => a.OnColumn(c => a.Limit("min") is { } limit ? new CheckDefinition.Min(c, limit) : null),
            ["max"] = a => a.OnColumn(c => a.Limit("max") is { } limit ? new CheckDefinition.Max(c, limit) : null),
            ["pattern"] = a => a.OnColumn(c => a.Pattern() is { } regex ? new CheckDefinition.Pattern(c, regex) : null),
            ["row_count"] = a => a.RowCount() is { } rowCount ? [rowCount] : [],
            [Custom] = a => a.Custom() is { } custom ? [custom] : [],
        };

    /// <summary>Keys that may stand beside the type of a check instead of among its arguments.</summary>
    static readonly HashSet<string> CommonKeys =
        ["on_violation", "severity", "blocking", "description", "config", "arguments"];

    /// <summary>The names of all types of checks.</summary>
    public static IReadOnlyCollection<string> TypeNames => Types.Keys;

    /// <summary>What <c>on_violation</c> can say.</summary>
    public static IReadOnlyDictionary<string, OnViolation> OnViolationWords { get; } =
        new Dictionary<string, OnViolation>(StringComparer.Ordinal)
        {
            ["fail"] = OnViolation.Fail,
            ["warn"] = OnViolation.Warn,
        };

    /// <summary>What <c>on_violation</c> will say one day, with what to answer until then.</summary>
    public static IReadOnlyDictionary<string, string> OnViolationRefused { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["drop"] = "is not supported yet",
            ["quarantine"] = "is not supported yet",
        };

    /// <summary>Reads a list of checks.</summary>
    /// <param name="list">The list; null reads as empty.</param>
    /// <param name="column">The column that it stands at; null where it stands at a table.</param>
    public IReadOnlyList<CheckDefinition> Read(YamlNode? list, string? column)
    {
        if (list is null) return [];
        if (list is YamlNode.Sequence sequence) return [.. sequence.Items.SelectMany(item => ReadItem(item, column))];
        errors.Add(
            list.Place, $"'checks' must be a list, not {list.Kind}",
            "write each check on a line of its own: - not_null");
        return [];
    }

    List<CheckDefinition> ReadItem(YamlNode item, string? column)
    {
        switch (item)
        {
            case YamlNode.Scalar scalar:
                return ReadAs(scalar.Text, scalar.Place, new([], scalar.Place), column);
            case YamlNode.Mapping mapping when mapping["name"] is YamlNode.Scalar name:
                return Types.ContainsKey(name.Text) || mapping["query"] is null
                    ? ReadAs(name.Text, name.Place, Without(mapping, "name", name.Text != Custom), column)
                    : ReadAs(Custom, name.Place, mapping, column);
            case YamlNode.Mapping mapping when mapping.Entries.Count(e => !CommonKeys.Contains(e.Key)) == 1:
                var type = mapping.Entries.First(e => !CommonKeys.Contains(e.Key));
                var others = mapping.Entries.Where(e => e != type);
                YamlEntry[] own = type.Value switch
                {
                    YamlNode.Mapping arguments => [.. arguments.Entries],
                    { IsNull: true } => [],
                    var value => [new("value", type.KeyPlace, value)],
                };
                return ReadAs(type.Key, type.KeyPlace, new([.. own, .. others], type.KeyPlace), column);
            default:
                errors.Add(
                    item.Place, $"a check must be a name or a mapping with one, not {item.Kind}",
                    "write - not_null, - min: 0, or - name: min with value: 0 below it");
                return [];
        }
    }

    static YamlNode.Mapping Without(YamlNode.Mapping mapping, string key, bool isRemoved) =>
        isRemoved ? new([.. mapping.Entries.Where(e => e.Key != key)], mapping.Place) : mapping;

    List<CheckDefinition> ReadAs(string type, Place place, YamlNode.Mapping mapping, string? column)
    {
        if (!Types.TryGetValue(type, out var read))
        {
            errors.Add(place, $"unknown check '{type}'", NearestName.Hint(type, Types.Keys));
            return [];
        }
        var reader = new MappingReader(Flatten(mapping), errors);
        var violation = ReadOnViolation(reader);
        var description = reader.Text("description");
        List<CheckDefinition> checks =
            [.. read(new(type, place, column, reader, errors)).Select(check => check with
            {
                OnViolation = violation,
                Description = description,
                Place = place,
            })];
        reader.Finish();
        return checks;
    }

    /// <summary>Lifts what dbt nests below <c>config</c> and <c>arguments</c>.</summary>
    static YamlNode.Mapping Flatten(YamlNode.Mapping mapping) => new(
        [.. mapping.Entries.SelectMany(entry =>
            entry is { Key: "config" or "arguments", Value: YamlNode.Mapping nested } ? nested.Entries : [entry])],
        mapping.Place);

    OnViolation ReadOnViolation(MappingReader reader)
    {
        var stated = reader.Word("on_violation", OnViolationWords, OnViolationRefused);
        var severity = reader.Word("severity", SeverityWords);
        var blocking = reader.Flag("blocking");
        return stated ?? severity
            ?? (blocking is { } blocks ? blocks ? OnViolation.Fail : OnViolation.Warn : onViolation);
    }

    static readonly Dictionary<string, OnViolation> SeverityWords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["error"] = OnViolation.Fail,
        ["warn"] = OnViolation.Warn,
    };
}
