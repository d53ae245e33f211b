using System.CommandLine;
using Foz.Cli.Commands.Operating;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations.Exports;
using Foz.Operations.Schedules;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz export</c>: the steps of the project as a workflow of Airflow, Dagster or Argo.</summary>
static class ExportCommand
{
    public const string Name = "export";

    static readonly string[] verbs = ["run", "build"];

    static readonly Dictionary<string, ExportedUnit> units = new(StringComparer.Ordinal)
    {
        ["table"] = ExportedUnit.Table, ["group"] = ExportedUnit.Group,
    };

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "Write the steps of the project as a workflow of another scheduler",
        [
            "foz export airflow --schedule nightly --file dags/shop.py",
            "foz export dagster tag:daily",
            "foz export argo --image example.com/foz:0.1.0 --project-at https://example.com/shop.tar.gz#sha256=0f…",
        ])
    {
        Tool(context, WorkflowTool.Airflow, "a file of Airflow: a DAG of commands"),
        Tool(context, WorkflowTool.Dagster, "a file of Dagster: assets, a job and its schedule"),
        Tool(context, WorkflowTool.Argo, "a resource of Argo Workflows: a pod for each task"),
    };

    static ExampleCommand Tool(CommandContext context, WorkflowTool tool, string what)
    {
        var name = tool.ToString().ToLowerInvariant();
        var selection = new SelectionOptions();
        var options = new Options();
        var command = new ExampleCommand(
            name, $"Write {what}", [$"foz export {name} --schedule nightly", $"foz export {name} +gold --by group"])
        { options.Schedule, options.By, options.ProjectAt, options.File };
        if (tool is WorkflowTool.Argo)
        {
            command.Add(options.Image);
            command.Add(options.Secret);
        }
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var schedule = ScheduleOf(context, workspace, arguments.GetValue(options.Schedule));
            var request = selection.Read(context, workspace, arguments, cancellationToken);
            if (schedule is not null)
                request = request.IsEmpty
                    ? SelectionOf(context, workspace, schedule, cancellationToken)
                    : throw new FozException(
                        ErrorKind.Usage, "--schedule brings its own selection: leave one of the two out");
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var selected = await new SelectionFinder(workspace.Lake).FindAsync(project, request, cancellationToken);
            var by = arguments.GetValue(options.By)!;
            var text = new WorkflowExport(project, selected.Tables)
            {
                Schedule = schedule, Place = arguments.GetValue(options.ProjectAt) ?? workspace.File.Folder,
                Day = DateOnly.FromDateTime(context.Shell.Clock.GetUtcNow().UtcDateTime),
                Unit = units.TryGetValue(by, out var unit)
                    ? unit
                    : throw CommandContext.Unreadable("--by", by, string.Join(" or ", units.Keys)),
                Image = tool is WorkflowTool.Argo ? arguments.GetValue(options.Image) : null,
                Secret = tool is WorkflowTool.Argo ? arguments.GetValue(options.Secret) : null,
            }.FileOf(tool);
            await WriteAsync(context, arguments.GetValue(options.File), text, cancellationToken);
            return 0;
        });
        return command;
    }

    static async Task WriteAsync(
        CommandContext context, FileInfo? file, string text, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            await context.Shell.Out.WriteAsync(text.AsMemory(), cancellationToken);
            return;
        }
        try
        {
            file.Directory?.Create();
            await File.WriteAllTextAsync(file.FullName, text, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Usage, $"cannot write {file}: {e.Message}", e);
        }
        context.Shell.Error.WriteLine($"wrote {file}");
    }

    static ScheduleDefinition? ScheduleOf(CommandContext context, Workspace workspace, string? name)
    {
        if (name is null) return null;
        var errors = new ErrorList();
        var all = LiveSchedules.Read(context, workspace.File, errors).All;
        errors.ThrowIfAny();
        var found = all.FirstOrDefault(schedule => schedule.Name == name)
            ?? throw new FozException(ErrorKind.Usage, $"there is no schedule '{name}'")
            {
                Hint = NearestName.Hint(name, all.Select(schedule => schedule.Name)),
            };
        return found.Tasks is null
            ? found
            : throw new FozException(
                ErrorKind.Configuration, $"schedule '{name}' has tasks, which other schedulers do not know")
            {
                Place = found.Place, Hint = "leave --schedule out to export the steps of the project alone",
            };
    }

    /// <summary>Returns what the command of a schedule works on.</summary>
    /// <exception cref="FozException">Thrown when the command does more than each task could repeat.</exception>
    static SelectionRequest SelectionOf(
        CommandContext context, Workspace workspace, ScheduleDefinition schedule, CancellationToken cancellationToken)
    {
        var selection = new SelectionOptions();
        var command = new Command(schedule.Command[0]);
        selection.AddTo(command);
        var parsed = command.Parse([.. schedule.Command.Skip(1)]);
        if (!verbs.Contains(command.Name, StringComparer.Ordinal) || parsed.Errors.Count > 0
            || selection.Names(parsed).Any(word => word.StartsWith('-')))
            throw new FozException(
                ErrorKind.Configuration,
                $"'foz {string.Join(' ', schedule.Command)}' of schedule '{schedule.Name}' cannot be divided "
                    + "into tasks")
            {
                Place = schedule.Place, Hint = "a command of run or build with selectors alone can be",
            };
        return selection.Read(context, workspace, parsed, cancellationToken);
    }

    /// <summary>What an export can be asked for besides the selection.</summary>
    sealed class Options
    {
        public Option<string?> Schedule { get; } = new("--schedule")
        {
            Description = "The schedule of foz.yml whose selection, times, retries and time-out it takes",
            HelpName = "name",
        };

        public Option<string> By { get; } = new("--by")
        {
            Description = "What a task makes: table, or group for all models of one group", HelpName = "unit",
            DefaultValueFactory = _ => "table",
        };

        public Option<string?> ProjectAt { get; } = new("--project-at")
        {
            Description = "The project for the machines that run the tasks: a folder, an archive's or git's address "
                + "(default: the folder here)",
            HelpName = "place",
        };

        public Option<FileInfo?> File { get; } = new("--file")
        {
            Description = "The file to write (default: the output)", HelpName = "file",
        };

        public Option<string> Image { get; } = new("--image")
        {
            Description = "The image of Foz for the pods", HelpName = "image", Required = true,
        };

        public Option<string?> Secret { get; } = new("--secret")
        {
            Description = "The Secret whose entries are environment variables of the pods", HelpName = "name",
        };
    }
}
