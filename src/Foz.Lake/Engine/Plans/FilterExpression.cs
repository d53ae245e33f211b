namespace Foz.Lake.Engine.Plans;

/// <summary>How <see cref="FilterExpression.Compare"/> compares.</summary>
public enum FilterComparison
{
    /// <summary>Equal.</summary>
    Equal,

    /// <summary>Not equal.</summary>
    NotEqual,

    /// <summary>Less than.</summary>
    Less,

    /// <summary>Less than or equal.</summary>
    LessOrEqual,

    /// <summary>Greater than.</summary>
    Greater,

    /// <summary>Greater than or equal.</summary>
    GreaterOrEqual,
}

/// <summary>
/// What a statement's plan says that the rows it needs of a table fulfil. What cannot be expressed is left out, so a
/// row that does not fulfil it is never needed, and one that does may still not be. Literals are text in DuckDB's form
/// of the column's type. The hierarchy is closed.
/// </summary>
public abstract record FilterExpression
{
    FilterExpression()
    {
    }

    /// <summary>A column compared with a literal.</summary>
    /// <param name="Column">The column's name, then those of the fields inside.</param>
    /// <param name="Operator">How they compare.</param>
    /// <param name="Literal">The literal.</param>
    public sealed record Compare(IReadOnlyList<string> Column, FilterComparison Operator, string Literal)
        : FilterExpression;

    /// <summary>A column equal to one of some literals.</summary>
    /// <param name="Column">The column's name, then those of the fields inside.</param>
    /// <param name="Literals">The literals.</param>
    public sealed record In(IReadOnlyList<string> Column, IReadOnlyList<string> Literals) : FilterExpression;

    /// <summary>A column that is NULL.</summary>
    /// <param name="Column">The column's name, then those of the fields inside.</param>
    public sealed record IsNull(IReadOnlyList<string> Column) : FilterExpression;

    /// <summary>A column that is not NULL.</summary>
    /// <param name="Column">The column's name, then those of the fields inside.</param>
    public sealed record IsNotNull(IReadOnlyList<string> Column) : FilterExpression;

    /// <summary>All of some terms, at least one.</summary>
    /// <param name="Terms">The terms.</param>
    public sealed record And(IReadOnlyList<FilterExpression> Terms) : FilterExpression;

    /// <summary>One at least of some terms.</summary>
    /// <param name="Terms">The terms.</param>
    public sealed record Or(IReadOnlyList<FilterExpression> Terms) : FilterExpression;

    /// <summary>What holds where all terms that are known hold; null if none is.</summary>
    internal static FilterExpression? All(IEnumerable<FilterExpression?> terms) =>
        terms.OfType<FilterExpression>().ToArray() switch
        {
            [] => null,
            [var only] => only,
            var known => new And(known),
        };

    /// <summary>What holds where one of the terms holds; null if one is not known.</summary>
    internal static FilterExpression? Any(IEnumerable<FilterExpression?> terms)
    {
        List<FilterExpression> known = [];
        foreach (var term in terms)
        {
            if (term is null) return null;
            known.Add(term);
        }
        return known is [var only] ? only : new Or(known);
    }
}
