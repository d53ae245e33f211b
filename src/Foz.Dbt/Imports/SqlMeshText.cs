using System.Text;

namespace Foz.Dbt.Imports;

/// <summary>A list of keys and values as SQLMesh writes them in <c>MODEL (name a.b, kind FULL, …)</c>.</summary>
sealed class SqlMeshText
{
    /// <summary>The keys of a model that are taken over, or that mean nothing here.</summary>
    public static readonly string[] Known =
    [
        "name", "kind", "dialect", "description", "owner", "tags", "enabled", "grain", "grains", "column_descriptions",
        "audits",
        "assertions", "start", "partitioned_by", "clustered_by", "columns", "stamp", "project", "validate_query",
        "cron", "references",
    ];

    readonly Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
    readonly List<string> items;

    /// <summary>Reads the text between the parentheses.</summary>
    public SqlMeshText(string text)
    {
        items = Split(WithoutComments(text));
        foreach (var item in items)
        {
            var end = 0;
            while (end < item.Length && (char.IsLetterOrDigit(item[end]) || item[end] == '_')) end++;
            if (end > 0) values.TryAdd(item[..end], item[end..].Trim());
        }
    }

    /// <summary>The keys.</summary>
    public IEnumerable<string> Keys => values.Keys;

    /// <summary>The value of a key without quotes around it; null where there is none.</summary>
    public string? this[string key] => values.TryGetValue(key, out var value) ? Unquoted(value) : null;

    /// <summary>The values of a key that may have one or several in parentheses or brackets.</summary>
    public List<string> List(string key) => values.TryGetValue(key, out var value) && value.Length > 0
        ? [.. Split(Inside(value)).Select(Unquoted)]
        : [];

    /// <summary>Items of a form such as <c>column = 'text'</c>.</summary>
    public IEnumerable<(string Key, string Value)> Pairs(string separator)
    {
        foreach (var item in items)
            if (item.IndexOf(separator, StringComparison.Ordinal) is > 0 and var at)
                yield return (Unquoted(item[..at].Trim()),
                    item[(at + separator.Length)..].Trim() is var value && value.StartsWith('\'')
                        ? Unquoted(value)
                        : value);
    }

    /// <summary>A text without the quotes around it.</summary>
    public static string Unquoted(string text) =>
        text is ['\'', .., '\''] or ['"', .., '"'] ? text[1..^1].Replace("''", "'", StringComparison.Ordinal) : text;

    /// <summary>A text without the parentheses or brackets around it.</summary>
    public static string Inside(string text) =>
        text.Trim() is { Length: > 1 } trimmed && trimmed[0] is '(' or '['
            && Close(text.Trim(), 0) == text.Trim().Length - 1 ? text.Trim()[1..^1] : text;

    /// <summary>A text with a blank in the place of each comment.</summary>
    static string WithoutComments(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (int i = 0, next; i < text.Length; i = next)
        {
            next = Next(text, i);
            if (IsComment(text, i)) kept.Append(' ');
            else kept.Append(text, i, next - i);
        }
        return kept.ToString();
    }

    static bool IsComment(string text, int at) =>
        text.AsSpan(at).StartsWith("--", StringComparison.Ordinal)
            || text.AsSpan(at).StartsWith("/*", StringComparison.Ordinal);

    /// <summary>Where the parenthesis that opens at an index closes; -1 where it does not.</summary>
    public static int Close(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i = Next(text, i))
        {
            if (text[i] is '(' or '[' or '{') depth++;
            else if (text[i] is ')' or ']' or '}' && --depth == 0) return i;
        }
        return -1;
    }

    /// <summary>The parts of a text between commas that stand in no parentheses and no quotes.</summary>
    public static List<string> Split(string text)
    {
        var (parts, depth, from) = (new List<string>(), 0, 0);
        for (var i = 0; i < text.Length; i = Next(text, i))
        {
            if (text[i] is '(' or '[' or '{') depth++;
            else if (text[i] is ')' or ']' or '}') depth--;
            if (text[i] != ',' || depth > 0) continue;
            parts.Add(text[from..i].Trim());
            from = i + 1;
        }
        parts.Add(text[from..].Trim());
        parts.RemoveAll(part => part.Length == 0);
        return parts;
    }

    /// <summary>Returns the next index, after a whole quoted text or comment.</summary>
    static int Next(string text, int at)
    {
        if (text[at] is '\'' or '"')
        {
            var end = text.IndexOf(text[at], at + 1);
            return end < 0 ? text.Length : end + 1;
        }
        if (!IsComment(text, at)) return at + 1;
        var close = text[at] == '-' ? "\n" : "*/";
        var ending = text.IndexOf(close, at + 2, StringComparison.Ordinal);
        return ending < 0 ? text.Length : ending + close.Length;
    }
}
