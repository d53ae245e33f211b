using System.Buffers;
using System.Collections;
using System.Numerics;
using Foz.DuckDB;
using Foz.Lake;
using Vector = Foz.DuckDB.Vector;

namespace Foz.Serving.Trino.Functions;

/// <summary>Subscripts and casts to whole numbers, where Trino has errors and DuckDB other values.</summary>
static class TrinoPlaces
{
    /// <summary>What numbers have that are not whole, or not Trino's.</summary>
    static readonly SearchValues<char> fractions = SearchValues.Create(".eExX_");

    /// <summary>The functions.</summary>
    public static IEnumerable<ScalarFunction> All { get; } =
    [
        TrinoNatives.Of<long>(
            "place", LogicalType.BigInt, [LogicalType.Any, LogicalType.BigInt],
            static (arguments, row) => Place(arguments[0], row, arguments[1].Values<long>()[row])),
        TrinoNatives.Nullable(
            "place", LogicalType.Varchar, [LogicalType.Any, LogicalType.Varchar],
            static (arguments, row) => Key(arguments[0], row, arguments[1].Text(row))),
        TrinoNatives.Copy<bool>("whole", LogicalType.Boolean, LogicalType.Boolean),
        TrinoNatives.Copy<sbyte>("whole", LogicalType.TinyInt, LogicalType.TinyInt),
        TrinoNatives.Copy<short>("whole", LogicalType.SmallInt, LogicalType.SmallInt),
        TrinoNatives.Copy<int>("whole", LogicalType.Integer, LogicalType.Integer),
        TrinoNatives.Copy<long>("whole", LogicalType.BigInt, LogicalType.BigInt),
        TrinoNatives.Copy<Int128>("whole", LogicalType.HugeInt, LogicalType.HugeInt),
        Rounded<float>(LogicalType.Float),
        Rounded<double>(LogicalType.Double),
        TrinoNatives.OfText(
            "whole", LogicalType.Varchar, static text => text.AsSpan().ContainsAny(fractions) ? $"\"{text}\"" : text),
        TrinoNatives.Of<Int128>(
            "whole", LogicalType.HugeInt, [LogicalType.Any], static (arguments, row) => Whole(arguments[0], row)),
    ];

    static ScalarFunction Rounded<T>(LogicalType type)
        where T : unmanaged, IFloatingPoint<T> =>
        TrinoNatives.Of(
            "whole", type, [type],
            static (arguments, row) => T.Round(arguments[0].Values<T>()[row], MidpointRounding.AwayFromZero));

    static Int128 Whole(in Vector vector, int row)
    {
        if (vector.Type.Id != TypeId.Decimal)
            throw new FozException(ErrorKind.Sql, $"Cannot cast {vector.Type} to a whole number");
        var unit = (Int128)BigInteger.Pow(10, vector.Type.Scale);
        var (quotient, rest) = Int128.DivRem(vector.UnscaledDecimal(row), unit);
        return Int128.Abs(rest) * 2 >= unit && unit > 1 ? quotient + Int128.Sign(rest) : quotient;
    }

    static long Place(in Vector vector, int row, long place)
    {
        if (vector.Type.Id == TypeId.Map) return HasKey(vector, row, place) ? place : throw Missing();
        var length = vector.Type.Id switch
        {
            TypeId.List => vector.Values<ListEntry>()[row].Count,
            TypeId.Array => vector.Type.ArraySize,
            _ => long.MaxValue,
        };
        return place < 1 ? throw new FozException(ErrorKind.Data, "SQL array indices start at 1")
            : place > length ? throw new FozException(
                ErrorKind.Data, $"Array subscript must be less than or equal to array length: {place} > {length}")
            : place;
    }

    static string Key(in Vector vector, int row, string key) =>
        vector.Type.Id != TypeId.Map || HasKey(vector, row, key) ? key : throw Missing();

    static bool HasKey(in Vector vector, int row, object key)
    {
        foreach (var entry in (IEnumerable)vector.GetValue(row)!)
            if (entry is KeyValuePair<object, object?> { Key: var known }
                && (known.Equals(key) || $"{known}" == $"{key}"))
                return true;
        return false;
    }

    static FozException Missing() => new(ErrorKind.Data, "Key not present in map");
}
