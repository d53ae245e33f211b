using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Foz.Cli.Commands;
using Foz.Cli.Commands.Operating;
using Foz.Cli.Commands.Projects;
using Foz.Cli.Commands.Quality;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Commands.Serving;
using Foz.Cli.Commands.Starting;
using Foz.Cli.Commands.Tables;

namespace Foz.Cli;

/// <summary>All commands.</summary>
static class CommandTree
{
    /// <summary>Every command's name, and how it is made: one line each.</summary>
    static readonly (string Name, Func<CommandContext, Command> Create)[] Commands =
    [
        (InitCommand.Name, InitCommand.Create),
        (ImportCommand.Name, ImportCommand.Create),
        (ValidateCommand.Name, ValidateCommand.Create),
        (PlanCommand.Name, PlanCommand.Create),
        (RunCommand.Name, RunCommand.Create),
        (SeedCommand.Name, SeedCommand.Create),
        (SnapshotCommand.Name, SnapshotCommand.Create),
        (BackfillCommand.Name, BackfillCommand.Create),
        (IntervalsCommand.Name, IntervalsCommand.Create),
        (BuildCommand.Name, BuildCommand.Create),
        (RetryCommand.Name, RetryCommand.Create),
        (PromoteCommand.Name, PromoteCommand.Create),
        (DiffCommand.Name, DiffCommand.Create),
        (CiCommand.Name, CiCommand.Create),
        (TestCommand.Name, TestCommand.Create),
        (QuarantineCommand.Name, QuarantineCommand.Create),
        (ProfileCommand.Name, ProfileCommand.Create),
        (ChecksCommand.Name, ChecksCommand.Create),
        (FormatCommand.Name, FormatCommand.Create),
        (CleanCommand.Name, CleanCommand.Create),
        (RenderCommand.Name, RenderCommand.Create),
        (QueryCommand.Name, QueryCommand.Create),
        (ServeCommand.Name, ServeCommand.Create),
        (StatusCommand.Name, StatusCommand.Create),
        (ScheduleCommand.Name, ScheduleCommand.Create),
        (StreamCommand.Name, StreamCommand.Create),
        (IncidentsCommand.Name, IncidentsCommand.Create),
        (AlertsCommand.Name, AlertsCommand.Create),
        (LogsCommand.Name, LogsCommand.Create),
        (CancelCommand.Name, CancelCommand.Create),
        (ExportCommand.Name, ExportCommand.Create),
        (BackupCommand.Name, BackupCommand.Create),
        (HealthCommand.Name, HealthCommand.Create),
        (UserCommand.Name, UserCommand.Create),
        (LsCommand.Name, LsCommand.Create),
        (ShowCommand.Name, ShowCommand.Create),
        (ReadersCommand.Name, ReadersCommand.Create),
        (HistoryCommand.Name, HistoryCommand.Create),
        (ChangesCommand.Name, ChangesCommand.Create),
        (AlterCommand.Name, AlterCommand.Create),
        (RestoreCommand.Name, RestoreCommand.Create),
        (OptimizeCommand.Name, OptimizeCommand.Create),
        (VacuumCommand.Name, VacuumCommand.Create),
        (FsckCommand.Name, FsckCommand.Create),
        (RepairCommand.Name, RepairCommand.Create),
        (AnalyzeCommand.Name, AnalyzeCommand.Create),
        (CloneCommand.Name, CloneCommand.Create),
        (ConvertCommand.Name, ConvertCommand.Create),
        (ManifestCommand.Name, ManifestCommand.Create),
        (LineageCommand.Name, LineageCommand.Create),
        (DocsCommand.Name, DocsCommand.Create),
        (SourceCommand.Name, SourceCommand.Create),
        (ProviderCommand.Name, ProviderCommand.Create),
        (AirbyteDestinationCommand.Name, AirbyteDestinationCommand.Create),
        (UpgradeCommand.Name, UpgradeCommand.Create),
        (DoctorCommand.Name, DoctorCommand.Create),
        (DemoCommand.Name, DemoCommand.Create),
        (CompletionCommand.Name, context => CompletionCommand.Create(context, () => Create(context, []))),
        (ManualCommand.Name, context => ManualCommand.Create(context, () => Create(context, []))),
        (VersionCommand.Name, VersionCommand.Create),
    ];

    /// <summary>The names of all commands.</summary>
    public static IEnumerable<string> Names => Commands.Select(c => c.Name);

    /// <summary>
    /// The tree for some arguments: if the first is a command, only that one is made, which starts the process faster.
    /// </summary>
    public static Command Create(CommandContext context, IReadOnlyList<string> args)
    {
        var root = new ExampleCommand(
            "foz", "The whole lakehouse in one command: from sources to checked tables on Delta Lake",
            ["foz init shop", "foz run", "foz query \"select * from gold.daily_sales\""]);
        foreach (var option in context.Options) root.Add(option);
        var help = new HelpOption();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        root.Add(help);
        var asked = args.Count == 0 ? -1 : Array.FindIndex(Commands, c => c.Name == args[0]);
        if (asked >= 0) root.Add(Commands[asked].Create(context));
        else
            foreach (var (_, create) in Commands) root.Add(create(context));
        return root;
    }

    /// <summary>Help, with the command's examples below.</summary>
    sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            standard.Invoke(parseResult);
            if (parseResult.CommandResult.Command is not ExampleCommand { Examples: var examples }) return 0;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in examples) output.WriteLine($"  {example}");
            return 0;
        }
    }
}
