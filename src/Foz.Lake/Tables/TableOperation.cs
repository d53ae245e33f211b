using System.Text.Json;
using Foz.Delta.Log;

namespace Foz.Lake.Tables;

/// <summary>What a commit does, as its history names it: Delta's names of operations and their parameters.</summary>
/// <param name="Name">The name, such as <c>MERGE</c>.</param>
/// <param name="Parameters">What it was done with.</param>
sealed record TableOperation(string Name, StringMap Parameters)
{
    /// <summary>The program, as commits name it.</summary>
    public static string EngineInfo { get; } =
        $"Foz/{typeof(TableOperation).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Rows were added.</summary>
    public static TableOperation Append { get; } = new("WRITE", Map(("mode", "Append")));

    /// <summary>All rows were replaced.</summary>
    public static TableOperation Overwrite { get; } = new("WRITE", Map(("mode", "Overwrite")));

    /// <summary>Rows were merged by keys.</summary>
    public static TableOperation Merge(IReadOnlyList<string> keys) => new(
        "MERGE",
        Map(("predicate", string.Join(" AND ", keys.Select(key => $"(target.{key} = source.{key})")))));

    /// <summary>The rows for which a condition holds were replaced.</summary>
    public static TableOperation ReplaceWhere(string condition) =>
        new("WRITE", Map(("mode", "Overwrite"), ("predicate", condition)));

    /// <summary>The rows that have keys of the new ones were replaced.</summary>
    public static TableOperation ReplaceByKeys(IReadOnlyList<string> keys) =>
        new("WRITE", Map(("mode", "Overwrite"), ("replaceUsing", JsonSerializer.Serialize(keys))));

    /// <summary>The parameter of a DELETE of rows that are older than they are to be kept: that time.</summary>
    public const string Retention = "retention";

    /// <summary>Rows were deleted.</summary>
    /// <param name="condition">Those for which it held.</param>
    /// <param name="retention">How long rows are kept, where the condition is about that; otherwise null.</param>
    public static TableOperation Delete(string condition, TimeSpan? retention = null) => new(
        "DELETE",
        retention is { } time
            ? Map(("predicate", condition), (Retention, $"interval {(long)time.TotalHours} hours"))
            : Map(("predicate", condition)));

    /// <summary>Rows were changed.</summary>
    public static TableOperation Update(string condition) => new("UPDATE", Map(("predicate", condition)));

    /// <summary>An earlier version was brought back.</summary>
    public static TableOperation Restore(long version) =>
        new("RESTORE", Map(("version", JsonSerializer.Serialize(version))));

    /// <summary>Another operation.</summary>
    public static TableOperation Of(string name, params IEnumerable<(string Key, string Value)> parameters) =>
        new(name, Map(parameters));

    static StringMap Map(params IEnumerable<(string Key, string Value)> pairs) =>
        new(pairs.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
}
