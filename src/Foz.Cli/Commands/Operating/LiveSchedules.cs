using System.CommandLine;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Operating;

/// <summary>
/// The schedules of a project, read again when <c>foz.yml</c> was changed. Those that are wrong are reported, and the
/// others stay; while the file cannot be read at all, they stay as they were, and no run starts. For one thread.
/// </summary>
sealed class LiveSchedules
{
    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(2);

    readonly CommandContext context;
    readonly ParseResult arguments;
    readonly bool isOff;
    readonly string lake;
    (DateTime WrittenAt, long Length, bool CanRead) seen;
    long lookedAt;

    /// <summary>Reads them for the first time.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="arguments">Name the project.</param>
    /// <param name="isOff">Whether there shall be none.</param>
    /// <exception cref="FozException"><c>foz.yml</c> is wrong.</exception>
    public LiveSchedules(CommandContext context, ParseResult arguments, bool isOff)
    {
        (this.context, this.arguments, this.isOff) = (context, arguments, isOff);
        File = Workspace.FileOf(context, arguments);
        lake = File.LakePath;
        seen = Stamp;
        Read();
    }

    /// <summary>How many runs of schedules work at once.</summary>
    public int RunsMax => Current.All.Count == 0 ? 0 : Current.RunsMax;

    /// <summary>The schedules now: the same object while the file is the same.</summary>
    public ProjectSchedules Current
    {
        get
        {
            if (context.Shell.Clock.GetElapsedTime(lookedAt) > lookInterval) Look();
            return field;
        }
        private set;
    } = ProjectSchedules.None;

    ProjectFile File { get; set; }

    (DateTime, long, bool) Stamp =>
        new FileInfo(Path.Combine(File.Folder, ProjectFile.FileName)) is { Exists: true } file
            ? (file.LastWriteTimeUtc, file.Length, CanRead(file))
            : default;

    /// <summary>Whether a file can be read: its permissions are no part of its time.</summary>
    static bool CanRead(FileInfo file)
    {
        try
        {
            using var opened = file.OpenRead();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Finds what is wrong with the schedules of a project, and with their command lines.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="file">The project.</param>
    public static IReadOnlyList<FozException> Check(CommandContext context, ProjectFile file)
    {
        var errors = new ErrorList();
        Read(context, file, errors);
        return errors.Items;
    }

    /// <summary>Reads the schedules that can be run; what is wrong with others goes to the errors.</summary>
    public static ProjectSchedules Read(CommandContext context, ProjectFile file, ErrorList errors)
    {
        var read = ScheduleService.Read(file, errors);
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
            var found = graph.Tasks.Select(task => (task, Error: Check(context, file, task)))
                .Where(check => check.Error is not null).ToList();
            foreach (var (task, error) in found)
                errors.Add(task.Place, $"task '{task.Name}' cannot run: {error!.Message}", error.Hint);
            return found.Count == 0;
        }
        var unknown = context.Check(schedule.Command);
        if ((ForwardedArguments.Check(schedule.Command, isOfSchedule: true) ?? unknown?.Message) is not { } message)
            return true;
        errors.Add(schedule.Place, $"schedule '{schedule.Name}' cannot run: {message}", unknown?.Hint);
        return false;
    }

    void Look()
    {
        lookedAt = context.Shell.Clock.GetTimestamp();
        if (isOff || Stamp == seen) return;
        seen = Stamp;
        try
        {
            if (seen is { CanRead: false })
                throw new FozException(ErrorKind.Storage, $"{ProjectFile.FileName} cannot be read");
            var file = Workspace.FileOf(context, arguments);
            if (file.LakePath != lake)
                throw new FozException(
                    ErrorKind.Configuration,
                    $"the lake was changed from {lake} to {file.LakePath} while this host runs")
                {
                    Hint = "restart the host, or change it back",
                };
            File = file;
            Read();
            context.Shell.Error.WriteLine(
                $"runs: {ProjectFile.FileName} was changed: "
                    + RunText.Count(Current.All.Count, "schedule", "schedules"));
        }
        catch (FozException e)
        {
            // A run would fail at once, with all that wait for it.
            Current = Current with { RunsMax = 0 };
            context.Shell.Error.WriteLine(
                $"runs: no schedule starts until this is mended: {context.Mask(e.Describe())}");
        }
    }

    void Read()
    {
        lookedAt = context.Shell.Clock.GetTimestamp();
        if (isOff) return;
        var errors = new ErrorList();
        var read = Read(context, File, errors);
        Current = read.Environments?.Contains(File.Environment, StringComparer.Ordinal) is false
            ? ProjectSchedules.None
            : read;
        foreach (var error in errors.Items)
            context.Shell.Error.WriteLine($"runs: this schedule is not run: {context.Mask(error.Describe())}");
    }
}
