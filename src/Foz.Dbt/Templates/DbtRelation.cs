using Foz.Dbt.Jinja;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Dbt.Templates;

/// <summary>A table or view as templates see it.</summary>
/// <param name="Name">Its name in the lake.</param>
sealed class DbtRelation(TableName Name) : JinjaObject
{
    /// <summary>Its name in the lake.</summary>
    public TableName Table => Name;

    /// <summary>What stands in SQL in its place; null for its name.</summary>
    public string? Sql { get; init; }

    /// <summary><c>table</c>, <c>view</c> or <c>cte</c>; null where it is not known.</summary>
    public string? Kind { get; init; }

    /// <summary>Which parts of the name are written.</summary>
    public (bool Schema, bool Identifier) Shown { get; init; } = (true, true);

    /// <inheritdoc/>
    public override string TypeName => "Relation";

    /// <inheritdoc/>
    public override bool IsMapping => true;

    /// <inheritdoc/>
    public override IEnumerable<string> Names =>
    [
        "database", "schema", "identifier", "name", "table", "type", "is_table", "is_view", "is_cte", "include",
        "quote", "render", "incorporate",
        "without_identifier", "information_schema",
    ];

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Sql is not null) return Sql;
        var parts = new List<string>();
        if (Shown.Schema) parts.Add(SqlText.Identifier(Name.Schema));
        if (Shown.Identifier) parts.Add(SqlText.Identifier(Name.Name));
        return string.Join('.', parts);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DbtRelation other && other.Table == Name;

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode();

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        (var isKnown, value) = name switch
        {
            "database" => (true, TableName.Catalog),
            "schema" => (true, Name.Schema),
            "identifier" or "name" or "table" or "alias" => (true, Name.Name),
            "type" => (true, Kind),
            "is_table" => (true, Kind == "table"),
            "is_view" => (true, Kind == "view"),
            "is_cte" => (true, Kind == "cte"),
            "include" => (true, new JinjaCallable(name, Include)),
            "quote" or "incorporate" => (true, new JinjaCallable(name, _ => this)),
            "render" => (true, new JinjaCallable(name, _ => ToString())),
            "metadata" => (true, JinjaDict.Of(("type", "DuckDBRelation"))),
            "get" =>
                (true, new JinjaCallable(
                    name,
                    a => a.Bind(1, "key", "default") is var v && TryGet(JinjaValue.ToText(v[0]), out var found) ? found
                    : ReferenceEquals(v[1], JinjaArguments.Missing) ? null : v[1])),
            "without_identifier" => (true, new JinjaCallable(name, _ => With((true, false)))),
            _ => (false, (object?)null),
        };
        return isKnown;
    }

    DbtRelation Include(JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "database", "schema", "identifier");
        return With((given[1] is not false, given[2] is not false));
    }

    DbtRelation With((bool, bool) shown) => new(Name) { Sql = Sql, Kind = Kind, Shown = shown };
}

/// <summary>A column as templates see it.</summary>
/// <param name="name">Its name.</param>
/// <param name="type">Its type in SQL.</param>
sealed class DbtColumn(string name, string type) : JinjaObject
{
    static readonly string[] Integers =
    [
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    ];

    string Type => type.ToUpperInvariant();

    bool IsString => Type is "VARCHAR" or "TEXT" or "STRING" || Type.StartsWith("VARCHAR(", StringComparison.Ordinal);

    bool IsInteger => Integers.Contains(Type);

    bool IsFloat => Type is "FLOAT" or "DOUBLE" or "REAL";

    bool IsDecimal =>
        Type.StartsWith("DECIMAL", StringComparison.Ordinal) || Type.StartsWith("NUMERIC", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string TypeName => "Column";

    /// <inheritdoc/>
    public override IEnumerable<string> Names =>
        [
            "name", "column", "quoted", "dtype", "data_type", "is_string", "is_number", "is_numeric", "is_integer",
            "is_float",
        ];

    /// <inheritdoc/>
    public override string ToString() => $"<Column {name} ({type})>";

    /// <inheritdoc/>
    public override bool TryGet(string key, out object? value)
    {
        value = key switch
        {
            "name" or "column" => name,
            "quoted" => SqlText.Identifier(name),
            "dtype" or "data_type" => type,
            "char_size" => 256L,
            "string_size" => new JinjaCallable(key, _ => 256L),
            "is_string" => new JinjaCallable(key, _ => IsString),
            "is_integer" => new JinjaCallable(key, _ => IsInteger),
            "is_float" => new JinjaCallable(key, _ => IsFloat),
            "is_numeric" => new JinjaCallable(key, _ => IsDecimal),
            "is_number" => new JinjaCallable(key, _ => IsInteger || IsFloat || IsDecimal),
            _ => null,
        };
        return value is not null;
    }
}

/// <summary>The rows of a query as templates see them: what dbt takes from agate.</summary>
/// <param name="columns">The names of columns.</param>
/// <param name="rows">The rows.</param>
sealed class DbtTable(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<object?>> rows) : JinjaObject
{
    /// <inheritdoc/>
    public override string TypeName => "Table";

    /// <inheritdoc/>
    public override bool IsTrue => rows.Count > 0;

    /// <inheritdoc/>
    public override IEnumerable<object?> Items => rows.Select(row => (object?)new Row(columns, row));

    /// <inheritdoc/>
    public override IEnumerable<string> Names => ["columns", "rows", "column_names", "print_table"];

    /// <inheritdoc/>
    public override string ToString() => $"<Table {rows.Count} rows>";

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "rows" => new JinjaList(Items),
            "columns" => new Columns(columns, rows),
            "column_names" => new JinjaTuple([.. columns]),
            "print_table" => new JinjaCallable(name, _ => null),
            _ => null,
        };
        return value is not null;
    }

    sealed class Columns(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<object?>> rows) : JinjaObject
    {
        public override IEnumerable<object?> Items =>
            columns.Select((name, i) => (object?)new Column(name, [.. rows.Select(row => row[i])]));

        public override IEnumerable<string> Names => columns;

        public override string ToString() => "<Columns>";

        public override bool TryGet(string name, out object? value)
        {
            value = name switch
            {
                "keys" => new JinjaCallable(name, _ => new JinjaList(columns)),
                "values" => new JinjaCallable(name, _ => new JinjaList(Items)),
                _ => Items.OfType<Column>()
                    .FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase)),
            };
            return value is not null;
        }
    }

    sealed class Column(string name, IReadOnlyList<object?> values) : JinjaObject
    {
        public string Name => name;

        public override IEnumerable<object?> Items => values;

        public override string ToString() => $"<Column {name}>";

        public override bool TryGet(string key, out object? value)
        {
            value = key switch
            {
                "name" => name,
                "values" => new JinjaCallable(key, _ => new JinjaTuple(values)),
                "values_distinct" => new JinjaCallable(key, _ => new JinjaTuple([.. values.Distinct()])),
                _ => null,
            };
            return value is not null;
        }
    }

    sealed class Row(IReadOnlyList<string> columns, IReadOnlyList<object?> values) : JinjaObject
    {
        public override IEnumerable<object?> Items => values;

        public override IEnumerable<string> Names => columns;

        public override string ToString() => JinjaValue.ToText(new JinjaTuple(values));

        public override bool TryGet(string name, out object? value)
        {
            value = null;
            for (var i = 0; i < columns.Count; i++)
            {
                if (!columns[i].Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
                value = values[i];
                return true;
            }
            value = name switch
            {
                "values" => new JinjaCallable(name, _ => new JinjaTuple(values)),
                "keys" => new JinjaCallable(name, _ => new JinjaTuple([.. columns])),
                "items" =>
                    new JinjaCallable(
                        name,
                        _ => new JinjaList(
                            columns.Zip(values).Select(pair => (object?)new JinjaTuple([pair.First, pair.Second])))),
                "dict" => new JinjaCallable(name, _ => JinjaDict.Of(columns.Zip(values))),
                _ => null,
            };
            return value is not null;
        }
    }
}
