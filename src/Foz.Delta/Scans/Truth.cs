namespace Foz.Delta.Scans;

/// <summary>What a predicate may be for the rows of a file: a set of outcomes, never too small.</summary>
[Flags]
enum Truth : byte
{
    None = 0,
    True = 1,
    False = 2,
    Null = 4,
    Any = True | False | Null,
}

static class TruthLogic
{
    public static Truth Not(Truth a) => a & Truth.Null | Swap(a);

    /// <summary>The outcomes of a conjunction over all pairs of outcomes.</summary>
    public static Truth And(Truth a, Truth b)
    {
        var outcome = a & b & Truth.True | (a | b) & Truth.False;
        return (a | b).HasFlag(Truth.Null) && !IsFalse(a) && !IsFalse(b) ? outcome | Truth.Null : outcome;
    }

    public static Truth Or(Truth a, Truth b) => Not(And(Not(a), Not(b)));

    // False, or nothing at all: then a conjunction cannot be null.
    static bool IsFalse(Truth a) => a is Truth.False or Truth.None;

    static Truth Swap(Truth a) =>
        (a.HasFlag(Truth.True) ? Truth.False : Truth.None) | (a.HasFlag(Truth.False) ? Truth.True : Truth.None);
}
