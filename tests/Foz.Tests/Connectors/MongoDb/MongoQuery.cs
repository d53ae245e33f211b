using MongoDB.Bson;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>Filters and sorts, as far as the source asks for them; anything else is an error.</summary>
static class MongoQuery
{
    /// <summary>The value of a path; null where a document has none.</summary>
    public static BsonValue? Find(BsonDocument document, string path)
    {
        BsonValue? at = document;
        foreach (var name in path.Split('.'))
            at = at is BsonDocument inner && inner.TryGetValue(name, out var value) ? value : null;
        return at;
    }

    public static bool Matches(BsonDocument document, BsonDocument filter) => filter.Elements.All(condition =>
        condition.Name switch
        {
            "$and" => condition.Value.AsBsonArray.All(part => Matches(document, part.AsBsonDocument)),
            "$or" => condition.Value.AsBsonArray.Any(part => Matches(document, part.AsBsonDocument)),
            _ when condition.Name.StartsWith('$') => throw new MongoServerError(2, "BadValue",
                $"unknown top level operator: {condition.Name}"),
            _ => Fits(Find(document, condition.Name), condition.Value),
        });

    public static int Compare(BsonDocument one, BsonDocument two, BsonDocument sort)
    {
        foreach (var key in sort.Elements)
        {
            var (a, b) = (Key(Find(one, key.Name), key.Value), Key(Find(two, key.Name), key.Value));
            var order = MongoOrder.Compare(a, b) * Math.Sign(key.Value.ToInt32());
            if (order != 0) return order;
        }
        return 0;
    }

    /// <summary>An array is sorted by its least element, or by its largest where the order falls.</summary>
    static BsonValue Key(BsonValue? value, BsonValue direction)
    {
        if (value is not BsonArray array) return value ?? BsonNull.Value;
        if (array.Count == 0) return BsonUndefined.Value;
        var sorted = array.ToList();
        sorted.Sort(MongoOrder.Compare);
        return direction.ToInt32() > 0 ? sorted[0] : sorted[^1];
    }

    static bool Fits(BsonValue? value, BsonValue condition)
    {
        if (condition is not BsonDocument { ElementCount: > 0 } tests
            || !tests.GetElement(0).Name.StartsWith('$')) return IsEqual(value, condition);
        return tests.Elements.All(test => test.Name switch
        {
            "$ne" => !IsEqual(value, test.Value),
            "$gt" => IsOf(value, test.Value, order => order > 0),
            "$gte" => IsOf(value, test.Value, order => order >= 0),
            "$lt" => IsOf(value, test.Value, order => order < 0),
            "$lte" => IsOf(value, test.Value, order => order <= 0),
            "$type" => test.Value == "number" ? value is not null && MongoOrder.Bracket(value) == 3
                : test.Value == "date" ? value is BsonDateTime
                : throw new MongoServerError(2, "BadValue", $"Unknown type name alias: {test.Value}"),
            _ => throw new MongoServerError(2, "BadValue", $"unknown operator: {test.Name}"),
        });
    }

    static bool IsEqual(BsonValue? value, BsonValue other) =>
        (value is null && other.IsBsonNull)
        || Values(value).Any(v =>
            MongoOrder.Bracket(v) == MongoOrder.Bracket(other) && MongoOrder.Compare(v, other) == 0);

    /// <summary>Compares within the type of the condition only; NaN is neither below nor above a number.</summary>
    static bool IsOf(BsonValue? value, BsonValue other, Func<int, bool> test) =>
        Values(value).Any(v => MongoOrder.Bracket(v) == MongoOrder.Bracket(other)
            && !(v.IsDouble && double.IsNaN(v.AsDouble)) && test(MongoOrder.Compare(v, other)));

    static IEnumerable<BsonValue> Values(BsonValue? value) =>
        value is BsonArray array ? array.Append(array) : value is null ? [] : [value];
}

/// <summary>An error that a server answers with.</summary>
sealed class MongoServerError(int code, string name, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Name { get; } = name;
}
