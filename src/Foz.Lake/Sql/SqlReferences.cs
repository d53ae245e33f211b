namespace Foz.Lake.Sql;

/// <summary>A piece of a text, in characters.</summary>
/// <param name="Start">The first character.</param>
/// <param name="Length">The number of characters.</param>
public readonly record struct SqlSpan(int Start, int Length)
{
    /// <summary>The index after the last character.</summary>
    public int End => Start + Length;
}

/// <summary>A table or view that a statement names; not one of its own common table expressions.</summary>
public sealed record TableReference
{
    /// <summary>The catalog as written; null if left out.</summary>
    public string? Catalog { get; init; }

    /// <summary>The schema as written; null if left out.</summary>
    public string? Schema { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The alias; null if it has none.</summary>
    public string? Alias { get; init; }

    /// <summary>Whether it is written as a text in single quotes, which DuckDB takes for a file.</summary>
    public bool IsText { get; init; }

    /// <summary>The place of the name.</summary>
    public required SqlSpan Span { get; init; }

    /// <summary>The version that <c>AT (…)</c> asks for; null where the clause is missing.</summary>
    public TimeTravel? At { get; init; }

    /// <summary>The SELECT that it is in, as a number.</summary>
    internal int Scope { get; init; }

    /// <summary>
    /// How often the tree has it: the parser copies operands of CASE and named windows, with the subqueries in them.
    /// </summary>
    internal int Times { get; init; } = 1;

    /// <summary>The name as written in the statement, its parts with dots between, without quotes.</summary>
    public override string ToString() =>
        string.Join('.', new[] { Catalog, Schema, Name }.Where(part => part is not null));
}

/// <summary>The clause <c>AT (VERSION =&gt; 3)</c> or <c>AT (TIMESTAMP =&gt; …)</c>.</summary>
/// <param name="Unit"><c>VERSION</c> or <c>TIMESTAMP</c>.</param>
/// <param name="Value">The value as text, if it is a constant; otherwise null.</param>
/// <param name="Span">Where the clause is: after the table's alias.</param>
public sealed record TimeTravel(string Unit, string? Value, SqlSpan Span);

/// <summary>A table function that a statement calls, such as <c>STREAM(bronze.orders)</c>.</summary>
public sealed record TableFunctionCall
{
    /// <summary>The function's name in small letters.</summary>
    public required string Name { get; init; }

    /// <summary>How often the tree has it.</summary>
    internal int Times { get; init; } = 1;

    /// <summary>The SELECT that it is in, as a number.</summary>
    internal int Scope { get; init; }

    /// <summary>Its arguments in order.</summary>
    public required IReadOnlyList<TableFunctionArgument> Arguments { get; init; }

    /// <summary>The alias; null if it has none.</summary>
    public string? Alias { get; init; }

    /// <summary>The place of the call, with its parentheses.</summary>
    public required SqlSpan Span { get; init; }

    /// <summary>The argument given by a name, in any case; null if there is none.</summary>
    public TableFunctionArgument? Find(string name) =>
        Arguments.FirstOrDefault(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>An argument of a table function.</summary>
/// <param name="Name">
/// The name it is given by (<c>version := 3</c>, <c>header = true</c>); null for one by its place.
/// </param>
/// <param name="Value">A constant as text; null if it is no constant, or NULL.</param>
/// <param name="Parts">The parts of a name such as <c>bronze.orders</c>; empty if it is none.</param>
public sealed record TableFunctionArgument(string? Name, string? Value, IReadOnlyList<string> Parts);

/// <summary>A column that a statement names.</summary>
/// <param name="Parts">
/// The parts of the name: a column, with its fields after it and its table, schema and catalog before it, as far as
/// written.
/// </param>
/// <param name="Span">Where it is; empty where DuckDB does not say.</param>
public sealed record ColumnReference(IReadOnlyList<string> Parts, SqlSpan Span)
{
    /// <summary>The SELECT that it is in, as a number.</summary>
    internal int Scope { get; init; }
}
