using System.Globalization;
using System.Numerics;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine.Functions;
using Vector = Foz.DuckDB.Vector;

namespace Foz.Serving.Trino.Functions;

/// <summary>
/// What functions of DuckDB do not say of Trino's. Where a result has the type of an argument, there is one function
/// for each type: DuckDB's macros cannot tell types of aggregates and of outer columns apart.
/// </summary>
static class TrinoNatives
{
    /// <summary>The message of a division by zero, which determines its SQLSTATE.</summary>
    public const string DivisionByZero = "Division by zero";

    const long MicrosADay = 86_400_000_000;
    const int MicrosDigits = 6, MillisDigits = 3;

    /// <summary>The functions.</summary>
    public static IEnumerable<ScalarFunction> All { get; } =
    [
        // DuckDB has one function for lists and another for maps.
        Of<long>(
            "cardinality", LogicalType.BigInt, [LogicalType.Any],
            static (arguments, row) => Cardinality(arguments[0], row)),
        Quotient<sbyte>(LogicalType.TinyInt),
        Quotient<short>(LogicalType.SmallInt),
        Quotient<int>(LogicalType.Integer),
        Quotient<long>(LogicalType.BigInt),
        Quotient<Int128>(LogicalType.HugeInt),
        Quotient<float>(LogicalType.Float),
        Quotient<double>(LogicalType.Double),
        Divisor<sbyte>(LogicalType.TinyInt),
        Divisor<short>(LogicalType.SmallInt),
        Divisor<int>(LogicalType.Integer),
        Divisor<long>(LogicalType.BigInt),
        Divisor<Int128>(LogicalType.HugeInt),
        Divisor<float>(LogicalType.Float),
        Divisor<double>(LogicalType.Double),
        new()
        {
            Name = "foz_trino_has_divisor", Parameters = [LogicalType.Any, LogicalType.Any],
            ReturnType = LogicalType.Boolean, Body = HasDivisor,
        },
        .. Clocks(),
        .. Shapes(),
        .. Measures(),
        .. TrinoPlaces.All,
        new()
        {
            Name = "foz_trino_is_ordinary", Parameters = [LogicalType.Any, LogicalType.Any],
            ReturnType = LogicalType.Boolean, Body = IsOrdinary,
        },
        new()
        {
            Name = "foz_trino_is_equatable", Parameters = [LogicalType.Any], ReturnType = LogicalType.Boolean,
            Body = IsEquatable,
        },
        new()
        {
            Name = "foz_trino_is_whole", Parameters = [LogicalType.Any], ReturnType = LogicalType.Boolean,
            Body = static (arguments, result) =>
            {
                if (IsNested(arguments[0])) IsEquatable(arguments, result);
                result.Values<bool>()[..arguments.RowCount].Fill(true);
            },
        },
        // A value, and those among which it is looked for.
        Nullable("in", LogicalType.Boolean, [LogicalType.Any], static (arguments, row) =>
            ((IEnumerable<object?>)arguments[0].GetValue(row)!).ToList() is [var value, .. var list]
                ? TrinoEquality.OfAny(value, list)
                : null),
        // Both in one list, so that they have one type.
        Nullable("equal", LogicalType.Boolean, [LogicalType.Any], static (arguments, row) =>
            ((IEnumerable<object?>)arguments[0].GetValue(row)!).ToList() is [var left, var right]
                ? TrinoEquality.Of(left, right)
                : null),
        Nullable("value_text", LogicalType.Varchar, [LogicalType.Any, LogicalType.Integer], static (arguments, row) =>
            TextOf(arguments[0], row, arguments[1].Values<int>()[row])),
        OfText("json_text", LogicalType.Varchar, static text => TrinoJsonText.Scalar(text)),
        OfText("json_normalized", LogicalType.Varchar, static text => TrinoJsonText.Normalized(text)),
        OfText("json_compact", LogicalType.Varchar, static text => TrinoJsonText.Compact(text)),
        OfText("json_array_length", LogicalType.BigInt, static text => TrinoJsonText.Length(text)),
        Nullable(
            "json_array_get", LogicalType.Json, [LogicalType.Varchar, LogicalType.BigInt], static (arguments, row) =>
            TrinoJsonText.Element(arguments[0].Text(row), arguments[1].Values<long>()[row])),
    ];

    /// <summary>
    /// Functions that give a number as the type in which Trino counts it: decimals are doubles there.
    /// </summary>
    static IEnumerable<ScalarFunction> Measures() =>
    [
        Copy<long>("measure", LogicalType.BigInt, LogicalType.BigInt),
        Copy<float>("measure", LogicalType.Float, LogicalType.Float),
        Copy<double>("measure", LogicalType.Double, LogicalType.Double),
    ];

    /// <summary>
    /// Functions that give the clock of a value: of an instant the one in UTC, whatever the session's zone.
    /// </summary>
    static IEnumerable<ScalarFunction> Clocks() =>
    [
        Copy<long>("clock", LogicalType.TimestampTz, LogicalType.Timestamp),
        Copy<long>("clock", LogicalType.Timestamp, LogicalType.Timestamp),
        Copy<int>("clock", LogicalType.Date, LogicalType.Date),
        Copy<long>("clock", LogicalType.Time, LogicalType.Time),
        Copy<Interval>("clock", LogicalType.Interval, LogicalType.Interval),
        Nullable(
            "clock", LogicalType.Varchar, [LogicalType.Varchar], static (arguments, row) => arguments[0].Text(row)),
    ];

    /// <summary>
    /// Functions that make of a clock a value of the type of another one: an instant of a clock in UTC.
    /// </summary>
    static IEnumerable<ScalarFunction> Shapes() =>
    [
        Copy<long>("like", LogicalType.Timestamp, LogicalType.TimestampTz, LogicalType.TimestampTz),
        Copy<long>("like", LogicalType.Timestamp, LogicalType.Timestamp, LogicalType.Timestamp),
        Of<int>("like", LogicalType.Date, [LogicalType.Timestamp, LogicalType.Date], static (arguments, row) =>
            (int)Math.Floor(arguments[0].Values<long>()[row] / (double)MicrosADay)),
        Copy<int>("like", LogicalType.Date, LogicalType.Date, LogicalType.Date),
        Copy<long>("like", LogicalType.Time, LogicalType.Time, LogicalType.Time),
        Copy<Interval>("like", LogicalType.Interval, LogicalType.Interval, LogicalType.Interval),
    ];

    static ScalarFunction Quotient<T>(LogicalType type)
        where T : unmanaged, INumber<T> => new()
        {
            Name = "foz_trino_quotient",
            Parameters = [type, type],
            ReturnType = type,
            Body = static (arguments, result) =>
            {
                var left = arguments[0];
                var right = arguments[1];
                var dividends = left.Values<T>();
                var divisors = right.Values<T>();
                var quotients = result.Values<T>();
                for (var row = 0; row < arguments.RowCount; row++)
                    if (!left.IsNull(row) && !right.IsNull(row))
                        quotients[row] = Quotient(dividends[row], divisors[row]);
            },
        };

    /// <summary>
    /// A divisor as it is; zero is an error unless one of the operands, which are given too, is a floating-point
    /// number.
    /// </summary>
    static ScalarFunction Divisor<T>(LogicalType type)
        where T : unmanaged, INumber<T> => new()
        {
            Name = "foz_trino_divisor",
            Parameters = [LogicalType.Any, LogicalType.Any, type],
            ReturnType = type,
            Body = static (arguments, result) =>
            {
                var given = arguments[2];
                var divisors = given.Values<T>();
                divisors[..arguments.RowCount].CopyTo(result.Values<T>());
                if (IsFloat(arguments[0]) || IsFloat(arguments[1])) return;
                for (var row = 0; row < arguments.RowCount; row++)
                    if (T.IsZero(divisors[row]) && !HasNull(arguments, row))
                        throw new FozException(ErrorKind.Data, DivisionByZero);
            },
        };

    static void HasDivisor(DataChunk arguments, VectorWriter result)
    {
        result.Values<bool>()[..arguments.RowCount].Fill(true);
        var divisor = arguments[1];
        if (IsFloat(arguments[0]) || IsFloat(divisor)) return;
        for (var row = 0; row < arguments.RowCount; row++)
            if (!HasNull(arguments, row) && IsZero(divisor, row))
                throw new FozException(ErrorKind.Data, DivisionByZero);
    }

    static bool IsFloat(in Vector vector) => vector.Type.Id is TypeId.Float or TypeId.Double;

    static bool IsZero(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.TinyInt => vector.Values<sbyte>()[row] == 0,
        TypeId.SmallInt => vector.Values<short>()[row] == 0,
        TypeId.Integer => vector.Values<int>()[row] == 0,
        TypeId.BigInt => vector.Values<long>()[row] == 0,
        TypeId.HugeInt => vector.Values<Int128>()[row] == 0,
        TypeId.Decimal => vector.UnscaledDecimal(row) == 0,
        _ => false,
    };

    static T Quotient<T>(T left, T right)
        where T : unmanaged, INumber<T>
    {
        if (typeof(T) == typeof(double) || typeof(T) == typeof(float)) return left / right;
        if (T.IsZero(right)) throw new FozException(ErrorKind.Data, DivisionByZero);
        // The least number has no positive one.
        if (right == -T.One && !T.IsZero(left) && left == -left)
            throw new FozException(ErrorKind.Data, $"value out of range: {left} / -1");
        return left / right;
    }

    /// <summary>Whether two values can be compared by DuckDB: neither is NaN.</summary>
    static void IsOrdinary(DataChunk arguments, VectorWriter result)
    {
        var values = result.Values<bool>();
        values[..arguments.RowCount].Fill(true);
        for (var i = 0; i < arguments.ColumnCount; i++)
        {
            var vector = arguments[i];
            var isNested = IsNested(vector);
            if (!IsFloat(vector) && !isNested) continue;
            for (var row = 0; row < arguments.RowCount; row++)
                if (!HasNull(arguments, row)) values[row] &= isNested ? IsWhole(vector, row) : !IsNaN(vector, row);
        }
    }

    /// <summary>Whether a value can equal another one: not NaN. A NULL inside of it is an error.</summary>
    static void IsEquatable(DataChunk arguments, VectorWriter result)
    {
        var vector = arguments[0];
        var values = result.Values<bool>();
        values[..arguments.RowCount].Fill(true);
        var isNested = IsNested(vector);
        if (!IsFloat(vector) && !isNested) return;
        for (var row = 0; row < arguments.RowCount; row++)
            if (!vector.IsNull(row)) values[row] = isNested ? IsWhole(vector, row) : !IsNaN(vector, row);
    }

    static bool IsNested(in Vector vector) =>
        vector.Type.Id is TypeId.List or TypeId.Array or TypeId.Struct or TypeId.Map;

    static bool IsWhole(in Vector vector, int row) => TrinoEquality.Of(vector.GetValue(row), vector.GetValue(row))
        ?? throw FunctionFault.Of("0A000", "this comparison of arrays, maps or rows with NULL inside is not supported");

    /// <summary>Returns a number or a timestamp as <c>CAST(x AS varchar)</c> does.</summary>
    /// <param name="vector">The values.</param>
    /// <param name="row">Which one.</param>
    /// <param name="digits">How many digits a timestamp has after the second; −1 for as many as its type.</param>
    static string TextOf(in Vector vector, int row, int digits) => vector.Type.Id switch
    {
        TypeId.Float => TrinoNumberText.Cast(vector.Values<float>()[row]),
        TypeId.Double => TrinoNumberText.Cast(vector.Values<double>()[row]),
        TypeId.Timestamp => TimestampText(vector.Values<long>()[row], digits < 0 ? MicrosDigits : digits),
        TypeId.TimestampMs => TimestampText(vector.Values<long>()[row] * 1000, MillisDigits),
        TypeId.TimestampS => TimestampText(vector.Values<long>()[row] * 1_000_000, 0),
        TypeId.TimestampTz => vector.Values<long>()[row] is var micros && micros % 1000 == 0
            ? TimestampText(micros, MillisDigits) + " UTC"
            : TimestampText(micros, MicrosDigits) + " UTC",
        _ => throw new FozException(ErrorKind.Sql, $"Cannot cast {vector.Type} to varchar"),
    };

    static string TimestampText(long micros, int digits)
    {
        const int LastYear = 9999;
        if (micros < (DateTime.MinValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond
            || micros > (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
            throw new FozException(
                ErrorKind.Data, $"Cannot cast a timestamp outside of the years 1 to {LastYear} to varchar");
        var text = DateTime.UnixEpoch.AddMicroseconds(micros)
            .ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        return text[..^(digits == 0 ? MicrosDigits + 1 : MicrosDigits - digits)];
    }

    static bool IsNaN(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.Float => float.IsNaN(vector.Values<float>()[row]),
        TypeId.Double => double.IsNaN(vector.Values<double>()[row]),
        _ => false,
    };

    static long Cardinality(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.List or TypeId.Map => vector.Values<ListEntry>()[row].Count,
        TypeId.Array => vector.Type.ArraySize,
        _ => throw new FozException(ErrorKind.Sql, "cardinality takes an array or a map") { SqlState = "42883" },
    };

    /// <summary>A function that gives the bits of its first argument, as another type.</summary>
    internal static ScalarFunction Copy<T>(string name, LogicalType from, LogicalType to, LogicalType? like = null)
        where T : unmanaged => new()
        {
            Name = "foz_trino_" + name,
            Parameters = like is null ? [from] : [from, like],
            ReturnType = to,
            Body = static (arguments, result) =>
                arguments[0].Values<T>()[..arguments.RowCount].CopyTo(result.Values<T>()),
        };

    internal static ScalarFunction Of<T>(
        string name, LogicalType type, IReadOnlyList<LogicalType> parameters, RowFunction<T> function)
        where T : unmanaged => new()
        {
            Name = "foz_trino_" + name,
            Parameters = parameters,
            ReturnType = type,
            Body = (arguments, result) =>
            {
                var values = result.Values<T>();
                for (var row = 0; row < arguments.RowCount; row++)
                    if (!HasNull(arguments, row)) values[row] = function(arguments, row);
            },
        };

    internal static ScalarFunction OfText(string name, LogicalType type, Func<string, object?> function) =>
        Nullable(name, type, [LogicalType.Varchar], (arguments, row) => function(arguments[0].Text(row)));

    internal static ScalarFunction Nullable(
        string name, LogicalType type, IReadOnlyList<LogicalType> parameters, RowFunction<object?> function) => new()
        {
            Name = "foz_trino_" + name,
            Parameters = parameters,
            ReturnType = type,
            Body = (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++)
                    result.SetValue(row, HasNull(arguments, row) ? null : function(arguments, row));
            },
        };

    static bool HasNull(DataChunk arguments, int row)
    {
        for (var i = 0; i < arguments.ColumnCount; i++)
            if (arguments[i].IsNull(row)) return true;
        return false;
    }

    internal delegate T RowFunction<T>(DataChunk arguments, int row);
}
