using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Foz.Serving.Copying;
using Foz.Wire;

namespace Foz.Server.PgWire.Rows;

/// <summary>What stands around the values of a column: their lengths, or what divides them.</summary>
abstract class ColumnFrame
{
    /// <summary>
    /// The maximum size of a value or row in bytes, as in PostgreSQL: a larger length could not be sent.
    /// </summary>
    public const int BytesMax = 0x3FFF_FFFF;

    /// <summary>Whether the length precedes a value; otherwise values end with <see cref="Delimiter"/>.</summary>
    public abstract bool IsPrefixed { get; }

    /// <summary>Whether values that are no texts are written unchanged.</summary>
    public abstract bool TakesPlain { get; }

    /// <summary>Gets the end of a value that no length precedes.</summary>
    public virtual byte Delimiter => 0;

    /// <summary>Bytes of a NULL.</summary>
    public abstract int NullBytes { get; }

    /// <summary>Bytes of a value.</summary>
    public abstract int BytesOf(ReadOnlySpan<byte> value);

    /// <summary>Writes a value.</summary>
    /// <returns>How many bytes it took: <see cref="BytesOf"/>.</returns>
    public abstract int Write(ReadOnlySpan<byte> value, Span<byte> destination);

    /// <summary>Writes a NULL into <see cref="NullBytes"/>.</summary>
    public abstract void WriteNull(Span<byte> destination);

    /// <summary>Whether a delimiter stands in the text of no number, date or time.</summary>
    protected static bool IsUsual(char delimiter) => delimiter is '\t' or ',' or ';' or '|' or '~' or '^';

    /// <summary>Refuses a value that no message can hold.</summary>
    protected static int Bounded(long bytes) => bytes <= BytesMax
        ? (int)bytes
        : throw new WireException(WireErrorKind.TooLong, $"a value has {bytes} bytes, above {BytesMax}");

    /// <summary>Values of DataRow and of COPY in binary format: a length of 32 bits first, −1 for NULL.</summary>
    public sealed class Prefixed : ColumnFrame
    {
        /// <summary>Bytes of a length.</summary>
        public const int LengthBytes = sizeof(int);

        /// <inheritdoc/>
        public override bool IsPrefixed => true;

        /// <inheritdoc/>
        public override bool TakesPlain => true;

        /// <inheritdoc/>
        public override int NullBytes => LengthBytes;

        /// <inheritdoc/>
        public override int BytesOf(ReadOnlySpan<byte> value) => Bounded((long)value.Length + LengthBytes);

        /// <inheritdoc/>
        public override int Write(ReadOnlySpan<byte> value, Span<byte> destination) => WriteValue(value, destination);

        /// <inheritdoc/>
        public override void WriteNull(Span<byte> destination) => BinaryPrimitives.WriteInt32BigEndian(destination, -1);

        /// <summary>Writes a value after its length.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int WriteValue(ReadOnlySpan<byte> value, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, value.Length);
            value.CopyTo(destination[LengthBytes..]);
            return LengthBytes + value.Length;
        }
    }

    /// <summary>Values of COPY in text format: control characters, backslash and delimiter escaped.</summary>
    public sealed class CopyText : ColumnFrame
    {
        readonly SearchValues<byte> special;
        readonly byte[] nullText;

        /// <summary>A column.</summary>
        /// <param name="options">How the COPY is written.</param>
        /// <param name="isLast">Whether the row ends with it.</param>
        public CopyText(CopyOptions options, bool isLast)
        {
            nullText = Encoding.UTF8.GetBytes(options.Null);
            Delimiter = isLast ? (byte)'\n' : (byte)options.Delimiter;
            special = SearchValues.Create([.. "\b\f\n\r\t\v\\"u8, (byte)options.Delimiter]);
            TakesPlain = IsUsual(options.Delimiter);
        }

        /// <inheritdoc/>
        public override bool IsPrefixed => false;

        /// <inheritdoc/>
        public override bool TakesPlain { get; }

        /// <inheritdoc/>
        public override byte Delimiter { get; }

        /// <inheritdoc/>
        public override int NullBytes => nullText.Length + 1;

        /// <inheritdoc/>
        public override int BytesOf(ReadOnlySpan<byte> value)
        {
            var bytes = value.Length + 1L;
            for (var rest = value; rest.IndexOfAny(special) is >= 0 and var at; rest = rest[(at + 1)..]) bytes++;
            return Bounded(bytes);
        }

        /// <inheritdoc/>
        public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
        {
            var length = 0;
            for (var at = value.IndexOfAny(special); at >= 0; at = value.IndexOfAny(special))
            {
                value[..at].CopyTo(destination[length..]);
                length += at;
                destination[length++] = (byte)'\\';
                destination[length++] = Letter(value[at]);
                value = value[(at + 1)..];
            }

            value.CopyTo(destination[length..]);
            length += value.Length;
            destination[length] = Delimiter;
            return length + 1;
        }

        /// <inheritdoc/>
        public override void WriteNull(Span<byte> destination)
        {
            nullText.CopyTo(destination);
            destination[nullText.Length] = Delimiter;
        }

        static byte Letter(byte value) => value switch
        {
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\v' => (byte)'v',
            _ => value,
        };
    }

    /// <summary>Values of COPY in CSV format: quoted where they need it.</summary>
    public sealed class Csv : ColumnFrame
    {
        readonly SearchValues<byte> special;
        readonly byte[] nullText;
        readonly byte quote;
        readonly byte escape;
        readonly bool isQuoted;
        readonly bool isOnly;

        /// <summary>A column.</summary>
        /// <param name="options">How the COPY is written.</param>
        /// <param name="isLast">Whether the row ends with it.</param>
        /// <param name="isOnly">Whether it is the only column.</param>
        public Csv(CopyOptions options, bool isLast, bool isOnly)
        {
            (quote, escape) = ((byte)options.Quote, (byte)options.Escape);
            (nullText, isQuoted, this.isOnly) = (Encoding.UTF8.GetBytes(options.Null), options.QuotesAll, isOnly);
            Delimiter = isLast ? (byte)'\n' : (byte)options.Delimiter;
            special = SearchValues.Create([(byte)options.Delimiter, quote, (byte)'\n', (byte)'\r']);
            TakesPlain = !isQuoted && nullText.Length == 0 && IsUsual(options.Delimiter);
        }

        /// <inheritdoc/>
        public override bool IsPrefixed => false;

        /// <inheritdoc/>
        public override bool TakesPlain { get; }

        /// <inheritdoc/>
        public override byte Delimiter { get; }

        /// <inheritdoc/>
        public override int NullBytes => nullText.Length + 1;

        /// <inheritdoc/>
        public override int BytesOf(ReadOnlySpan<byte> value)
        {
            if (!IsQuoted(value)) return Bounded(value.Length + 1L);
            var bytes = value.Length + 3L;
            foreach (var letter in value)
                if (letter == quote || letter == escape) bytes++;
            return Bounded(bytes);
        }

        /// <inheritdoc/>
        public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
        {
            var length = 0;
            if (IsQuoted(value))
            {
                destination[length++] = quote;
                foreach (var letter in value)
                {
                    if (letter == quote || letter == escape) destination[length++] = escape;
                    destination[length++] = letter;
                }

                destination[length++] = quote;
            }
            else
            {
                value.CopyTo(destination);
                length = value.Length;
            }

            destination[length] = Delimiter;
            return length + 1;
        }

        /// <inheritdoc/>
        public override void WriteNull(Span<byte> destination)
        {
            nullText.CopyTo(destination);
            destination[nullText.Length] = Delimiter;
        }

        bool IsQuoted(ReadOnlySpan<byte> value) =>
            isQuoted || value.SequenceEqual(nullText) || value.ContainsAny(special)
            || (isOnly && value.SequenceEqual("\\."u8));
    }
}
