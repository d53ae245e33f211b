using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;

namespace Foz.Cli.Commands.Starting;

/// <summary><c>foz init</c>: a project to begin with, of what the user has.</summary>
static class InitCommand
{
    public const string Name = "init";

    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("folder") { Description = "The folder, created if it does not exist" };
        var template = new Option<string?>("--template")
        {
            Description =
                "postgres, mysql, sqlserver, files, api or empty; a terminal asks (default elsewhere: postgres)",
            HelpName = "template",
        };
        template.AcceptOnlyFromAmong([.. SourceKind.All.Select(kind => kind.Name)]);
        var source = new SourceOptions();
        var run = new Option<bool>("--run") { Description = "Run the project at once; a terminal asks" };
        var command = new ExampleCommand(
            Name, "Create a project that is ready to run",
            [
                "foz init shop", "foz init shop --template postgres --address postgres://ana@localhost:5432/shop --run",
                "foz init shop --template files --address exports", "foz init shop --template empty",
            ])
        { folder, template, run };
        source.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var answers = source.Read(arguments) with
            {
                Kind = arguments.GetValue(template) is { } named ? SourceKind.Of(named) : null,
            };
            var init = new Init(context, context.Shell.PathOf(arguments.GetRequiredValue(folder)), answers);
            return await init.MakeAsync(arguments.GetValue(run), cancellationToken);
        });
        return command;
    }

    /// <summary>Makes one project.</summary>
    sealed class Init(CommandContext context, string folder, SourceAnswers answers)
    {
        readonly Shell shell = context.Shell;
        readonly InitTemplate project = new(StartText.NameOf(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))));

        /// <summary>Makes it; asks where something was not said, and somebody can be asked.</summary>
        public async Task<int> MakeAsync(bool runs, CancellationToken cancellationToken)
        {
            var questions = shell.IsInteractive && (answers.Kind is null || (answers.Address is null && answers.Kind
                != SourceKind.Empty)) ? new Questions(shell, "stopped; no files written") : null;
            var files = new NewFiles(shell, folder);
            ThrowIfProject(files);
            var kind = answers.Kind ?? (questions is null
                ? SourceKind.Postgres
                : SourceKind.All[questions.Choice(
                    "What do you have?", [.. SourceKind.All.Select(kind => kind.Title)])]);
            var (table, secret) = ($"gold.{InitTemplate.OverviewName}", (string?)null);
            if (kind == SourceKind.Empty)
            {
                files.Add(project.Empty());
                table = "gold.sales_by_day";
            }
            else if (questions is null && answers.Address is null)
                secret = AddTemplate(files, kind);
            else
            {
                var draft = await new SourceSetup(context, questions).MakeAsync(
                    kind, project.Name, folder, answers, cancellationToken);
                var gold = GoldProposal.Of(draft.Streams, InitTemplate.HasSilver(draft) ? "silver" : "bronze");
                files.Add(project.Of(draft, gold));
                if (draft.Connection is { Secret: { } given } connection)
                    files.AddVariable(connection.Variable, given);
                if (gold is { Name: var name }) table = $"gold.{name}";
            }
            files.Write();
            Report(files.Names);
            if (questions is not null) shell.Out.WriteLine();
            if (runs || (questions?.YesNo("Run it now?", otherwise: true) ?? false))
                return await RunAsync(table, cancellationToken);
            Next(secret, table, isToRun: true);
            return 0;
        }

        /// <summary>Before anything is asked; other files are found when they are written.</summary>
        static void ThrowIfProject(NewFiles files)
        {
            files.Add([new("foz.yml", "")]);
            files.ThrowIfAny();
        }

        /// <summary>Adds the files of a source that is to be filled in; returns how.</summary>
        string AddTemplate(NewFiles files, SourceKind kind)
        {
            if (kind == SourceKind.Postgres)
            {
                files.Add(project.Postgres());
                return $"cp .env.example .env    # and put the database's address into {project.UrlVariable} there";
            }
            var address = kind == SourceKind.Files
                ? Path.Combine(folder, kind.Example)
                : kind.Example.Replace("/shop", $"/{project.Name}", StringComparison.Ordinal);
            var connection = ConnectionDraft.Read(
                kind, project.Name, address, folder, () => kind == SourceKind.Files ? null : "…");
            IReadOnlyList<StreamDraft> streams = kind == SourceKind.Api
                ? [new() { Name = "items", Fields = [], Settings = [("path", "items")] }]
                : [];
            files.Add(project.Of(new(connection, streams, TakesAll: streams.Count == 0), gold: null));
            return kind == SourceKind.Files
                ? $"# put files into the folder {kind.Example}, or name another one in foz.yml"
                : $"# change the connection in foz.yml, and write {connection.Variable}=… into .env";
        }

        void Report(IEnumerable<string> files)
        {
            var shown = shell.Shown(folder);
            shell.Out.WriteLine($"made the project {project.Name} in {(shown == "." ? "this folder" : shown)}:");
            foreach (var file in files) shell.Out.WriteLine($"  {file}");
        }

        async Task<int> RunAsync(string table, CancellationToken cancellationToken)
        {
            shell.Out.Flush();
            var exitCode = await context.RunAsync(
                ["run", "--project", folder], shell, null, cancellationToken);
            Next(secret: null, table, isToRun: exitCode != 0);
            return exitCode;
        }

        void Next(string? secret, string table, bool isToRun)
        {
            var shown = shell.Shown(folder);
            shell.Out.WriteLine("\nNext:");
            if (shown != ".") shell.Out.WriteLine($"  cd {ShellWords.Quote(shown)}");
            if (secret is not null) shell.Out.WriteLine($"  {secret}");
            if (isToRun) shell.Out.WriteLine("  foz run");
            shell.Out.WriteLine($"  foz query \"select * from {table}\"");
        }
    }
}

/// <summary>The options that say what a new source is.</summary>
sealed class SourceOptions
{
    readonly Option<string?> address = new("--address")
    {
        Description =
            "Where it is, such as postgres://user@host:5432/shop, mysql://…, sqlserver://…, a folder or https://…; "
                + "the password or token comes from the variable NAME_PASSWORD or NAME_TOKEN",
        HelpName = "address",
    };

    readonly Option<string[]> streams = new("--streams")
    {
        Description = "The tables or files to load, or paths of an API, with commas (default: all)",
        HelpName = "names", AllowMultipleArgumentsPerToken = true,
    };

    readonly Option<bool> cursors = new("--by-cursor")
    {
        Description = "Read only changed rows of tables that have a column such as updated_at",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(address);
        command.Add(streams);
        command.Add(cursors);
    }

    /// <summary>Returns what they say.</summary>
    public SourceAnswers Read(ParseResult arguments) => new()
    {
        Address = arguments.GetValue(address),
        Streams = [.. (arguments.GetValue(streams) ?? []).SelectMany(names =>
            names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
        ReadsByCursor = arguments.GetValue(cursors),
    };
}
