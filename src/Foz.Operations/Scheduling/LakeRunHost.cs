using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;
using Foz.Operations.Triggers;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Requests;

namespace Foz.Operations.Scheduling;

/// <summary>Has the runs of firings made by the host that leads, through the requests of the lake.</summary>
/// <param name="lake">The lake.</param>
/// <param name="file">The project.</param>
/// <param name="conditions">What is looked for in the sources.</param>
sealed class LakeRunHost(Lakehouse lake, ProjectFile file, TriggerConditions conditions) : IRunHost
{
    readonly HostRequests requests = new(lake);

    /// <summary>The request of a firing's last attempt; those that are later sort after it.</summary>
    public static string RequestOf(ProjectFile file, Firing firing) =>
        $"{firing.Due.UtcDateTime:yyyyMMdd'T'HHmmssfff}-{file.Name}.{file.Environment}.{firing.Schedule}"
        + (firing.Key is { } key ? $"_{key}" : "") + $"-{firing.Attempts}";

    /// <inheritdoc/>
    public Task AskAsync(Firing firing, CancellationToken cancellationToken) => requests.AskOnceAsync(
        new()
        {
            Id = RequestOf(file, firing), Project = file.Name, Environment = file.Environment,
            Arguments = firing.Command, Schedule = firing.Schedule, Revision = firing.Revision,
            User = Environment.UserName,
            Machine = Environment.MachineName, Folder = file.Folder, AskedAt = lake.Clock.GetUtcNow(),
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<RunProgress> FindAsync(Firing firing, CancellationToken cancellationToken) =>
        await requests.FindAsync(RequestOf(file, firing), cancellationToken) switch
        {
            null => new(lake.Clock.GetUtcNow(), ExitCode: null, "its request was removed from the lake"),
            { HasEnded: false } => new(EndedAt: null, ExitCode: null, Reason: null),
            { State: RequestState.Withdrawn } canceled => new(canceled.EndedAt, ExitCode: null, "it was canceled"),
            var ended => new(ended.EndedAt, ended.ExitCode, ended.Reason),
        };

    /// <inheritdoc/>
    public Task CancelAsync(Firing firing, CancellationToken cancellationToken) =>
        requests.CancelAsync(RequestOf(file, firing), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DecideAsync(Firing firing, TaskDecision decision, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    /// <inheritdoc/>
    public Task SweepAsync(DateTimeOffset limit, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public TriggerMark? FindMark(ScheduleTrigger.Condition condition, bool isBusy) =>
        conditions.Find(condition, isBusy);

    /// <inheritdoc/>
    public async Task<long?> FindVersionAsync(string table, CancellationToken cancellationToken)
    {
        var written = TableName.Parse(table);
        var name = written with { Schema = file.SchemaPrefix + written.Schema };
        return await lake.Catalog.FindAsync(name, cancellationToken) is { Location: { } location } definition
            ? (await lake.Tables.Open(location, definition.TableName).FindLatestAsync(cancellationToken))?.Version
            : null;
    }
}
