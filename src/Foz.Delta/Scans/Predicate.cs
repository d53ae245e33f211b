using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>How <see cref="Predicate.Compare"/> compares.</summary>
public enum Comparison
{
    /// <summary>The column is equal to the literal.</summary>
    Equal,

    /// <summary>The column is not equal to the literal.</summary>
    NotEqual,

    /// <summary>The column is less than the literal.</summary>
    Less,

    /// <summary>The column is less than or equal to the literal.</summary>
    LessOrEqual,

    /// <summary>The column is greater than the literal.</summary>
    Greater,

    /// <summary>The column is greater than or equal to the literal.</summary>
    GreaterOrEqual,
}

/// <summary>
/// A condition on the rows of a table with SQL's three-valued logic, as far as it helps to skip files. Columns are
/// logical paths; literals are texts of the column's type, in the forms that <see cref="DeltaValue.TryParse"/> reads
/// (a text that it cannot read makes its condition unknown). The hierarchy is closed.
/// </summary>
public abstract record Predicate
{
    Predicate()
    {
    }

    /// <summary>A condition that cannot be expressed here: any row may fulfil it.</summary>
    public static Predicate Unknown { get; } = new Unexpressed();

    /// <summary>A condition that every row fulfils.</summary>
    public static Predicate True { get; } = new And([]);

    /// <summary>The condition that holds where this one is false (not where it is null).</summary>
    public static Predicate operator !(Predicate term) => new Not(term);

    /// <summary>The condition that holds where both hold.</summary>
    public static Predicate operator &(Predicate left, Predicate right) => new And([left, right]);

    /// <summary>The condition that holds where either holds.</summary>
    public static Predicate operator |(Predicate left, Predicate right) => new Or([left, right]);

    /// <summary>The condition that holds where this one is false (not where it is null).</summary>
    public static Predicate LogicalNot(Predicate term) => !term;

    /// <summary>The condition that holds where both hold.</summary>
    public static Predicate BitwiseAnd(Predicate left, Predicate right) => left & right;

    /// <summary>The condition that holds where either holds.</summary>
    public static Predicate BitwiseOr(Predicate left, Predicate right) => left | right;

    /// <summary>A column compared with a literal; null where the column is null.</summary>
    public sealed record Compare(ColumnPath Column, Comparison Operator, string Literal) : Predicate;

    /// <summary>A column equal to one of some literals, of which null is one that nothing equals.</summary>
    public sealed record In(ColumnPath Column, IReadOnlyList<string?> Literals) : Predicate;

    /// <summary>A column that is null.</summary>
    public sealed record IsNull(ColumnPath Column) : Predicate;

    /// <summary>A text column that begins with a text, byte for byte.</summary>
    public sealed record StartsWith(ColumnPath Column, string Prefix) : Predicate;

    /// <summary>All terms; true without terms.</summary>
    public sealed record And(IReadOnlyList<Predicate> Terms) : Predicate;

    /// <summary>At least one term; false without terms.</summary>
    public sealed record Or(IReadOnlyList<Predicate> Terms) : Predicate;

    /// <summary>The contrary of a term.</summary>
    public sealed record Not(Predicate Term) : Predicate;

    sealed record Unexpressed : Predicate;
}
