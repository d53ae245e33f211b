using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Contents;

/// <summary>SQL that makes a value of a type from a text and loses nothing: see <see cref="LosslessText"/>.</summary>
static class TypedText
{
    /// <summary>The value; the statement fails where there is none.</summary>
    public static string Cast(string text, DataType type) =>
        type == DataType.String ? text : $"CAST({text} AS {ColumnTypes.NameOf(type)})";

    /// <summary>The value; null where there is none.</summary>
    public static string TryCast(string text, DataType type) =>
        type == DataType.String ? text : $"TRY_CAST({text} AS {ColumnTypes.NameOf(type)})";

    /// <summary>Whether a text has a value of the type that loses nothing of it; true for null.</summary>
    public static string Fits(string text, DataType type)
    {
        var exact = LosslessText.Test(text, type);
        return $"({text} IS NULL OR ({(exact is null ? "" : $"{exact} AND ")}{TryCast(text, type)} IS NOT NULL))";
    }

    /// <summary>
    /// A WHERE that fails where a test of <see cref="LosslessText.Test"/> does not hold; empty where there is none.
    /// </summary>
    public static string Guard(IEnumerable<string?> tests)
    {
        var all = string.Join(" AND ", tests.OfType<string>());
        return all.Length == 0
            ? ""
            : $"\nWHERE CASE WHEN NOT ({all}) THEN error('a value does not fit the type of its column') ELSE true END";
    }

    /// <summary>Why a text does not fit a column, in words.</summary>
    /// <param name="name">The column.</param>
    /// <param name="text">SQL of the text.</param>
    /// <param name="type">The column's type.</param>
    public static string Reason(string name, string text, DataType type) =>
        $"{SqlText.Literal($"{name}: '")} || left({text}, 200) || {SqlText.Literal($"' does not fit {type}")}"
        + Hint(text, type);

    /// <summary>SQL of what reads texts that look like a date or a number of the type, written otherwise.</summary>
    static string Hint(string text, DataType type)
    {
        var written = type switch
        {
            DataType.Primitive { Name: "float" or "double" } or DataType.Decimal =>
                new[] { (Like: @"-?[0-9.]+,[0-9]+", How: "format: decimal_comma") },
            DataType.Primitive { Name: "date" } => Dates,
            DataType.Primitive { Name: "timestamp" or "timestamp_ntz" } =>
                [.. Dates.Select(date => (date.Like + " .*", $"{date.How[..^1]} %H:%M:%S'"))],
            _ => [],
        };
        if (written.Length == 0) return "";
        var cases = written.Select(way =>
            $"WHEN regexp_full_match({text}, {SqlText.Literal(way.Like)}) THEN "
            + SqlText.Literal(
                $": leave its type out, and write clean: [{{cast: {{type: "
                    + $"'{ColumnTypes.NameOf(type)}', {way.How}}}}}]"));
        return $" || CASE {string.Join(' ', cases)} ELSE '' END";
    }

    /// <summary>Days before months as most countries write them; with slashes those of the United States too.</summary>
    static readonly (string Like, string How)[] Dates =
    [
        (@"[0-9]{1,2}/(1[3-9]|2[0-9]|3[01])/[0-9]{4}", "pattern: '%m/%d/%Y'"),
        .. "./-".Select(c => ($"[0-9]{{1,2}}[{c}][0-9]{{1,2}}[{c}][0-9]{{4}}", $"pattern: '%d{c}%m{c}%Y'")),
    ];
}
