using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine.Functions;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>
/// Texts of unknown type that take the type of the value they are compared or combined with. The engine would round a
/// fraction to the other's digits, read each <c>\x</c> as one byte, and a year before Christ as one after it.
/// </summary>
static partial class PgUntypedTexts
{
    /// <summary>
    /// The macro that gives a text the type of a value; followed by a comparison's name, it compares the two.
    /// </summary>
    public const string Macro = "foz_given";

    const string TextFunction = "foz_given_text";

    /// <summary>The function that checks a text before the engine converts it to a type.</summary>
    public static ScalarFunction Function { get; } = new()
    {
        Name = TextFunction,
        Parameters = [LogicalType.Varchar, LogicalType.Varchar],
        ReturnType = LogicalType.Varchar,
        Body = (arguments, result) =>
        {
            var texts = arguments[0];
            var types = arguments[1];
            for (var row = 0; row < arguments.RowCount; row++)
                if (texts.IsNull(row) || types.IsNull(row)) result.SetNull(row);
                else result.SetText(row, Check(TextOf(texts, row), TextOf(types, row)));
        },
    };

    /// <summary>The macros, for comparisons by their names.</summary>
    public static string MacrosOf(IEnumerable<(string Symbol, string Name)> comparisons) =>
        $"CREATE OR REPLACE MACRO {Macro}(t, x) AS cast_to_type({TextFunction}(t, typeof(x)), x);\n"
        + string.Concat(comparisons.Select(comparison =>
            $"CREATE OR REPLACE MACRO {Macro}_{comparison.Name}(t, x) AS {Macro}(t, x) {comparison.Symbol} x;\n"
            + $"CREATE OR REPLACE MACRO {Macro}_to_{comparison.Name}(x, t) AS x {comparison.Symbol} {Macro}(t, x);\n"));

    [GeneratedRegex(@"^\s*[+-]?[0-9]+\s*$")]
    private static partial Regex WholeNumber { get; }

    [GeneratedRegex(@"bc\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex BeforeChrist { get; }

    static string TextOf(in Vector vector, int row) => Encoding.UTF8.GetString(vector.Bytes(row));

    /// <summary>The text as the engine reads it.</summary>
    /// <exception cref="FozException">It is no value of the type, or one that the engine would change.</exception>
    static string Check(string text, string type)
    {
        switch (type)
        {
            case "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT" when !WholeNumber.IsMatch(text):
                throw FunctionFault.Of("22P02", $"invalid input syntax for type {type.ToLowerInvariant()}: \"{text}\"");
            case "BLOB":
                return string.Concat(ByteaText.Read(text).Select(part => $"\\x{part:X2}"));
            case "DATE" when BeforeChrist.IsMatch(text):
            case ['T', 'I', 'M', 'E', 'S', 'T', 'A', 'M', 'P', ..] when BeforeChrist.IsMatch(text):
                throw FunctionFault.Of("0A000", "a date before Christ is not supported");
            case ['D', 'E', 'C', 'I', 'M', 'A', 'L', ..] when !Fits(text, ScaleOf(type)):
                throw FunctionFault.Of(
                    "0A000", $"'{text}' beside a number with fewer digits is not supported: write it without quotes");
            default:
                return text;
        }
    }

    static int ScaleOf(string type)
    {
        var scale = type.AsSpan(type.IndexOf(',', StringComparison.Ordinal) + 1).TrimEnd(')');
        return int.Parse(scale, CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Whether a number has at most so many digits after its point; other texts fail when they are converted.
    /// </summary>
    static bool Fits(string text, int scale)
    {
        if (!double.TryParse(text, CultureInfo.InvariantCulture, out _)) return true;
        var digits = text.AsSpan().Trim();
        if (digits.IndexOfAny('e', 'E') >= 0) return false;
        return digits.IndexOf('.') is var point && (point < 0 || digits[(point + 1)..].TrimEnd('0').Length <= scale);
    }
}
