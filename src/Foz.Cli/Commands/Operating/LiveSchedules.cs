using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Git;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Operations;
using Foz.Operations.Firings;
using Foz.Operations.Revisions;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Operating;

/// <summary>
/// The revision of a project that a host works with, and its schedules. A project that was changed is read beside the
/// host's work, and takes the place of the one before it at once and whole; while it has errors, the one before it
/// stays. A schedule with a mistake is reported, and the others run. Safe for use by many threads.
/// </summary>
sealed class LiveSchedules
{
    // A look costs at most a five-hundredth of the time.
    const int RestsPerLook = 500;

    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(2), fetchInterval = TimeSpan.FromMinutes(1);
    static readonly TimeSpan keepInterval = TimeSpan.FromHours(1);

    readonly CommandContext context;
    readonly ParseResult arguments;
    readonly bool isOff;
    readonly GitAddress? branch;
    readonly Lock gate = new();
    EnginePool? engines;
    RevisionStore? store;
    LiveRevision live;
    string? seen, changing;
    Task? looking;
    Look found = Look.Nothing;
    TimeSpan rest = lookInterval;
    long lookedAt, keptAt;

    /// <summary>Reads what <c>foz.yml</c> has of them.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="arguments">Name the project.</param>
    /// <param name="isOff">Whether there shall be none.</param>
    /// <exception cref="FozException"><c>foz.yml</c> is wrong.</exception>
    public LiveSchedules(CommandContext context, ParseResult arguments, bool isOff)
    {
        (this.context, this.arguments, this.isOff) = (context, arguments, isOff);
        branch = arguments.GetValue(context.Project) is { } named && GitAddress.Of(named) is { IsCommit: false } address
            ? address
            : null;
        var file = Workspace.FileOf(context, arguments);
        lookedAt = keptAt = context.Shell.Clock.GetTimestamp();
        live = new(file, isOff ? ProjectSchedules.None : Read(file, project: null, revision: null));
        MayHaveSchedules = !isOff && (live.Schedules.All.Count > 0 || Mentions(file.Folder, "models", "schedule:")
            || Mentions(file.Folder, "sources", "cdc")
            || file.Trigger is not null || Mentions(file.Folder, "models", "trigger:"));
    }

    /// <summary>Whether there are schedules, or models may have some or a trigger, or sources logs to follow.</summary>
    public bool MayHaveSchedules { get; }

    /// <summary>How many runs of schedules work at once, with those of backfills.</summary>
    public int RunsMax => Current.All.Count == 0 ? 0 : Current.RunsMax + ProjectSchedules.BackfillRunsMax;

    /// <summary>The schedules now: the same object while the project is the same.</summary>
    public ProjectSchedules Current
    {
        get
        {
            lock (gate)
            {
                Update();
                return live.Schedules;
            }
        }
    }

    /// <summary>The project now; null where it has errors since the host began.</summary>
    public Project? Project => live.Project;

    /// <summary>The revision that the host works with.</summary>
    public RevisionNote Revision { get; private set; } = new(Id: null, default, Problem: null);

    /// <summary>Reads the whole project for the first time; errors are reported.</summary>
    /// <param name="workspace">The host's project and engines.</param>
    public async Task OpenAsync(Workspace workspace)
    {
        if (isOff) return;
        engines = workspace.Engines;
        if (branch is null && live.File.Foreign is null)
            store = new(
                live.File.Folder, live.File.LakePath,
                Path.Combine(
                    live.File.Lake.CacheFolder ?? Lakehouse.CacheFolderDefault, "revisions",
                    $"{live.File.Name}-{Convert.ToHexStringLower(
                        SHA256.HashData(Encoding.UTF8.GetBytes(live.File.Folder)))[..12]}"),
                context.Shell.Clock);
        seen = StampOf();
        Take(await LoadAsync(live.File.Folder, seen), isFirst: true);
    }

    /// <summary>
    /// Where a run of a revision reads the project: its folder, and the copy of its texts where there is one.
    /// </summary>
    public (string Folder, string? Texts) PlaceOf(string? revision)
    {
        if (revision is null || revision == live.Id) return (live.File.Folder, live.Texts);
        if (store?.Find(revision) is { } texts) return (live.File.Folder, texts);
        return branch is not null && Path.Combine(Path.GetDirectoryName(live.File.Folder)!, revision) is var commit
            && Directory.Exists(commit) ? (commit, null) : (live.File.Folder, live.Texts);
    }

    /// <summary>Finds what is wrong with the schedules of a project, and with their command lines.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="file">The project's file.</param>
    /// <param name="project">The project; null where it has errors.</param>
    public static IReadOnlyList<FozException> Check(
        CommandContext context, ProjectFile file, Project? project = null)
    {
        var errors = new ErrorList();
        Read(context, file, errors, project);
        return errors.Items;
    }

    /// <summary>Reads the schedules that can be run; what is wrong with others goes to the errors.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="file">The project's file.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="project">The project; null for the schedules of the file alone.</param>
    public static ProjectSchedules Read(
        CommandContext context, ProjectFile file, ErrorList errors, Project? project = null)
    {
        var read = ScheduleService.Read(file, errors, project);
        return read with { All = [.. read.All.Where(schedule => Check(context, file, schedule, errors))] };
    }

    /// <summary>Finds what is wrong with the program or command of a task; null where nothing is.</summary>
    static FozException? Check(CommandContext context, ProjectFile file, TaskDefinition task) => task.Action switch
    {
        TaskAction.Run run => ForwardedArguments.Check(run.Command, isOfSchedule: true) is { } reason
            ? new(ErrorKind.Usage, reason)
            : context.Check(run.Command),
        TaskAction.Python python when !System.IO.File.Exists(Path.Combine(file.Folder, python.File)) =>
            new(ErrorKind.NotFound, $"there is no file {python.File} in the project"),
        TaskAction.Shell shell when shell.Line.Split(' ')[0] is var first
            && first.StartsWith("./", StringComparison.Ordinal)
            && !System.IO.File.Exists(Path.Combine(file.Folder, first)) =>
            new(ErrorKind.NotFound, $"there is no file {first} in the project"),
        _ => null,
    };

    static bool Check(
        CommandContext context, ProjectFile file, ScheduleDefinition schedule, ErrorList errors)
    {
        if (schedule.Tasks is { } graph)
        {
            var wrong = graph.Tasks.Select(task => (task, Error: Check(context, file, task)))
                .Where(check => check.Error is not null).ToList();
            foreach (var (task, error) in wrong)
                errors.Add(task.Place, $"task '{task.Name}' cannot run: {error!.Message}", error.Hint);
            return wrong.Count == 0;
        }
        var unknown = context.Check(schedule.Command);
        if ((ForwardedArguments.Check(schedule.Command, isOfSchedule: true) ?? unknown?.Message) is not { } message)
            return true;
        errors.Add(schedule.Place, $"schedule '{schedule.Name}' cannot run: {message}", unknown?.Hint);
        return false;
    }

    /// <summary>Takes what a look found, and begins the next; under the lock.</summary>
    void Update()
    {
        if (isOff || engines is null) return;
        if (looking is { IsCompleted: true } ended)
        {
            looking = null;
            if (ended.Exception is { } fault) throw new System.Diagnostics.UnreachableException(fault.Message, fault);
            if (found.IsNew) Take(found, isFirst: false);
        }
        var clock = context.Shell.Clock;
        if (looking is not null || clock.GetElapsedTime(lookedAt) < rest) return;
        lookedAt = clock.GetTimestamp();
        if (live is { Id: { } id } && clock.GetElapsedTime(keptAt) > keepInterval)
        {
            keptAt = lookedAt;
            store?.Keep(id);
        }
        looking = Task.Run(async () => found = await LookAsync());
    }

    async Task<Look> LookAsync()
    {
        var startedAt = context.Shell.Clock.GetTimestamp();
        try
        {
            if (branch is not null)
            {
                rest = fetchInterval;
                var folder = await new GitProject(branch, context.Shell.Clock)
                    .FetchAsync(Workspace.Reading.Readers, CancellationToken.None);
                if (folder == seen) return Look.Nothing;
                seen = folder;
                return await LoadAsync(folder, folder);
            }
            var stamp = StampOf();
            var cost = context.Shell.Clock.GetElapsedTime(startedAt) * RestsPerLook;
            rest = cost > lookInterval ? cost : lookInterval;
            if (stamp == seen) return Look.Nothing;
            // An editor may be about to write the next file.
            if (stamp != changing)
            {
                changing = stamp;
                return Look.Nothing;
            }
            var loaded = await LoadAsync(live.File.Folder, stamp);
            if (loaded.IsNew) seen = stamp;
            return loaded;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException || DeltaErrors.Find(e) is not null)
        {
            return new(Revision: null, [DeltaErrors.Find(e) ?? new(ErrorKind.Storage, e.Message, e)]);
        }
    }

    /// <summary>Reads a revision: a copy of the folder's texts, a commit, or the folder itself.</summary>
    async Task<Look> LoadAsync(string folder, string stamp)
    {
        try
        {
            var (id, texts) = (branch is null ? null : Path.GetFileName(folder), (string?)null);
            if (store is not null)
            {
                id = store.Take(stamp);
                if (id is null) return Look.Nothing;
                texts = store.Find(id);
            }
            var own = new CommandContext(context.Shell.Reading(texts)) { Engines = engines, Check = context.Check };
            using var workspace = Workspace.Open(
                own, folder, arguments.GetValue(context.Target), [Workload.Query]);
            if (workspace.File.LakePath != live.File.LakePath)
                return new(Revision: null, [ChangedLake(live.File.LakePath, workspace.File.LakePath)]);
            // Without asking sources of 'streams: all': what is known of them is watched.
            return await workspace.TryLoadKnownProjectAsync(
                own, SchemaLock.Read(workspace.File.Texts, new()), CancellationToken.None) switch
            {
                ProjectResult.Loaded { Project: var project } => new(
                    new(workspace.File, ProjectSchedules.None) { Project = project, Id = id, Texts = texts }, []),
                var refused => new(Revision: null, ((ProjectResult.Refused)refused).Errors),
            };
        }
        catch (FozException e)
        {
            return new(Revision: null, [e]);
        }
    }

    static FozException ChangedLake(string lake, string changed) =>
        new(ErrorKind.Configuration, $"the lake was changed from {lake} to {changed} while this host runs")
        {
            Hint = "restart the host, or change it back",
        };

    void Take(Look loaded, bool isFirst)
    {
        var now = context.Shell.Clock.GetUtcNow();
        if (loaded.Revision is not { } taken)
        {
            var problem = context.Mask(loaded.Errors[0].Describe());
            if (Revision.Problem == problem) return;
            Revision = Revision with { Problem = problem };
            foreach (var error in loaded.Errors)
                Report(
                    (isFirst ? "the project has errors: " : "the changed project is not taken, and the last one runs: ")
                        + context.Mask(error.Describe()));
            return;
        }
        context.Secrets = taken.Project!.Secrets;
        var read = Read(taken.File, taken.Project, taken.Id);
        live = taken with { Schedules = read };
        Revision = new(taken.Id, now, Problem: null);
        if (!isFirst)
            Report(
                $"the project was changed: {RunText.Count(live.Schedules.All.Count, "schedule", "schedules")}"
                    + (taken.Id is { } id ? $", revision {id[..8]}" : ""));
    }

    ProjectSchedules Read(ProjectFile file, Project? project, string? revision)
    {
        var wrong = new ErrorList();
        var read = Read(context, file, wrong, project) with { Revision = revision };
        foreach (var error in wrong.Items) Report($"this schedule is not run: {context.Mask(error.Describe())}");
        return read.Environments?.Contains(file.Environment, StringComparer.Ordinal) is false
            ? ProjectSchedules.None
            : read;
    }

    string StampOf() => branch is not null ? live.File.Folder
        : store?.Stamp() ?? FileStampOf(Path.Combine(live.File.Folder, ProjectFile.FileName));

    static string FileStampOf(string path) => new FileInfo(path) is { Exists: true } file
        ? $"{file.LastWriteTimeUtc.Ticks} {file.Length}"
        : "";

    static bool Mentions(string folder, string part, string word) =>
        Path.Combine(folder, part) is var inner && Directory.Exists(inner)
        && Directory.EnumerateFiles(inner, "*", SearchOption.AllDirectories)
            .Any(path => File.ReadLines(path).Any(line => line.Contains(word, StringComparison.Ordinal)));

    void Report(string text) => context.Shell.Error.WriteLine($"runs: {text}");

    /// <summary>A revision that was read.</summary>
    sealed record LiveRevision(ProjectFile File, ProjectSchedules Schedules)
    {
        public Project? Project { get; init; }

        public string? Id { get; init; }

        public string? Texts { get; init; }
    }

    /// <summary>What a look found: a revision, or what is wrong with it; neither where nothing is new.</summary>
    sealed record Look(LiveRevision? Revision, IReadOnlyList<FozException> Errors)
    {
        public static Look Nothing { get; } = new(Revision: null, []);

        public bool IsNew => Revision is not null || Errors.Count > 0;
    }
}
