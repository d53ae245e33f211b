using Foz.Lake.Data;

namespace Foz.Pipelines.Runs.Models;

/// <summary>What a step would do.</summary>
/// <param name="Reason">Why it would do something; null if it would not.</param>
/// <param name="Seen">The tables and views beside its own that tell so.</param>
sealed record StepStatus(string? Reason, IReadOnlyList<TableName> Seen);
