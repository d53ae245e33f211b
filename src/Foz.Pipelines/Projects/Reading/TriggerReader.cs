using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads <c>trigger:</c> of a model, or of <c>foz.yml</c> for models that can follow their input.</summary>
static class TriggerReader
{
    /// <summary>The key.</summary>
    public const string Key = "trigger";

    const string IntervalKey = "interval";

    const string Example = "trigger: {interval: 30s}";

    static readonly Dictionary<string, ModelTrigger> words = new(StringComparer.Ordinal)
    {
        ["available_now"] = new ModelTrigger.AvailableNow(), ["continuous"] = new ModelTrigger.Continuous(),
    };

    /// <summary>The keys of a mapping.</summary>
    public static IReadOnlyList<SettingSpec> Keys { get; } =
    [
        new("available_now", "`true`: only runs and schedules make it"),
        new(IntervalKey, "`foz serve` makes it after its input changed, at most once in this time, such as `30s`"),
        new("continuous", "`true`: `foz serve` makes it after each change of its input"),
        new(
            "max_rows",
            "the most rows that a batch reads of what is new in a table. Versions of the table are never split: a "
                + "batch reads at least one. The first batch reads all rows")
        {
            Default = "any",
        },
        new("max_bytes", "the same in bytes of data files: `1GB`") { Default = "any" },
    ];

    /// <summary>Reads it; null where nothing is stated, or what is stated is wrong.</summary>
    public static ModelTrigger? Read(MappingReader reader, ErrorList errors)
    {
        var node = reader.Node(Key);
        if (node is YamlNode.Mapping mapping) return Read(mapping, errors);
        if (node is not YamlNode.Scalar { Text: var word })
            return node is null ? null : reader.Wrong<ModelTrigger>(node, Key, $"a word or a mapping: {Example}");
        if (words.TryGetValue(word, out var trigger)) return trigger;
        errors.Add(
            node.Place, $"unknown {Key} '{word}'",
            Duration.TryParseWords(word, out _) || word == IntervalKey
                ? $"write {Example}"
                : NearestName.Hint(word, [.. words.Keys, IntervalKey]));
        return null;
    }

    static ModelTrigger? Read(YamlNode.Mapping mapping, ErrorList errors)
    {
        var reader = new MappingReader(mapping, Keys, errors);
        List<ModelTrigger> stated = [.. words.Where(word => reader.Flag(word.Key) is true).Select(word => word.Value)];
        if (reader.Text(IntervalKey) is { } text)
        {
            if (Duration.TryParseWords(text, out var time) && time > TimeSpan.Zero)
                stated.Add(new ModelTrigger.Interval(time));
            else
            {
                errors.Add(
                    reader.PlaceOf(IntervalKey), $"'{IntervalKey}' must be a length of time, not '{text}'",
                    $"write a number and a unit: {Example}");
                stated.Add(new ModelTrigger.Continuous());
            }
        }
        var limit = new BatchLimit(reader.Integer("max_rows", min: 1), reader.MemorySize("max_bytes", 1)?.Bytes);
        reader.Finish();
        if (stated is [var only]) return only with { Limit = limit };
        errors.Add(
            mapping.Place, $"'{Key}' must state one of {string.Join(", ", words.Keys)} and {IntervalKey}",
            $"write {Example}, or trigger: {{continuous: true}}");
        return null;
    }
}
