namespace Foz.Operations.Schedules;

/// <summary>Who may call a schedule over HTTP: at least one of the two is set.</summary>
/// <param name="Secret">The secret of signatures; null where a signature does not do.</param>
/// <param name="Token">The bearer token; null where a token does not do.</param>
/// <param name="CallsMax">How many calls a minute make a run.</param>
public sealed record WebhookAccess(string? Secret, string? Token, int CallsMax)
{
    /// <summary>How many calls a minute make a run where nothing is said of it.</summary>
    public const int CallsDefault = 60;

    /// <summary>Returns no secret.</summary>
    public override string ToString() => $"{CallsMax} calls a minute";
}
