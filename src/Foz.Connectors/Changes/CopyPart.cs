namespace Foz.Connectors.Changes;

/// <summary>A part of a copy of a table, as of a moment.</summary>
/// <param name="Rows">Its rows; owned by the caller.</param>
/// <param name="IsLast">Whether no part of the table comes after it.</param>
/// <param name="End">
/// Where it ends, as <see cref="CopyEnd"/> takes it; null where only a new copy can follow: the table has no key by
/// which a row is recognized that was changed between two moments.
/// </param>
public sealed record CopyPart(StreamRows.Streamed Rows, bool IsLast, string? End);

/// <summary>Where the parts of a copy end that are kept.</summary>
/// <param name="Text">The end of the last one, as its source wrote it.</param>
/// <param name="IsOfOtherMoment">
/// Whether it is of another moment than the next part: rows that were changed in between, so that they might be in
/// neither, come with the next part.
/// </param>
public sealed record CopyEnd(string Text, bool IsOfOtherMoment);
