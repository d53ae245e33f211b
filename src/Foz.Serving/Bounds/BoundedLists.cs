using Foz.DuckDB;
using Foz.Lake.Engine;

namespace Foz.Serving.Bounds;

/// <summary>
/// <c>range</c> and <c>generate_series</c> as functions of rows, and the splitting of texts, in the place of DuckDB's
/// own, with the same results: these know what a call will make before they make it, and stop between two rows.
/// </summary>
static class BoundedLists
{
    // DuckDB's string_t: what a text takes in a list before its characters.
    const int TextBytes = 16;

    /// <summary>The functions for an instance.</summary>
    public static IEnumerable<ScalarFunction> Of(EngineInstance instance)
    {
        foreach (var name in (string[])["range", "generate_series"])
            for (var count = 1; count <= 3; count++)
            {
                var bound = new CallBound(name, instance);
                var includesEnd = name != "range";
                yield return new()
                {
                    Name = name, Parameters = [.. Enumerable.Repeat(LogicalType.BigInt, count)],
                    ReturnType = LogicalType.List(LogicalType.BigInt), IsInterruptible = true, TakesNulls = true,
                    Body = (arguments, result) => Series(arguments, result, bound, includesEnd),
                };
            }
        foreach (var name in (string[])["string_split", "str_split", "string_to_array", "split"])
        {
            var bound = new CallBound(name, instance);
            yield return new()
            {
                Name = name, Parameters = [LogicalType.Varchar, LogicalType.Varchar],
                ReturnType = LogicalType.List(LogicalType.Varchar), IsInterruptible = true, TakesNulls = true,
                Body = (arguments, result) => Split(arguments, result, bound),
            };
        }
    }

    static void Series(DataChunk arguments, VectorWriter result, CallBound bound, bool includesEnd)
    {
        var rows = arguments.RowCount;
        Int128 total = 0;
        for (var row = 0; row < rows; row++)
            if (TermsOf(arguments, row) is { } terms)
                bound.Check((total += CountOf(terms, includesEnd)) * sizeof(long));
        if (rows > 0) result.AppendList(0, (int)total);
        var entries = result.Values<ListEntry>();
        var values = result.Child.Values<long>();
        var start = 0;
        for (var row = 0; row < rows; row++)
        {
            if (TermsOf(arguments, row) is not { } terms)
            {
                result.SetNull(row);
                continue;
            }
            arguments.ThrowIfInterrupted();
            var count = (int)CountOf(terms, includesEnd);
            entries[row] = new((ulong)start, (ulong)count);
            for (var i = 0; i < count; i++) values[start + i] = unchecked(terms.First + i * terms.Step);
            start += count;
        }
    }

    /// <summary>The first number, the last one and the step of a row; null where one of them is NULL.</summary>
    static (long First, long Last, long Step)? TermsOf(DataChunk arguments, int row)
    {
        for (var column = 0; column < arguments.ColumnCount; column++)
            if (arguments[column].IsNull(row)) return null;
        return arguments.ColumnCount switch
        {
            1 => (0, At(0), 1),
            2 => (At(0), At(1), 1),
            _ => (At(0), At(1), At(2)),
        };

        long At(int column) => arguments[column].Values<long>()[row];
    }

    static Int128 CountOf((long First, long Last, long Step) terms, bool includesEnd)
    {
        var (distance, step) = ((Int128)terms.Last - terms.First, (Int128)terms.Step);
        if (step == 0 || (distance < 0 && step > 0) || (distance > 0 && step < 0)) return 0;
        var (whole, rest) = Int128.DivRem(distance, step);
        return includesEnd || rest != 0 ? whole + 1 : whole;
    }

    static void Split(DataChunk arguments, VectorWriter result, CallBound bound)
    {
        var texts = arguments[0];
        var separators = arguments[1];
        var (total, bytes) = (0L, 0L);
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (texts.IsNull(row)) continue;
            var text = texts.Bytes(row);
            total += separators.IsNull(row) ? 1 : PartsOf(text, separators.Bytes(row));
            bound.Check(total * TextBytes + (bytes += text.Length));
        }
        if (arguments.RowCount > 0) result.AppendList(0, (int)total);
        var entries = result.Values<ListEntry>();
        var parts = result.Child;
        var next = 0;
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (texts.IsNull(row))
            {
                result.SetNull(row);
                continue;
            }
            arguments.ThrowIfInterrupted();
            var start = next;
            var text = texts.Bytes(row);
            var separator = separators.IsNull(row) ? default : separators.Bytes(row);
            // A text that is split by NULL is one part.
            if (separators.IsNull(row) || text.IsEmpty) parts.SetBytes(next++, text);
            else if (separator.IsEmpty)
                for (; !text.IsEmpty; text = text[Utf8Text.LengthOfFirst(text)..])
                    parts.SetBytes(next++, text[..Utf8Text.LengthOfFirst(text)]);
            else
            {
                for (int at; (at = text.IndexOf(separator)) >= 0; text = text[(at + separator.Length)..])
                    parts.SetBytes(next++, text[..at]);
                parts.SetBytes(next++, text);
            }
            entries[row] = new((ulong)start, (ulong)(next - start));
        }
    }

    static long PartsOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> separator) =>
        separator.IsEmpty ? Math.Max(Utf8Text.Count(text), 1) : text.Count(separator) + 1L;
}
