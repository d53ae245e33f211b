using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Delta.Schema;
using Foz.Lake;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>PostgreSQL's types of columns as those that a Delta table has, in Spark's words.</summary>
static partial class PgColumnTypes
{
    // From this precision on, float(n) has eight bytes.
    const int DoublePrecisionMin = 25;

    static readonly Dictionary<string, string> types = new(StringComparer.Ordinal)
    {
        ["bool"] = "boolean",
        ["int2"] = "smallint",
        ["int4"] = "int",
        ["int8"] = "bigint",
        ["float4"] = "float",
        ["float8"] = "double",
        ["float"] = "double",
        ["double precision"] = "double",
        ["numeric"] = DeclaredType.NumericText,
        ["decimal"] = DeclaredType.NumericText,
        ["character varying"] = "string",
        ["varchar"] = "string",
        ["bpchar"] = "string",
        ["name"] = "string",
        ["citext"] = "string",
        ["uuid"] = "uuid",
        ["json"] = "string",
        ["jsonb"] = "jsonb",
        ["xml"] = "string",
        ["inet"] = "string",
        ["bytea"] = "binary",
        ["timestamp"] = "timestamp_ntz",
        ["timestamp without time zone"] = "timestamp_ntz",
        ["timestamp with time zone"] = "timestamp",
        ["timestamptz"] = "timestamp",
        ["character"] = "char(1)",
        ["char"] = "char(1)",
    };

    /// <summary>Whether a column of the type counts its rows: <c>serial</c> and <c>bigserial</c>.</summary>
    public static bool IsCounted(string type) =>
        type.Trim().ToLowerInvariant() is "serial" or "bigserial" or "serial4" or "serial8";

    /// <summary>The type in Spark's words; what PostgreSQL does not know stays unchanged.</summary>
    /// <param name="column">The column, for people.</param>
    /// <param name="type">Its type.</param>
    /// <exception cref="FozException">No Delta table has such a column.</exception>
    public static string Translate(string column, string type)
    {
        var text = Spaces().Replace(type.Trim(), " ").ToLowerInvariant();
        if (text.StartsWith("pg_catalog.", StringComparison.Ordinal)) text = text["pg_catalog.".Length..];
        if (Arrays().Match(text) is { Success: true } array)
        {
            var dimensions = Math.Max(1, array.Groups["brackets"].Value.Count(c => c == '['));
            var element = Translate(column, array.Groups["element"].Value);
            if (element is DeclaredType.Jsonb)
                throw new FozException(ErrorKind.Sql, $"column {column}: arrays of jsonb are not supported")
                {
                    SqlState = "0A000", Hint = "write jsonb, whose values can be arrays",
                };
            return string.Concat(Enumerable.Repeat("array<", dimensions)) + element + new string('>', dimensions);
        }
        var (name, digits) = Digits().Match(text) is { Success: true } match
            ? (match.Groups["name"].Value + match.Groups["rest"].Value, match.Groups["digits"].Value)
            : (text, null);
        return (name, digits) switch
        {
            ("time" or "timetz" or "interval" or "time without time zone" or "time with time zone", _) =>
                throw new FozException(
                    ErrorKind.Sql, $"column {column}: a Delta table has no columns of type {name}")
                {
                    SqlState = "0A000", Hint = "keep it as text, or as a number of seconds",
                },
            ("character varying" or "varchar", not null) => $"varchar({digits})",
            ("character" or "char" or "bpchar", not null) => $"char({digits})",
            ("numeric" or "decimal", not null) => $"decimal({digits})",
            ("float", not null) =>
                int.Parse(digits, CultureInfo.InvariantCulture) < DoublePrecisionMin ? "float" : "double",
            // Instants have microseconds, whatever they are asked to have.
            _ when name.StartsWith("timestamp", StringComparison.Ordinal) => types.GetValueOrDefault(name, type),
            (_, null) => types.GetValueOrDefault(name, type),
            _ => type,
        };
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();

    [GeneratedRegex(
        @"^(?<element>.*?)\s*(?<brackets>(\[\d*\])+| array(\[\d*\])?)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Arrays();

    [GeneratedRegex(
        @"^(?<name>[a-z0-9_]+( [a-z0-9_]+)*)\s*\((?<digits>\d{1,4}(\s*,\s*\d{1,4})?)\)(?<rest>.*)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Digits();
}
