using Foz.Core.Quality.Cleaning;

namespace Foz.Core.Quality;

/// <content>What cleaning found, which is reported beside checks.</content>
public abstract partial record CheckDefinition
{
    /// <summary>Values that a rule changed, or rows that it took out: nothing that is wrong.</summary>
    /// <param name="Rule">The rule.</param>
    /// <param name="Column">The column; null for a rule of rows.</param>
    public sealed record Cleaned(CleanRule Rule, string? Column) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"clean.{Rule.Name}";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => Column is null ? [] : [Column];

        /// <inheritdoc/>
        public override string Signature => Rule.Signature;
    }

    /// <summary>Every value can be read by a rule.</summary>
    /// <param name="Rule">The rule.</param>
    /// <param name="Column">The column.</param>
    /// <param name="Invalid">The column of the batch that holds what could not be read, and else null.</param>
    public sealed record Readable(CleanRule Rule, string Column, string Invalid) : CheckDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"clean.{Rule.Name}.invalid";

        /// <inheritdoc/>
        public override IReadOnlyList<string> Columns => [Column];

        /// <inheritdoc/>
        public override string Signature => Rule.Signature;
    }
}
