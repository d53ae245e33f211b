using System.Globalization;
using System.Numerics;
using Foz.DuckDB;
using Foz.Lake.Engine.Functions;
using Foz.Serving.PostgreSql.Types;
using Vector = Foz.DuckDB.Vector;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>
/// PostgreSQL's arithmetic where the engine's has other values: each function has an overload for each kind of number,
/// as PostgreSQL's operators have, so that the types of operands decide. A number of any other type than those named is
/// <c>numeric</c>.
/// </summary>
static class PgArithmetic
{
    static readonly LogicalType[] integers = [LogicalType.Of(TypeId.SmallInt), LogicalType.Integer, LogicalType.BigInt];

    static readonly LogicalType[] reals = [LogicalType.Float, LogicalType.Double];

    static readonly double[] powers = [.. Enumerable.Range(0, 39).Select(n => Math.Pow(10, n))];

    // What a double shows as numeric, and a float.
    const string DoubleDigits = "G15";
    const string FloatDigits = "G6";

    /// <summary>All of them.</summary>
    public static IEnumerable<ScalarFunction> Functions { get; } =
    [
        .. Division(), .. Average(), .. Power(), .. Root(), .. Half(), .. Numeric(), .. Reals(),
        Of("foz_div_whole", PgNumeric.WholeType, [LogicalType.Any, LogicalType.Any], static (arguments, result) =>
            Each(arguments, result.Values<Int128>(), static (in a, in b, row) =>
                PgNumeric.Whole(Number(a, row), Number(b, row)))),
    ];

    delegate T Value<T>(in Vector a, in Vector b, int row);

    static IEnumerable<ScalarFunction> Division()
    {
        const string Name = "foz_div";
        foreach (var left in integers)
            foreach (var right in integers)
                yield return Wider(left, right) switch
                {
                    { Id: TypeId.BigInt } type => Of(Name, type, [left, right], static (arguments, result) =>
                        Divide(arguments, result.Values<long>(), "bigint")),
                    { Id: TypeId.Integer } type => Of(Name, type, [left, right], static (arguments, result) =>
                        Divide(arguments, result.Values<int>(), "integer")),
                    var type =>
                        Of(Name, type, [left, right],
                            static (arguments, result) => Divide(arguments, result.Values<short>(), "smallint")),
                };
        foreach (var function in Mixed(
            Name, static (a, b) => Quotient(a, b),
            static (in a, in b, row) => PgNumeric.Divide(Number(a, row), Number(b, row))))
            yield return function;
        yield return Of(Name, LogicalType.Interval, [LogicalType.Interval, LogicalType.Double], DivideInterval);
        yield return Of(Name, LogicalType.Interval, [LogicalType.Interval, LogicalType.Any], DivideInterval);
    }

    static LogicalType Wider(LogicalType left, LogicalType right) =>
        Array.IndexOf(integers, left) > Array.IndexOf(integers, right) ? left : right;

    static IEnumerable<ScalarFunction> Average()
    {
        const string Name = "foz_avg";
        yield return Of(
            Name, LogicalType.Double, [LogicalType.Double, LogicalType.BigInt], static (arguments, result) =>
            Each(arguments, result.Values<double>(),
                static (in a, in b, row) => a.Values<double>()[row] / b.Values<long>()[row]));
        yield return Of(Name, LogicalType.Interval, [LogicalType.Interval, LogicalType.BigInt], DivideInterval);
        yield return Of(Name, PgNumeric.Type, [LogicalType.Any, LogicalType.BigInt], static (arguments, result) =>
            Each(arguments, result.Values<Int128>(), static (in a, in b, row) =>
                PgNumeric.Divide(Number(a, row), (b.Values<long>()[row], 0))));
    }

    static IEnumerable<ScalarFunction> Power()
    {
        const string Name = "foz_power";
        foreach (var left in integers)
            foreach (var right in integers)
                yield return Of(Name, LogicalType.Double, [left, right], static (arguments, result) =>
                    Each(arguments, result.Values<double>(),
                        static (in a, in b, row) => Power(Real(a, row), Real(b, row))));
        foreach (var function in Mixed(
            Name, Power,
            static (in a, in b, row) => PgNumeric.Power(Number(a, row), Number(b, row))))
            yield return function;
    }

    static IEnumerable<ScalarFunction> Root()
    {
        foreach (var type in integers.Concat(reals))
            yield return Of("foz_sqrt", LogicalType.Double, [type], static (arguments, result) =>
                Each(arguments, result.Values<double>(), static (in a, in b, row) => Root(Real(a, row))));
        yield return Of("foz_sqrt", PgNumeric.Type, [LogicalType.Any], static (arguments, result) =>
            Each(arguments, result.Values<Int128>(), static (in a, in b, row) => PgNumeric.Root(Number(a, row))));
    }

    static double Root(double value) =>
        value < 0 ? throw FunctionFault.Of("2201F", "cannot take square root of a negative number") : Math.Sqrt(value);

    /// <summary>
    /// What rounding away from zero adds to a double that lies halfway, which PostgreSQL rounds to the even one. A
    /// whole number becomes a double.
    /// </summary>
    static IEnumerable<ScalarFunction> Half()
    {
        foreach (var type in reals)
            yield return Of("foz_half", LogicalType.Double, [type], static (arguments, result) =>
                Each(arguments, result.Values<double>(),
                    static (in a, in b, row) => Real(a, row) is var value && double.IsFinite(value)
                        ? Math.Round(value, MidpointRounding.AwayFromZero) - Math.Round(value, MidpointRounding.ToEven)
                        : 0));
        foreach (var type in integers)
            yield return Of("foz_half", LogicalType.Double, [type], static (arguments, result) =>
                result.Values<double>()[..arguments.RowCount].Clear());
        yield return Of("foz_half", LogicalType.Of(TypeId.TinyInt), [LogicalType.Any], static (arguments, result) =>
            result.Values<sbyte>()[..arguments.RowCount].Clear());
    }

    /// <summary>
    /// Numbers whose exponentials and logarithms are doubles; those of numeric have more digits, and are refused.
    /// </summary>
    static IEnumerable<ScalarFunction> Reals()
    {
        foreach (var type in integers.Concat(reals))
            yield return Of("foz_real", LogicalType.Double, [type], static (arguments, result) =>
                Each(arguments, result.Values<double>(), static (in a, in b, row) => Real(a, row)));
        yield return Of("foz_real", LogicalType.Double, [LogicalType.Any], static (arguments, result) =>
            Each(arguments, result.Values<double>(),
                static (in a, in b, row) => throw PgNumeric.Unsupported("an exponential or a logarithm of numeric")));
    }

    /// <summary>Casts to <c>numeric</c> without digits.</summary>
    static IEnumerable<ScalarFunction> Numeric()
    {
        const string Name = "foz_numeric";
        foreach (var type in integers.Append(LogicalType.HugeInt))
            yield return Of(Name, PgNumeric.WholeType, [type], static (arguments, result) =>
                Each(arguments, result.Values<Int128>(), static (in a, in b, row) => Unscaled(a, row)));
        foreach (var type in reals)
            yield return Of(Name, PgNumeric.Type, [type], static (arguments, result) =>
                Each(arguments, result.Values<Int128>(), static (in a, in b, row) => PgNumeric.Parse(
                    Real(a, row).ToString(
                        a.Type.Id == TypeId.Float ? FloatDigits : DoubleDigits, CultureInfo.InvariantCulture))));
        yield return Of(Name, PgNumeric.Type, [LogicalType.Varchar], static (arguments, result) =>
            Each(arguments, result.Values<Int128>(),
                static (in a, in b, row) => PgNumeric.Parse((string)a.GetValue(row)!)));
        yield return Of(Name, PgNumeric.Type, [LogicalType.Any], static (arguments, result) =>
            Each(arguments, result.Values<Int128>(), static (in a, in b, row) =>
                PgNumeric.AtScale(Unscaled(a, row), Scale(a), "the value")));
    }

    /// <summary>The overloads of a function of two numbers where one is a double, and where none is.</summary>
    static IEnumerable<ScalarFunction> Mixed(string name, Func<double, double, double> real, Value<Int128> numeric)
    {
        ScalarFunctionBody body = (arguments, result) =>
            Each(arguments, result.Values<double>(), (in a, in b, row) => real(Real(a, row), Real(b, row)));
        foreach (var left in reals)
            foreach (var right in reals) yield return Of(name, LogicalType.Double, [left, right], body);
        foreach (var type in reals)
        {
            yield return Of(name, LogicalType.Double, [type, LogicalType.Any], body);
            yield return Of(name, LogicalType.Double, [LogicalType.Any, type], body);
        }
        yield return Of(
            name, PgNumeric.Type, [LogicalType.Any, LogicalType.Any],
            (arguments, result) => Each(arguments, result.Values<Int128>(), numeric));
    }

    static ScalarFunction Of(string name, LogicalType result, LogicalType[] parameters, ScalarFunctionBody body) =>
        new() { Name = name, Parameters = parameters, ReturnType = result, Body = body };

    /// <summary>Sets the results of the rows in which no argument is NULL.</summary>
    static void Each<T>(DataChunk arguments, Span<T> results, Value<T> value)
    {
        var a = arguments[0];
        var b = arguments[arguments.ColumnCount - 1];
        for (var row = 0; row < a.Count; row++)
            if (!a.IsNull(row) && !b.IsNull(row)) results[row] = value(a, b, row);
    }

    static void Divide<T>(DataChunk arguments, Span<T> results, string type)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        Span<long> dividends = stackalloc long[DataChunk.RowsMax];
        Span<long> divisors = stackalloc long[DataChunk.RowsMax];
        var left = arguments[0];
        var right = arguments[1];
        Read(left, dividends);
        Read(right, divisors);
        for (var row = 0; row < left.Count; row++)
        {
            var (dividend, divisor) = (dividends[row], divisors[row]);
            if (divisor is 0 or -1)
            {
                if (left.IsNull(row) || right.IsNull(row)) continue;
                if (divisor == 0) throw PgNumeric.DivisionByZero();
                if (dividend == long.CreateChecked(T.MinValue)) throw FunctionFault.Of("22003", $"{type} out of range");
            }
            results[row] = T.CreateTruncating(dividend / divisor);
        }
    }

    static void Read(in Vector vector, Span<long> values)
    {
        switch (vector.Type.Id)
        {
            case TypeId.SmallInt:
                Widen(vector.Values<short>(), values);
                break;
            case TypeId.Integer:
                Widen(vector.Values<int>(), values);
                break;
            default:
                vector.Values<long>().CopyTo(values);
                break;
        }
    }

    static void Widen<T>(ReadOnlySpan<T> from, Span<long> to)
        where T : IBinaryInteger<T>
    {
        for (var i = 0; i < from.Length; i++) to[i] = long.CreateTruncating(from[i]);
    }

    static double Quotient(double a, double b)
    {
        if (b == 0 && !double.IsNaN(a)) throw PgNumeric.DivisionByZero();
        return InRange(a / b, isFinite: !double.IsInfinity(a), isZero: a == 0 || double.IsInfinity(b));
    }

    static double Power(double a, double b)
    {
        if (a == 0 && b < 0) throw FunctionFault.Of("2201F", "zero raised to a negative power is undefined");
        if (a < 0 && double.IsFinite(b) && Math.Floor(b) != b)
            throw FunctionFault.Of("2201F", "a negative number raised to a non-integer power yields a complex result");
        return InRange(
            Math.Pow(a, b), double.IsFinite(a) && double.IsFinite(b),
            isZero: a == 0 || !double.IsFinite(a) || !double.IsFinite(b));
    }

    static double InRange(double value, bool isFinite, bool isZero) =>
        double.IsInfinity(value) && isFinite ? throw FunctionFault.Of("22003", "value out of range: overflow")
        : value == 0 && !isZero ? throw FunctionFault.Of("22003", "value out of range: underflow")
        : value;

    static void DivideInterval(DataChunk arguments, VectorWriter result) =>
        Each(arguments, result.Values<Interval>(), static (in a, in b, row) => Real(b, row) is not 0 and var divisor
            ? PgIntervals.Divide(a.Values<Interval>()[row], divisor)
            : throw PgNumeric.DivisionByZero());

    static Int128 Unscaled(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.TinyInt => vector.Values<sbyte>()[row],
        TypeId.UTinyInt => vector.Values<byte>()[row],
        TypeId.SmallInt => vector.Values<short>()[row],
        TypeId.USmallInt => vector.Values<ushort>()[row],
        TypeId.Integer => vector.Values<int>()[row],
        TypeId.UInteger => vector.Values<uint>()[row],
        TypeId.BigInt => vector.Values<long>()[row],
        TypeId.UBigInt => vector.Values<ulong>()[row],
        TypeId.HugeInt => vector.Values<Int128>()[row],
        TypeId.Decimal => vector.Type.Width switch
        {
            <= 4 => vector.Values<short>()[row],
            <= 9 => vector.Values<int>()[row],
            <= 18 => vector.Values<long>()[row],
            _ => vector.Values<Int128>()[row],
        },
        var other =>
            throw FunctionFault.Of(
                "42883", $"operator does not exist for a value of type {other}: add an explicit cast to a number"),
    };

    static int Scale(in Vector vector) => vector.Type.Id == TypeId.Decimal ? vector.Type.Scale : 0;

    /// <summary>A number without the zeros at its end where its type has no digits of its own.</summary>
    static (Int128 Unscaled, int Scale) Number(in Vector vector, int row)
    {
        var (unscaled, scale) = (Unscaled(vector, row), Scale(vector));
        return PgNumeric.IsWithoutDigits(vector.Type) ? PgNumeric.Trim(unscaled, scale) : (unscaled, scale);
    }

    static double Real(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.Double => vector.Values<double>()[row],
        TypeId.Float => vector.Values<float>()[row],
        TypeId.Integer => vector.Values<int>()[row],
        TypeId.BigInt => vector.Values<long>()[row],
        TypeId.SmallInt => vector.Values<short>()[row],
        _ => (double)Unscaled(vector, row) / powers[Scale(vector)],
    };
}
