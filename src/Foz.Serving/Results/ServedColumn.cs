using Foz.DuckDB;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.Results;

/// <summary>A column of what a statement gives.</summary>
/// <param name="Name">Its name, as clients see it.</param>
/// <param name="Type">The type of its vectors.</param>
public sealed record ServedColumn(string Name, LogicalType Type)
{
    /// <summary>PostgreSQL's type for it.</summary>
    public PgType PgType { get; } = PgTypes.Of(Type);
}
