using System.Data.Common;
using System.Globalization;
using System.Text;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>Gathers the values of one column of a <see cref="DbDataReader"/>.</summary>
abstract class ReaderColumn
{
    const int BitsPerWord = 64;
    ulong[]? validity;

    /// <summary>How many values there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes of text there are.</summary>
    public virtual long TextBytes => 0;

    /// <summary>What gathers values of a type.</summary>
    public static ReaderColumn For(DataType type) => type switch
    {
        DataType.Decimal number => new DecimalColumn(number.Scale, number.Precision),
        _ when type == DataType.Boolean => new FixedReader<byte>(static (r, i) => r.GetBoolean(i) ? (byte)1 : (byte)0),
        _ when type == DataType.Byte =>
            new FixedReader<sbyte>(static (r, i) => Convert.ToSByte(r.GetValue(i), CultureInfo.InvariantCulture)),
        _ when type == DataType.Short =>
            new FixedReader<short>(static (r, i) => Convert.ToInt16(r.GetValue(i), CultureInfo.InvariantCulture)),
        _ when type == DataType.Integer => new FixedReader<int>(Int32),
        _ when type == DataType.Long => new FixedReader<long>(Int64),
        _ when type == DataType.Float => new FixedReader<float>(static (r, i) => r.GetFloat(i)),
        _ when type == DataType.Double => new FixedReader<double>(static (r, i) => r.GetDouble(i)),
        _ when type == DataType.Date => new FixedReader<int>(static (r, i) => Day(r.GetValue(i))),
        _ when type == DataType.Timestamp || type == DataType.TimestampNtz =>
            new FixedReader<long>(static (r, i) => Microseconds(r.GetValue(i))),
        _ when type == DataType.Binary => new BytesReader(static (r, i) => (byte[])r.GetValue(i)),
        _ => new BytesReader(static (r, i) => Encoding.UTF8.GetBytes(Text(r.GetValue(i)))),
    };

    /// <summary>Adds the value of the row that the reader stands on.</summary>
    public void Add(DbDataReader reader, int ordinal)
    {
        if (reader.IsDBNull(ordinal))
        {
            AddDefault();
            validity ??= NewValidity(Count);
            Reserve(Count);
        }
        else
        {
            AddValue(reader, ordinal);
            if (validity is not null)
            {
                Reserve(Count);
                validity[Count / BitsPerWord] |= 1UL << Count % BitsPerWord;
            }
        }
        Count++;
    }

    /// <summary>The column.</summary>
    public Column Build() => Build(validity);

    /// <summary>Adds a value that is not null.</summary>
    protected abstract void AddValue(DbDataReader reader, int ordinal);

    /// <summary>Adds what stands where the row is null.</summary>
    protected abstract void AddDefault();

    /// <summary>The column.</summary>
    protected abstract Column Build(ulong[]? validity);

    /// <summary>A value as text: as .NET writes it, whatever the culture, times as ISO 8601 has them.</summary>
    public static string Text(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        DateTime time =>
            time.ToString(
                time.Kind == DateTimeKind.Utc ? "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ" : "yyyy-MM-ddTHH:mm:ss.FFFFFFF",
                CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        Array list => $"[{string.Join(',', list.Cast<object?>().Select(i => i is null or DBNull ? "null" : Text(i)))}]",
        _ => value.ToString() ?? "",
    };

    static int Int32(DbDataReader reader, int ordinal) => reader.GetFieldType(ordinal) == typeof(int)
        ? reader.GetInt32(ordinal)
        : Convert.ToInt32(reader.GetValue(ordinal), CultureInfo.InvariantCulture);

    static long Int64(DbDataReader reader, int ordinal) => reader.GetFieldType(ordinal) == typeof(long)
        ? reader.GetInt64(ordinal)
        : Convert.ToInt64(reader.GetValue(ordinal), CultureInfo.InvariantCulture);

    static int Day(object value) => value switch
    {
        DateOnly day => day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber,
        DateTime time => DateOnly.FromDateTime(time).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber,
        _ => throw new InvalidCastException($"{value.GetType().Name} is no day"),
    };

    static long Microseconds(object value)
    {
        var ticks = value switch
        {
            DateTimeOffset time => time.UtcTicks,
            DateTime { Kind: DateTimeKind.Local } time => time.ToUniversalTime().Ticks,
            DateTime time => time.Ticks,
            _ => throw new InvalidCastException($"{value.GetType().Name} is no time"),
        };
        return (ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
    }

    static ulong[] NewValidity(int count)
    {
        var words = new ulong[Math.Max(16, count / BitsPerWord + 1)];
        for (var row = 0; row < count; row++) words[row / BitsPerWord] |= 1UL << row % BitsPerWord;
        return words;
    }

    void Reserve(int row)
    {
        if (row / BitsPerWord >= validity!.Length) Array.Resize(ref validity, 2 * validity.Length);
    }

    sealed class FixedReader<T>(Func<DbDataReader, int, T> read) : ReaderColumn
        where T : unmanaged
    {
        T[] values = new T[1024];

        protected override void AddValue(DbDataReader reader, int ordinal) => Put(read(reader, ordinal));

        protected override void AddDefault() => Put(default);

        protected override Column Build(ulong[]? validity) => new FixedColumn<T>(values, validity);

        void Put(T value)
        {
            if (Count == values.Length) Array.Resize(ref values, 2 * values.Length);
            values[Count] = value;
        }
    }

    sealed class DecimalColumn(int scale, int precision) : ReaderColumn
    {
        readonly Int128 end = Power(precision);
        Int128[] values = new Int128[1024];

        protected override void AddValue(DbDataReader reader, int ordinal) => Put(Unscaled(reader.GetValue(ordinal)));

        protected override void AddDefault() => Put(0);

        protected override Column Build(ulong[]? validity) => new FixedColumn<Int128>(values, validity);

        void Put(Int128 value)
        {
            if (Count == values.Length) Array.Resize(ref values, 2 * values.Length);
            values[Count] = value;
        }

        Int128 Unscaled(object value)
        {
            var text = Text(value is string or decimal ? value : Convert.ToDecimal(value, CultureInfo.InvariantCulture))
                .Trim();
            var point = text.IndexOf('.', StringComparison.Ordinal);
            var digits = point < 0 ? text : text[..point] + text[(point + 1)..].TrimEnd('0');
            var places = point < 0 ? 0 : digits.Length - point;
            if (places > scale
                || !Int128.TryParse(
                    digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                throw new InvalidCastException($"{text} is no number with {scale} places");
            number *= Power(scale - places);
            return Int128.Abs(number) < end
                ? number
                : throw new OverflowException($"{text} has more than {precision} digits");
        }

        static Int128 Power(int exponent)
        {
            Int128 power = 1;
            for (; exponent > 0; exponent--) power *= 10;
            return power;
        }
    }

    sealed class BytesReader(Func<DbDataReader, int, byte[]> read) : ReaderColumn
    {
        byte[] bytes = new byte[1024];
        int[] offsets = new int[1025];
        int length;

        public override long TextBytes => length;

        protected override void AddValue(DbDataReader reader, int ordinal)
        {
            var value = read(reader, ordinal);
            if (bytes.Length - length < value.Length)
                Array.Resize(ref bytes, Math.Max(checked(length + value.Length), 2 * bytes.Length));
            value.CopyTo(bytes, length);
            length += value.Length;
            End();
        }

        protected override void AddDefault() => End();

        protected override Column Build(ulong[]? validity) => new BytesColumn(bytes, offsets, validity);

        void End()
        {
            if (Count + 1 == offsets.Length) Array.Resize(ref offsets, 2 * offsets.Length);
            offsets[Count + 1] = length;
        }
    }
}
