using Foz.Operations;
using Foz.Operations.Firings;
using Foz.Operations.Hosting;

namespace Foz.Cli.Commands.Operating;

/// <summary>Notes the revision of the project that the host works with, so that <c>foz status</c> shows it.</summary>
/// <param name="schedules">The revision, and its schedules.</param>
/// <param name="service">Notes it.</param>
sealed class RevisionJob(LiveSchedules schedules, ScheduleService service) : IHostJob
{
    RevisionNote? noted;

    /// <inheritdoc/>
    public string Name => "revisions";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        _ = schedules.Current;
        var revision = schedules.Revision;
        if (revision == noted || revision == new RevisionNote(Id: null, default, Problem: null)) return;
        await service.NoteRevisionAsync(revision, cancellationToken);
        noted = revision;
    }
}
