namespace Foz.Pipelines.Projects;

/// <summary>How old what a stream's table has may be.</summary>
/// <param name="LoadedAt">The column that says when a row came to be; null for when it arrived in the lake.</param>
/// <param name="WarnAfter">The age from which it is a warning; null for none.</param>
/// <param name="ErrorAfter">The age from which it is an error; null for none.</param>
/// <param name="Filter">A SQL condition of the rows that count; null for all.</param>
public sealed record StreamFreshness(string? LoadedAt, TimeSpan? WarnAfter, TimeSpan? ErrorAfter, string? Filter);
