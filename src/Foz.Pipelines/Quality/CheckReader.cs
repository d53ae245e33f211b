using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Quality;

/// <summary>
/// Reads lists of checks in the spellings of this ecosystem: <c>- not_null</c>, Bruin's
/// <c>- name: min, value: 0</c> and dbt's <c>- accepted_values: {values: [a, b]}</c>.
/// </summary>
/// <param name="onViolation">What a violation does where a check does not say.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class CheckReader(OnViolation onViolation, ErrorList errors)
{
    /// <summary>Keys that may stand beside the type of a check instead of among its arguments.</summary>
    static readonly HashSet<string> CommonKeys =
        ["on_violation", "severity", "blocking", "description", "where", "mostly", "config", "arguments"];

    /// <summary>The names of all types of checks.</summary>
    public static IReadOnlyCollection<string> TypeNames => CheckTypes.ByName.Keys;

    /// <summary>What <c>on_violation</c> can say.</summary>
    public static IReadOnlyDictionary<string, OnViolation> OnViolationWords { get; } =
        new Dictionary<string, OnViolation>(StringComparer.Ordinal)
        {
            ["fail"] = OnViolation.Fail,
            ["warn"] = OnViolation.Warn,
            ["drop"] = OnViolation.Drop,
            ["quarantine"] = OnViolation.Quarantine,
        };

    /// <summary>Reads a list of checks.</summary>
    /// <param name="list">The list; null reads as empty.</param>
    /// <param name="column">The column that it stands at; null where it stands at a table.</param>
    public IReadOnlyList<CheckDefinition> Read(YamlNode? list, string? column)
    {
        if (list is null) return [];
        if (list is YamlNode.Sequence sequence)
        {
            var checks = new List<CheckDefinition>(sequence.Items.Count);
            foreach (var item in sequence.Items) checks.AddRange(ReadItem(item, column));
            return checks;
        }
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
                return CheckTypes.Find(name.Text) is not null || mapping["query"] is null
                    ? ReadAs(name.Text, name.Place, Without(mapping, "name", name.Text != CheckTypes.Custom), column)
                    : ReadAs(CheckTypes.Custom, name.Place, mapping, column);
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
        if (CheckTypes.Find(type) is not { } read)
        {
            errors.Add(
                place, $"unknown check '{type}'",
                NearestName.Hint(type, CheckTypes.ByName.Keys.Concat(CheckTypes.Aliases.Keys))
                ?? $"known: {string.Join(", ", TypeNames)}");
            return [];
        }
        var reader = new MappingReader(CheckTypes.Translate(type, Flatten(mapping)), errors);
        var violation = ReadOnViolation(reader, out var isStated);
        var description = reader.Text("description");
        var where = reader.Text("where");
        var wherePlace = CheckArguments.PlaceOfSql(reader.Node("where"));
        var mostly = ReadMostly(reader);
        var checks = new List<CheckDefinition>(1);
        foreach (var check in read(new(CheckTypes.NameOf(type), place, column, reader, errors)))
        {
            checks.Add(check with
            {
                Name = check is CheckDefinition.Custom ? check.Name : CheckTypes.NameOf(type),
                OnViolation = ViolationOf(check, violation, isStated, reader),
                Description = description,
                Where = where,
                WherePlace = wherePlace,
                Mostly = mostly,
                Place = place,
            });
            CheckCommon(checks[^1], reader);
        }
        reader.Finish();
        return checks;
    }

    /// <summary>What a violation does, where a whole table's checks are stated to do what a check cannot.</summary>
    OnViolation ViolationOf(CheckDefinition check, OnViolation violation, bool isStated, MappingReader reader)
    {
        // An unusual value may be right: the project does not say that it is wrong.
        if (check is CheckDefinition.Anomaly && !isStated) return OnViolation.Warn;
        if (check.Scope is not CheckScope.Table || violation is OnViolation.Fail or OnViolation.Warn) return violation;
        if (isStated)
        {
            errors.Add(
                reader.PlaceOf("on_violation"),
                $"'{check.Name}' looks at the table as a whole: there are no rows to {Word(violation)}",
                "write on_violation: fail, or warn");
        }
        return OnViolation.Fail;
    }

    void CheckCommon(CheckDefinition check, MappingReader reader)
    {
        if (check.Where is not null && check is CheckDefinition.Custom or CheckDefinition.RowCountTo)
            errors.Add(
                reader.PlaceOf("where"), $"'{check.Name}' takes no 'where'",
                "write the condition into a query of a SQL check");
        if (check.Mostly == 1) return;
        if (check.Scope is CheckScope.Table)
            errors.Add(reader.PlaceOf("mostly"), $"'{check.Name}' takes no 'mostly'", "it is for checks of rows");
        else if (check.TakesRowsOut)
            errors.Add(
                reader.PlaceOf("mostly"), $"'mostly' cannot stand with on_violation: {Word(check.OnViolation)}",
                "each row that breaks the check is taken out: leave 'mostly' out, or warn");
    }

    /// <summary>A word of <c>on_violation</c>.</summary>
    public static string Word(OnViolation violation) => OnViolationWords.First(word => word.Value == violation).Key;

    decimal ReadMostly(MappingReader reader)
    {
        const string Key = "mostly";
        if (reader.Number(Key) is not { } part) return 1;
        if (part is > 0 and <= 1) return part;
        errors.Add(
            reader.PlaceOf(Key), $"'{Key}' must be above 0 and at most 1, not '{part}'",
            "write 0.95 for 95 % of the rows");
        return 1;
    }

    /// <summary>Lifts what dbt nests below <c>config</c> and <c>arguments</c>.</summary>
    static YamlNode.Mapping Flatten(YamlNode.Mapping mapping) =>
        mapping["config"] is null && mapping["arguments"] is null
            ? mapping
            : new(
                [.. mapping.Entries.SelectMany(entry =>
                    entry is { Key: "config" or "arguments", Value: YamlNode.Mapping nested }
                        ? nested.Entries
                        : [entry])],
                mapping.Place);

    OnViolation ReadOnViolation(MappingReader reader, out bool isStated)
    {
        (string Key, OnViolation? Word)[] said =
        [
            ("on_violation", reader.Word("on_violation", OnViolationWords)),
            ("severity", reader.Word("severity", SeverityWords)),
            ("blocking", reader.Flag("blocking") is { } blocks ? blocks ? OnViolation.Fail : OnViolation.Warn : null),
        ];
        var stated = said.Where(item => item.Word is not null).ToList();
        isStated = stated.Count > 0;
        if (!isStated) return onViolation;
        foreach (var (key, word) in stated.Where(item => item.Word != stated[0].Word))
            errors.Add(
                reader.PlaceOf(key),
                $"'{key}' says {Word(word!.Value)}, and '{stated[0].Key}' says {Word(stated[0].Word!.Value)}",
                "leave one of them out");
        return stated[0].Word!.Value;
    }

    static readonly Dictionary<string, OnViolation> SeverityWords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["error"] = OnViolation.Fail,
        ["warn"] = OnViolation.Warn,
    };
}
