using Foz.Lake.Configuration;

namespace Foz.Tests.Documentation;

/// <summary>Declared settings as rows of a table: name, default, meaning.</summary>
static class SettingRows
{
    /// <summary>A row of a setting, and one of each of its keys.</summary>
    public static IEnumerable<string[]> Of(SettingSpec spec) =>
        spec.Keys.Select(key => RowOf(key, $"{spec.Name}.")).Prepend(RowOf(spec, ""));

    static string[] RowOf(SettingSpec spec, string prefix) =>
    [
        $"`{prefix}{spec.Name}`", spec.Default ?? (spec.IsRequired ? "required" : ""),
        spec.Description
            + (spec.Values.Count > 0 ? $": {string.Join(", ", spec.Values.Select(value => $"`{value}`"))}" : "")
            + (spec.IsSecret ? "; a secret: `${NAME}` only" : ""),
    ];
}
