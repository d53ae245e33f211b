using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>A value in DuckDB's SQL.</summary>
/// <param name="Sql">The SQL, one that can stand anywhere in an expression.</param>
/// <param name="Type">Its type; null where it is not known.</param>
readonly record struct SqlValue(string Sql, DeltaType? Type);
