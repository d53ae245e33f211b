using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text.Unicode;

namespace Foz.Wire.MySql.Binlog;

/// <summary>Writes MySQL's binary form of JSON as the text that the server shows.</summary>
public static class BinaryJson
{
    const int DepthMax = 100;

    /// <summary>Writes a value.</summary>
    /// <param name="value">Its binary form; without a byte it is null.</param>
    /// <param name="text">Where to.</param>
    /// <exception cref="WireException">Thrown when it is malformed.</exception>
    public static void Write(ReadOnlySpan<byte> value, IBufferWriter<byte> text)
    {
        if (value.IsEmpty)
        {
            text.Write("null"u8);
            return;
        }

        var budget = (long)value.Length;
        new Writer(text, ref budget).Value(value[0], value[1..], 0);
    }

    static WireException Malformed(string fault) => WireException.Malformed($"a JSON value: {fault}");

    /// <summary>
    /// Writes values. No byte of a value belongs to two others: what values take beyond the budget of all bytes is
    /// malformed, so that values within each other cannot grow without bound.
    /// </summary>
    readonly ref struct Writer(IBufferWriter<byte> text, ref long budget)
    {
        const byte SmallObject = 0, LargeObject = 1, SmallArray = 2, LargeArray = 3, Literal = 4, Int16 = 5;
        const byte UInt16 = 6, Int32 = 7, UInt32 = 8, Int64 = 9, UInt64 = 10, Double = 11, String = 12, Opaque = 15;
        const byte NullLiteral = 0, TrueLiteral = 1, FalseLiteral = 2;
        const int NumberBytesMax = 24;

        readonly IBufferWriter<byte> text = text;
        readonly ref long budget = ref budget;

        public void Value(byte type, ReadOnlySpan<byte> data, int depth)
        {
            switch (type)
            {
                case SmallObject or LargeObject:
                    Container(data, isLarge: type == LargeObject, isObject: true, depth);
                    break;
                case SmallArray or LargeArray:
                    Container(data, isLarge: type == LargeArray, isObject: false, depth);
                    break;
                case String:
                    Quoted(Sized(data));
                    break;
                case Opaque:
                    if (data.IsEmpty) throw Malformed("it is cut off");
                    OpaqueValue(data[0], Sized(data[1..]));
                    break;
                default:
                    Scalar(type, data);
                    break;
            }
        }

        static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> data, long at, long count) =>
            at >= 0 && count >= 0 && at + count <= data.Length
                ? data.Slice((int)at, (int)count)
                : throw Malformed($"{count} bytes are expected at {at} of {data.Length}");

        static uint Offset(ReadOnlySpan<byte> data, long at, int size) =>
            (uint)LittleEndian.Unsigned(Take(data, at, size));

        static bool IsInline(byte type, bool isLarge) =>
            type is Literal or Int16 or UInt16 || isLarge && type is Int32 or UInt32;

        void Spend(long bytes)
        {
            budget -= bytes;
            if (budget < 0) throw Malformed("parts of it overlap");
        }

        void Container(ReadOnlySpan<byte> data, bool isLarge, bool isObject, int depth)
        {
            if (depth == DepthMax) throw Malformed($"it is deeper than {DepthMax}");
            var size = isLarge ? sizeof(uint) : sizeof(ushort);
            var count = Offset(data, 0, size);
            data = Take(data, 0, Offset(data, size, size));
            long keyBytes = isObject ? size + sizeof(ushort) : 0, valueBytes = 1 + size, valuesAt = 2 * size;
            valuesAt += count * keyBytes;
            Spend(valuesAt + count * valueBytes);
            text.Write(isObject ? "{"u8 : "["u8);
            for (var i = 0L; i < count; i++)
            {
                if (i > 0) text.Write(", "u8);
                if (isObject)
                {
                    var key = 2 * size + i * keyBytes;
                    var name = Take(data, Offset(data, key, size), Offset(data, key + size, sizeof(ushort)));
                    Spend(name.Length);
                    Quoted(name);
                    text.Write(": "u8);
                }

                var entry = Take(data, valuesAt + i * valueBytes, valueBytes);
                if (IsInline(entry[0], isLarge)) Scalar(entry[0], entry[1..]);
                else
                {
                    var at = Offset(entry, 1, size);
                    Value(entry[0], Take(data, at, data.Length - (long)at), depth + 1);
                }
            }

            text.Write(isObject ? "}"u8 : "]"u8);
        }

        /// <summary>Reads a length in groups of seven bits, and as many bytes.</summary>
        ReadOnlySpan<byte> Sized(ReadOnlySpan<byte> data)
        {
            const int Bits = 7, BytesMax = 5;
            var length = 0L;
            for (var i = 0; i < BytesMax; i++)
            {
                var b = Take(data, i, 1)[0];
                length |= (long)(b & 0x7F) << Bits * i;
                if (b >= 0x80) continue;
                Spend(length + i + 1);
                return Take(data, i + 1, length);
            }

            throw Malformed("a length has no end");
        }

        void Scalar(byte type, ReadOnlySpan<byte> data)
        {
            var space = text.GetSpan(DoubleText.BytesMax);
            int length;
            switch (type)
            {
                case Literal:
                    text.Write(Take(data, 0, 1)[0] switch
                    {
                        NullLiteral => "null"u8,
                        TrueLiteral => "true"u8,
                        FalseLiteral => "false"u8,
                        var other => throw Malformed($"0x{other:X2} is no literal"),
                    });
                    return;
                case Int16 or Int32 or Int64:
                    var signedBytes = type == Int16 ? 2 : type == Int32 ? 4 : 8;
                    var shift = 8 * (sizeof(long) - signedBytes);
                    var bits = (long)LittleEndian.Unsigned(Take(data, 0, signedBytes));
                    Utf8Formatter.TryFormat(bits << shift >> shift, space, out length);
                    break;
                case UInt16 or UInt32 or UInt64:
                    var bytes = type == UInt16 ? 2 : type == UInt32 ? 4 : 8;
                    Utf8Formatter.TryFormat(LittleEndian.Unsigned(Take(data, 0, bytes)), space, out length);
                    break;
                case Double:
                    length = DoubleText.Format(
                        BinaryPrimitives.ReadDoubleLittleEndian(Take(data, 0, sizeof(double))), space);
                    if (!space[..length].ContainsAny((byte)'.', (byte)'e'))
                    {
                        ".0"u8.CopyTo(space[length..]);
                        length += 2;
                    }

                    break;
                default:
                    throw Malformed($"0x{type:X2} is no type");
            }

            text.Advance(length);
        }

        void OpaqueValue(byte type, ReadOnlySpan<byte> data)
        {
            Span<byte> space = stackalloc byte[BinlogDecimal.TextBytesMax];
            switch ((BinlogColumnType)type)
            {
                case BinlogColumnType.Decimal:
                    var (precision, scale) = (Take(data, 0, 2)[0], data[1]);
                    if (precision is 0 or > 65 || scale > Math.Min(precision, (byte)30))
                        throw Malformed("a decimal has digits that none has");
                    text.Write(space[..BinlogDecimal.Format(data[2..], precision, scale, space)]);
                    return;
                case BinlogColumnType.Date:
                    var date = Temporal(data, isTime: false);
                    Quoted(space[..date.FormatDay(space)]);
                    return;
                case BinlogColumnType.OldDateTime or BinlogColumnType.OldTimestamp:
                    var dateTime = Temporal(data, isTime: false);
                    Quoted(space[..dateTime.FormatDateTime(space, 6)]);
                    return;
                case BinlogColumnType.OldTime:
                    var time = Temporal(data, isTime: true);
                    Quoted(space[..time.FormatTime(space, 6)]);
                    return;
                default:
                    text.Write("\"base64:type"u8);
                    Utf8Formatter.TryFormat(type, space, out var length);
                    text.Write(space[..length]);
                    text.Write(":"u8);
                    var encoded = text.GetSpan(Base64.GetMaxEncodedToUtf8Length(data.Length));
                    Base64.EncodeToUtf8(data, encoded, out _, out var written);
                    text.Advance(written);
                    text.Write("\""u8);
                    return;
            }
        }

        static BinlogTemporal Temporal(ReadOnlySpan<byte> data, bool isTime) =>
            BinlogTemporal.ReadPacked((long)LittleEndian.Unsigned(Take(data, 0, sizeof(long))), isTime);

        void Quoted(ReadOnlySpan<byte> value)
        {
            if (!Utf8.IsValid(value)) throw Malformed("a text is not UTF-8");
            text.Write("\""u8);
            while (!value.IsEmpty)
            {
                var at = IndexOfEscaped(value);
                text.Write(value[..at]);
                if (at == value.Length) break;
                Escape(value[at]);
                value = value[(at + 1)..];
            }

            text.Write("\""u8);
        }

        static int IndexOfEscaped(ReadOnlySpan<byte> value)
        {
            const byte ControlMax = 0x1F;
            for (var i = 0; i < value.Length; i++)
                if (value[i] is <= ControlMax or (byte)'"' or (byte)'\\') return i;
            return value.Length;
        }

        void Escape(byte value)
        {
            var escape = value switch
            {
                (byte)'"' => "\\\""u8,
                (byte)'\\' => "\\\\"u8,
                (byte)'\b' => "\\b"u8,
                (byte)'\f' => "\\f"u8,
                (byte)'\n' => "\\n"u8,
                (byte)'\r' => "\\r"u8,
                (byte)'\t' => "\\t"u8,
                _ => default,
            };
            text.Write(escape);
            if (!escape.IsEmpty) return;
            text.Write("\\u00"u8);
            var space = text.GetSpan(NumberBytesMax);
            Utf8Formatter.TryFormat(value, space, out var length, new StandardFormat('x', 2));
            text.Advance(length);
        }
    }
}
