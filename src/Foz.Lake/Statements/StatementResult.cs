using Foz.Lake.Data;
using Foz.Lake.Tables;

namespace Foz.Lake.Statements;

/// <summary>What a statement tells of what it did.</summary>
/// <param name="Columns">The columns of the rows.</param>
/// <param name="Rows">The rows; values are of the columns' types as the engine gives them.</param>
public sealed record StatementResult(IReadOnlyList<Field> Columns, IReadOnlyList<object?[]> Rows)
{
    /// <summary>
    /// What did not go well although the statement did what it says, or what it means for others; null for nothing.
    /// </summary>
    public Warning? Warning { get; init; }

    /// <summary>
    /// The rows that it added, and of a DELETE those that it took away; null where nobody asked for them.
    /// </summary>
    public TableRows? Returned { get; init; }

    /// <summary>The version that it committed; null where it committed nothing.</summary>
    public TableSnapshot? Committed { get; init; }

    /// <summary>One row of whole numbers, behind them the version of the commit that they are of.</summary>
    internal static StatementResult Of(
        CommittedChange committed, params ReadOnlySpan<(string Name, long Count)> counts) =>
        Of([.. counts, ("version", committed.Version)]) with
        {
            Warning = committed.Warning ?? committed.Notice,
            Committed = committed.Snapshot,
        };

    /// <summary>One row of whole numbers.</summary>
    internal static StatementResult Of(params ReadOnlySpan<(string Name, long Count)> counts)
    {
        var columns = new List<Field>();
        var row = new List<object?>();
        foreach (var (name, count) in counts)
        {
            columns.Add(new(name, DataType.Long));
            row.Add(count);
        }
        return new(columns, [[.. row]]);
    }
}
