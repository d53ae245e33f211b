using Foz.Lake.Configuration;
using Foz.Operations.Incidents;

namespace Foz.Cli.Commands.Operating;

/// <summary>What is shown of incidents.</summary>
static class IncidentText
{
    /// <summary>An incident in one line: what is broken, since when, who has it.</summary>
    public static string Line(Incident incident, DateTimeOffset now) =>
        $"{incident.Id} {incident.Severity.ToString().ToLowerInvariant()} {What(incident)}, "
            + $"since {Duration.Describe(now - incident.Since)}, {Who(incident)}";

    /// <summary>What is broken.</summary>
    public static string What(Incident incident) => $"{incident.Subject}: {incident.Text}"
        + (incident.MembersCount > 1 ? $" (and {incident.MembersCount - 1} more)" : "");

    /// <summary>Who has it.</summary>
    public static string Who(Incident incident) => incident switch
    {
        { ResolvedBy: { } user } => $"resolved by {user}",
        { ResolvedAt: not null } => "resolved",
        { AssignedTo: { } user } => $"assigned to {user}",
        { AcknowledgedBy: { } user } => $"acknowledged by {user}",
        _ => "open",
    };
}
