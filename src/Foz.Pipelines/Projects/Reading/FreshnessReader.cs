using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads how old what the tables of streams have may be.</summary>
static class FreshnessReader
{
    const string Key = "freshness", FieldKey = "loaded_at_field", Example =
        "write freshness: {warn_after: 12 hours, error_after: 1 day}";

    /// <summary>Reads what a source or a stream says.</summary>
    /// <param name="reader">What is said of it.</param>
    /// <param name="ofSource">What its source says of all; null for nothing.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static StreamFreshness? Read(MappingReader reader, StreamFreshness? ofSource, ErrorList errors)
    {
        var field = reader.Text(FieldKey) ?? ofSource?.LoadedAt;
        if (reader.Node(Key) is not { } node)
            // In dbt, null takes back what the source says.
            return reader.Has(Key)
                ? null
                : ofSource is null
                    ? field is null ? null : new(field, null, null, null)
                    : ofSource with { LoadedAt = field };
        if (node is YamlNode.Scalar scalar)
            return new(field, WarnAfter: null, Age(scalar, errors), Filter: null);
        var own = MappingReader.Of(node, node.Place, Key, errors, SourceKeys.Freshness);
        var read = new StreamFreshness(
            own.Text("loaded_at") ?? field, Age(own.Node("warn_after"), errors), Age(own.Node("error_after"), errors),
            own.Text("filter"));
        own.Finish();
        if (node is YamlNode.Mapping && read is { WarnAfter: null, ErrorAfter: null } && own.Node("warn_after") is null
            && own.Node("error_after") is null)
            errors.Add(node.Place, $"'{Key}' needs 'warn_after' or 'error_after'", Example);
        return read;
    }

    /// <summary>A length of time in words, or as dbt has it: <c>{count: 12, period: hour}</c>.</summary>
    static TimeSpan? Age(YamlNode? node, ErrorList errors)
    {
        var text = node switch
        {
            null => null,
            YamlNode.Scalar scalar => scalar.Text,
            YamlNode.Mapping mapping when mapping["count"] is YamlNode.Scalar count
                && mapping["period"] is YamlNode.Scalar period =>
                $"{count.Text} {period.Text}s",
            _ => node.Kind,
        };
        if (text is null) return null;
        if (Duration.TryParseWords(text, out var age) && age > TimeSpan.Zero) return age;
        errors.Add(node!.Place, $"'{text}' is not a length of time", Example);
        return null;
    }
}
