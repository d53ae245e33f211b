using Foz.Lake;

namespace Foz.Pipelines.Quality;

/// <content>Checks of the values of single rows.</content>
public abstract partial record CheckDefinition
{
    /// <summary>No value is one of a list.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="Values">The list, at least one value.</param>
    public sealed record NotAcceptedValues(string Column, IReadOnlyList<string> Values) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "not_accepted_values";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => CheckText.List(Values);
    }

    /// <summary>Every value lies between limits.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="From">The lower limit; null for none.</param>
    /// <param name="To">The upper limit; null for none.</param>
    /// <param name="IsInclusive">Whether the limits themselves are allowed.</param>
    public sealed record Range(string Column, CheckLimit? From, CheckLimit? To, bool IsInclusive) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "range";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks =>
            CheckText.Joined(CheckText.Limits(From?.Text, To?.Text), IsInclusive ? null : "inclusive: false");
    }

    /// <summary>No value has a match of a regular expression (RE2).</summary>
    /// <param name="Column">The column, of a text type.</param>
    /// <param name="Regex">The expression.</param>
    public sealed record NotPattern(string Column, string Regex) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "not_pattern";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => Regex;
    }

    /// <summary>Every value has so many characters.</summary>
    /// <param name="Column">The column.</param>
    /// <param name="CharactersMin">At least so many; null for no limit.</param>
    /// <param name="CharactersMax">At most so many; null for no limit.</param>
    public sealed record Length(string Column, long? CharactersMin, long? CharactersMax) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "length";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => CheckText.Limits(CharactersMin, CharactersMax);
    }

    /// <summary>Every value can be read as a type.</summary>
    /// <param name="Column">The column, most often of text.</param>
    /// <param name="SqlType">The type, in DuckDB's words.</param>
    public sealed record Type(string Column, string SqlType) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "type";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => SqlType;

        /// <summary>Where the type stands.</summary>
        public Place SqlPlace { get; init; }
    }

    /// <summary>Every value has a given format, including check digits.</summary>
    /// <param name="Column">The column; values that are not text are checked as text.</param>
    /// <param name="FormatName">
    /// The format's name, one of <see cref="Foz.Lake.Data.Formats.ValueFormat.Names"/>.
    /// </param>
    /// <param name="TimePattern">
    /// Of dates and timestamps, how they are written, in the words of <c>strptime</c>; null for ISO 8601.
    /// </param>
    public sealed record Format(string Column, string FormatName, string? TimePattern) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "format";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => CheckText.Joined(FormatName, CheckText.Named("pattern", TimePattern));
    }

    /// <summary>No text is empty or blank.</summary>
    /// <param name="Column">The column.</param>
    public sealed record NotEmpty(string Column) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "not_empty";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];
    }

    /// <summary>Two columns of a row stand in a relation; rows where one of them is null are passed over.</summary>
    /// <param name="Left">The column on the left.</param>
    /// <param name="Operator"><c>&lt; &lt;= = &lt;&gt; &gt;= &gt;</c>.</param>
    /// <param name="Right">The column on the right.</param>
    public sealed record Compare(string Left, string Operator, string Right) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "compare";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Left, Right];

        /// <inheritdoc/>
        private protected override string Asks => Operator;
    }

    /// <summary>A SQL condition holds for every row; one for which it is null is passed over.</summary>
    /// <param name="Column">The column that it stands at, and begins with; null where it stands at a table.</param>
    /// <param name="Sql">The condition, or at a column what follows its name.</param>
    public sealed record Expression(string? Column, string Sql) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => "expression";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => Column is null ? [] : [Column];

        /// <inheritdoc/>
        private protected override string Asks => Sql;

        /// <summary>
        /// Where the condition stands; without a column where each of its lines is a line of the file.
        /// </summary>
        public Place SqlPlace { get; init; }
    }
}
