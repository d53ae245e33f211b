namespace Foz.Operations.Triggers;

/// <summary>What a condition was found to be.</summary>
/// <param name="Mark">Tells it apart from what it was before: another one makes another firing.</param>
/// <param name="Cause">It in words, for the firing.</param>
sealed record TriggerMark(string Mark, string Cause);
