using Foz.Lake.Data;

namespace Foz.Pipelines.Selectors;

/// <summary>What of a table's definition is not what it was when it was last made.</summary>
[Flags]
public enum StateChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It was never made.</summary>
    New = 1,

    /// <summary>Its SQL.</summary>
    Body = 2,

    /// <summary>What its front matter says, descriptions left out.</summary>
    Configs = 4,

    /// <summary>The names and types that it declares of columns.</summary>
    Contract = 8,

    /// <summary>What is said of it for people.</summary>
    Description = 16,
}

/// <summary>
/// What selectors ask beside the project's text, by the names of tables as the project has them. Each is there only where
/// a selector asks for it.
/// </summary>
public sealed record SelectionFacts
{
    /// <summary>No facts.</summary>
    public static SelectionFacts None { get; } = new();

    /// <summary>What changed since the tables were last made.</summary>
    public IReadOnlyDictionary<TableName, StateChange> Changes { get; init; } = new Dictionary<TableName, StateChange>();

    /// <summary>How tables ended last time, in the words of <c>result:</c>.</summary>
    public IReadOnlyDictionary<TableName, string> Results { get; init; } = new Dictionary<TableName, string>();

    /// <summary>The streams whose source has more than was read.</summary>
    public IReadOnlySet<TableName> Fresher { get; init; } = new HashSet<TableName>();
}

/// <summary>The words of <c>state:</c>.</summary>
static class StateWords
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
        ["modified.contract"] = static change => (change & (StateChange.Contract | StateChange.New)) != StateChange.None,
        ["modified.persisted_descriptions"] = static change => (change & (StateChange.Description | StateChange.New)) != StateChange.None,
    };

    public static IReadOnlyList<string> All { get; } = [.. ByWord.Keys];

    public static bool Holds(string word, StateChange change) => ByWord[word](change);
}

/// <summary>The words of <c>result:</c>, as dbt has them.</summary>
public static class ResultWords
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
