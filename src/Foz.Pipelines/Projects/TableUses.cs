using Foz.Lake;

namespace Foz.Pipelines.Projects;

/// <summary>A table that a SELECT names.</summary>
/// <param name="Parts">The parts of its name, without quotes: one to three.</param>
/// <param name="Index">Where it stands in the text, as the index of a character.</param>
sealed record TableUse(IReadOnlyList<string> Parts, int Index)
{
    /// <summary>Whether it is written <c>STREAM(name)</c>.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether it is written as a text, which DuckDB takes for a file.</summary>
    public bool IsText { get; init; }
}

/// <summary>What a SELECT names, or why it cannot be read.</summary>
/// <param name="Uses">The tables, common table expressions left out, in the order of the text.</param>
/// <param name="Error">
/// Why it cannot be read; line and column of its place count from the first character of the text. Null if it can.
/// </param>
sealed record TableUses(IReadOnlyList<TableUse> Uses, FozException? Error);
