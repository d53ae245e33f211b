using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Plans;

/// <summary>How a column came from another, in the words of OpenLineage's facet <c>columnLineage</c>.</summary>
public enum Transformation
{
    /// <summary>The value as it was.</summary>
    Identity,

    /// <summary>A value made from it.</summary>
    Transformation,

    /// <summary>A value made from those of several rows.</summary>
    Aggregation,

    /// <summary>It decided which of several values is taken.</summary>
    Conditional,

    /// <summary>It ordered or parted the rows of a window.</summary>
    Window,

    /// <summary>It decided which rows belong together.</summary>
    Join,

    /// <summary>It decided which rows are there.</summary>
    Filter,

    /// <summary>It decided which rows are put together.</summary>
    GroupBy,

    /// <summary>It ordered the rows.</summary>
    Sort,
}

/// <summary>A column of a table that a statement reads.</summary>
/// <param name="Table">Where the table, or the call of a table function, is in the statement.</param>
/// <param name="Column">The column, as the table has it.</param>
/// <param name="Transformation">What became of it.</param>
public readonly record struct ColumnInput(SqlSpan Table, string Column, Transformation Transformation);

/// <summary>A column that a statement gives.</summary>
/// <param name="Column">The column.</param>
/// <param name="Inputs">What it is made from, in the order of tables and names; empty for a constant.</param>
public sealed record OutputColumn(EngineColumn Column, IReadOnlyList<ColumnInput> Inputs);

/// <summary>What the columns of a statement are made from.</summary>
/// <param name="Columns">Its columns.</param>
/// <param name="Conditions">
/// The columns that decide which rows there are, and in which order: of joins, filters, groups and sorts.
/// </param>
public sealed record StatementLineage(
    IReadOnlyList<OutputColumn> Columns, IReadOnlyList<ColumnInput> Conditions)
{
    /// <summary>
    /// Of a statement of which only its tables are known: every column may be made from all of theirs.
    /// </summary>
    internal static StatementLineage Unknown(
        IReadOnlyList<EngineColumn> columns,
        IEnumerable<(SqlSpan Span, IReadOnlyList<Foz.Lake.Data.Field> Columns)> tables)
    {
        List<ColumnInput> all =
        [
            .. tables.SelectMany(table => table.Columns.Select(
                column => new ColumnInput(table.Span, column.Name, Transformation.Transformation))),
        ];
        return new([.. columns.Select(column => new OutputColumn(column, all))], []);
    }
}
