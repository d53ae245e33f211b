using System.Text.RegularExpressions;

namespace Foz.Connectors.Http;

/// <summary>A text with <c>{parent.field}</c> and <c>{cursor}</c> in it.</summary>
sealed partial class Template
{
    /// <summary>The name of the cursor's placeholder.</summary>
    public const string Cursor = "cursor";

    const string ParentPrefix = "parent.";

    readonly string text;

    Template(string text) => this.text = text;

    /// <summary>The fields of the parent that it takes.</summary>
    public IReadOnlyList<string> ParentFields =>
        [
            .. Names.Where(n => n.StartsWith(ParentPrefix, StringComparison.Ordinal))
                .Select(n => n[ParentPrefix.Length..]),
        ];

    /// <summary>Whether it takes the cursor.</summary>
    public bool TakesCursor => Names.Contains(Cursor);

    IEnumerable<string> Names => Placeholder.Matches(text).Select(m => m.Groups["name"].Value);

    /// <summary>A text.</summary>
    public static Template Of(string text) => new(text);

    /// <summary>Returns the text with values filled in.</summary>
    /// <param name="values">The value of each placeholder: the parent's fields by name, and the cursor.</param>
    /// <param name="escape">Makes a value safe where it goes.</param>
    public string Fill(TemplateValues values, Func<string, string> escape) => Placeholder.Replace(text, match =>
    {
        var name = match.Groups["name"].Value;
        var value = name == Cursor ? values.Cursor : values.Parent?.GetValueOrDefault(name[ParentPrefix.Length..]);
        return escape(value ?? "");
    });

    [GeneratedRegex(@"\{(?<name>cursor|parent\.[A-Za-z0-9_.\-]+)\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder { get; }
}

/// <summary>The values of a template's placeholders.</summary>
/// <param name="Parent">The fields of the parent's row, as text; null where there is no parent.</param>
/// <param name="Cursor">The cursor; null where there is none.</param>
sealed record TemplateValues(IReadOnlyDictionary<string, string>? Parent, string? Cursor);
