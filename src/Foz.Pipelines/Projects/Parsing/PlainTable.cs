namespace Foz.Pipelines.Projects.Parsing;

/// <summary>A table, or a call of a table function, that a plain SELECT names.</summary>
/// <param name="Parts">The parts of the table's name, or of the function's only argument, without quotes.</param>
/// <param name="Function">The function, in small letters; null for a table.</param>
/// <param name="Start">Its index in the text.</param>
sealed record PlainTable(IReadOnlyList<string> Parts, string? Function, int Start);
