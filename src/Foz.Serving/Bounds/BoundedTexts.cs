using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Serving.Bounds;

/// <summary>
/// <c>repeat</c>, <c>lpad</c>, <c>rpad</c> and <c>replace</c> in the place of DuckDB's own, with the same results:
/// these know what a call will make before they make it, and stop between two rows.
/// </summary>
static class BoundedTexts
{
    static readonly LogicalType integer = LogicalType.Of(TypeId.Integer);

    /// <summary>The functions for an instance.</summary>
    public static IEnumerable<ScalarFunction> Of(EngineInstance instance)
    {
        foreach (var type in (LogicalType[])[LogicalType.Varchar, LogicalType.Of(TypeId.Blob)])
            yield return Function("repeat", [type, LogicalType.BigInt], type, Repeat);
        yield return Function(
            "lpad", [LogicalType.Varchar, integer, LogicalType.Varchar], LogicalType.Varchar, PadLeft);
        yield return Function(
            "rpad", [LogicalType.Varchar, integer, LogicalType.Varchar], LogicalType.Varchar, PadRight);
        yield return Function(
            "replace", [LogicalType.Varchar, LogicalType.Varchar, LogicalType.Varchar], LogicalType.Varchar, Replace);

        ScalarFunction Function(string name, LogicalType[] parameters, LogicalType type, BoundedBody body)
        {
            var bound = new CallBound(name, instance);
            return new()
            {
                Name = name, Parameters = parameters, ReturnType = type, IsInterruptible = true,
                Body = (arguments, result) => body(arguments, result, bound),
            };
        }
    }

    delegate void BoundedBody(DataChunk arguments, VectorWriter result, CallBound bound);

    /// <summary>
    /// Whether any argument of a row is NULL: its result is too, and other values of it are undefined.
    /// </summary>
    static bool IsAnyNull(DataChunk arguments, int row)
    {
        for (var column = 0; column < arguments.ColumnCount; column++)
            if (arguments[column].IsNull(row)) return true;
        return false;
    }

    static void Repeat(DataChunk arguments, VectorWriter result, CallBound bound)
    {
        var texts = arguments[0].AllBytes;
        var counts = arguments[1].Values<long>();
        Int128 total = 0;
        for (var row = 0; row < arguments.RowCount; row++)
            if (!IsAnyNull(arguments, row)) bound.Check(total += (Int128)texts[row].Length * Math.Max(counts[row], 0));
        using var buffer = new ByteBuffer();
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (IsAnyNull(arguments, row)) continue;
            arguments.ThrowIfInterrupted();
            var text = texts[row];
            var made = buffer.Take(text.IsEmpty ? 0 : (int)(text.Length * Math.Max(counts[row], 0)));
            Fill(made, text);
            result.SetBytes(row, made);
        }
    }

    static void PadLeft(DataChunk arguments, VectorWriter result, CallBound bound) =>
        Pad(arguments, result, bound, isLeft: true);

    static void PadRight(DataChunk arguments, VectorWriter result, CallBound bound) =>
        Pad(arguments, result, bound, isLeft: false);

    static void Pad(DataChunk arguments, VectorWriter result, CallBound bound, bool isLeft)
    {
        var texts = arguments[0].AllBytes;
        var lengths = arguments[1].Values<int>();
        var pads = arguments[2].AllBytes;
        Int128 total = 0;
        using var buffer = new ByteBuffer();
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (IsAnyNull(arguments, row)) continue;
            arguments.ThrowIfInterrupted();
            var wanted = Math.Max(lengths[row], 0);
            var kept = Utf8Text.Start(texts[row], wanted, out var characters);
            if (characters == wanted)
            {
                bound.Check(total += kept.Length);
                result.SetBytes(row, kept);
                continue;
            }
            var pad = pads[row];
            if (pad.IsEmpty)
                throw new FozException(ErrorKind.Data, $"Insufficient padding in {(isLeft ? "LPAD" : "RPAD")}.");
            var (whole, rest) = Math.DivRem(wanted - characters, Utf8Text.Count(pad));
            var part = Utf8Text.Start(pad, rest, out _);
            var padding = (Int128)whole * pad.Length + part.Length;
            bound.Check(total += padding + kept.Length);
            var made = buffer.Take((int)padding + kept.Length);
            var padded = made.Slice(isLeft ? 0 : kept.Length, (int)padding);
            Fill(padded[..^part.Length], pad);
            part.CopyTo(padded[^part.Length..]);
            kept.CopyTo(made[(isLeft ? (int)padding : 0)..]);
            result.SetBytes(row, made);
        }
    }

    static void Replace(DataChunk arguments, VectorWriter result, CallBound bound)
    {
        var texts = arguments[0].AllBytes;
        var searched = arguments[1].AllBytes;
        var others = arguments[2].AllBytes;
        var isAnyFound = false;
        Int128 total = 0;
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (IsAnyNull(arguments, row) || searched[row].IsEmpty) continue;
            var found = texts[row].IndexOf(searched[row]) < 0 ? 0 : texts[row].Count(searched[row]);
            isAnyFound |= found > 0;
            bound.Check(total += texts[row].Length + (Int128)found * (others[row].Length - searched[row].Length));
        }
        if (!isAnyFound)
        {
            result.Share(arguments[0]);
            return;
        }
        using var buffer = new ByteBuffer();
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (IsAnyNull(arguments, row)) continue;
            arguments.ThrowIfInterrupted();
            var text = texts[row];
            var from = searched[row];
            var found = from.IsEmpty ? 0 : text.Count(from);
            if (found == 0) result.SetBytes(row, text);
            else
            {
                var made = buffer.Take(text.Length + found * (others[row].Length - from.Length));
                Replace(text, from, others[row], made);
                result.SetBytes(row, made);
            }
        }
    }

    static void Replace(ReadOnlySpan<byte> text, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Span<byte> made)
    {
        for (int at; (at = text.IndexOf(from)) >= 0; text = text[(at + from.Length)..])
        {
            text[..at].CopyTo(made);
            to.CopyTo(made[at..]);
            made = made[(at + to.Length)..];
        }
        text.CopyTo(made);
    }

    /// <summary>Fills room with a text, as often as it fits.</summary>
    static void Fill(Span<byte> room, ReadOnlySpan<byte> text)
    {
        if (room.IsEmpty) return;
        if (text.Length == 1)
        {
            room.Fill(text[0]);
            return;
        }
        text.CopyTo(room);
        for (var done = text.Length; done < room.Length; done *= 2)
            room[..Math.Min(done, room.Length - done)].CopyTo(room[done..]);
    }
}
