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

    /// <summary>The last value, if its type cannot hold it: as the database writes it. It is null then.</summary>
    public string? Rescued { get; protected set; }

    /// <summary>What gathers the values of a column.</summary>
    public static ReaderColumn For(DatabaseColumn column) => (column.Form, column.Field.Type) switch
    {
        (ValueForm.Utf8, DataType.Decimal number) => new DecimalTextReader(number.Scale, number.Precision),
        (ValueForm.Utf8, _) => new DirectBytesReader(isText: true),
        (ValueForm.Direct, var type) => Direct(type),
        (_, var type) => OfObjects(type),
    };

    static ReaderColumn Direct(DataType type) => type switch
    {
        _ when type == DataType.Byte => new GetterReader<sbyte>(static (r, i) => checked((sbyte)r.GetInt32(i))),
        _ when type == DataType.Short => new GetterReader<short>(static (r, i) => checked((short)r.GetInt32(i))),
        _ when type == DataType.Integer => new GetterReader<int>(static (r, i) => r.GetInt32(i)),
        _ when type == DataType.Long => new GetterReader<long>(static (r, i) => r.GetInt64(i)),
        DataType.Decimal => new GetterReader<Int128>(static (r, i) => r.GetFieldValue<ulong>(i)),
        _ when type == DataType.Binary => new DirectBytesReader(isText: false),
        _ when type == DataType.Date => new MySqlTimeReader<int>(Day),
        _ when type == DataType.Timestamp || type == DataType.TimestampNtz => new MySqlTimeReader<long>(Microseconds),
        _ => OfObjects(type),
    };

    static ReaderColumn OfObjects(DataType type) => type switch
    {
        DataType.Decimal number => new DecimalReader(number.Scale, number.Precision),
        _ when type == DataType.Boolean => new GetterReader<byte>(static (r, i) => r.GetBoolean(i) ? (byte)1 : (byte)0),
        _ when type == DataType.Byte =>
            new GetterReader<sbyte>(static (r, i) => Convert.ToSByte(r.GetValue(i), CultureInfo.InvariantCulture)),
        _ when type == DataType.Short =>
            new GetterReader<short>(static (r, i) => Convert.ToInt16(r.GetValue(i), CultureInfo.InvariantCulture)),
        _ when type == DataType.Integer => new GetterReader<int>(Int32),
        _ when type == DataType.Long => new GetterReader<long>(Int64),
        _ when type == DataType.Float => new GetterReader<float>(static (r, i) => r.GetFloat(i)),
        _ when type == DataType.Double => new GetterReader<double>(static (r, i) => r.GetDouble(i)),
        _ when type == DataType.Date => new GetterReader<int>(static (r, i) => Day(r.GetValue(i))),
        _ when type == DataType.Timestamp || type == DataType.TimestampNtz =>
            new GetterReader<long>(static (r, i) => Microseconds(r.GetValue(i))),
        _ when type == DataType.Binary => new BytesGetterReader(static (r, i) => (byte[])r.GetValue(i)),
        _ => new BytesGetterReader(static (r, i) => Encoding.UTF8.GetBytes(Text(r.GetValue(i)))),
    };

    /// <summary>Adds the value of the row that the reader stands on.</summary>
    public void Add(DbDataReader reader, int ordinal)
    {
        Rescued = null;
        if (reader.IsDBNull(ordinal) || !TryAdd(reader, ordinal))
        {
            AddDefault();
            validity ??= NewValidity(Count);
            Reserve(Count);
        }
        else
        {
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

    /// <summary>
    /// Adds a value that is not null; returns false, and sets <see cref="Rescued"/>, where the type cannot hold it.
    /// </summary>
    protected abstract bool TryAdd(DbDataReader reader, int ordinal);

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

    internal static int Day(object value) => value switch
    {
        DateOnly day => day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber,
        DateTime time => DateOnly.FromDateTime(time).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber,
        _ => throw new InvalidCastException($"{value.GetType().Name} is no day"),
    };

    internal static long Microseconds(object value)
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
}
