namespace Foz.Delta.Scans;

/// <summary>What a predicate may be for the rows of a file: a set of outcomes, never too small.</summary>
[Flags]
enum PredicateOutcomes : byte
{
    None = 0,
    True = 1,
    False = 2,
    Null = 4,
    Any = True | False | Null,
}

static class TruthLogic
{
    public static PredicateOutcomes Not(PredicateOutcomes a) => a & PredicateOutcomes.Null | Swap(a);

    /// <summary>The outcomes of a conjunction over all pairs of outcomes.</summary>
    public static PredicateOutcomes And(PredicateOutcomes a, PredicateOutcomes b)
    {
        var outcome = a & b & PredicateOutcomes.True | (a | b) & PredicateOutcomes.False;
        var isNull = (a | b).HasFlag(PredicateOutcomes.Null) && !IsFalse(a) && !IsFalse(b);
        return isNull ? outcome | PredicateOutcomes.Null : outcome;
    }

    public static PredicateOutcomes Or(PredicateOutcomes a, PredicateOutcomes b) => Not(And(Not(a), Not(b)));

    // False, or nothing at all: then a conjunction cannot be null.
    static bool IsFalse(PredicateOutcomes a) => a is PredicateOutcomes.False or PredicateOutcomes.None;

    static PredicateOutcomes Swap(PredicateOutcomes a) =>
        (a.HasFlag(PredicateOutcomes.True) ? PredicateOutcomes.False : PredicateOutcomes.None)
        | (a.HasFlag(PredicateOutcomes.False) ? PredicateOutcomes.True : PredicateOutcomes.None);
}
