using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.Sql;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>The parameters <c>$1</c>, <c>$2</c>, … of a statement.</summary>
sealed partial class SqlParameters
{
    const int Most = 65_535;

    readonly string sql;
    readonly IReadOnlyList<(int Number, SqlSpan Span)> places;

    /// <summary>
    /// Each <c>ESCAPE '\'</c> after a pattern of constants and parameters, with the numbers of the parameters.
    /// </summary>
    readonly IReadOnlyList<(List<int> Numbers, SqlSpan Span)> escapes;

    SqlParameters(
        string sql, IReadOnlyList<(int Number, SqlSpan Span)> places,
        IReadOnlyList<(List<int> Numbers, SqlSpan Span)> escapes) =>
        (this.sql, this.places, this.escapes) = (sql, places, escapes);

    /// <summary>The highest number.</summary>
    public int Count => places.Count == 0 ? 0 : places.Max(p => p.Number);

    /// <summary>Finds the parameters of a statement.</summary>
    public static SqlParameters Read(string sql)
    {
        var found = new List<(int, SqlSpan)>();
        var followed = new List<(List<int>, SqlSpan)>();
        if (!sql.Contains('$', StringComparison.Ordinal)) return new(sql, found, followed);
        var tokens = SqlTokens.Read(sql);
        for (var i = 0; i < tokens.Count - 1; i++)
        {
            if (!tokens.IsSymbol(i, '$') || tokens[i + 1].Kind != SqlTokenKind.Number
                || tokens[i + 1].Start != tokens[i].End) continue;
            var start = tokens[i].Start;
            if (!int.TryParse(tokens.TextOf(i + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number is < 1 or > Most)
                throw new FozException(ErrorKind.Sql, $"there is no parameter ${tokens.TextOf(i + 1)}")
                {
                    Place = SqlPlaces.At(sql, start), SqlState = "42P02",
                };
            found.Add((number, new(start, tokens[i + 1].End - start)));
        }
        for (var i = 1; i < tokens.Count - 1; i++)
            if (tokens.IsWord(i, "escape") && tokens.TextOf(i + 1) is @"'\'"
                && NumbersBefore(tokens, i) is { Count: > 0 } numbers)
                followed.Add((numbers, new(tokens[i].Start, tokens[i + 1].End - tokens[i].Start)));
        return new(sql, found, followed);
    }

    /// <summary>Whether a name does not keep what it is written with from being a constant.</summary>
    public static bool IsOfConstants(string name) => name is "cast" or "as" or "text" or "varchar" or "concat" or "e";

    /// <summary>
    /// The parameters of the pattern that ends before a token; null where it has other parts that are no constants.
    /// </summary>
    static List<int>? NumbersBefore(SqlTokens tokens, int end)
    {
        var numbers = new List<int>();
        for (var i = end - 1; i >= 0 && !tokens.IsWord(i, "like") && !tokens.IsWord(i, "ilike"); i--)
        {
            if (tokens[i].Kind is SqlTokenKind.Text && tokens.TextOf(i).Contains('\\')) return null;
            if (tokens.IsName(i) && !IsOfConstants(tokens.NameOf(i).ToLowerInvariant())) return null;
            if (!tokens.IsSymbol(i, '$')) continue;
            if (!int.TryParse(tokens.TextOf(i + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return null;
            numbers.Add(number);
        }
        return numbers;
    }

    /// <summary>The statement with other text in the place of parameters.</summary>
    /// <param name="text">The text for a number; null leaves the parameter as it is.</param>
    public RewrittenSql Replace(Func<int, string?> text)
    {
        var edits = new List<SqlEdit>();
        foreach (var (number, span) in places)
            if (text(number) is { } replacement) edits.Add(new(span, replacement));
        // A pattern without a backslash is matched faster without ESCAPE.
        foreach (var (numbers, span) in escapes)
            if (numbers.TrueForAll(number => text(number)?.Contains('\\', StringComparison.Ordinal) == false))
                edits.Add(new(span, ""));
        return RewrittenSql.Of(sql, edits);
    }

    /// <summary>A value as SQL writes it.</summary>
    /// <param name="value">
    /// Null, a text in PostgreSQL's notation of the type, bytes of a <c>bytea</c>, or a number or truth value of .NET.
    /// </param>
    /// <param name="type">Its type; unknown leaves that to what the statement wants.</param>
    public static string Literal(object? value, PgType type)
    {
        var engineType = PgTypes.Find(type.Oid);
        return value switch
        {
            null => engineType is null ? "NULL" : $"CAST(NULL AS {engineType})",
            byte[] bytes => $"from_hex('{Convert.ToHexString(bytes)}')",
            string text when type.Oid == TypeOids.Bytea => Bytes(text),
            string text when type.Oid == TypeOids.Numeric => Number(text),
            string text when engineType is { Id: TypeId.List } => PgArrayText.ToSql(text, engineType.Element!),
            string text when engineType is null || engineType.Id == TypeId.Varchar => SqlText.Literal(text),
            string text when IsBeforeChrist(text, engineType) =>
                throw new FozException(ErrorKind.Data, "a date before Christ is not supported")
                {
                    SqlState = "0A000",
                },
            string text when type.Oid is TypeOids.Int2 or TypeOids.Int4 or TypeOids.Int8
                && !Int128.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) =>
                throw Invalid(PgTypeNames.Of(type.Oid), text),
            string text => $"CAST({SqlText.Literal(text)} AS {engineType})",
            bool truth => truth ? "true" : "false",
            IFormattable number => engineType is null or { Id: TypeId.Varchar }
                ? $"({number.ToString(null, CultureInfo.InvariantCulture)})"
                : $"CAST('{number.ToString(null, CultureInfo.InvariantCulture)}' AS {engineType})",
            _ => throw new ArgumentOutOfRangeException(nameof(value), value, "no value of a parameter"),
        };
    }

    static bool IsBeforeChrist(string text, LogicalType type) =>
        type.Id is TypeId.Date or TypeId.Timestamp or TypeId.TimestampTz
            && text.TrimEnd().EndsWith("bc", StringComparison.OrdinalIgnoreCase);

    static string Bytes(string text)
    {
        var bytes = text.StartsWith("\\x", StringComparison.Ordinal)
            ? FromHex(text[2..])
            : Encoding.UTF8.GetBytes(text.Replace("\\\\", "\\", StringComparison.Ordinal));
        return $"from_hex('{Convert.ToHexString(bytes)}')";
    }

    static byte[] FromHex(string hex)
    {
        try
        {
            return Convert.FromHexString(hex);
        }
        catch (FormatException e)
        {
            throw Invalid("bytea", hex, e);
        }
    }

    /// <summary>
    /// A number whose digits decide about its type; what has too many, or is infinite, is a floating-point one.
    /// </summary>
    static string Number(string text)
    {
        var trimmed = text.Trim();
        if (!Numeric().IsMatch(trimmed)) throw Invalid("numeric", text);
        return NumericLiteral.Read(trimmed) is { } number ? number.Sql : $"CAST('{trimmed}' AS DOUBLE)";
    }

    /// <summary>
    /// A number as PostgreSQL reads one from text; nothing else may get into a statement without quotes.
    /// </summary>
    [GeneratedRegex(
        @"^[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
            + @"|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Numeric();

    static FozException Invalid(string type, string text, Exception? inner = null) =>
        new(ErrorKind.Data, $"invalid input syntax for type {type}: \"{text}\"", inner) { SqlState = "22P02" };
}
