using System.Diagnostics;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine.Plans;

namespace Foz.Lake.Tables;

/// <summary>What the engine's plan asks of a table's rows, as the log's statistics can answer it.</summary>
static class FilterPredicate
{
    /// <summary>The predicate of a filter; literals are in the engine's forms of the column's type.</summary>
    public static Predicate Of(FilterExpression filter) => filter switch
    {
        FilterExpression.Compare compare =>
            new Predicate.Compare(Path(compare.Column), ComparisonOf(compare.Operator), compare.Literal),
        FilterExpression.In list => new Predicate.In(Path(list.Column), [.. list.Literals]),
        FilterExpression.IsNull isNull => new Predicate.IsNull(Path(isNull.Column)),
        FilterExpression.IsNotNull isNotNull => !new Predicate.IsNull(Path(isNotNull.Column)),
        FilterExpression.And and => new Predicate.And([.. and.Terms.Select(Of)]),
        FilterExpression.Or or => new Predicate.Or([.. or.Terms.Select(Of)]),
        _ => throw new UnreachableException($"a filter {filter}"),
    };

    static ColumnPath Path(IReadOnlyList<string> column) => ColumnPath.Of([.. column]);

    static Comparison ComparisonOf(FilterComparison comparison) => comparison switch
    {
        FilterComparison.Equal => Comparison.Equal,
        FilterComparison.NotEqual => Comparison.NotEqual,
        FilterComparison.Less => Comparison.Less,
        FilterComparison.LessOrEqual => Comparison.LessOrEqual,
        FilterComparison.Greater => Comparison.Greater,
        FilterComparison.GreaterOrEqual => Comparison.GreaterOrEqual,
        _ => throw new UnreachableException($"a comparison {comparison}"),
    };
}
