using Foz.Lake.Data;
using Foz.Lake.Tables;

namespace Foz.Lake.Statements;

/// <summary>The result of a statement.</summary>
/// <param name="Columns">The columns of the rows.</param>
/// <param name="Rows">The rows; values are of the columns' types as the engine gives them.</param>
public sealed record StatementResult(IReadOnlyList<Field> Columns, IReadOnlyList<object?[]> Rows)
{
    /// <summary>
    /// What did not go well although the statement did what it says, or what it means for others; null for nothing.
    /// </summary>
    public Warning? Warning { get; init; }

    /// <summary>
    /// The rows that it added, and of a DELETE those that it removed; null where it does not return them.
    /// </summary>
    public TableRows? Returned { get; init; }

    /// <summary>The version that it committed; null where it committed nothing.</summary>
    public TableSnapshot? Committed { get; init; }

    /// <summary>Returns one row of whole numbers, after them the version of their commit.</summary>
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
