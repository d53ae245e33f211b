using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Operations.Incidents;
using Foz.Operations.Tasks;
using Foz.Tests.Pipelines.Runs;

namespace Foz.Tests.Operations.Tasks;

public sealed class TaskHistoryTests : IDisposable
{
    static readonly DateTimeOffset start = new(2026, 1, 2, 3, 0, 0, TimeSpan.FromHours(-3));

    readonly LakeProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Each_task_that_ran_has_one_row_also_where_a_host_dies_and_another_continues()
    {
        var tasks = Firing(
            "nightly@20260102T060000",
            Task("load", TaskState.Succeeded) with { Attempts = 2 },
            Task("check", TaskState.Failed) with { Attempts = 1, Reason = "exit code 3" },
            Task("wait", TaskState.TimedOut),
            Task("later", TaskState.Skipped) with { StartedAt = null },
            Task("before", TaskState.Succeeded) with { IsReused = true });
        IReadOnlyList<string> expected =
        [
            "nightly@20260102T060000,check,task,Failed,1,exit code 3,60",
            "nightly@20260102T060000,load,task,Succeeded,2,,60",
            "nightly@20260102T060000,wait,task,Failed,,timed out,60",
        ];
        var first = new TaskHistory(project.Lake);
        await first.AddAsync(tasks, Cancel);
        Assert.Equal(expected, await RowsAsync());
        // The host dies before it notes that the firing has ended: the next one is asked for the same.
        await new TaskHistory(project.Lake).AddAsync(tasks, Cancel);
        Assert.Equal(expected, await RowsAsync());
        // Within a minute the rows of other firings are on their way, and seen all the same.
        await first.AddAsync(Firing("nightly@20260103T060000", Task("load", TaskState.Succeeded)), Cancel);
        await first.AddAsync(Firing("nightly@20260103T060000", Task("load", TaskState.Succeeded)), Cancel);
        Assert.Equal(4, (await RowsAsync()).Count);
        Assert.Single(await RunJournal.ListAsync(project.Lake, Cancel));
        await new TaskHistory(project.Lake).AddAsync(Firing("a@1", Task("load", TaskState.Canceled)), Cancel);
        Assert.Empty(await RunJournal.ListAsync(project.Lake, Cancel));
        Assert.Equal(5, (await RowsAsync()).Count);
    }

    [Fact]
    public void Tasks_say_nothing_of_tables_of_their_names()
    {
        var evidence = new RecordEvidence("t", "default");
        Assert.NotEmpty(evidence.Of(Record("model", Outcome.Succeeded), TableFacts.Unknown));
        Assert.Empty(evidence.Of(Record("task", Outcome.Succeeded), TableFacts.Unknown));
        Assert.Empty(evidence.Of(Record("task", Outcome.Failed), TableFacts.Unknown));
    }

    static StepRecord Record(string kind, Outcome outcome) => new()
    {
        RunId = "r", Step = "silver.a", Kind = kind, Outcome = outcome, StartedAt = start, FinishedAt = start,
    };

    static FiringTasks Firing(string id, params IReadOnlyList<TaskRecord> tasks) => new()
    {
        Firing = id, Due = start, Host = "h", Parameters = new Dictionary<string, string>(), Tasks = tasks,
    };

    static TaskRecord Task(string name, TaskState state) => new()
    {
        Name = name, Kind = "shell", State = state, StartedAt = start, EndedAt = start.AddMinutes(1),
    };

    /// <summary>The rows, also those on their way to the table.</summary>
    async Task<IReadOnlyList<string>> RowsAsync()
    {
        using var session = project.OpenSession();
        var names = new LakeNameResolver(
            project.Lake, project.Lake.Tables,
            name => JournalTables.Contains(name)
                ? () => new JournalWriter(project.Lake).SelectPendingAsync(name.Name) : null);
        using var bound = await new StatementBinder(session, names).BindAsync(
            "SELECT concat_ws(',', run_id, step, kind, outcome, coalesce(attempts::VARCHAR, ''), coalesce(error, ''), "
                + "(epoch(finished_at) - epoch(started_at))::INTEGER) FROM foz.steps ORDER BY run_id, step", Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => (string)row[0]!)];
    }
}
