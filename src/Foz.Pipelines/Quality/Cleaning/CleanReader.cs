using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data.Formats;

namespace Foz.Pipelines.Quality.Cleaning;

/// <summary>
/// Reads lists of rules: <c>- trim</c>, <c>- cpf</c>, <c>- fill: 0</c>,
/// <c>- cast: {type: date, pattern: '%d/%m/%Y'}</c>.
/// </summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class CleanReader(ErrorList errors)
{
    const string Replace = "replace", Values = "values", Cast = "cast", Fill = "fill", Deduplicate = "deduplicate";

    static readonly Dictionary<string, OnInvalid> OnInvalidWords = new(StringComparer.Ordinal)
    {
        ["keep"] = OnInvalid.Keep, ["null"] = OnInvalid.Null, ["fail"] = OnInvalid.Fail, ["drop"] = OnInvalid.Drop,
        ["quarantine"] = OnInvalid.Quarantine,
    };

    /// <summary>The names of all rules.</summary>
    public static IReadOnlyCollection<string> Names { get; } =
        [
            .. TextRule.ByName.Keys, .. ValueFormat.Names.Order(StringComparer.Ordinal), Replace, Values, Cast, Fill,
            Deduplicate,
        ];

    /// <summary>Reads a list of rules.</summary>
    /// <param name="node">The list; null reads as empty, and one rule as a list of it.</param>
    /// <param name="column">The column that it stands at; null where it stands at a table.</param>
    public IReadOnlyList<CleanRule> Read(YamlNode? node, string? column) => node switch
    {
        null => [],
        YamlNode.Sequence list => [.. list.Items.Select(item => ReadItem(item, column)).OfType<CleanRule>()],
        _ => ReadItem(node, column) is { } rule ? [rule] : [],
    };

    CleanRule? ReadItem(YamlNode item, string? column)
    {
        switch (item)
        {
            case YamlNode.Scalar scalar:
                return ReadAs(scalar.Text, new([], scalar.Place), scalar.Place, column);
            case YamlNode.Mapping { Entries: [var (name, place, value)] }:
                return name is Values && value is YamlNode.Mapping values && values["values"] is null
                    ? ReadAs(name, new([new(Values, place, value)], place), place, column)
                    : ReadAs(
                        name,
                        value is YamlNode.Mapping arguments ? arguments
                            : value.IsNull ? new([], place)
                            : new([new("value", place, value)], place),
                        place, column);
            default:
                errors.Add(
                    item.Place, $"a rule must be a name or a mapping with one, not {item.Kind}",
                    "write - trim, or - fill: 0");
                return null;
        }
    }

    CleanRule? ReadAs(string name, YamlNode.Mapping arguments, Place place, string? column)
    {
        if (!Names.Contains(name))
        {
            errors.Add(
                place, $"unknown rule '{name}'", NearestName.Hint(name, Names) ?? $"known: {string.Join(", ", Names)}");
            return null;
        }
        var reader = new MappingReader(arguments, errors);
        var rule = Read(name, reader, place, column);
        IReadOnlyList<string> columns = name is Deduplicate ? []
            : column is not null ? [column]
            : reader.Texts("columns");
        if (rule is not null and not CleanRule.Text && columns.Count == 0 && name is not Deduplicate)
            errors.Add(
                place, $"'{name}' of a table must name its columns",
                $"move it to a column, or add 'columns: […]' to it");
        if (rule is CleanRule.Deduplicate && column is not null)
            errors.Add(place, $"'{name}' is a rule of a table", "move it to 'clean' of the table");
        reader.Finish();
        return rule is null ? null : rule with { Columns = columns, Place = place };
    }

    CleanRule? Read(string name, MappingReader reader, Place place, string? column)
    {
        if (TextRule.ByName.TryGetValue(name, out var way)) return new CleanRule.Text(way);
        if (ValueFormat.ByName.ContainsKey(name))
            return new CleanRule.Format(name, ReadOnInvalid(reader) ?? OnInvalid.Keep);
        return name switch
        {
            Replace => ReadReplace(reader, place),
            Values => ReadValues(reader, place),
            Cast => ReadCast(reader, place),
            Fill => reader.Text("value") is { } value
                ? new CleanRule.Fill(value)
                : Missing(place, "'fill' needs a value", "write - fill: unknown"),
            _ => ReadDeduplicate(reader, place, column),
        };
    }

    CleanRule? ReadReplace(MappingReader reader, Place place) =>
        (reader.Text("pattern"), reader.Text("by")) is ({ Length: > 0 } pattern, { } by)
            ? new CleanRule.Replace(pattern, by)
            : Missing(place, "'replace' needs 'pattern' and 'by'", "write - replace: {pattern: '[^0-9]', by: ''}");

    CleanRule? ReadValues(MappingReader reader, Place place) => reader.Entries(Values) is { Count: > 0 } entries
        ? new CleanRule.Values([.. entries.Select(entry => KeyValuePair.Create(
            entry.Key, entry.Value is YamlNode.Scalar { IsNull: false } scalar ? scalar.Text : null))])
        : Missing(place, "'values' needs a mapping of old values to new", "write - values: {S: 'yes', N: 'no'}");

    CleanRule.Cast? ReadCast(MappingReader reader, Place place)
    {
        var type = reader.Text("value") ?? reader.Text("type");
        var format = reader.Text("format");
        var onInvalid = ReadOnInvalid(reader);
        if (onInvalid is OnInvalid.Keep)
            errors.Add(
                reader.PlaceOf("on_invalid"), "a value cannot be kept in a column of another type",
                "write null, fail, drop or quarantine");
        if (format is not null && !ValueFormat.ByName.ContainsKey(format))
            errors.Add(
                reader.PlaceOf("format"), $"unknown format '{format}'",
                NearestName.Hint(format, ValueFormat.Names.Order()));
        if (type is null)
            Missing(place, "'cast' needs a type", "write - cast: date, or - cast: {type: date, pattern: '%d/%m/%Y'}");
        var pattern = reader.Text("pattern");
        if (pattern is not null && TimePattern.FindFault(pattern) is { } fault)
            errors.Add(reader.PlaceOf("pattern"), fault, TimePattern.Hint);
        if (type is not null && CastTypes.FindFault(type, pattern, format) is { } misfit)
            errors.Add(reader.PlaceOf(pattern is null ? "format" : "pattern"), misfit);
        return type is null
            ? null
            : new CleanRule.Cast(type, onInvalid ?? OnInvalid.Null) { Pattern = pattern, FormatName = format };
    }

    CleanRule.Deduplicate? ReadDeduplicate(MappingReader reader, Place place, string? column)
    {
        IReadOnlyList<string> keys = [.. reader.Texts("keys"), .. reader.Texts("value")];
        var order = reader.Texts("order");
        if (keys.Count == 0 && column is null)
            Missing(place, "'deduplicate' needs 'keys'", "write - deduplicate: {keys: [id], order: updated_at desc}");
        return new CleanRule.Deduplicate(keys, order.Count == 0 ? null : string.Join(", ", order));
    }

    static OnInvalid? ReadOnInvalid(MappingReader reader)
    {
        // A null that is written is a word here.
        if (reader.Node("on_invalid") is null && reader.PlaceOf("on_invalid") != reader.Place) return OnInvalid.Null;
        return reader.Word("on_invalid", OnInvalidWords);
    }

    CleanRule? Missing(Place place, string message, string hint)
    {
        errors.Add(place, message, hint);
        return null;
    }
}
