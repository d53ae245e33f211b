using System.Text;
using System.Text.RegularExpressions;
using Foz.DuckDB;
using Foz.Lake.Engine;

namespace Foz.Serving.PostgreSql;

/// <summary>PostgreSQL's functions that give what a regular expression matches.</summary>
static class PgMatches
{
    static readonly LogicalType texts = LogicalType.List(LogicalType.Varchar);

    /// <summary>All of them.</summary>
    public static IEnumerable<ScalarFunction> Functions { get; } =
    [
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
                    last = (of, with, isSimilar ? PgRegex.ReadSimilar(of) : PgRegex.Read(of, with.Replace("g", "", StringComparison.Ordinal)));
                result.SetValue(row, answer(Text(arguments[text], row), last.Value.Regex, with));
            }
        },
    };

    static string Text(in Vector vector, int row) => Encoding.UTF8.GetString(vector.Bytes(row));

    /// <summary>What the parentheses matched, or the whole where there are none.</summary>
    static object?[] Groups(Match match) => match.Groups.Count == 1
        ? [match.Value]
        : [.. match.Groups.Values.Skip(1).Select(group => group.Success ? group.Value : null)];
}
