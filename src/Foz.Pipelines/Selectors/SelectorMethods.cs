namespace Foz.Pipelines.Selectors;

/// <summary>The words for the methods of selectors.</summary>
static class SelectorMethods
{
    /// <summary>The methods by their words.</summary>
    public static readonly IReadOnlyDictionary<string, SelectorMethod> ByWord =
        new Dictionary<string, SelectorMethod>(StringComparer.Ordinal)
        {
            ["tag"] = SelectorMethod.Tag,
            ["path"] = SelectorMethod.Path,
            ["file"] = SelectorMethod.File,
            ["fqn"] = SelectorMethod.Fqn,
            ["source"] = SelectorMethod.Source,
            ["config"] = SelectorMethod.Config,
            ["resource_type"] = SelectorMethod.ResourceType,
            ["test_type"] = SelectorMethod.TestType,
            ["state"] = SelectorMethod.State,
            ["result"] = SelectorMethod.Result,
            ["source_status"] = SelectorMethod.SourceStatus,
            ["exposure"] = SelectorMethod.Exposure,
            ["metric"] = SelectorMethod.Metric,
            ["group"] = SelectorMethod.Group,
            ["package"] = SelectorMethod.Package,
            ["selector"] = SelectorMethod.Selector,
        };

    /// <summary>Whether the method takes a word after a dot.</summary>
    public static bool TakesArgument(SelectorMethod method) => method is SelectorMethod.Config;

    /// <summary>The words that the value of a method can be; null where it is a name.</summary>
    public static IReadOnlyList<string>? Words(SelectorMethod method) => method switch
    {
        SelectorMethod.ResourceType => ResourceWords.Types,
        SelectorMethod.TestType => ResourceWords.TestTypes,
        SelectorMethod.State => StateKeywords.All,
        SelectorMethod.Result => ResultWords.All,
        SelectorMethod.SourceStatus => ["fresher"],
        _ => null,
    };
}
