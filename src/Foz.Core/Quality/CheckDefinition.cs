using System.Globalization;
using Foz.Core.Data;

namespace Foz.Core.Quality;

/// <summary>
/// A rule that a table's rows keep. Nulls break <see cref="NotNull"/> only: every other check of a column passes
/// over them, as dbt has it.
/// </summary>
public abstract partial record CheckDefinition
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

    /// <summary>A SQL condition of the rows that it is about; null where it is about all.</summary>
    public string? Where { get; init; }

    /// <summary>Where that condition stands; without a column where each of its lines is a line of the file.</summary>
    public Place WherePlace { get; init; }

    /// <summary>
    /// Which part of the rows must keep it for it to pass, such as 0.95: all by default. Only of a check that may warn or fail.
    /// </summary>
    public decimal Mostly { get; init; } = 1;

    /// <summary>What it needs to see to decide about a row.</summary>
    public virtual CheckScope Scope => CheckScope.Row;

    /// <summary>
    /// What it asks besides its name and columns, as text: two checks that ask the same have the same.
    /// </summary>
    public virtual string Signature => "";

    /// <summary>All that makes its result: name, columns, what it asks and what a violation does.</summary>
    public string Fingerprint =>
        string.Create(CultureInfo.InvariantCulture, $"{Title} {OnViolation} {Signature} {Where} {(Mostly == 1 ? "" : Mostly)}");

    /// <summary>Whether rows that break it are taken out of a batch.</summary>
    public bool TakesRowsOut => OnViolation is OnViolation.Drop or OnViolation.Quarantine;

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

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Key;
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

        /// <inheritdoc/>
        public override string Signature => string.Join('\u001f', Values);
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

        /// <inheritdoc/>
        public override string Signature => $"{To} {Field}";

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

        /// <inheritdoc/>
        public override string Signature => Limit.Text;
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

        /// <inheritdoc/>
        public override string Signature => Limit.Text;
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

        /// <inheritdoc/>
        public override string Signature => Regex;
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

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        public override string Signature => $"{RowsMin} {RowsMax}";
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

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        public override string Signature => $"{Query} {Value}";

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

/// <summary>What a check needs to see to decide.</summary>
public enum CheckScope
{
    /// <summary>Each row by itself, beside other tables.</summary>
    Row,

    /// <summary>The other rows of the table.</summary>
    Key,

    /// <summary>The table as a whole: no row is to blame.</summary>
    Table,
}
