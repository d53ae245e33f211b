using System.Globalization;
using System.Numerics;
using System.Text;
using Foz.Lake.Data;
using Foz.Wire.Bson;

namespace Foz.Connectors.MongoDb;

/// <summary>Reads a value as what a column keeps; false where that cannot hold it.</summary>
delegate bool DocumentReader<T>(BsonType type, ReadOnlySpan<byte> value, out T result);

/// <summary>How values become those of the types that columns declare: exactly, or not at all.</summary>
static class DocumentReaders
{
    const long MillisecondsPerDay = 86_400_000;
    const int LongDigits = 19;
    static readonly long millisecondsMin = new DateTimeOffset(1, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    static readonly long millisecondsMax =
        new DateTimeOffset(9999, 12, 31, 23, 59, 59, 999, TimeSpan.Zero).ToUnixTimeMilliseconds();

    /// <summary>What gathers the values of a type; null where no column can be declared with it.</summary>
    public static DocumentValues? For(DataType type) => type switch
    {
        DataType.Decimal number => new FixedValues<Int128>((t, v, out r) => Decimal(number, t, v, out r)),
        DataType.Primitive { Name: "boolean" } => new FixedValues<byte>(Boolean),
        DataType.Primitive { Name: "byte" } => new FixedValues<sbyte>(Whole),
        DataType.Primitive { Name: "short" } => new FixedValues<short>(Whole),
        DataType.Primitive { Name: "integer" } => new FixedValues<int>(Whole),
        DataType.Primitive { Name: "long" } => new FixedValues<long>(Whole),
        DataType.Primitive { Name: "float" } => new FixedValues<float>(Single),
        DataType.Primitive { Name: "double" } => new FixedValues<double>(Double),
        DataType.Primitive { Name: "date" } => new FixedValues<int>(Day),
        DataType.Primitive { Name: "timestamp" } => new FixedValues<long>((t, v, out r) => Instant(t, v, true, out r)),
        DataType.Primitive { Name: "timestamp_ntz" } =>
            new FixedValues<long>((t, v, out r) => Instant(t, v, false, out r)),
        DataType.Primitive { Name: "binary" } => new BytesValues(Bytes),
        _ => null,
    };

    static bool Decimal(DataType.Decimal type, BsonType kind, ReadOnlySpan<byte> value, out Int128 result)
    {
        var scaled = DocumentNumber.Read(kind, value)?.Scale(type.Scale, type.Precision);
        result = scaled ?? 0;
        return scaled is not null;
    }

    static bool Boolean(BsonType type, ReadOnlySpan<byte> value, out byte result)
    {
        result = 0;
        if (type is BsonType.String)
        {
            var text = BsonValue.Text(value);
            result = text.SequenceEqual("true"u8) ? (byte)1 : (byte)0;
            return result == 1 || text.SequenceEqual("false"u8);
        }
        if (type is not BsonType.Boolean) return false;
        result = BsonValue.Boolean(value) ? (byte)1 : (byte)0;
        return true;
    }

    static bool Whole<T>(BsonType type, ReadOnlySpan<byte> value, out T result)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        result = T.Zero;
        if (DocumentNumber.Read(type, value)?.Scale(0, LongDigits) is not { } whole
            || whole < Int128.CreateChecked(T.MinValue) || whole > Int128.CreateChecked(T.MaxValue))
            return false;
        result = T.CreateChecked(whole);
        return true;
    }

    static bool Double(BsonType type, ReadOnlySpan<byte> value, out double result)
    {
        if (type is BsonType.Double)
        {
            result = BsonValue.Double(value);
            return true;
        }
        if (type is BsonType.Decimal128 && BsonDecimal.Read(value) is { Kind: not BsonDecimalKind.Number } other)
        {
            result = other.Kind is BsonDecimalKind.NaN ? double.NaN
                : other.IsNegative ? double.NegativeInfinity
                : double.PositiveInfinity;
            return true;
        }
        var exact = DocumentNumber.Read(type, value)?.ToDouble();
        result = exact ?? 0;
        return exact is not null;
    }

    static bool Single(BsonType type, ReadOnlySpan<byte> value, out float result)
    {
        var isRead = Double(type, value, out var number);
        result = (float)number;
        return isRead && ((double)result).Equals(number);
    }

    static bool Day(BsonType type, ReadOnlySpan<byte> value, out int result)
    {
        result = 0;
        if (type is BsonType.String)
        {
            if (!DateOnly.TryParseExact(
                Encoding.UTF8.GetString(BsonValue.Text(value)), "yyyy-MM-dd", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var day)) return false;
            result = day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
            return true;
        }
        if (!Milliseconds(type, value, out var instant) || instant % MillisecondsPerDay != 0) return false;
        result = (int)(instant / MillisecondsPerDay);
        return true;
    }

    static bool Instant(BsonType type, ReadOnlySpan<byte> value, bool hasZone, out long result)
    {
        result = 0;
        if (type is BsonType.String)
        {
            var text = Encoding.UTF8.GetString(BsonValue.Text(value));
            if (!DateTimeOffset.TryParseExact(
                text, hasZone ? "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz" : "yyyy-MM-ddTHH:mm:ss.FFFFFFF",
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                && !(hasZone && DateTimeOffset.TryParseExact(
                    text, "yyyy-MM-ddTHH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal, out time)))
                return false;
            result = (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
            return time.Ticks % TimeSpan.TicksPerMicrosecond == 0;
        }
        if (!Milliseconds(type, value, out var instant)) return false;
        result = instant * 1_000;
        return true;
    }

    /// <summary>Whether an instant is one of the years 1 to 9999, which all readers of tables understand.</summary>
    /// <param name="milliseconds">Milliseconds since 1970.</param>
    public static bool IsUsual(long milliseconds) => milliseconds >= millisecondsMin && milliseconds <= millisecondsMax;

    static bool Milliseconds(BsonType type, ReadOnlySpan<byte> value, out long result)
    {
        result = type is BsonType.Date ? BsonValue.Int64(value) : 0;
        return type is BsonType.Date && IsUsual(result);
    }

    static bool Bytes(BsonType type, ReadOnlySpan<byte> value, IBytesTarget target)
    {
        if (type is not BsonType.Binary) return false;
        target.Write(BsonValue.Binary(value, out _));
        return true;
    }
}
