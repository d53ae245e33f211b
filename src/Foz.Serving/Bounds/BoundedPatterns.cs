using Foz.DuckDB;
using Foz.Lake.Engine.Functions;

namespace Foz.Serving.Bounds;

/// <summary>
/// LIKE, ILIKE and GLOB in the place of DuckDB's own, with the same results: those try each way to match one wildcard
/// for each way to match the one before, and do not stop meanwhile. These go back to the last wildcard only, which is
/// enough: a match of what is before it that begins earlier leaves at least as much for what is after it. What the
/// optimizer makes of constant patterns (prefix, suffix, contains) is the engine's as before.
/// </summary>
static class BoundedPatterns
{
    // How many steps lie between two looks at whether the statement is to stop.
    const int StepsMax = 1 << 16;

    /// <summary>The functions.</summary>
    public static IEnumerable<ScalarFunction> All { get; } =
    [
        Of("~~", 2, static (arguments, row) => Like(arguments, row, escape: -1)),
        Of("like_escape", 3, static (arguments, row) => Like(arguments, row, EscapeOf(arguments[2].Bytes(row)))),
        Of("~~~", 2, Glob),
    ];

    /// <summary>What is said with the functions.</summary>
    public const string Macros =
        """
        CREATE OR REPLACE MACRO "!~~"(x, p) AS NOT (x LIKE p);
        CREATE OR REPLACE MACRO "~~*"(x, p) AS lower(x) LIKE lower(p);
        CREATE OR REPLACE MACRO "!~~*"(x, p) AS NOT (lower(x) LIKE lower(p));
        CREATE OR REPLACE MACRO not_like_escape(x, p, e) AS NOT (x LIKE p ESCAPE e);
        CREATE OR REPLACE MACRO ilike_escape(x, p, e) AS lower(x) LIKE lower(p) ESCAPE e;
        CREATE OR REPLACE MACRO not_ilike_escape(x, p, e) AS NOT (lower(x) LIKE lower(p) ESCAPE e);

        """;

    static ScalarFunction Of(string name, int count, Func<DataChunk, int, bool> matches) => new()
    {
        Name = name, Parameters = [.. Enumerable.Repeat(LogicalType.Varchar, count)], ReturnType = LogicalType.Boolean,
        IsInterruptible = true,
        Body = (arguments, result) =>
        {
            var results = result.Values<bool>();
            for (var row = 0; row < arguments.RowCount; row++)
            {
                var isNull = false;
                for (var column = 0; column < arguments.ColumnCount; column++) isNull |= arguments[column].IsNull(row);
                if (!isNull) results[row] = matches(arguments, row);
            }
        },
    };

    static int EscapeOf(ReadOnlySpan<byte> escape) => escape.Length switch
    {
        0 => 0,
        1 => escape[0],
        _ => throw FunctionFault.Of("22019", "Invalid escape string. Escape string must be empty or one character."),
    };

    /// <param name="arguments">The text and the pattern.</param>
    /// <param name="row">Which row.</param>
    /// <param name="escape">What takes the next character for itself; −1 for nothing.</param>
    static bool Like(DataChunk arguments, int row, int escape)
    {
        var text = arguments[0].Bytes(row);
        var pattern = arguments[1].Bytes(row);
        var (at, next, steps) = (0, 0, 0);
        // After the last wildcard that takes any number of characters, and the first character that it does not take.
        var (last, taken) = (-1, 0);
        while (at < text.Length)
        {
            if (++steps % StepsMax == 0) arguments.ThrowIfInterrupted();
            if (next < pattern.Length)
            {
                var unit = pattern[next];
                if (unit == escape)
                {
                    if (next + 1 == pattern.Length)
                        throw FunctionFault.Of("22025", "LIKE pattern must not end with escape character");
                    if (pattern[next + 1] == text[at])
                    {
                        (next, at) = (next + 2, at + 1);
                        continue;
                    }
                }
                else if (unit == '_')
                {
                    do at++;
                    while (at < text.Length && (text[at] & 0xC0) == 0x80);
                    next++;
                    continue;
                }
                else if (unit == '%')
                {
                    while (next < pattern.Length && pattern[next] == '%') next++;
                    if (next == pattern.Length) return true;
                    (last, taken) = (next, at);
                    if (!Find(text, pattern, escape, last, ref taken)) return false;
                    at = taken;
                    continue;
                }
                else if (unit == text[at])
                {
                    (next, at) = (next + 1, at + 1);
                    continue;
                }
            }
            if (last < 0) return false;
            taken++;
            if (!Find(text, pattern, escape, last, ref taken)) return false;
            (next, at) = (last, taken);
        }
        while (next < pattern.Length && pattern[next] == '%') next++;
        return next == pattern.Length;
    }

    /// <summary>Goes to where the characters are, from a place on, that a part of a pattern begins with.</summary>
    /// <returns>Whether there are such.</returns>
    static bool Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern, int escape, int part, ref int at)
    {
        var end = part;
        while (end < pattern.Length && pattern[end] is not ((byte)'%' or (byte)'_') && pattern[end] != escape) end++;
        if (end == part) return true;
        var found = text[Math.Min(at, text.Length)..].IndexOf(pattern[part..end]);
        at += found;
        return found >= 0;
    }

    static bool Glob(DataChunk arguments, int row)
    {
        var text = arguments[0].Bytes(row);
        var pattern = arguments[1].Bytes(row);
        var (at, next, steps) = (0, 0, 0);
        var (last, taken) = (-1, 0);
        while (at < text.Length)
        {
            if (++steps % StepsMax == 0) arguments.ThrowIfInterrupted();
            if (next < pattern.Length && pattern[next] == '*')
            {
                while (next < pattern.Length && pattern[next] == '*') next++;
                if (next == pattern.Length) return true;
                (last, taken) = (next, at);
            }
            else if (next < pattern.Length && TakesUnit(pattern, ref next, text[at])) at++;
            else if (last < 0) return false;
            else (next, at) = (last, ++taken);
        }
        while (next < pattern.Length && pattern[next] == '*') next++;
        return next == pattern.Length;
    }

    /// <summary>Whether a part of a pattern of GLOB takes a byte; the next part is where the next one begins.</summary>
    static bool TakesUnit(ReadOnlySpan<byte> pattern, ref int next, byte unit)
    {
        switch (pattern[next])
        {
            case (byte)'?':
                next++;
                return true;
            case (byte)'[':
                next++;
                return TakesClass(pattern, ref next, unit);
            case (byte)'\\' when ++next == pattern.Length:
                return false;
            default:
                return pattern[next++] == unit;
        }
    }

    /// <summary><c>[abc]</c>, <c>[a-z]</c> and <c>[!a]</c>; one that does not end takes nothing.</summary>
    static bool TakesClass(ReadOnlySpan<byte> pattern, ref int next, byte unit)
    {
        var isInverted = next < pattern.Length && pattern[next] == '!';
        if (isInverted) next++;
        var isFound = false;
        for (var start = next; next < pattern.Length;)
        {
            if (pattern[next] == ']' && next > start)
            {
                next++;
                return isFound != isInverted;
            }
            if (next + 1 == pattern.Length) return false;
            if (pattern[next + 1] != '-')
            {
                isFound |= pattern[next++] == unit;
                continue;
            }
            if (next + 2 == pattern.Length) return false;
            // The engine compares bytes with their sign.
            isFound |= (sbyte)unit >= (sbyte)pattern[next] && (sbyte)unit <= (sbyte)pattern[next + 2];
            next += 3;
        }
        return false;
    }
}
