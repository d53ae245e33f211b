using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>How the values of a column arrive.</summary>
enum ValueForm
{
    /// <summary>As the provider makes objects of them.</summary>
    Object,

    /// <summary>By the getter of the type.</summary>
    Direct,

    /// <summary>As the bytes of their text in UTF-8.</summary>
    Utf8,
}

/// <summary>How a column is read.</summary>
/// <param name="Type">Its type in bronze.</param>
/// <param name="Sql">The SQL of its values.</param>
/// <param name="Form">How they arrive.</param>
sealed record ColumnReading(DataType Type, string Sql, ValueForm Form)
{
    /// <summary>The SQL of what a cursor compares; null for the column itself.</summary>
    public string? CursorSql { get; init; }

    /// <summary>.NET's type of a cursor; null for that of the values.</summary>
    public Type? CursorType { get; init; }

    /// <summary>The SQL type that a cursor is cast to before it is compared; null for none.</summary>
    public string? CursorCast { get; init; }
}

/// <summary>A column that is read.</summary>
/// <param name="Field">The field in bronze.</param>
/// <param name="Sql">The SQL in the SELECT.</param>
/// <param name="ValueType">.NET's type of its values in the database.</param>
/// <param name="Name">Its name in the database.</param>
sealed record DatabaseColumn(Field Field, string Sql, Type ValueType, string Name)
{
    /// <summary>How its values arrive.</summary>
    public ValueForm Form { get; init; }

    /// <summary>The SQL of its values, without a name.</summary>
    public required string ValueSql { get; init; }

    /// <summary>The SQL of what a cursor compares.</summary>
    public required string CursorSql { get; init; }

    /// <summary>.NET's type of a cursor.</summary>
    public required Type CursorType { get; init; }

    /// <summary>The SQL type that a cursor is cast to before it is compared; null for none.</summary>
    public string? CursorCast { get; init; }

    /// <summary>Whether the database lets it be null, as far as it says.</summary>
    public bool IsNullable { get; init; } = true;

    /// <summary>The SQL of a parameter that is compared with the cursor.</summary>
    public string Comparand(string parameter) => CursorCast is null ? parameter : $"CAST({parameter} AS {CursorCast})";

    /// <summary>The largest cursor, in SQL: the server writes the text of one that .NET cannot hold.</summary>
    public string MaxSql(Dialect dialect) => CursorType == typeof(string) && ValueType != typeof(string)
        ? dialect.ToText($"MAX({CursorSql})")
        : $"MAX({CursorSql})";

    /// <summary>Whether it may have values that its type cannot hold, which the column of rescued data keeps.</summary>
    public bool MayRescue =>
        Form is ValueForm.Direct
        && (Field.Type == DataType.Date || Field.Type == DataType.Timestamp || Field.Type == DataType.TimestampNtz);
}
