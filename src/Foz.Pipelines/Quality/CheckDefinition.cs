using System.Globalization;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Quality;

/// <summary>
/// A rule that a table's rows keep. Nulls break <see cref="NotNull"/> only: every other check of a column passes
/// over them, as dbt has it.
/// </summary>
public abstract partial record CheckDefinition
{
    CheckDefinition() { }

    /// <summary>
    /// Its name as it was written, such as <c>accepted_values</c> or <c>negative</c>; of a SQL check, the name that it
    /// was given.
    /// </summary>
    public string Name
    {
        get => field ?? TypeName;
        init;
    }

    /// <summary>The name of its kind.</summary>
    private protected abstract string TypeName { get; }

    /// <summary>The columns that it checks; empty for a check of the whole table.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>What happens when rows break it.</summary>
    public OnViolation OnViolation { get; init; }

    /// <summary>Why the check exists, for people; null if the project gives no reason.</summary>
    public string? Description { get; init; }

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }

    /// <summary>A SQL condition of the rows that it is about; null where it is about all.</summary>
    public string? Where { get; init; }

    /// <summary>Where that condition stands; without a column where each of its lines is a line of the file.</summary>
    public Place WherePlace { get; init; }

    /// <summary>
    /// Which part of the rows must keep it for it to pass, such as 0.95: all by default. Only of a check that may warn
    /// or fail.
    /// </summary>
    public decimal Mostly { get; init; } = 1;

    /// <summary>What it needs to see to decide about a row.</summary>
    public virtual CheckScope Scope => CheckScope.Row;

    /// <summary>
    /// What its kind asks besides name and columns, as text: two checks that ask the same have the same.
    /// </summary>
    private protected virtual string Asks => "";

    /// <summary>
    /// What it asks besides its name and columns, in one line of bounded length: <c>min: 5, where: id &gt; 9</c>; empty
    /// where that is nothing. Two checks of a table with the same title and the same arguments are the same.
    /// </summary>
    public string Arguments => CheckText.Line(AllAsked);

    /// <summary>All that makes its result: name, columns, what it asks and what a violation does.</summary>
    public string Fingerprint => $"{Title} {OnViolation} {AllAsked}";

    string AllAsked => CheckText.Joined(
        Asks, CheckText.Named("where", Where), CheckText.Named("mostly", Mostly == 1 ? null : Mostly));

    /// <summary>
    /// Returns a SELECT of the rows of a table that break it now, for clients of the lake; null where no row is to
    /// blame, or where the check is in words that DuckDB alone has.
    /// </summary>
    /// <param name="table">The table, by its name in the lake.</param>
    public string? SelectBroken(TableName table) => this is Pattern or NotPattern or Type or Format
        ? null
        : new CheckSql(SqlOf(table), SqlOf).Rows(this, (this as Custom)?.Query);

    static string SqlOf(TableName table) => $"{SqlText.Identifier(table.Schema)}.{SqlText.Identifier(table.Name)}";

    /// <summary>Whether rows that break it are taken out of a batch.</summary>
    public bool TakesRowsOut => OnViolation is OnViolation.Drop or OnViolation.Quarantine;

    /// <summary>Name and columns: <c>unique(id)</c>, <c>row_count</c>.</summary>
    public string Title => Columns.Count == 0 ? Name : $"{Name}({string.Join(", ", Columns)})";

    /// <summary>No row is null.</summary>
    /// <param name="Column">The column.</param>
    public sealed record NotNull(string Column) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "not_null";

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
        private protected override string TypeName => "unique";

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
        private protected override string TypeName => "accepted_values";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => CheckText.List(Values);
    }

    /// <summary>Every value exists in a column of another table, as of that table's last commit.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="To">
    /// The other table; if it is the checked table itself, its rows as they would be after the commit.
    /// </param>
    /// <param name="Field">The column of the other table.</param>
    public sealed record Relationships(string Column, TableName To, string Field) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "relationships";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => $"to: {To}, field: {Field}";

        /// <summary>Where the name of the other table stands.</summary>
        public Place ToPlace { get; init; }
    }

    /// <summary>Every value is above zero.</summary>
    /// <param name="Column">The column.</param>
    public sealed record Positive(string Column) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "positive";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>Every value is at least a limit.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Limit">A number, or a text that the column's type reads, such as a date.</param>
    public sealed record Min(string Column, CheckLimit Limit) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "min";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => Limit.Text;
    }

    /// <summary>Every value is at most a limit.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Limit">A number, or a text that the column's type reads, such as a date.</param>
    public sealed record Max(string Column, CheckLimit Limit) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "max";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => Limit.Text;
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
        private protected override string TypeName => "pattern";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => Regex;
    }

    /// <summary>The table has so many rows; a violation is a row that is missing or too many.</summary>
    /// <param name="RowsMin">At least so many; null for no limit.</param>
    /// <param name="RowsMax">At most so many; null for no limit.</param>
    public sealed record RowCount(long? RowsMin, long? RowsMax) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "row_count";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [];

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        private protected override string Asks => CheckText.Limits(RowsMin, RowsMax);
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
        private protected override string TypeName => Label;

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [];

        /// <inheritdoc/>
        public override CheckScope Scope => CheckScope.Table;

        /// <inheritdoc/>
        private protected override string Asks => CheckText.Joined(Query, CheckText.Named("value", Value));

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

    /// <summary>
    /// How it stands to another: as numbers, or as days by ISO 8601; null where that is for the column's type to say.
    /// </summary>
    public int? CompareTo(CheckLimit other) =>
        IsNumber && other.IsNumber
            ? decimal.Parse(
                Text, CultureInfo.InvariantCulture).CompareTo(decimal.Parse(other.Text, CultureInfo.InvariantCulture))
            : Day(Text) is { } day && Day(other.Text) is { } otherDay ? day.CompareTo(otherDay) : null;

    static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : null;
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
