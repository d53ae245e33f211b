using System.Globalization;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Serving.Bounds;

/// <summary>Functions of the engine that would make any amount, in forms that are bounded by call.</summary>
static class BoundedFunctions
{
    // As many as formats have in practice: a macro has a number of arguments.
    const int FormatArgumentsMax = 24;
    const int WidthMax = 1000;

    /// <summary>The functions for an instance.</summary>
    public static IEnumerable<ScalarFunction> Of(EngineInstance instance) =>
    [
        .. BoundedTexts.Of(instance), .. BoundedLists.Of(instance), .. BoundedDistances.Of(instance),
        .. BoundedPatterns.All,
        .. BoundedJson.Of(instance), Count(instance), FormatPattern,
    ];

    /// <summary>
    /// What is bounded by a look at one argument. Each argument stands once: nested calls do not multiply.
    /// </summary>
    public static string Macros { get; } =
        "CREATE OR REPLACE MACRO repeat(x, n) AS system.main.repeat(x, foz_count(n));\n"
            + BoundedPatterns.Macros + BoundedJson.Macros
            + string.Concat(((string[])["format", "printf"]).Select(name =>
            $"CREATE OR REPLACE MACRO {name} "
                + $"{string.Join(", ", Enumerable.Range(0, FormatArgumentsMax).Select(count => FormatOf(name, count)))}"
                + ";\n"));

    /// <summary>
    /// Gives numbers of elements as they are, unless together they are more than a call may make of the smallest.
    /// </summary>
    static ScalarFunction Count(EngineInstance instance)
    {
        var bound = new CallBound("repeat", instance);
        return new()
        {
            Name = "foz_count", Parameters = [LogicalType.BigInt], ReturnType = LogicalType.BigInt,
            Body = (arguments, result) =>
            {
                var counts = arguments[0];
                Int128 total = 0;
                for (var row = 0; row < arguments.RowCount; row++)
                    if (!counts.IsNull(row))
                        bound.Check((total += Math.Max(counts.Values<long>()[row], 0)) * sizeof(long));
                result.Share(counts);
            },
        };
    }

    /// <summary>
    /// Gives a pattern of <c>format</c> and <c>printf</c> as it is, unless it has widths that nothing needs.
    /// </summary>
    static ScalarFunction FormatPattern { get; } = new()
    {
        Name = "foz_format_pattern", Parameters = [LogicalType.Varchar], ReturnType = LogicalType.Varchar,
        Body = static (arguments, result) =>
        {
            var patterns = arguments[0];
            for (var row = 0; row < arguments.RowCount; row++)
                if (!patterns.IsNull(row)) CheckWidths(patterns.Bytes(row));
            result.Share(patterns);
        },
    };

    static string FormatOf(string name, int count)
    {
        var others = string.Concat(
            Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $", a{i}")));
        return $"(f{others}) AS system.main.{name}(foz_format_pattern(f){others})";
    }

    /// <summary>
    /// Looks at each number that a pattern has, and at widths that arguments give, which it cannot know.
    /// </summary>
    static void CheckWidths(ReadOnlySpan<byte> pattern)
    {
        var (number, isInside) = (0, false);
        foreach (var unit in pattern)
        {
            if (unit is (byte)'%' or (byte)'{')
            {
                if (isInside && unit == '{') throw Refused("a width that an argument gives");
                isInside = !isInside;
            }
            else if (isInside && unit == '*') throw Refused("a width that an argument gives");
            else if (unit == '}' || (isInside && char.IsAsciiLetter((char)unit))) isInside = false;
            number = char.IsAsciiDigit((char)unit) ? Math.Min(number * 10 + (unit - '0'), WidthMax + 1) : 0;
            if (isInside && number > WidthMax)
                throw Refused(string.Create(CultureInfo.InvariantCulture, $"a width above {WidthMax}"));
        }
    }

    static FozException Refused(string what) =>
        new(ErrorKind.Sql, $"{EngineErrors.FormatStart}{what} is not supported") { SqlState = "0A000" };
}
