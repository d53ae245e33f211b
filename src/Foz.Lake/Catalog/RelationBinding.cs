using Foz.Lake.Sql;
using Foz.Lake.Tables;

namespace Foz.Lake.Catalog;

/// <summary>What a name in SQL stands for when the statement runs.</summary>
public abstract record RelationBinding
{
    RelationBinding() { }

    /// <summary>Rows of a Delta table, pinned to a version.</summary>
    /// <param name="Table">The rows.</param>
    public sealed record Rows(TableRows Table) : RelationBinding
    {
        /// <summary>Rows that are on their way to the table; null where there are none.</summary>
        public PendingRows? Pending { get; init; }

        /// <summary>Makes of the relation of the rows what who asks may read of it; null where that is all.</summary>
        public Func<string, string>? Through { get; init; }
    }

    /// <summary>A stored SELECT, whose own names are looked up the same way.</summary>
    /// <param name="Sql">The SELECT.</param>
    public sealed record View(string Sql) : RelationBinding;

    /// <summary>A relation that the engine can read as it stands.</summary>
    /// <param name="Sql">What stands behind FROM.</param>
    public sealed record Relation(string Sql) : RelationBinding
    {
        /// <summary>The rows that it reads, where they are on their way to a table; null where not.</summary>
        public PendingRows? Pending { get; init; }
    }
}

/// <summary>Tells what the names in a statement stand for.</summary>
public interface IRelationNames
{
    /// <summary>What a table's name stands for; null leaves it to the engine.</summary>
    /// <exception cref="FozException">It stands for nothing; says so with the nearest right name.</exception>
    ValueTask<RelationBinding?> FindAsync(TableReference reference, CancellationToken cancellationToken);

    /// <summary>What a table function stands for; null leaves it to the engine.</summary>
    /// <exception cref="FozException">Its arguments name nothing.</exception>
    ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken);

    /// <summary>Whether statements of others are bound, whose text is looked at once more before it runs.</summary>
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
