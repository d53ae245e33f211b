using MongoDB.Bson;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>The order of values that MongoDB documents: by type first, numbers of all types by value.</summary>
static class MongoOrder
{
    /// <summary>The place of a value's type in the order; queries compare values of one place only.</summary>
    public static int Bracket(BsonValue value) => value.BsonType switch
    {
        BsonType.MinKey => 0,
        BsonType.Undefined => 1,
        BsonType.Null => 2,
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => 3,
        BsonType.String or BsonType.Symbol => 4,
        BsonType.Document => 5,
        BsonType.Array => 6,
        BsonType.Binary => 7,
        BsonType.ObjectId => 8,
        BsonType.Boolean => 9,
        BsonType.DateTime => 10,
        BsonType.Timestamp => 11,
        BsonType.RegularExpression => 12,
        BsonType.MaxKey => 20,
        _ => 15,
    };

    public static int Compare(BsonValue one, BsonValue two)
    {
        var (a, b) = (Bracket(one), Bracket(two));
        if (a != b) return a.CompareTo(b);
        return a switch
        {
            3 => CompareNumbers(one, two),
            4 => string.CompareOrdinal(one.ToString(), two.ToString()),
            5 => CompareDocuments(one.AsBsonDocument, two.AsBsonDocument),
            6 => CompareLists([.. one.AsBsonArray], [.. two.AsBsonArray]),
            7 => CompareBytes(one.AsBsonBinaryData, two.AsBsonBinaryData),
            8 => one.AsObjectId.ToByteArray().AsSpan().SequenceCompareTo(two.AsObjectId.ToByteArray()),
            9 => one.AsBoolean.CompareTo(two.AsBoolean),
            10 => one.AsBsonDateTime.MillisecondsSinceEpoch.CompareTo(two.AsBsonDateTime.MillisecondsSinceEpoch),
            11 => one.AsBsonTimestamp.Value.CompareTo(two.AsBsonTimestamp.Value),
            _ => 0,
        };
    }

    static int CompareNumbers(BsonValue one, BsonValue two)
    {
        // NaN is below all numbers, and equal to itself.
        var (a, b) = (one.ToDouble(), two.ToDouble());
        if (double.IsNaN(a) || double.IsNaN(b)) return double.IsNaN(b).CompareTo(double.IsNaN(a));
        return a.CompareTo(b) is not 0 and var order ? order
            : Math.Abs(a) < 1e18 && IsExact(one) && IsExact(two) ? ToDecimal(one).CompareTo(ToDecimal(two))
            : 0;
    }

    static bool IsExact(BsonValue value) => value.BsonType is BsonType.Int32 or BsonType.Int64;

    static decimal ToDecimal(BsonValue value) => value.ToInt64();

    static int CompareDocuments(BsonDocument one, BsonDocument two)
    {
        var (a, b) = (one.Elements.ToList(), two.Elements.ToList());
        foreach (var (x, y) in a.Zip(b))
        {
            var order = Bracket(x.Value).CompareTo(Bracket(y.Value));
            if (order == 0) order = string.CompareOrdinal(x.Name, y.Name);
            if (order == 0) order = Compare(x.Value, y.Value);
            if (order != 0) return order;
        }
        return a.Count.CompareTo(b.Count);
    }

    static int CompareLists(List<BsonValue> one, List<BsonValue> two)
    {
        foreach (var (x, y) in one.Zip(two))
            if (Compare(x, y) is not 0 and var order) return order;
        return one.Count.CompareTo(two.Count);
    }

    static int CompareBytes(BsonBinaryData one, BsonBinaryData two)
    {
        var order = one.Bytes.Length.CompareTo(two.Bytes.Length);
        if (order == 0) order = ((int)one.SubType).CompareTo((int)two.SubType);
        return order == 0 ? one.Bytes.AsSpan().SequenceCompareTo(two.Bytes) : order;
    }
}
