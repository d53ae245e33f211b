using System.Text.Json;

namespace Foz.Lake.Tables.Merging;

/// <summary>A MERGE: what becomes of the rows of a table, the target, by the rows of a SELECT, the source.</summary>
public sealed record MergeDefinition
{
    /// <summary>The SELECT of the source's rows; it is run once.</summary>
    public required string Source { get; init; }

    /// <summary>What <see cref="On"/> and the clauses call the source.</summary>
    public string SourceAlias { get; init; } = "source";

    /// <summary>What <see cref="On"/> and the clauses call the target.</summary>
    public string TargetAlias { get; init; } = "target";

    /// <summary>When a row of the source matches one of the target; a SQL condition over both.</summary>
    public required string On { get; init; }

    /// <summary>What is done; of the clauses for a row the first whose condition holds.</summary>
    public required IReadOnlyList<MergeClause> Clauses { get; init; }

    /// <summary>
    /// Whether columns, and fields of structs, that the source has and the target lacks are added to the target, where
    /// a clause writes all columns or assigns to them. Else the former leave them out, and the latter is an error.
    /// </summary>
    public bool EvolvesSchema { get; init; }

    /// <summary>How the rows are written.</summary>
    public WriteOptions Write { get; init; } = new();

    /// <summary>What the table's history calls it.</summary>
    internal TableOperation Operation => TableOperation.Of(
        "MERGE",
        ("predicate", On),
        ("matchedPredicates", Predicates(MergeMatch.Matched)),
        ("notMatchedPredicates", Predicates(MergeMatch.NotMatched)),
        ("notMatchedBySourcePredicates", Predicates(MergeMatch.NotMatchedBySource)));

    string Predicates(MergeMatch match) => JsonSerializer.Serialize(
        Clauses.Where(clause => clause.Match == match).Select(clause =>
        {
            var predicate = new SortedDictionary<string, string> { ["actionType"] = ActionType(clause.Action) };
            if (clause.Condition is { } condition) predicate["predicate"] = condition;
            return predicate;
        }));

    static string ActionType(MergeAction action) => action switch
    {
        MergeAction.Delete => "delete",
        MergeAction.Update or MergeAction.UpdateAll => "update",
        _ => "insert",
    };
}

/// <summary>Which rows a clause of a MERGE is for.</summary>
public enum MergeMatch
{
    /// <summary><c>WHEN MATCHED</c>: rows of the target that a row of the source matches.</summary>
    Matched,

    /// <summary><c>WHEN NOT MATCHED</c>: rows of the source that match none of the target.</summary>
    NotMatched,

    /// <summary><c>WHEN NOT MATCHED BY SOURCE</c>: rows of the target that no row of the source matches.</summary>
    NotMatchedBySource,
}

/// <summary>A clause of a MERGE.</summary>
/// <param name="Match">Which rows it is for.</param>
/// <param name="Action">What it does.</param>
/// <param name="Condition">
/// A SQL condition over what there is of source and target; null where it holds for all rows. Only the last clause for
/// the same rows may have none.
/// </param>
public sealed record MergeClause(MergeMatch Match, MergeAction Action, string? Condition = null);

/// <summary>What a clause of a MERGE does with a row. The hierarchy is closed.</summary>
public abstract record MergeAction
{
    MergeAction()
    {
    }

    /// <summary><c>UPDATE SET …</c>: columns become the values of SQL expressions, the others stay.</summary>
    /// <param name="Assignments">
    /// Expressions by column; a field of a struct is written with dots. Over the target's row as it was, and the
    /// source's where there is one.
    /// </param>
    public sealed record Update(IReadOnlyDictionary<string, string> Assignments) : MergeAction;

    /// <summary><c>UPDATE SET *</c>: each column becomes the source's of the same name.</summary>
    public sealed record UpdateAll : MergeAction;

    /// <summary><c>DELETE</c>.</summary>
    public sealed record Delete : MergeAction;

    /// <summary><c>INSERT (…) VALUES (…)</c>; columns that are not named get no value.</summary>
    /// <param name="Values">SQL expressions over the source's row, by column.</param>
    public sealed record Insert(IReadOnlyDictionary<string, string> Values) : MergeAction;

    /// <summary><c>INSERT *</c>: each column gets the value of the source's of the same name.</summary>
    public sealed record InsertAll : MergeAction;
}
