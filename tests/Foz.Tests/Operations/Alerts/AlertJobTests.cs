using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Operations.Alerts;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Storage;
using Foz.Tests.Pipelines.Batches;
using Foz.Tests.Pipelines.Runs;

namespace Foz.Tests.Operations.Alerts;

public sealed class AlertJobTests : IDisposable
{
    const string Failing = "select cast('x' as integer) as n";

    readonly LakeProject project = new();
    readonly RecordingChannel channel = new("a", TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public AlertJobTests() => project.Write("models/silver/a.sql", Failing);

    public void Dispose() => project.Dispose();

    /// <summary>Runs beside a host that repeats its steps: from the start of the run to the channel.</summary>
    [Fact]
    public async Task Each_failure_and_its_end_reach_the_channel_by_themselves()
    {
        const int Count = 25;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var job = Job();
        var looping = new HostLoop(TimeProvider.System, static _ => { }).RunAsync(job, stop.Token);
        var delays = new List<double>();
        for (var i = 0; i < Count; i++)
        {
            project.Write("models/silver/a.sql", Failing);
            var failedAt = TimeProvider.System.GetUtcNow();
            await project.RunAsync();
            await WaitAsync(() => channel.Received.Count == 2 * i + 1);
            delays.Add((channel.Received.Last().At - failedAt).TotalSeconds);
            project.Write("models/silver/a.sql", "select 1 as n");
            await project.RunAsync();
            await WaitAsync(() => channel.Received.Count == 2 * i + 2);
        }
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looping);
        delays.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"start of the run to the channel: median {delays[Count / 2]:0.00} s, "
                + $"longest of {Count} {delays[^1]:0.00} s");
    }

    /// <summary>A host dies between two writes, and another continues: each message comes, with one key.</summary>
    [Theory]
    [InlineData("alerts.decided")]
    [InlineData("alerts.sent")]
    [InlineData("incidents.journaled")]
    public async Task Nothing_is_lost_where_a_host_dies(string failpoint)
    {
        await project.RunAsync();
        await CrashAsync(failpoint);
        await StepsAsync(() => channel.Keys.Count == 1);
        await ShowHistoryAsync("opened");
        project.Write("models/silver/a.sql", "select 1 as n");
        await project.RunAsync();
        await CrashAsync(failpoint);
        await StepsAsync(() => channel.Keys.Count == 2);
        var id = Assert.Single((await ReadAsync()).Incidents).Id;
        Assert.Equal([$"{id}.opened.0", $"{id}.resolved.0"], channel.Keys);
        // The end of a message that was sent before the crash was not noted: it comes twice with the same key.
        Assert.InRange(channel.Received.Count, failpoint == "alerts.sent" ? 3 : 2, 4);
        await ShowHistoryAsync("opened", "resolved");
        var state = await ReadAsync();
        Assert.Empty(state.Outbox);
    }

    [Fact]
    public async Task A_failed_step_of_a_run_that_still_works_is_seen_and_its_table_rows_later_are_no_news()
    {
        using var job = Job();
        await job.StepAsync(Cancel);
        using var journal = RunJournal.Open(project.Lake, "20260101000000000-aaaa");
        await journal.AppendAsync([Record(Outcome.Failed, 1)], Cancel);
        await StepsAsync(job, () => channel.Keys.Count == 1);
        await journal.AppendAsync([Record(Outcome.Succeeded, 2)], Cancel);
        await StepsAsync(job, () => channel.Keys.Count == 2);
        using (var session = project.OpenSession())
            await new JournalWriter(project.Lake).FlushAsync(
                session, journal, static _ => ValueTask.FromResult(false), Cancel);
        for (var i = 0; i < 3; i++) await job.StepAsync(Cancel);
        // Another host, which saw none of the segments.
        using var other = Job();
        for (var i = 0; i < 3; i++) await other.StepAsync(Cancel);
        Assert.Equal(2, channel.Received.Count);
        Assert.Empty((await ReadAsync()).Open);
    }

    [Fact]
    public async Task A_run_that_ended_while_no_host_was_there_is_seen_by_the_next_and_once_by_two()
    {
        await project.RunAsync();
        using var first = Job();
        await StepsAsync(first, () => channel.Received.Count == 1);
        using var second = Job();
        for (var i = 0; i < 3; i++)
        {
            await second.StepAsync(Cancel);
            await first.StepAsync(Cancel);
        }
        Assert.Single(channel.Received);
        Assert.Equal("silver.a", Assert.Single((await ReadAsync()).Open).Subject);
    }

    [Fact]
    public async Task A_step_with_nothing_new_after_its_failure_closes_the_incident()
    {
        project.Write("models/silver/a.sql", "select 1 as n");
        await project.RunAsync();
        using var job = Job();
        var runs = RunJournal.Open(project.Lake, "20260101000000000-aaaa");
        await runs.AppendAsync(
            [Record(Outcome.Failed, 1) with { FinishedAt = TimeProvider.System.GetUtcNow() }], Cancel);
        await StepsAsync(job, () => channel.Keys.Count == 1);
        runs.Dispose();
        var result = await project.RunAsync();
        Assert.Equal(1, result.Count(Outcome.Skipped));
        await StepsAsync(job, () => channel.Keys.Count == 2);
        Assert.Empty((await ReadAsync()).Open);
    }

    [Fact]
    public async Task Users_acknowledge_assign_comment_and_close_through_the_lake()
    {
        await project.RunAsync();
        using var job = Job();
        await StepsAsync(job, () => channel.Keys.Count == 1);
        var service = new IncidentService(project.Lake, project.Load().File);
        var id = (await service.ListAsync(Cancel))[0].Id;
        await service.AcknowledgeAsync(id[^4..], "ana", Cancel);
        await service.AcknowledgeAsync(id, "bia", Cancel);
        await service.AssignAsync(id, "ana", "bia", Cancel);
        await service.CommentAsync(id, "bia", "on it", Cancel);
        await StepsAsync(job, () => channel.Keys.Count == 2);
        var incident = await service.ResolveAsync(id, "bia", comment: null, Cancel);
        Assert.Equal(
            ("ana", "bia", "on it", "bia"),
            (incident.AcknowledgedBy, incident.AssignedTo, incident.Comments[0].Text, incident.ResolvedBy));
        await StepsAsync(job, () => channel.Keys.Count == 3);
        await ShowHistoryAsync("opened", "acknowledged", "assigned", "commented", "resolved");
        // It is broken still, which the next run shows.
        await project.RunAsync();
        await StepsAsync(job, () => channel.Keys.Count == 4);
        var error = await Assert.ThrowsAsync<Foz.Lake.FozException>(() => service.FindAsync(id + "x", Cancel));
        Assert.Equal($"did you mean '{id}'?", error.Hint);
    }

    AlertJob Job()
    {
        var settings = RecordingChannel.Settings(channel) with { GroupWait = TimeSpan.Zero };
        var loaded = project.Load();
        var hooks = new AlertHooks
        {
            FindProjectAsync = (_, _) => Task.FromResult<Foz.Pipelines.Projects.Project?>(loaded),
            ReadAsync = (_, _) => throw new NotSupportedException(), Current = () => settings, HasUsers = () => false,
        };
        return new(
            project.Lake, loaded.File, new(project.Lake, loaded.File, hooks, new HostFacts(project.Lake, loaded.File)),
            hooks);
    }

    async Task CrashAsync(string failpoint)
    {
        var hasCrashed = false;
        using var job = Job();
        using (Failpoint.Watch(name =>
        {
            if (name != failpoint || hasCrashed) return;
            hasCrashed = true;
            throw new CrashException();
        }))
            try
            {
                for (var i = 0; i < 300; i++, await Task.Delay(20, Cancel)) await job.StepAsync(Cancel);
            }
            catch (CrashException)
            {
                // The host is gone.
            }
        Assert.True(hasCrashed, $"no host came by {failpoint}");
    }

    async Task StepsAsync(Func<bool> isSo)
    {
        using var job = Job();
        await StepsAsync(job, isSo);
    }

    static async Task StepsAsync(AlertJob job, Func<bool> isSo)
    {
        for (var i = 0; i < 300; i++, await Task.Delay(20, Cancel))
        {
            await job.StepAsync(Cancel);
            if (!isSo()) continue;
            // What became of the message is noted by the next step, and what follows by one more.
            await Task.Delay(50, Cancel);
            await job.StepAsync(Cancel);
            await job.StepAsync(Cancel);
            return;
        }
        throw new TimeoutException("what was waited for did not come");
    }

    static async Task WaitAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!isSo()) await Task.Delay(20, limit.Token);
    }

    async Task ShowHistoryAsync(params IReadOnlyList<string> events)
    {
        using var session = project.OpenSession();
        var names = new LakeNameResolver(
            project.Lake, project.Lake.Tables,
            name => () => new JournalWriter(project.Lake).SelectPendingAsync(name.Name));
        using var bound = await new StatementBinder(session, names).BindAsync(
            "SELECT DISTINCT change, event FROM foz.incidents WHERE incident_id IN "
                + "(SELECT incident_id FROM foz.incidents ORDER BY opened_at LIMIT 1) ORDER BY 1", Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        Assert.Equal(events, rows.Rows(Cancel).Select(row => (string)row[1]!));
    }

    Task<IncidentState> ReadAsync()
    {
        var file = project.Load().File;
        return new IncidentStateStore(project.Lake.Store, file.Name, file.Environment).ReadAsync(Cancel);
    }

    static StepRecord Record(Outcome outcome, int second)
    {
        var at = TimeProvider.System.GetUtcNow().AddMinutes(-5).AddSeconds(second);
        return new()
        {
            RunId = "20260101000000000-aaaa", Step = "silver.a", Kind = "model", Outcome = outcome, StartedAt = at,
            FinishedAt = at, Error = outcome is Outcome.Failed ? "it broke" : null,
        };
    }
}
