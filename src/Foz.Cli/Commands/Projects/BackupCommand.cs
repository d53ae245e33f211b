using Foz.Lake.Catalog;
using System.CommandLine;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Operations.Backups;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz backup</c>: copies of the lake, and bringing them back.</summary>
static class BackupCommand
{
    public const string Name = ForwardedArguments.BackupCommand;

    const int ProblemExitCode = 1;

    static readonly IReadOnlyList<ResultColumn> ListColumns =
    [
        new("backup"), new("taken_at", IsTime: true), new("tables", IsNumber: true), new("files", IsNumber: true),
        new("size", IsNumber: true), new("problems", IsNumber: true),
    ];

    static readonly IReadOnlyList<ResultColumn> ProblemColumns = [new("problem")];

    public static Command Create(CommandContext context)
    {
        var wait = RunOptions.WaitOption();
        var command = new ExampleCommand(
            Name, "Copy the lake to where backup: of foz.yml says, and restore it from there",
            ["foz backup", "foz backup ls", "foz backup restore --into restored"])
        {
            wait, List(context), Verify(context), Rehearse(context), Restore(context),
        };
        command.SetAction((arguments, cancellationToken) => MakeAsync(
            context, arguments, RunOptions.WaitOf(arguments.GetValue(wait)!), cancellationToken));
        return command;
    }

    static async Task<int> MakeAsync(
        CommandContext context, ParseResult arguments, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Open(context, arguments, Workload.Query);
        BackupResult result;
        BackupService service;
        using (var progress = new ProgressRow(context.Shell))
        {
            service = ServiceOf(workspace, progress);
            result = await service.MakeAsync(
                wait,
                holder => context.Shell.Error.WriteLine(RunText.Waiting(holder, context.Shell.Clock.GetUtcNow())),
                cancellationToken);
        }
        var manifest = result.Manifest;
        if (context.IsTable(arguments))
        {
            context.Shell.Out.WriteLine(
                $"backup {manifest.Id} in {service.Root}: {RunText.Count(manifest.Tables.Count, "table", "tables")}, "
                    + $"{SizeText.Of(manifest.Bytes)}, of which {SizeText.Of(result.BytesCopied)} are new");
            if (result.Expired > 0)
                context.Shell.Out.WriteLine(
                    $"deleted {RunText.Count(result.Expired, "backup", "backups")} older than the retention");
        }
        else context.WriteRows(arguments, ListColumns, [RowOf(manifest)]);
        return Report(context, manifest.Problems);
    }

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand("ls", "List backups, the newest first", ["foz backup ls"]);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var all = await ServiceOf(workspace, progress: null).ListAsync(cancellationToken);
            var isTable = context.IsTable(arguments);
            context.WriteRows(
                arguments, ListColumns,
                all.Reverse().Select(manifest => RowOf(manifest) is var row && isTable
                    ? [.. row[..4], SizeText.Of(manifest.Bytes), row[5]]
                    : row));
        });
        return command;
    }

    static ExampleCommand Verify(CommandContext context)
    {
        var id = Id();
        var deep = new Option<bool>("--deep") { Description = "Read each file, and compare its bytes" };
        var command = new ExampleCommand(
            "verify", "Check that all files of a backup are there",
            ["foz backup verify", "foz backup verify 20261124T030000000 --deep"]) { id, deep };
        command.SetAction((arguments, cancellationToken) => CheckAsync(
            context, arguments, id, "is complete",
            (service, manifest) => service.VerifyAsync(manifest, arguments.GetValue(deep), cancellationToken),
            cancellationToken));
        return command;
    }

    static ExampleCommand Rehearse(CommandContext context)
    {
        var id = Id();
        var folder = new Option<string?>("--into")
        {
            Description = "An empty folder with room for the lake (default: a temporary one)", HelpName = "folder",
        };
        var command = new ExampleCommand(
            "rehearse", "Restore a backup to a folder, check every table there, and delete it",
            ["foz backup rehearse", "foz backup rehearse --into /mnt/large/rehearsal"]) { id, folder };
        command.SetAction((arguments, cancellationToken) => CheckAsync(
            context, arguments, id, "was restored and is in order",
            (service, manifest) => service.RehearseAsync(
                manifest,
                arguments.GetValue(folder) is { } given
                    ? Path.GetFullPath(given, context.Shell.Folder)
                    : Directory.CreateTempSubdirectory("foz-rehearsal-").FullName,
                cancellationToken),
            cancellationToken));
        return command;
    }

    static ExampleCommand Restore(CommandContext context)
    {
        var id = Id();
        var into = new Option<string?>("--into")
        {
            Description = "An empty folder for the lake (default: where lake: of foz.yml says, if nothing is there)",
            HelpName = "folder",
        };
        var table = new Option<string?>("--table") { Description = "Only this table", HelpName = "table" };
        var name = new Option<string?>("--as")
        {
            Description = "The table's name in the lake (default: its own)", HelpName = "table",
        };
        var command = new ExampleCommand(
            "restore", "Restore the lake from a backup, or one table under a new name",
            [
                "foz backup restore", "foz backup restore 20261124T030000000 --into restored",
                "foz backup restore --table silver.orders --as silver.orders_restored",
            ])
        { id, into, table, name };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(table) is not null && arguments.GetValue(into) is not null)
                throw new FozException(ErrorKind.Usage, "--table and --into cannot be combined")
                {
                    Hint = "a table is restored into the lake, under the name of --as; --into takes a whole lake",
                };
            if (arguments.GetValue(table) is { } one)
                return await RestoreTableAsync(
                    context, arguments, id, TableName.Parse(one),
                    TableName.Parse(arguments.GetValue(name) ?? one), cancellationToken);
            if (arguments.GetValue(name) is not null)
                throw new FozException(ErrorKind.Usage, "--as needs --table");
            return await CheckAsync(
                context, arguments, id, "was restored and is in order",
                (service, manifest) => service.RestoreAsync(
                    manifest,
                    arguments.GetValue(into) is { } folder
                        ? new LakeLocation { Path = Path.GetFullPath(folder, context.Shell.Folder) }
                        : Workspace.FileOf(context, arguments).Lake,
                    cancellationToken),
                cancellationToken);
        });
        return command;
    }

    static async Task<int> RestoreTableAsync(
        CommandContext context, ParseResult arguments, Argument<string?> id, TableName table, TableName name,
        CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Open(context, arguments, Workload.Query);
        using var progress = new ProgressRow(context.Shell);
        var service = ServiceOf(workspace, progress);
        var manifest = await service.FindAsync(arguments.GetValue(id), cancellationToken);
        var restored = await service.RestoreTableAsync(manifest, table, name, cancellationToken);
        progress.Dispose();
        context.Shell.Out.WriteLine(
            $"{name} is {table} at version {restored.Version}, as of "
                + TimeText.Of(manifest.TakenAt, isForPeople: true));
        return 0;
    }

    /// <summary>Does something with a backup, and shows what is wrong with it.</summary>
    static async Task<int> CheckAsync(
        CommandContext context, ParseResult arguments, Argument<string?> id, string success,
        Func<BackupService, BackupManifest, Task<IReadOnlyList<string>>> check, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Open(context, arguments, Workload.Query);
        var startedAt = context.Shell.Clock.GetTimestamp();
        IReadOnlyList<string> problems;
        BackupManifest manifest;
        using (var progress = new ProgressRow(context.Shell))
        {
            var service = ServiceOf(workspace, progress);
            manifest = await service.FindAsync(arguments.GetValue(id), cancellationToken);
            problems = await check(service, manifest);
        }
        if (!context.IsTable(arguments))
            context.WriteRows(arguments, ProblemColumns, problems.Select(problem => new object?[] { problem }));
        else if (problems.Count == 0)
            context.Shell.Out.WriteLine(
                $"backup {manifest.Id} {success}: {RunText.Count(manifest.Tables.Count, "table", "tables")}, "
                    + $"{RunText.Count(manifest.Objects.Count, "file", "files")}, {SizeText.Of(manifest.Bytes)}, in "
                    + Duration.Describe(context.Shell.Clock.GetElapsedTime(startedAt)));
        return Report(context, problems);
    }

    static int Report(CommandContext context, IReadOnlyList<string> problems)
    {
        foreach (var problem in problems)
            context.Shell.Error.WriteLine($"{context.Shell.Styled(Style.Red, "✗")} {context.Mask(problem)}");
        return problems.Count == 0 ? 0 : ProblemExitCode;
    }

    static BackupService ServiceOf(Workspace workspace, ProgressRow? progress) => new(
        workspace.Lake,
        workspace.File.Backup
            ?? throw new FozException(ErrorKind.Configuration, "foz.yml does not say where backups go")
            {
                Hint = "add backup: {to: /backup/shop} to it",
            },
        $"{workspace.File.Name}.{workspace.File.Environment}",
        stop => LakeListing.ReadAsync(workspace.Lake, stop))
    {
        OnProgress = (done, all) => progress?.Show($"{SizeText.Of(done)} of {SizeText.Of(all)}"),
    };

    static Argument<string?> Id() => new("backup")
    {
        Description = "The backup (default: the newest)", Arity = ArgumentArity.ZeroOrOne,
    };

    static object?[] RowOf(BackupManifest manifest) =>
    [
        manifest.Id, TimeText.Of(manifest.TakenAt, isForPeople: false), manifest.Tables.Count, manifest.Objects.Count,
        manifest.Bytes, manifest.Problems.Count,
    ];
}
