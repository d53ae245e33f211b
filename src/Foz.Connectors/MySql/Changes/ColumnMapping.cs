using System.Buffers;
using System.Net;
using System.Text;
using Foz.Connectors.PostgreSql;
using Foz.Lake.Data;
using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>What the server says of a column besides its place in a row.</summary>
/// <param name="Column">Its type in the log.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsUnsigned">Whether it has no sign.</param>
/// <param name="IsBinary">Whether it has bytes, and no text.</param>
sealed record SourceColumn(BinlogColumn Column, string Name, bool IsUnsigned, bool IsBinary)
{
    /// <summary>How texts become UTF-8; null where they are it.</summary>
    public TextCodec? Codec { get; init; }

    /// <summary>The values of ENUM and SET, in UTF-8.</summary>
    public IReadOnlyList<byte[]> Values { get; init; } = [];

    /// <summary>
    /// Whether an insert that does not state it leaves it null; false where it has another default, or none is known.
    /// </summary>
    public bool IsNullByDefault { get; init; }

    /// <summary>Whether the server computes it.</summary>
    public bool IsGenerated { get; init; }

    /// <summary>The type as the catalog has it, such as <c>uuid</c>; empty where it does not know the column.</summary>
    public string CatalogType { get; init; } = "";
}

/// <summary>How a column arrives in bronze: as <see cref="Databases.MySqlTypes"/> has it for a snapshot.</summary>
/// <param name="Type">The type.</param>
/// <param name="NewBuilder">Makes the builder of its values.</param>
sealed record ColumnMapping(DataType Type, Func<ColumnBuilder> NewBuilder)
{
    const int DigitsMax = 38, BitsOfLong = 63, Ipv4Bytes = 4, Ipv6Bytes = 16;

    static readonly DataType Unsigned64 = new DataType.Decimal(20, 0);

    /// <summary>Whether it may have values that its type cannot hold.</summary>
    public bool MayRescue =>
        Type == DataType.Date || Type == DataType.Timestamp || Type == DataType.TimestampNtz;

    /// <summary>Returns how a column arrives.</summary>
    public static ColumnMapping Of(SourceColumn source)
    {
        var (type, _, scale) = source.Column;
        return type switch
        {
            BinlogColumnType.Tiny or BinlogColumnType.Short or BinlogColumnType.Int24 or BinlogColumnType.Long
                or BinlogColumnType.LongLong => OfInteger(type, source.IsUnsigned),
            BinlogColumnType.Float => Fixed<float, SingleReader>(DataType.Float, default),
            BinlogColumnType.Double => Fixed<double, DoubleReader>(DataType.Double, default),
            BinlogColumnType.Year => Fixed<int, YearReader>(DataType.Integer, default),
            BinlogColumnType.Bit => source.Column.Length <= BitsOfLong
                ? Fixed<long, BitReader<long>>(DataType.Long, default)
                : Fixed<Int128, BitReader<Int128>>(Unsigned64, default),
            BinlogColumnType.Decimal => OfDecimal(source.Column),
            BinlogColumnType.Date or BinlogColumnType.NewDate => Fixed<int, DateReader>(DataType.Date, default),
            BinlogColumnType.DateTime => Fixed<long, DateTimeReader>(DataType.TimestampNtz, new(scale)),
            BinlogColumnType.OldDateTime => Fixed<long, DateTimeReader>(DataType.TimestampNtz, new(-1)),
            BinlogColumnType.Timestamp => Fixed<long, TimestampReader>(DataType.Timestamp, new(scale)),
            BinlogColumnType.OldTimestamp => Fixed<long, TimestampReader>(DataType.Timestamp, new(-1)),
            BinlogColumnType.Time => Written(
                DataType.String, (value, text) => WriteTime(BinlogTemporal.ReadTime(value, scale), scale, text)),
            BinlogColumnType.OldTime => Written(
                DataType.String, (value, text) => WriteTime(BinlogTemporal.ReadOldTime(value), 0, text)),
            BinlogColumnType.Json => Written(DataType.String, BinaryJson.Write),
            BinlogColumnType.Geometry => Written(DataType.String, GeometryText.Write),
            BinlogColumnType.Enum => OfEnum(source.Values),
            BinlogColumnType.Set => OfSet(source.Values),
            BinlogColumnType.Vector => Bytes(DataType.Binary, default(ByteaReader)),
            _ => OfText(source),
        };
    }

    static ColumnMapping Fixed<T, TReader>(DataType type, TReader reader)
        where T : unmanaged
        where TReader : struct, IFixedReader<T> => new(type, () => new FixedBuilder<T, TReader>(reader));

    static ColumnMapping Bytes<TReader>(DataType type, TReader reader)
        where TReader : struct, IBytesReader => new(type, () => new BytesBuilder<TReader>(reader));

    static ColumnMapping Written(DataType type, ValueWriter write) =>
        new(type, () => new BytesBuilder<WrittenReader>(new(write)));

    static ColumnMapping OfInteger(BinlogColumnType type, bool isUnsigned) => (type, isUnsigned) switch
    {
        (BinlogColumnType.Tiny, false) => Fixed<sbyte, IntegerReader<sbyte>>(DataType.Byte, new(1, false)),
        (BinlogColumnType.Tiny, true) => Fixed<short, IntegerReader<short>>(DataType.Short, new(1, true)),
        (BinlogColumnType.Short, false) => Fixed<short, IntegerReader<short>>(DataType.Short, new(2, false)),
        (BinlogColumnType.Short, true) => Fixed<int, IntegerReader<int>>(DataType.Integer, new(2, true)),
        (BinlogColumnType.Int24, false) => Fixed<int, IntegerReader<int>>(DataType.Integer, new(3, false)),
        (BinlogColumnType.Int24, true) => Fixed<long, IntegerReader<long>>(DataType.Long, new(3, true)),
        (BinlogColumnType.Long, false) => Fixed<int, IntegerReader<int>>(DataType.Integer, new(4, false)),
        (BinlogColumnType.Long, true) => Fixed<long, IntegerReader<long>>(DataType.Long, new(4, true)),
        (_, false) => Fixed<long, IntegerReader<long>>(DataType.Long, new(8, false)),
        (_, true) => Fixed<Int128, IntegerReader<Int128>>(Unsigned64, new(8, true)),
    };

    static ColumnMapping OfDecimal(BinlogColumn column)
    {
        var (_, precision, scale) = column;
        return precision <= DigitsMax
            ? Fixed<Int128, DecimalReader>(new DataType.Decimal(precision, scale), new(precision, scale))
            : Written(
                DataType.String,
                (value, text) => text.Advance(
                    BinlogDecimal.Format(value, precision, scale, text.GetSpan(BinlogDecimal.TextBytesMax))));
    }

    static ColumnMapping OfText(SourceColumn source)
    {
        var (type, length, _) = source.Column;
        var kind = source.CatalogType.ToLowerInvariant();
        if (kind == "uuid") return Written(DataType.String, WriteUuid);
        if (kind is "inet4" or "inet6")
            return Written(
                DataType.String, (value, text) => WriteAddress(value, kind == "inet4" ? Ipv4Bytes : Ipv6Bytes, text));
        if (type is BinlogColumnType.BlobCompressed or BinlogColumnType.VarCharCompressed)
            return Written(
                source.IsBinary ? DataType.Binary : DataType.String,
                (value, bytes) => WriteText(CompressedValue.Decompress(value), source, bytes));
        if (source.IsBinary)
            return type == BinlogColumnType.String
                ? Bytes(DataType.Binary, new PaddedReader(length))
                : Bytes(DataType.Binary, default(ByteaReader));
        return source.Codec is { } codec
            ? Bytes(DataType.String, new CodecReader(codec))
            : Bytes(DataType.String, default(UncheckedTextReader));
    }

    static ColumnMapping OfEnum(IReadOnlyList<byte[]> values) => Written(DataType.String, (value, text) =>
    {
        var number = Number(value);
        if (number == 0) return;
        if (number > (ulong)values.Count)
            throw new Wire.WireException(Wire.WireErrorKind.Value, $"there is no value {number} of {values.Count}");
        text.Write(values[(int)number - 1]);
    });

    static ColumnMapping OfSet(IReadOnlyList<byte[]> values) => Written(DataType.String, (value, text) =>
    {
        var isFirst = true;
        var bits = Number(value);
        for (var i = 0; i < values.Count; i++)
        {
            if ((bits >> i & 1) == 0) continue;
            if (!isFirst) text.Write(","u8);
            text.Write(values[i]);
            isFirst = false;
        }
    });

    static ulong Number(ReadOnlySpan<byte> value)
    {
        ulong number = 0;
        for (var i = value.Length - 1; i >= 0; i--) number = number << 8 | value[i];
        return number;
    }

    static void WriteTime(BinlogTemporal time, int digits, IBufferWriter<byte> text) =>
        text.Advance(time.FormatTime(text.GetSpan(BinlogTemporal.TextBytesMax), digits));

    static void WriteText(ReadOnlySpan<byte> value, SourceColumn source, IBufferWriter<byte> bytes)
    {
        if (source.IsBinary || source.Codec is null)
        {
            bytes.Write(value);
            return;
        }

        var written = source.Codec.Decode(value, bytes.GetSpan(checked(value.Length * source.Codec.GrowthMax)));
        if (written < 0) throw new Wire.WireException(Wire.WireErrorKind.Encoding, "a text is malformed");
        bytes.Advance(written);
    }

    static void WriteUuid(ReadOnlySpan<byte> value, IBufferWriter<byte> text)
    {
        const int TextBytes = 36;
        Span<byte> bytes = stackalloc byte[Ipv6Bytes];
        Pad(value, bytes);
        new Guid(bytes, bigEndian: true).TryFormat(text.GetSpan(TextBytes), out var written);
        text.Advance(written);
    }

    static void WriteAddress(ReadOnlySpan<byte> value, int byteCount, IBufferWriter<byte> text)
    {
        Span<byte> bytes = stackalloc byte[byteCount];
        Pad(value, bytes);
        text.Write(Encoding.ASCII.GetBytes(new IPAddress(bytes).ToString()));
    }

    static void Pad(ReadOnlySpan<byte> value, Span<byte> bytes)
    {
        if (value.Length > bytes.Length)
            throw new Wire.WireException(Wire.WireErrorKind.Value, $"a value has {value.Length} bytes");
        bytes.Clear();
        value.CopyTo(bytes);
    }
}
