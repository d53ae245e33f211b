using System.Text;
using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>
/// A predicate on the columns of one table, its literals typed: evaluates to what may be true in a file.
/// </summary>
abstract class BoundPredicate
{
    /// <summary>The outcomes for a file.</summary>
    /// <param name="bounds">The bounds of each column, by ordinal.</param>
    public abstract PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds);

    public sealed class Constant(PredicateOutcomes truth) : BoundPredicate
    {
        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds) => truth;
    }

    public sealed class Not(BoundPredicate term) : BoundPredicate
    {
        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds) =>
            TruthLogic.Not(term.Evaluate(bounds));
    }

    public sealed class All(BoundPredicate[] terms) : BoundPredicate
    {
        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds)
        {
            var truth = PredicateOutcomes.True;
            foreach (var term in terms)
            {
                truth = TruthLogic.And(truth, term.Evaluate(bounds));
                if (truth == PredicateOutcomes.False) break;
            }
            return truth;
        }
    }

    public sealed class Any(BoundPredicate[] terms) : BoundPredicate
    {
        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds)
        {
            var truth = PredicateOutcomes.False;
            foreach (var term in terms)
            {
                truth = TruthLogic.Or(truth, term.Evaluate(bounds));
                if (truth == PredicateOutcomes.True) break;
            }
            return truth;
        }
    }

    public sealed class IsNull(int column) : BoundPredicate
    {
        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds) =>
            (bounds[column].MayBeNull ? PredicateOutcomes.True : PredicateOutcomes.None)
                | (bounds[column].MayHaveValues ? PredicateOutcomes.False : PredicateOutcomes.None);
    }

    /// <summary>
    /// A comparison with a literal. A literal that the type cannot hold exactly lies between its floor and the next
    /// value, which turns every comparison into one with the floor.
    /// </summary>
    public sealed class Compare(int column, Comparison comparison, DeltaValue floor, bool isExact) : BoundPredicate
    {
        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds)
        {
            ref readonly var b = ref bounds[column];
            var (hold, fail) = comparison switch
            {
                Comparison.Equal => Equal(b),
                Comparison.NotEqual => Swap(Equal(b)),
                Comparison.Less => isExact ? Less(b) : LessOrEqual(b),
                Comparison.LessOrEqual => LessOrEqual(b),
                Comparison.Greater => Swap(LessOrEqual(b)),
                _ => Swap(isExact ? Less(b) : LessOrEqual(b)),
            };
            return b.Outcome(hold, fail);
        }

        static (bool Hold, bool Fail) Swap((bool Hold, bool Fail) outcome) => (outcome.Fail, outcome.Hold);

        (bool Hold, bool Fail) Equal(in ColumnBounds b)
        {
            if (!isExact) return (false, true);
            var hold = !(b.Min > floor) && !(b.Max < floor);
            return (hold, !(b.Min == floor && b.Max == floor));
        }

        (bool Hold, bool Fail) Less(in ColumnBounds b) => (!(b.Min >= floor), !(b.Max < floor));

        (bool Hold, bool Fail) LessOrEqual(in ColumnBounds b) => (!(b.Min > floor), !(b.Max <= floor));
    }

    public sealed class In(int column, DeltaValue[] sorted, bool hasNull) : BoundPredicate
    {
        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds)
        {
            ref readonly var b = ref bounds[column];
            var first = 0;
            if (b.Min is { } min)
            {
                first = Array.BinarySearch(sorted, min);
                if (first < 0) first = ~first;
            }
            var hold = first < sorted.Length && !(b.Max < sorted[first]);
            var fail = !(hold && b.Min == sorted[first] && b.Max == sorted[first]);
            var truth = b.Outcome(hold, fail);
            // Nothing equals null, but whether it does is unknown rather than false.
            var isUnknown = hasNull && truth.HasFlag(PredicateOutcomes.False);
            return isUnknown ? truth & ~PredicateOutcomes.False | PredicateOutcomes.Null : truth;
        }
    }

    public sealed class StartsWith(int column, string text) : BoundPredicate
    {
        readonly byte[] prefix = Encoding.UTF8.GetBytes(text);

        public override PredicateOutcomes Evaluate(ReadOnlySpan<ColumnBounds> bounds)
        {
            ref readonly var b = ref bounds[column];
            int? min = b.Min is { } lower ? CompareHead(lower) : null;
            int? max = b.Max is { } upper ? CompareHead(upper) : null;
            return b.Outcome(!(min > 0) && !(max < 0), !(min == 0 && max == 0));
        }

        int CompareHead(DeltaValue value) =>
            value.Bytes[..Math.Min(prefix.Length, value.Bytes.Length)].SequenceCompareTo(prefix);
    }
}
