using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>What is known about the values of a column in a file.</summary>
readonly struct ColumnBounds
{
    /// <summary>Nothing is known.</summary>
    public static ColumnBounds Unknown => new(null, null, mayBeNull: true, mayHaveValues: true, isTrusted: false);

    /// <summary>There are no values, nor nulls.</summary>
    public static ColumnBounds Nothing => new(null, null, mayBeNull: false, mayHaveValues: false, isTrusted: true);

    /// <summary>Makes the bounds of a file.</summary>
    /// <param name="min">At most every value; null if unknown.</param>
    /// <param name="max">At least every value; null if unknown.</param>
    /// <param name="mayBeNull">False if no row is null.</param>
    /// <param name="mayHaveValues">False if every row is null.</param>
    /// <param name="isTrusted">
    /// False if values beyond the bounds cannot be ruled out so surely that whole files may be dropped on it.
    /// </param>
    public ColumnBounds(DeltaValue? min, DeltaValue? max, bool mayBeNull, bool mayHaveValues, bool isTrusted)
    {
        Min = min;
        Max = max;
        MayBeNull = mayBeNull;
        MayHaveValues = mayHaveValues;
        IsTrusted = isTrusted;
    }

    public DeltaValue? Min { get; }

    public DeltaValue? Max { get; }

    public bool MayBeNull { get; }

    public bool MayHaveValues { get; }

    public bool IsTrusted { get; }

    /// <summary>The bounds of a partition column, which has one value in a file.</summary>
    public static ColumnBounds OfValue(DeltaValue? value) =>
        new(value, value, mayBeNull: value is null, mayHaveValues: value is not null, isTrusted: true);

    /// <summary>The bounds of these values and others.</summary>
    public ColumnBounds With(in ColumnBounds other)
    {
        if (!other.MayHaveValues)
            return new(Min, Max, MayBeNull || other.MayBeNull, MayHaveValues, IsTrusted && other.IsTrusted);
        if (!MayHaveValues) return other.With(this);
        return new(
            Min is { } min && other.Min is { } otherMin ? min > otherMin ? otherMin : min : null,
            Max is { } max && other.Max is { } otherMax ? max < otherMax ? otherMax : max : null,
            MayBeNull || other.MayBeNull, mayHaveValues: true, IsTrusted && other.IsTrusted);
    }

    /// <summary>The outcomes of a condition that is null for null.</summary>
    /// <param name="mayHold">Whether a value within the bounds may fulfil it.</param>
    /// <param name="mayFail">Whether a value within the bounds may break it.</param>
    public PredicateOutcomes Outcome(bool mayHold, bool mayFail)
    {
        var outcome = MayBeNull ? PredicateOutcomes.Null : PredicateOutcomes.None;
        if (!MayHaveValues) return outcome;
        if (mayHold) outcome |= PredicateOutcomes.True;
        if (mayFail || !IsTrusted) outcome |= PredicateOutcomes.False;
        return outcome;
    }
}
