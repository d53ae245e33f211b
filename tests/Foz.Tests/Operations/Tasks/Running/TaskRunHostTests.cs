using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Operations.Tasks;
using Foz.Operations.Tasks.Running;
using Foz.Storage;
using Foz.Tests.Delta;
using Foz.Tests.Operations.Scheduling;
using Foz.Tests.Pipelines.Batches;

namespace Foz.Tests.Operations.Tasks.Running;

public sealed class TaskRunHostTests
{
    readonly ManualTime clock = new();
    readonly MemoryObjectStore objects;
    readonly List<TaskDecision> decided = [];
    int hostCount;

    public TaskRunHostTests() => objects = new(clock);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20 * Soak.Factor)];

    /// <summary>
    /// Random graphs on hosts that die at any request to the store or between two, and sometimes go on beside their
    /// successor: no attempt starts twice, no task has more attempts than was asked for, each runs only when and as its
    /// conditions hold, and all firings end once people have decided.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Tasks_start_at_most_once_and_all_firings_end(int seed)
    {
        var random = new Random(seed);
        var schedules = Graph(random);
        var work = new SimulatedWork(clock, random);
        var hosts = new List<Host>();
        var start = clock.Now;
        while (clock.Now < start.AddHours(30))
        {
            clock.Now += TimeSpan.FromSeconds(random.Next(1, 240));
            if (random.Next(12) == 0 || hosts.Count == 0)
            {
                var next = await OpenAsync(schedules, work, random.Next(3) > 0 ? random.Next(1, 80) : null, random);
                if (next is null) continue;
                if (hosts.Count > 1 || random.Next(3) > 0) hosts.Clear();
                hosts.Add(next);
            }
            foreach (var host in hosts.ToList()) if (!await StepAsync(host, schedules)) hosts.Remove(host);
            if (random.Next(4) == 0) await DecideAsync(random);
        }
        var last = (await OpenAsync(schedules, work, operations: null, random))!;
        // What waits to start does not start any more once the schedule is off.
        do
        {
            clock.Now += TimeSpan.FromSeconds(47);
            await StepAsync(last, schedules);
            await DecideAsync(random);
        }
        while ((await FiringsAsync()).Exists(firing => firing.State is FiringState.Queued));
        var off = schedules with { All = [schedules.All[0] with { IsOff = true }] };
        for (var i = 0; i < 2000 && (i < 20 || (await FiringsAsync()).Exists(firing => !firing.HasEnded)); i++)
        {
            clock.Now += TimeSpan.FromSeconds(47);
            await StepAsync(last, off);
            await DecideAsync(random);
        }

        var firings = await FiringsAsync();
        Assert.All(firings, firing => Assert.True(firing.HasEnded, $"seed {seed}: {firing.Id} {firing.State}"));
        Assert.Contains(firings, firing => firing.HasTasks);
        var graph = schedules.All[0].Tasks!;
        foreach (var firing in firings.Where(firing => firing.HasTasks))
            Check(seed, firing, (await new TaskStore(Store(), "p", "e").FindAsync(firing.Id, Cancel))!.Value.Tasks,
                graph, work);
    }

    void Check(int seed, Firing firing, FiringTasks tasks, TaskGraph graph, SimulatedWork work)
    {
        foreach (var task in tasks.Tasks)
        {
            var definition = graph.Find(task.Name)!;
            var at = $"seed {seed}: {firing.Id} {task.Name} {task.State}";
            Assert.True(task.HasEnded, at);
            for (var attempt = 1; attempt <= task.Attempts; attempt++)
            {
                var starts = work.Starts.GetValueOrDefault($"{firing.Id}/{task.Name}/{attempt}");
                // A command is asked for by a name, so that it runs once however often it is asked for.
                if (definition.Action is not TaskAction.Run)
                    Assert.True(starts <= 1, $"{at}: attempt {attempt} started {starts} times");
            }
            Assert.False(work.Starts.ContainsKey($"{firing.Id}/{task.Name}/{task.Attempts + 1}"), at);
            var again = decided.Count(
                decision => decision.Verdict is TaskVerdict.Again && decision.Task == task.Name
                    && decision.Firing == firing.Id);
            if (!definition.RetriesOnTakeOver)
                Assert.True(task.Attempts <= 1 + definition.Retries + again, $"{at}: {task.Attempts} attempts");
            // The model: what is before it says whether it was to run at all.
            var before = definition.After.Select(name => tasks.Find(name)!).ToList();
            var runs = definition.When switch
            {
                TaskCondition.Success => before.TrueForAll(other => other.State is TaskState.Succeeded),
                TaskCondition.Failure => before.Exists(
                    other => other.State is TaskState.Failed or TaskState.TimedOut or TaskState.Canceled),
                _ => true,
            };
            Assert.True(runs == task.State is not TaskState.Skipped, at);
            Assert.True(!runs || task.Attempts > 0, at);
            Assert.All(before, other => Assert.True(task.StartedAt is null || task.StartedAt >= other.EndedAt, at));
        }
        Assert.Equal(
            tasks.Tasks.Any(task => task.HasFailed) ? FiringState.Failed : FiringState.Succeeded, firing.State);
    }

    [Fact]
    public async Task Waits_take_no_place_and_work_does()
    {
        var schedules = Read(
            """
            a: {every: 1h, concurrency: 1000, catch_up: all, tasks: {w: {approval: anyone}, x: {shell: a, after: w}}}
            b: {every: 10m, catch_up: all, concurrency: 5}
            """, "{runs_max: 1}");
        var work = new SimulatedWork(clock, new(1)) { FailedShare = 0 };
        var host = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        for (var i = 0; i < 24 * 60; i++)
        {
            clock.Now += TimeSpan.FromMinutes(1);
            Assert.True(await StepAsync(host, schedules));
            Assert.InRange((await FiringsAsync()).Count(firing => firing.State is FiringState.Running), 0, 1);
        }
        var firings = await FiringsAsync();
        Assert.InRange(firings.Count(firing => firing is { Schedule: "a", State: FiringState.Waiting }), 23, 24);
        Assert.True(firings.Count(firing => firing is { Schedule: "b", State: FiringState.Succeeded }) > 100);
        await DecideAsync(new(0), _ => TaskVerdict.Approved);
        for (var i = 0; i < 24 * 60; i++)
        {
            clock.Now += TimeSpan.FromMinutes(1);
            await StepAsync(host, schedules);
            Assert.InRange((await FiringsAsync()).Count(firing => firing.State is FiringState.Running), 0, 1);
        }
        Assert.InRange((await FiringsAsync()).Count(
            firing => firing is { Schedule: "a", State: FiringState.Succeeded }), 20, 24);
    }

    [Fact]
    public async Task A_firing_whose_task_is_unknown_says_so_and_waits()
    {
        var schedules = Read("a: {cron: '0 3 * * *', tasks: {x: {shell: a}, y: {shell: b, after: x}}}");
        var work = new SimulatedWork(clock, new(1)) { FailedShare = 0 };
        var first = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        await first.Scheduler.StepAsync(schedules, Cancel);
        clock.Now = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 4; i++, clock.Now += TimeSpan.FromSeconds(1)) await first.Scheduler.StepAsync(schedules, Cancel);
        Assert.Equal(1, Assert.Single(work.Starts).Value);

        var second = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        for (var i = 0; i < 60; i++, clock.Now += TimeSpan.FromMinutes(1)) await StepAsync(second, schedules);
        var firing = Assert.Single(await FiringsAsync());
        Assert.Equal((FiringState.Waiting, "x"), (firing.State, firing.Unknown));
        Assert.Contains("foz schedule resolve", firing.Reason, StringComparison.Ordinal);
        Assert.Single(work.Starts);

        await DecideAsync(new(0), _ => TaskVerdict.Succeeded);
        for (var i = 0; i < 60; i++, clock.Now += TimeSpan.FromMinutes(1)) await StepAsync(second, schedules);
        firing = Assert.Single(await FiringsAsync());
        Assert.Equal((FiringState.Succeeded, null), (firing.State, firing.Unknown));
        Assert.Equal(2, work.Starts.Count);
    }

    [Fact]
    public async Task A_firing_is_run_again_from_a_task_with_what_was_before_it()
    {
        var schedules = Read(
            "a: {cron: '0 3 * * *', parameters: {day: '{{ due | date }}'}, "
            + "tasks: {x: {shell: a}, y: {shell: b, after: x}, z: {shell: c, after: y}}}");
        var work = new SimulatedWork(clock, new(1)) { FailedShare = 0 };
        var host = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        await StepAsync(host, schedules);
        clock.Now = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 90; i++, clock.Now += TimeSpan.FromMinutes(1)) await StepAsync(host, schedules);
        var before = Assert.Single(await FiringsAsync());
        var again = new Firing
        {
            Schedule = "a", Due = clock.Now, Cause = "by hand", Origin = before.Id, From = ["y"],
        };
        await new ScheduleStateStore(Store(), "p", "e").ChangeAsync(
            known => known with { Pending = [again] }, Cancel);
        for (var i = 0; i < 90; i++, clock.Now += TimeSpan.FromMinutes(1)) await StepAsync(host, schedules);
        var tasks = (await new TaskStore(Store(), "p", "e").FindAsync(again.Id, Cancel))!.Value.Tasks;
        Assert.Equal([true, false, false], tasks.Tasks.Select(task => task.IsReused));
        Assert.All(tasks.Tasks, task => Assert.Equal(TaskState.Succeeded, task.State));
        Assert.Equal("2026-01-01", tasks.Parameters["day"]);
        Assert.Equal(5, work.Starts.Count);
    }

    [Fact]
    public async Task A_canceled_firing_stops_its_tasks_and_starts_no_more()
    {
        var schedules = Read("a: {cron: '0 3 * * *', tasks: {x: {shell: a}, y: {shell: b, after: x, when: any}}}");
        var work = new SimulatedWork(clock, new(3)) { FailedShare = 0 };
        var host = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        await StepAsync(host, schedules);
        clock.Now = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 4; i++, clock.Now += TimeSpan.FromSeconds(1)) await host.Scheduler.StepAsync(schedules, Cancel);
        await new ScheduleStateStore(Store(), "p", "e").ChangeAsync(
            known => known with { Cancels = ["a@20260101T030000"] }, Cancel);
        for (var i = 0; i < 10; i++, clock.Now += TimeSpan.FromSeconds(1)) await host.Scheduler.StepAsync(schedules, Cancel);
        Assert.Equal(FiringState.Canceled, Assert.Single(await FiringsAsync()).State);
        var tasks = (await new TaskStore(Store(), "p", "e").FindAsync("a@20260101T030000", Cancel))!.Value.Tasks;
        Assert.All(tasks.Tasks, task => Assert.Equal(TaskState.Canceled, task.State));
        Assert.Single(work.Starts);
    }

    [Fact]
    public async Task Tasks_that_cannot_be_read_fail_their_firing_and_no_other()
    {
        var schedules = Read("a: {cron: '0 3 * * *', tasks: {x: {shell: a}}}\nb: {cron: '0 3 * * *', tasks: {x: {shell: a}}}");
        var work = new SimulatedWork(clock, new(1)) { FailedShare = 0 };
        var first = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        await StepAsync(first, schedules);
        clock.Now = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);
        await StepAsync(first, schedules);
        await objects.PutAsync("_foz/tasks/p.e/a@20260101T030000.json", "{"u8.ToArray(), Cancel);
        var second = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        for (var i = 0; i < 60; i++, clock.Now += TimeSpan.FromMinutes(1)) await StepAsync(second, schedules);
        var firings = (await FiringsAsync()).OrderBy(firing => firing.Schedule).ToList();
        Assert.Equal([FiringState.Failed, FiringState.Succeeded], firings.Select(firing => firing.State));
        Assert.Contains("cannot be read", firings[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_graph_of_many_tasks_starts_eight_at_once()
    {
        var names = string.Join(", ", Enumerable.Range(0, 100).Select(i => $"t{i}: {{shell: a}}"));
        var schedules = Read($"a: {{cron: '0 3 * * *', tasks: {{{names}}}}}");
        var work = new SimulatedWork(clock, new(1)) { FailedShare = 0 };
        var host = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        await StepAsync(host, schedules);
        clock.Now = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 1000; i++, clock.Now += TimeSpan.FromSeconds(20))
        {
            await StepAsync(host, schedules);
            if ((await new TaskStore(Store(), "p", "e").FindAsync("a@20260101T030000", Cancel)) is not { } stored) continue;
            Assert.InRange(stored.Tasks.Tasks.Count(task => task.State is TaskState.Running), 0, 8);
        }
        Assert.Equal(FiringState.Succeeded, Assert.Single(await FiringsAsync()).State);
        Assert.Equal(100, work.Starts.Count);
    }

    [Fact]
    public async Task Old_tasks_are_removed_with_their_firings()
    {
        var schedules = Read("a: {every: 1d, tasks: {x: {shell: a}}}", "{keep: 3 days}");
        var work = new SimulatedWork(clock, new(1));
        var host = (await OpenAsync(schedules, work, operations: null, new(1)))!;
        for (var i = 0; i < 20 * 24; i++, clock.Now += TimeSpan.FromHours(1)) await StepAsync(host, schedules);
        var count = 0;
        await foreach (var info in objects.ListAsync("_foz/tasks", startAfter: null, Cancel)) count++;
        Assert.InRange(count, 3, 5);
    }

    static ProjectSchedules Graph(Random random)
    {
        var text = new StringBuilder("a:\n  every: 2h\n  catch_up: all\n  concurrency: 3\n  tasks:\n");
        var count = random.Next(2, 8);
        for (var i = 0; i < count; i++)
        {
            var kind = random.Next(6) switch
            {
                0 => "approval: {within: 5h}",
                1 => "wait_for: {file: a}, timeout: 1h",
                2 => "run: build, retries: 1, retry_delay: 30s",
                3 => "shell: x, retry_on_takeover: true",
                4 => "shell: x, retries: 2, retry_delay: 10s",
                _ => "shell: x",
            };
            var after = Enumerable.Range(0, i).Where(_ => random.Next(3) == 0).Select(before => $"t{before}").ToList();
            var when = after.Count == 0 ? "" : ((string[])["", ", when: failure", ", when: any"])[random.Next(3)];
            text.Append($"    t{i}: {{{kind}{(after.Count == 0 ? "" : $", after: [{string.Join(", ", after)}]")}{when}}}\n");
        }
        return Read(text.ToString());
    }

    /// <summary>Decides about each task that waits for a person, some of them.</summary>
    async Task DecideAsync(Random random, Func<TaskState, TaskVerdict>? verdict = null)
    {
        var store = new TaskStore(Store(), "p", "e");
        foreach (var firing in (await FiringsAsync()).Where(firing => firing is { HasTasks: true, HasEnded: false }))
            foreach (var task in (await store.FindAsync(firing.Id, Cancel))?.Tasks.Tasks ?? [])
            {
                if (task.State is not (TaskState.Approval or TaskState.Unknown)) continue;
                var chosen = verdict?.Invoke(task.State) ?? (task.State is TaskState.Approval
                    ? ((TaskVerdict[])[TaskVerdict.Approved, TaskVerdict.Rejected])[random.Next(2)]
                    : ((TaskVerdict[])[TaskVerdict.Succeeded, TaskVerdict.Failed, TaskVerdict.Again])[random.Next(3)]);
                var decision = new TaskDecision(
                    firing.Id, task.Name, task.Attempts, chosen, "ana", Comment: null, clock.Now);
                if (decided.Exists(other => (other.Firing, other.Task, other.Attempt)
                    == (decision.Firing, decision.Task, decision.Attempt))) continue;
                decided.Add(decision);
                await new ScheduleStateStore(Store(), "p", "e").ChangeAsync(
                    known => known with { Decisions = [.. known.Decisions, decision] }, Cancel);
            }
    }

    /// <summary>Lets a host do what is due; false where it died of it.</summary>
    static async Task<bool> StepAsync(Host host, ProjectSchedules schedules)
    {
        host.Work.Advance();
        await Task.Yield();
        try
        {
            await host.Scheduler.StepAsync(schedules, Cancel);
            return true;
        }
        catch (CrashException)
        {
            return false;
        }
        catch (Foz.Lake.FozException e) when (e.Kind is Foz.Lake.ErrorKind.Conflict)
        {
            // Another host works; this one finds that it leads no more.
            return true;
        }
    }

    /// <summary>A host that dies after some requests to the store; null where it does before it began.</summary>
    async Task<Host?> OpenAsync(ProjectSchedules schedules, SimulatedWork work, int? operations, Random random)
    {
        var store = new LakeStore(new CrashingStore(objects, operations, random.Next(2) == 0), clock);
        var (number, own) = (++hostCount, work.Open());
        var tasks = new TaskRunHost(
            new SimulatedRuns(clock, random),
            new()
            {
                Host = $"host{number}", Store = new(store, "p", "e"), Work = own, Clock = clock, Project = "p",
                Environment = "e",
            },
            () => schedules, _ => ValueTask.FromResult(number == hostCount));
        var scheduler = new Scheduler(new(store, "p", "e"), new(store, "p", "e"), tasks, clock);
        try
        {
            await scheduler.OpenAsync(Cancel);
            return new(scheduler, own);
        }
        catch (CrashException)
        {
            return null;
        }
    }

    async Task<List<Firing>> FiringsAsync()
    {
        var store = new FiringStore(Store(), "p", "e");
        var found = new List<Firing>();
        foreach (var batch in await store.ListAsync(from: null, Cancel))
            found.AddRange(await store.ReadAsync(batch, Cancel));
        return found;
    }

    LakeStore Store() => new(objects, clock);

    static ProjectSchedules Read(string schedules, string scheduler = "{keep: 800 days}")
    {
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read(
            $"scheduler: {scheduler}\nschedules:\n  {schedules.ReplaceLineEndings("\n  ")}\n", "foz.yml", errors)!;
        var read = new ScheduleReader(errors).Read(yaml["scheduler"], yaml["schedules"], ["default"]);
        errors.ThrowIfAny();
        return read;
    }

    sealed record Host(Scheduler Scheduler, SimulatedWork.Host Work);
}
