using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>Gives the columns of a predicate their place and its literals their type.</summary>
sealed class PredicateBinder(TableSchema schema)
{
    readonly Dictionary<ColumnPath, int> ordinals = [];

    /// <summary>The columns of the predicate: partition columns by physical name, or others by statistics.</summary>
    public List<(string? PartitionName, StatisticsColumn Statistics)> Columns { get; } = [];

    public BoundPredicate Bind(Predicate predicate) => predicate switch
    {
        Predicate.And and => new BoundPredicate.All([.. and.Terms.Select(Bind)]),
        Predicate.Or or => new BoundPredicate.Any([.. or.Terms.Select(Bind)]),
        Predicate.Not not => new BoundPredicate.Not(Bind(not.Term)),
        Predicate.IsNull isNull => TryPlace(isNull.Column, out var at, out _)
            ? new BoundPredicate.IsNull(at)
            : Unknown(PredicateOutcomes.True | PredicateOutcomes.False),
        Predicate.Compare compare => Bind(compare),
        Predicate.In isIn => Bind(isIn),
        Predicate.StartsWith starts =>
            TryPlaceValue(starts.Column, out var at, out var type)
                && type is PrimitiveType { Kind: PrimitiveKind.String }
                ? new BoundPredicate.StartsWith(at, starts.Prefix)
                : Unknown(),
        _ => Unknown(),
    };

    BoundPredicate Bind(Predicate.Compare compare) =>
        TryPlaceValue(compare.Column, out var at, out var type)
        && Literal.TryParse(compare.Literal, type, out var floor, out var isExact)
            ? new BoundPredicate.Compare(at, compare.Operator, floor, isExact)
            : Unknown();

    BoundPredicate Bind(Predicate.In isIn)
    {
        if (!TryPlaceValue(isIn.Column, out var at, out var type)) return Unknown();
        var literals = new List<DeltaValue>(isIn.Literals.Count);
        foreach (var text in isIn.Literals)
        {
            if (text is null) continue;
            if (!Literal.TryParse(text, type, out var literal, out var isExact)) return Unknown();
            if (isExact) literals.Add(literal);
        }
        literals.Sort();
        return new BoundPredicate.In(at, [.. literals], isIn.Literals.Contains(null));
    }

    static BoundPredicate.Constant Unknown(PredicateOutcomes truth = PredicateOutcomes.Any) => new(truth);

    /// <summary>
    /// Places a column whose values compare as files hold them, which is not so of texts that are filled with blanks,
    /// or that were declared to be something else.
    /// </summary>
    bool TryPlaceValue(ColumnPath path, out int ordinal, out DeltaType type)
    {
        if (!TryPlace(path, out ordinal, out type)) return false;
        if (type != DeltaType.String) return true;
        var column = schema.Columns.FindAll(path)[0];
        return DeclaredType.Of(column) is null && !TextLength.IsPaddedIn(TextLength.TypeOf(column));
    }

    bool TryPlace(ColumnPath path, out int ordinal, out DeltaType type)
    {
        var fields = schema.Columns.FindAll(path);
        type = fields.IsEmpty ? DeltaType.Void : fields[^1].Type;
        ordinal = -1;
        if (type is not DecimalType and not PrimitiveType { Kind: not (PrimitiveKind.Variant or PrimitiveKind.Void) })
            return false;
        if (ordinals.TryGetValue(path, out ordinal)) return true;
        ordinal = Columns.Count;
        ordinals.Add(path, ordinal);
        var isPartition = fields.Length == 1 && schema.IsPartitionColumn(fields[0].Name);
        Columns.Add(
            (isPartition ? fields[0].PhysicalName(schema.Mapping) : null, new(schema.PhysicalPath(path)!, type)));
        return true;
    }
}
