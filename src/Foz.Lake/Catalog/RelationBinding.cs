using Foz.Lake.Sql;
using Foz.Lake.Tables;

namespace Foz.Lake.Catalog;

/// <summary>What a name in SQL refers to when the statement runs.</summary>
public abstract record RelationBinding
{
    RelationBinding() { }

    /// <summary>Rows of a Delta table, pinned to a version.</summary>
    /// <param name="Table">The rows.</param>
    public sealed record Rows(TableRows Table) : RelationBinding
    {
        /// <summary>Rows that are on their way to the table; null where there are none.</summary>
        public PendingRows? Pending { get; init; }

        /// <summary>
        /// The version as one of a source's batches; null where it is none, or the statement asks for this version.
        /// </summary>
        public BatchedTable? Batched { get; init; }

        /// <summary>
        /// Returns, from the relation of the rows, the part that the user may read; null where that is all of it.
        /// </summary>
        public Func<string, string>? Through { get; init; }
    }

    /// <summary>A stored SELECT, whose own names are looked up the same way.</summary>
    /// <param name="Sql">The SELECT.</param>
    public sealed record View(string Sql) : RelationBinding;

    /// <summary>A relation that the engine can read unchanged.</summary>
    /// <param name="Sql">The text after FROM.</param>
    public sealed record Relation(string Sql) : RelationBinding
    {
        /// <summary>The rows that it reads, where they are on their way to a table; null where not.</summary>
        public PendingRows? Pending { get; init; }
    }
}

/// <summary>Resolves the names in a statement.</summary>
public interface INameResolver
{
    /// <summary>Returns what a table's name refers to; null leaves it to the engine.</summary>
    /// <exception cref="FozException">It refers to nothing; the hint gives the nearest name.</exception>
    ValueTask<RelationBinding?> FindAsync(TableReference reference, CancellationToken cancellationToken);

    /// <summary>Returns what a call of a table function refers to; null leaves it to the engine.</summary>
    /// <exception cref="FozException">Its arguments refer to nothing.</exception>
    ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken);

    /// <summary>Whether users' statements are bound, whose text is checked once more before it runs.</summary>
    bool AreForOthers => false;

    /// <summary>
    /// Whether numbers have PostgreSQL's types and texts: what the engine does otherwise with them is refused.
    /// </summary>
    bool HasOwnNumbers => false;

    /// <summary>
    /// Makes sure that a statement, or a view that it reads, calls no function that it may not, and gives no name that
    /// it may not.
    /// </summary>
    /// <exception cref="FozException">It does.</exception>
    void Check(SqlAnalysis statement)
    {
    }
}
