using Foz.Operations.Firings;

namespace Foz.Operations.Scheduling;

/// <summary>Where the runs of firings work: a lake's requests, or a stand-in for them.</summary>
interface IRunHost
{
    /// <summary>Asks for an attempt of a firing to be run, once: a second time does nothing.</summary>
    Task AskAsync(Firing firing, CancellationToken cancellationToken);

    /// <summary>How far that attempt is.</summary>
    Task<RunProgress> FindAsync(Firing firing, CancellationToken cancellationToken);

    /// <summary>Wants that attempt to stop.</summary>
    Task CancelAsync(Firing firing, CancellationToken cancellationToken);

    /// <summary>Returns the newest version of a table; null where there is no such table.</summary>
    Task<long?> FindVersionAsync(string table, CancellationToken cancellationToken);
}

/// <summary>How far the run of a firing is.</summary>
/// <param name="EndedAt">When it ended; null while it works.</param>
/// <param name="ExitCode">Its exit code; null where it has none.</param>
/// <param name="Reason">Why it has no exit code; null where it has one.</param>
readonly record struct RunProgress(DateTimeOffset? EndedAt, int? ExitCode, string? Reason);
