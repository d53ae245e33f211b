namespace Foz.Pipelines.Quality;

/// <content>What cleaning found, which is reported beside checks.</content>
public abstract partial record CheckDefinition
{
    /// <summary>Values that a rule changed, or rows that it took out: nothing that is wrong.</summary>
    /// <param name="Rule">The rule.</param>
    /// <param name="Column">The column; null for a rule of rows.</param>
    public sealed record Cleaned(CleanRule Rule, string? Column) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => $"clean.{Rule.Name}";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => Column is null ? [] : [Column];

        /// <inheritdoc/>
        private protected override string Asks => AskedBy(Rule);
    }

    /// <summary>Every value can be read by a rule.</summary>
    /// <param name="Rule">The rule.</param>
    /// <param name="Column">The column.</param>
    /// <param name="Invalid">The column of the batch that holds what could not be read, and else null.</param>
    public sealed record Readable(CleanRule Rule, string Column, string Invalid) : CheckDefinition
    {
        /// <inheritdoc/>
        private protected override string TypeName => $"clean.{Rule.Name}.invalid";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        private protected override string Asks => AskedBy(Rule);
    }

    /// <summary>
    /// Describes the settings of a rule besides its name and columns. Its result reports values that it cannot read.
    /// </summary>
    static string AskedBy(CleanRule rule) => rule switch
    {
        CleanRule.Format => "",
        CleanRule.Cast cast => CheckText.Joined(
            cast.SqlType, CheckText.Named("pattern", cast.Pattern), CheckText.Named("format", cast.FormatName)),
        _ => rule.Signature,
    };
}
