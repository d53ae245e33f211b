using Foz.Pipelines.Batches;

namespace Foz.Pipelines.Selectors;

/// <summary>The words for what things of a project are.</summary>
static class ResourceWords
{
    public const string Model = "model";
    public const string Source = "source";
    public const string Test = "test";
    public const string Seed = "seed";
    public const string Snapshot = "snapshot";

    public const string UnitTest = "unit_test";

    public const string Analysis = "analysis";

    /// <summary>A test of a model alone.</summary>
    public const string UnitWord = "unit";

    /// <summary>A test of a table as it is, whatever it looks at.</summary>
    public const string Data = "data";

    /// <summary>A check of a table, one of those that there are for any.</summary>
    public const string Generic = "generic";

    /// <summary>A test in SQL.</summary>
    public const string Singular = "singular";

    /// <summary>What <c>resource_type:</c> can be.</summary>
    public static readonly IReadOnlyList<string> Types = [Model, Source, Test, UnitTest, Seed, Snapshot, Analysis];

    /// <summary>What <c>test_type:</c> can be; dbt's older word for <c>generic</c> too.</summary>
    public static readonly IReadOnlyList<string> TestTypes = [Data, Generic, Singular, UnitWord, "schema"];
}

/// <summary>The words of <c>state:</c>.</summary>
static class StateKeywords
{
    const StateChange Modified = StateChange.New | StateChange.Body | StateChange.Configs | StateChange.Contract;

    static readonly Dictionary<string, Func<StateChange, bool>> ByWord = new(StringComparer.Ordinal)
    {
        ["new"] = static change => change.HasFlag(StateChange.New),
        ["old"] = static change => !change.HasFlag(StateChange.New),
        ["modified"] = static change => (change & Modified) != StateChange.None,
        ["unmodified"] = static change => (change & Modified) == StateChange.None,
        ["modified.body"] = static change => (change & (StateChange.Body | StateChange.New)) != StateChange.None,
        ["modified.configs"] = static change => (change & (StateChange.Configs | StateChange.New)) != StateChange.None,
        ["modified.contract"] =
            static change => (change & (StateChange.Contract | StateChange.New)) != StateChange.None,
        ["modified.persisted_descriptions"] =
            static change => (change & (StateChange.Description | StateChange.New)) != StateChange.None,
    };

    public static IReadOnlyList<string> All { get; } = [.. ByWord.Keys];

    public static bool Holds(string word, StateChange change) => ByWord[word](change);
}

/// <summary>The words of <c>result:</c>, as dbt has them.</summary>
static class ResultWords
{
    /// <summary>It was made.</summary>
    public const string Success = "success";

    /// <summary>It was made, and there is something to know.</summary>
    public const string Warn = "warn";

    /// <summary>A check of it failed.</summary>
    public const string Fail = "fail";

    /// <summary>It could not be made.</summary>
    public const string Error = "error";

    /// <summary>It was not tried, as something that it needs failed or the run was stopped.</summary>
    public const string Skipped = "skipped";

    internal static IReadOnlyList<string> All { get; } = [Success, Warn, Fail, Error, Skipped];
}
