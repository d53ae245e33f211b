using Foz.Operations.Channels;
using Foz.Operations.Incidents;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Alerts;

/// <summary>What alerts take from the program that hosts them.</summary>
public sealed record AlertHooks
{
    /// <summary>
    /// Gives the project as its files say it now: the same object while they are the same; null where it has errors.
    /// True asks for the files to be looked at now, as something came of which the project has nothing.
    /// </summary>
    public required Func<bool, CancellationToken, Task<Project?>> FindProjectAsync { get; init; }

    /// <summary>
    /// Reads the first rows of a SELECT with the rights and masks of a user or role; null for the owner. There are none
    /// where the user sees masked what decides about them.
    /// </summary>
    public required Func<AlertQuery, CancellationToken, Task<MessageRows>> ReadAsync { get; init; }

    /// <summary>Gives the settings as the files say them now: the same object while they are the same.</summary>
    public required Func<AlertSettings> Current { get; init; }

    /// <summary>Takes what other jobs of the host saw break or hold since the last call.</summary>
    public Func<IReadOnlyList<Evidence>> TakeEvidence { get; init; } = static () => [];

    /// <summary>Whether the project has users: a condition in SQL must then state one.</summary>
    public required Func<bool> HasUsers { get; init; }
}

/// <summary>A SELECT of an alert.</summary>
/// <param name="Sql">The SELECT.</param>
/// <param name="User">The user or role; null for the owner.</param>
/// <param name="RowsMax">How many rows are read.</param>
public sealed record AlertQuery(string Sql, string? User, int RowsMax)
{
    /// <summary>Gets what the user must see unmasked for the SELECT to find the right rows.</summary>
    public IReadOnlyList<DecidingColumns> Decides { get; init; } = [];
}
