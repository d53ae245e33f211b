using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>
/// An expression of Spark SQL, as the log of a table holds it for constraints, generated columns and defaults, in the
/// words of DuckDB.
/// </summary>
sealed record SparkExpression
{
    SparkExpression(SqlValue value, IReadOnlyList<ColumnPath> columns, string? volatileFunction) =>
        (Value, Columns, VolatileFunction) = (value, columns, volatileFunction);

    /// <summary>The expression in DuckDB's SQL.</summary>
    public SqlValue Value { get; }

    /// <summary>The columns that it names, each once.</summary>
    public IReadOnlyList<ColumnPath> Columns { get; }

    /// <summary>
    /// A function in it that gives another value each time, such as <c>now</c>; null if there is none.
    /// </summary>
    public string? VolatileFunction { get; }

    /// <summary>Translates an expression.</summary>
    /// <param name="text">Spark SQL.</param>
    /// <param name="find">What a column is in DuckDB's SQL; null where there is none.</param>
    /// <exception cref="FozException">
    /// It cannot be read, names a column that is not there, or a function that is not supported.
    /// </exception>
    public static SparkExpression Translate(string text, Func<ColumnPath, SqlValue?> find)
    {
        var parser = new SparkParser(text, find);
        var value = parser.Parse();
        return new(value, [.. parser.Columns.Distinct()], parser.VolatileFunction);
    }

    /// <summary>Translates an expression over a table's columns.</summary>
    /// <param name="text">Spark SQL.</param>
    /// <param name="schema">The columns.</param>
    /// <param name="column">What a column of the top level is in DuckDB's SQL.</param>
    /// <inheritdoc cref="Translate(string, Func{ColumnPath, SqlValue?})"/>
    public static SparkExpression Translate(string text, StructType schema, Func<StructField, string> column) =>
        Translate(text, path =>
        {
            var fields = schema.FindAll(path);
            if (fields.IsEmpty) return null;
            var sql = fields.Skip(1).Aggregate(column(fields[0]), (parent, field) =>
                $"({parent}).{Foz.Lake.Sql.SqlText.Identifier(field.Name)}");
            return new(sql, fields[^1].Type);
        });
}
