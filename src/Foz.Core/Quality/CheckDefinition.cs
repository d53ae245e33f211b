using System.Globalization;
using Foz.Core.Data;

namespace Foz.Core.Quality;

/// <summary>
/// A rule that a table's rows keep. Nulls break <see cref="NotNull"/> only: every other check of a column passes
/// over them, as dbt has it.
/// </summary>
public abstract record CheckDefinition
{
    CheckDefinition() { }

    /// <summary>Its type, such as <c>accepted_values</c>; of a SQL check, the name that it was given.</summary>
    public abstract string Name { get; }

    /// <summary>The columns that it looks at; empty for a check of the whole table.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>What happens when rows break it.</summary>
    public OnViolation OnViolation { get; init; }

    /// <summary>Why it is there, for people; null where nobody said.</summary>
    public string? Description { get; init; }

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }

    /// <summary>Name and columns: <c>unique(id)</c>, <c>row_count</c>.</summary>
    public string Title => Columns.Count == 0 ? Name : $"{Name}({string.Join(", ", Columns)})";

    /// <summary>No row is null.</summary>
    /// <param name="Column">The column.</param>
    public sealed record NotNull(string Column) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "not_null";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>
    /// No two rows have the same values; rows with a null among them are passed over. Violations are the rows that
    /// are too many: three rows with one value are two.
    /// </summary>
    /// <param name="KeyColumns">One or more columns that are unique together.</param>
    public sealed record Unique(IReadOnlyList<string> KeyColumns) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "unique";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => KeyColumns;
    }

    /// <summary>Every value is one of a list.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Values">The list, at least one value.</param>
    public sealed record AcceptedValues(string Column, IReadOnlyList<string> Values) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "accepted_values";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>Every value is found in a column of another table, as it was last committed.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="To">The other table; the same one stands for itself as it would be.</param>
    /// <param name="Field">The column of the other table.</param>
    public sealed record Relationships(string Column, TableName To, string Field) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "relationships";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <summary>Where the name of the other table stands.</summary>
        public Place ToPlace { get; init; }
    }

    /// <summary>Every value is above zero.</summary>
    /// <param name="Column">The column.</param>
    public sealed record Positive(string Column) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "positive";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>Every value is at least a limit.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Limit">A number, or a text that the column's type reads, such as a date.</param>
    public sealed record Min(string Column, CheckLimit Limit) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "min";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>Every value is at most a limit.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Limit">A number, or a text that the column's type reads, such as a date.</param>
    public sealed record Max(string Column, CheckLimit Limit) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "max";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>
    /// A regular expression (RE2) is found in every value; one that has to be the whole value stands between
    /// <c>^</c> and <c>$</c>.
    /// </summary>
    /// <param name="Column">The column, of a text type.</param>
    /// <param name="Regex">The expression.</param>
    public sealed record Pattern(string Column, string Regex) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "pattern";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>The table has so many rows; a violation is a row that is missing or too many.</summary>
    /// <param name="RowsMin">At least so many; null for no limit.</param>
    /// <param name="RowsMax">At most so many; null for no limit.</param>
    public sealed record RowCount(long? RowsMin, long? RowsMax) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => "row_count";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [];
    }

    /// <summary>
    /// A query returns one expected value; or, where none is stated, no rows: each one it does is a violation.
    /// </summary>
    /// <param name="Label">The name that it was given.</param>
    /// <param name="Query">A SELECT; names of tables are those of the project.</param>
    /// <param name="Value">The expected value as text; null where no row is.</param>
    public sealed record Custom(string Label, string Query, string? Value) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => Label;

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [];

        /// <summary>Where the query stands; without a column where each of its lines is a line of the file.</summary>
        public Place QueryPlace { get; init; }

        /// <summary>Where a line of the query stands, counted from 1.</summary>
        public Place PlaceOfLine(int line) =>
            QueryPlace.Column == 0 ? QueryPlace with { Line = QueryPlace.Line + line - 1 } : QueryPlace;
    }
}

/// <summary>A limit as it stands in YAML.</summary>
/// <param name="Text">Its text.</param>
/// <param name="IsNumber">Whether it is a number without quotes.</param>
public readonly record struct CheckLimit(string Text, bool IsNumber)
{
    /// <summary>A limit; a number unless it is quoted or reads as none.</summary>
    public static CheckLimit Of(string text, bool isQuoted) => new(
        text,
        !isQuoted && decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _));
}
