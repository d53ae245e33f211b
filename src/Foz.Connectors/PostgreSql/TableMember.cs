namespace Foz.Connectors.PostgreSql;

/// <summary>A table, or a partition of it at any depth.</summary>
/// <param name="Root">The number of the table.</param>
/// <param name="Oid">Its own number.</param>
/// <param name="Name">How it is written in SQL.</param>
/// <param name="IsLoggedWhole">Whether the log has all columns of old rows.</param>
/// <param name="Identity">
/// Otherwise the columns that it has of them; empty where none, and of what has no rows of its own.
/// </param>
sealed record TableMember(uint Root, uint Oid, string Name, bool IsLoggedWhole, IReadOnlyList<string> Identity);

/// <summary>A unique key of a table.</summary>
/// <param name="Table">The number of the table.</param>
/// <param name="Name">The name of its index and constraint.</param>
/// <param name="IsImmediate">
/// Whether the server refuses a double at each row; otherwise at the end of a statement or transaction.
/// </param>
/// <param name="Columns">Its columns.</param>
sealed record UniqueKey(uint Table, string Name, bool IsImmediate, IReadOnlyList<string> Columns);
