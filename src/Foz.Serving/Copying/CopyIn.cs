namespace Foz.Serving.Copying;

/// <summary>A COPY from the client.</summary>
/// <param name="Schema">The schema of the table; null where it is not said.</param>
/// <param name="Table">The table.</param>
/// <param name="Columns">The columns that the rows give; null for all.</param>
/// <param name="Options">How.</param>
sealed record CopyIn(string? Schema, string Table, IReadOnlyList<string>? Columns, CopyOptions Options) : CopyCommand;
