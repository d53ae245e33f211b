using System.Globalization;
using System.Text.RegularExpressions;

namespace Foz.Tests;

/// <summary>
/// A line of <c>postgresql_words.tsv</c>: an expression over arguments, or a whole query, with what PostgreSQL 15
/// answers, or with the SQLSTATE with which Foz refuses it.
/// </summary>
/// <param name="Text">The expression, or the query.</param>
/// <param name="Arguments">The expression's arguments, such as <c>a:int4=7, b:int4=2</c>; empty for a query.</param>
/// <param name="Answer">Rows between semicolons, with values between bars; or <c>!</c> and a SQLSTATE.</param>
/// <param name="Types">The types of the columns between bars; empty where nothing is answered.</param>
public sealed partial record PgWord(string Text, string Arguments, string Answer, string Types)
{
    /// <summary>The file.</summary>
    public static string File { get; } = Path.Combine(Repository.Root, "tests", "Shared", "postgresql_words.tsv");

    /// <summary>All lines.</summary>
    public static IReadOnlyList<PgWord> All { get; } =
    [
        .. System.IO.File.ReadLines(File).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t'))
            .Select(cells => new PgWord(cells[0], cells[1], cells[2], cells.ElementAtOrDefault(3) ?? "")),
    ];

    /// <summary>Whether it is an error: in Foz, and in PostgreSQL except for what Foz refuses by name.</summary>
    public bool IsError => Answer.StartsWith('!');

    /// <summary>Whether Foz names it as not supported.</summary>
    public bool IsRefused => Answer == "!0A000";

    IReadOnlyDictionary<string, (string Type, string? Value)> Values => Argument().Matches(Arguments).ToDictionary(
        match => match.Groups["name"].Value,
        match =>
            (match.Groups["type"].Value, match.Groups["value"].Value is "null" ? null : match.Groups["value"].Value));

    /// <summary>Its statements: with its arguments as constants, and as columns.</summary>
    public IEnumerable<string> Statements()
    {
        if (Arguments.Length == 0)
        {
            yield return Text;
            yield break;
        }
        var values = Values;
        if (!Aggregate().IsMatch(Text)) yield return $"select {Replace(name => $"({Literal(values[name])})")}";
        yield return $"select {Text} from (values ({string.Join(", ", values.Values.Select(Literal))})) "
            + $"v({string.Join(", ", values.Keys)})";
    }

    /// <summary>Its statement with parameters, and the types and values of these; null for what has none.</summary>
    public (string Sql, IReadOnlyList<string> Types, IReadOnlyList<string?> Values)? WithParameters()
    {
        if (Arguments.Length == 0 || Aggregate().IsMatch(Text)) return null;
        var values = Values;
        var names = values.Keys.ToList();
        return ($"select {Replace(name => $"${(names.IndexOf(name) + 1).ToString(CultureInfo.InvariantCulture)}")}",
            [.. values.Values.Select(value => Digits().Replace(value.Type, ""))],
            [.. values.Values.Select(value => value.Value)]);
    }

    /// <summary>
    /// An answer without zeros at the end of numbers, of which PostgreSQL's numeric shows as many as it computed.
    /// </summary>
    public static string Normalize(string answer) =>
        Fraction().Replace(answer, match => match.Value.TrimEnd('0').TrimEnd('.'));

    string Replace(Func<string, string> argument)
    {
        var values = Values;
        return Name().Replace(Text, match => values.ContainsKey(match.Value) ? argument(match.Value) : match.Value);
    }

    static string Literal((string Type, string? Value) value) =>
        (value.Value is null ? "null" : $"'{value.Value.Replace("'", "''", StringComparison.Ordinal)}'")
            + $"::{value.Type}";

    [GeneratedRegex(
        @"(?<name>[abc]):(?<type>[a-z0-9]+(?:\([0-9,]+\))?(?:\[\])?)=(?<value>.*?)(?=, [abc]:|$)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Argument();

    [GeneratedRegex(@"'[^']*'|\b[abc]\b(?!\()")]
    private static partial Regex Name();

    [GeneratedRegex(@"\b(?:sum|avg)\(")]
    private static partial Regex Aggregate();

    [GeneratedRegex(@"\([0-9,]+\)")]
    private static partial Regex Digits();

    [GeneratedRegex(@"-?\d+\.\d+")]
    private static partial Regex Fraction();
}
