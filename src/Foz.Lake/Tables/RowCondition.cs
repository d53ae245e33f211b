namespace Foz.Lake.Tables;

/// <summary>A condition over the rows of a table.</summary>
/// <param name="Sql">SQL over the table's columns; <c>true</c> for all rows.</param>
/// <param name="Alias">What it calls the table.</param>
public readonly record struct RowCondition(string Sql, string Alias = "t")
{
    /// <summary>Whether it is written as a condition that holds for all rows.</summary>
    public bool IsAll => Sql.AsSpan().Trim().Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>A condition that calls the table <c>t</c>, if anything.</summary>
    public static implicit operator RowCondition(string sql) => new(sql);

    /// <inheritdoc/>
    public override string ToString() => Sql;
}
