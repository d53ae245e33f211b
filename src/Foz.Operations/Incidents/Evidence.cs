using Foz.Operations.Channels;

namespace Foz.Operations.Incidents;

/// <summary>That something was seen broken, or holding. Evidence can be given twice, and late, without harm.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Subject">What: a table, a check of a table, a schedule, a rule.</param>
/// <param name="At">When it was so.</param>
/// <param name="IsBroken">Whether it is broken; it holds otherwise.</param>
public sealed record Evidence(IncidentKind Kind, string Subject, DateTimeOffset At, bool IsBroken)
{
    /// <summary>Gets what happened, in one line; of something broken.</summary>
    public string Text { get; init; } = "";

    /// <summary>Gets the table that it is about, by its name in the lake; null where it is about none.</summary>
    public string? Table { get; init; }

    /// <summary>Gets how bad it is.</summary>
    public AlertSeverity Severity { get; init; } = AlertSeverity.Critical;

    /// <summary>Gets the run that showed it; null for none.</summary>
    public string? RunId { get; init; }

    /// <summary>Gets the command that fixes it or shows more; null for none.</summary>
    public string? Command { get; init; }

    /// <summary>Gets where the first bad rows are; null for none.</summary>
    public BadRows? BadRows { get; init; }

    /// <summary>
    /// Gets whether all things of the kind whose subject begins with <see cref="Subject"/> hold, as far as they were
    /// not seen broken since.
    /// </summary>
    public bool IsOfAll { get; init; }

    /// <summary>Gets what it is known by.</summary>
    public string Key => KeyOf(Kind, Subject);

    /// <summary>What a thing of a kind is known by.</summary>
    public static string KeyOf(IncidentKind kind, string subject) =>
        $"{kind.ToString().ToLowerInvariant()}:{subject}";
}
