using System.Text.RegularExpressions;
using Foz.Dbt.Jinja;
using Foz.Lake;

namespace Foz.Dbt.Templates;

/// <summary>
/// Finds the calls of dbt in Python models: <c>dbt.ref()</c>, <c>dbt.source()</c> and <c>dbt.config()</c> with literal
/// values.
/// </summary>
static partial class DbtPython
{
    /// <summary>The ending of their files.</summary>
    public const string Extension = ".py";

    /// <summary>A template that asks the same.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The file as errors name it.</param>
    /// <exception cref="FozException">A call is no call of values.</exception>
    public static JinjaTemplate TemplateOf(string text, string file)
    {
        var body = new List<JinjaStatement>();
        for (var i = 0; i < text.Length;)
        {
            if (SkipTextOrComment(text, i) is var next && next > i)
            {
                i = next;
                continue;
            }
            if (!IsWord(text, i - 1) && Call.Match(text, i) is { Success: true, Index: var at } call && at == i)
            {
                var open = i + call.Length - 1;
                var close = FindClose(text, open);
                body.AddRange(
                    new JinjaParser(
                        $"{{{{{call.Groups["name"].Value}{WithoutComments(text[open..(close + 1)])}}}}}",
                        PlaceOf(text, i, file)).Read());
                i = close + 1;
            }
            else i++;
        }
        return new(body);
    }

    static bool IsWord(string text, int index) =>
        index >= 0 && (char.IsLetterOrDigit(text[index]) || text[index] is '_' or '.');

    static int FindClose(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length;)
        {
            if (SkipTextOrComment(text, i) is var next && next > i)
            {
                i = next;
                continue;
            }
            if (text[i] is '(' or '[' or '{') depth++;
            if (text[i] is ')' or ']' or '}' && --depth == 0) return i;
            i++;
        }
        return text.Length - 1;
    }

    /// <summary>Where a text or comment ends that begins at an index; the index where none does.</summary>
    static int SkipTextOrComment(string text, int index)
    {
        if (text[index] == '#') return text.IndexOf('\n', index) is >= 0 and var line ? line : text.Length;
        if (text[index] is not ('"' or '\'')) return index;
        var quote = text.AsSpan(index).StartsWith($"{text[index]}{text[index]}{text[index]}")
            ? text.Substring(index, 3)
            : text[index].ToString();
        for (var i = index + quote.Length; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (string.CompareOrdinal(text, i, quote, 0, quote.Length) == 0) return i + quote.Length;
        }
        return text.Length;
    }

    static string WithoutComments(string text)
    {
        var kept = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var next = SkipTextOrComment(text, i);
            if (next == i) kept.Append(text[i++]);
            else
            {
                if (text[i] != '#') kept.Append(text, i, next - i);
                i = next;
            }
        }
        return kept.ToString();
    }

    static Place PlaceOf(string text, int index, string file)
    {
        var before = text.AsSpan(0, index);
        // The template's braces are not in the file.
        return new(file, 1 + before.Count('\n'), index - before.LastIndexOf('\n') - "{{".Length);
    }

    [GeneratedRegex(@"\Gdbt\s*\.\s*(?<name>ref|source|config)\s*\(", RegexOptions.ExplicitCapture)]
    private static partial Regex Call { get; }
}
