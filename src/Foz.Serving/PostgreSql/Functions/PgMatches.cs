using System.Text;
using System.Text.RegularExpressions;
using Foz.DuckDB;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Serving.Bounds;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>PostgreSQL's functions that give what a regular expression matches.</summary>
static class PgMatches
{
    static readonly LogicalType texts = LogicalType.List(LogicalType.Varchar);

    /// <summary>The functions for an instance.</summary>
    public static IEnumerable<ScalarFunction> Of(EngineInstance instance) =>
    [
        Replacing(new("regexp_replace", instance)),
        Of("foz_regexp_match", texts, static (text, pattern, flags) =>
            flags.Contains('g', StringComparison.Ordinal)
                ? throw FunctionFault.Of("22023", "regexp_match() does not support the \"global\" option")
                : pattern.Match(text) is { Success: true } match ? Groups(match) : null),
        Of("foz_regexp_matches", LogicalType.List(texts), static (text, pattern, flags) =>
            flags.Contains('g', StringComparison.Ordinal)
                ? pattern.Matches(text).Select(Groups).Cast<object?>().ToArray()
                : pattern.Match(text) is { Success: true } match ? new object?[] { Groups(match) } : []),
        Of("foz_regexp_substr", LogicalType.Varchar, static (text, pattern, _) =>
            pattern.Match(text) is { Success: true } match ? Groups(match)[0] : null),
        Of("foz_regexp_split", texts, static (text, pattern, _) => Split(text, pattern)),
        Of("foz_similar", LogicalType.Boolean, static (text, pattern, _) => pattern.IsMatch(text), isSimilar: true),
    ];

    delegate object? Answer(string text, Regex pattern, string flags);

    static ScalarFunction Of(string name, LogicalType type, Answer answer, bool isSimilar = false) => new()
    {
        Name = name,
        Parameters = [LogicalType.Varchar, LogicalType.Varchar, LogicalType.Varchar],
        ReturnType = type,
        Body = (arguments, result) =>
        {
            (string Pattern, string Flags, Regex Regex)? last = null;
            var (text, pattern, flags) = (0, 1, 2);
            for (var row = 0; row < arguments.RowCount; row++)
            {
                if (arguments[text].IsNull(row) || arguments[pattern].IsNull(row) || arguments[flags].IsNull(row))
                {
                    result.SetNull(row);
                    continue;
                }
                var (of, with) = (Text(arguments[pattern], row), Text(arguments[flags], row));
                if (last is not { } known || known.Pattern != of || known.Flags != with)
                    last = (of, with, isSimilar
                        ? PgRegex.ReadSimilar(of)
                        : PgRegex.Read(of, with.Replace("g", "", StringComparison.Ordinal)));
                result.SetValue(row, answer(Text(arguments[text], row), last.Value.Regex, with));
            }
        },
    };

    static ScalarFunction Replacing(CallBound bound) => new()
    {
        Name = "foz_regexp_replace",
        Parameters = [LogicalType.Varchar, LogicalType.Varchar, LogicalType.Varchar, LogicalType.Varchar],
        ReturnType = LogicalType.Varchar,
        IsInterruptible = true,
        Body = (arguments, result) =>
        {
            (string Pattern, string Flags, Regex Regex)? last = null;
            var length = 0L;
            for (var row = 0; row < arguments.RowCount; row++)
            {
                arguments.ThrowIfInterrupted();
                if (arguments[0].IsNull(row) || arguments[1].IsNull(row) || arguments[2].IsNull(row)
                    || arguments[3].IsNull(row))
                {
                    result.SetNull(row);
                    continue;
                }
                var (of, with, by) = (Text(arguments[1], row), Text(arguments[3], row), Text(arguments[2], row));
                if (last is not { } known || known.Pattern != of || known.Flags != with)
                    last = (of, with, PgRegex.Read(of, with.Replace("g", "", StringComparison.Ordinal)));
                var count = with.Contains('g', StringComparison.Ordinal) ? -1 : 1;
                var text = last.Value.Regex.Replace(Text(arguments[0], row), match =>
                {
                    var replaced = Replaced(match, by);
                    bound.Check(length += replaced.Length);
                    return replaced;
                }, count);
                bound.Check(length += text.Length);
                result.SetText(row, text);
            }
        },
    };

    /// <summary>
    /// What stands in the place of a match: <c>\1</c> to <c>\9</c> are its groups, <c>\&amp;</c> is the whole of it.
    /// </summary>
    static string Replaced(Match match, string by)
    {
        if (!by.Contains('\\', StringComparison.Ordinal)) return by;
        var text = new StringBuilder();
        for (var i = 0; i < by.Length; i++)
        {
            if (by[i] != '\\' || i + 1 == by.Length) text.Append(by[i]);
            else if (by[i + 1] is >= '1' and <= '9') text.Append(match.Groups[by[++i] - '0'].Value);
            else if (by[i + 1] is '&') text.Append(match.Groups[by[++i] - '&'].Value);
            else if (by[i + 1] is '\\') text.Append(by[++i]);
            else text.Append(by[i]);
        }
        return text.ToString();
    }

    /// <summary>What is between matches; a match of nothing counts only between characters.</summary>
    static object?[] Split(string text, Regex pattern)
    {
        var parts = new List<object?>();
        var start = 0;
        foreach (Match match in pattern.Matches(text))
        {
            if (match.Length == 0 && (match.Index == start || match.Index == text.Length)) continue;
            parts.Add(text[start..match.Index]);
            start = match.Index + match.Length;
        }
        parts.Add(text[start..]);
        return [.. parts];
    }

    static string Text(in Vector vector, int row) => Encoding.UTF8.GetString(vector.Bytes(row));

    /// <summary>What the parentheses matched, or the whole where there are none.</summary>
    static object?[] Groups(Match match) => match.Groups.Count == 1
        ? [match.Value]
        : [.. match.Groups.Values.Skip(1).Select(group => group.Success ? group.Value : null)];
}
