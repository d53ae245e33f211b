using System.CommandLine;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Git;
using Foz.Cli.Reviews;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Reviews;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz ci</c>: builds a change beside its base, and says what it does to tables.</summary>
static class CiCommand
{
    public const string Name = "ci";

    const int BreakingExitCode = 3;

    const string Breaking = "breaking", Moved = "moved", Dirty = "dirty";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("table"), new("difference"), new("breaking"), new("schema"), new("keys"),
        new("rows_before", IsNumber: true), new("rows_now", IsNumber: true), new("rows_added", IsNumber: true),
        new("rows_removed", IsNumber: true), new("rows_changed", IsNumber: true),
        new("bytes_before", IsNumber: true), new("bytes_now", IsNumber: true),
        new("seconds_before", IsNumber: true), new("seconds_now", IsNumber: true),
    ];

    public static Command Create(CommandContext context)
    {
        var options = new CiOptions();
        var command = new ExampleCommand(
            Name, "Build a change beside its base, and write a comment on what it does to tables",
            [
                "foz ci --base-revision origin/main --comment comment.md", "foz ci --allow breaking",
                "foz ci --state ../before --name ci_try", "foz ci --promote --name ci_shop_42",
            ]);
        options.AddTo(command);
        command.SetAction((arguments, cancellationToken) => RunAsync(context, options, arguments, cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(
        CommandContext context, CiOptions options, ParseResult arguments, CancellationToken cancellationToken)
    {
        var variables = CiVariables.Read(Environment.GetEnvironmentVariable);
        var output = new CiOutput(context, arguments, options.Comment(arguments), variables.SummaryFile);
        // The comment of an earlier change is not this one's, whatever happens now.
        output.Clear();
        CiRun? run = null;
        try
        {
            using var target = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models, Workload.Query);
            Refuse(target.File);
            var git = new GitRepository(target.File.Folder, context.Shell.Clock);
            var environment = new UndeclaredEnvironment(
                options.Name(arguments) ?? await NameAsync(target.File, variables, git, cancellationToken),
                target.File.Environment);
            using var workspace = Workspace.Open(
                context, arguments, $"{environment}", Workload.Ingestion, Workload.Models);
            run = new CiRun(context, options, arguments, target, workspace, variables, git, output);
            return options.IsPromotion(arguments)
                ? await run.PromoteAsync(cancellationToken)
                : await run.ReviewAsync(cancellationToken);
        }
        catch (FozException e) when (run is null)
        {
            // Who reads the pull request sees why there is no review, too.
            var subject = new ReviewSubject
            {
                Project = Path.GetFileName(Path.TrimEndingDirectorySeparator(context.Shell.Folder)), SchemaPrefix = "",
                Environment = options.Name(arguments) ?? "ci", Base = arguments.GetValue(context.Target) ?? "its base",
            };
            await output.WriteAsync(
                new ReviewComment(context.Mask).Write(new Review(subject) { Refusal = e }), cancellationToken);
            throw;
        }
    }

    static void Refuse(ProjectFile file)
    {
        if (file.Foreign is not null)
            throw new FozException(ErrorKind.Usage, $"foz ci works in projects with a {ProjectFile.FileName}")
            {
                Hint = "in a dbt project: foz build --target ci --select state:modified+ --defer --state prod",
            };
        if (file.Base is { } below)
            throw new FozException(
                ErrorKind.Usage, $"{file.Environment} is beside {below.Name}, and a change is built beside its base")
            {
                Hint = $"foz ci --target {below.Name}",
            };
    }

    static async Task<string> NameAsync(
        ProjectFile file, CiVariables variables, GitRepository git, CancellationToken cancellationToken) =>
        CiVariables.NameOf(
            file.Name,
            variables.Change ?? await git.FindBranchAsync(cancellationToken)
                ?? throw new FozException(ErrorKind.Usage, "no pull request and no branch says what the change is")
                {
                    Hint = $"name its environment: --name {CiVariables.NameOf(file.Name, "42")}",
                });

    /// <summary>The options of the command.</summary>
    sealed class CiOptions
    {
        readonly Option<string?> name = new("--name")
        {
            Description = "The environment of the change (default: ci_, the project, and the pull request or branch)",
            HelpName = "name",
        };

        readonly Option<string?> baseRevision = new("--base-revision")
        {
            Description = "The git revision to merge into (default: as the host of the build says)",
            HelpName = "revision",
        };

        readonly Option<string?> state = new("--state")
        {
            Description = "A folder with the project before the change, instead of a git revision",
            HelpName = "folder",
        };

        readonly Option<string[]> exclude = new("--exclude")
        {
            Description = "Selectors of what not to build", HelpName = "selectors",
            AllowMultipleArgumentsPerToken = true,
        };

        readonly Option<string[]> allow = new("--allow")
        {
            Description =
                "What not to refuse: breaking changes of columns, a base that has moved, a dirty work tree",
            HelpName = "what", AllowMultipleArgumentsPerToken = true,
        };

        readonly Option<string?> comment = new("--comment")
        {
            Description = "The file that takes the comment", HelpName = "file",
        };

        readonly Option<bool> promote = new("--promote")
        {
            Description = "After the merge: promote what was built, and delete the environment",
        };

        readonly Option<string> wait = RunOptions.WaitOption();

        public CiOptions() => allow.AcceptOnlyFromAmong(Breaking, Moved, Dirty);

        public void AddTo(Command command)
        {
            foreach (var option in new Option[] { name, baseRevision, state, exclude, allow, comment, promote, wait })
                command.Add(option);
        }

        public string? Name(ParseResult arguments) => arguments.GetValue(name);

        public string? BaseRevision(ParseResult arguments) => arguments.GetValue(baseRevision);

        public string? State(ParseResult arguments) => arguments.GetValue(state);

        public string[] Exclude(ParseResult arguments) => arguments.GetValue(exclude) ?? [];

        public bool Allows(ParseResult arguments, string what) => arguments.GetValue(allow)?.Contains(what) == true;

        public string? Comment(ParseResult arguments) => arguments.GetValue(comment);

        public bool IsPromotion(ParseResult arguments) => arguments.GetValue(promote);

        public TimeSpan Wait(ParseResult arguments) => RunOptions.WaitOf(arguments.GetValue(wait)!);
    }

    /// <summary>Where the comment goes.</summary>
    sealed class CiOutput(CommandContext context, ParseResult arguments, string? comment, string? summary)
    {
        public string? CommentFile { get; } = comment is null ? null : context.Shell.PathOf(comment);

        public void Clear()
        {
            if (CommentFile is { } file) File.Delete(file);
        }

        public async Task WriteAsync(string text, CancellationToken cancellationToken)
        {
            if (context.IsTable(arguments)) context.Shell.Out.Write(text);
            if (CommentFile is { } file) await File.WriteAllTextAsync(file, text, cancellationToken);
            if (summary is not null) await File.AppendAllTextAsync(summary, text, cancellationToken);
        }
    }

    /// <summary>One call of the command.</summary>
    sealed class CiRun(
        CommandContext context, CiOptions options, ParseResult arguments, Workspace target, Workspace workspace,
        CiVariables variables, GitRepository git, CiOutput output)
    {
        readonly ReviewComment comment = new(text => target.File.Secrets.Mask(context.Mask(text)));

        readonly ReviewSubject subject = new()
        {
            Project = target.File.Name, Environment = workspace.File.Environment,
            SchemaPrefix = workspace.File.SchemaPrefix, Base = target.File.Environment,
        };

        public async Task<int> ReviewAsync(CancellationToken cancellationToken)
        {
            try
            {
                var review = await FindAsync(cancellationToken);
                target.File.NoteSecrets();
                await output.WriteAsync(comment.Write(review), cancellationToken);
                if (!context.IsTable(arguments)) context.WriteRows(arguments, Columns, review.Tables.Select(RowOf));
                return review switch
                {
                    { Errors.Count: > 0 } => ErrorKind.Configuration.ExitCode,
                    { Verdict: ReviewVerdict.Breaking } => BreakingExitCode,
                    { Verdict: ReviewVerdict.Failed } => 1,
                    _ => 0,
                };
            }
            catch (FozException e)
            {
                // Who reads the pull request sees what was refused, too.
                target.File.NoteSecrets();
                await output.WriteAsync(comment.Write(new Review(subject) { Refusal = e }), cancellationToken);
                throw;
            }
        }

        async Task<Review> FindAsync(CancellationToken cancellationToken)
        {
            var folder = Directory.CreateTempSubdirectory("foz-ci-").FullName;
            try
            {
                var (head, commit, before) = await BeforeAsync(folder, cancellationToken);
                var reviewed = subject with { Revision = head, BaseRevision = commit };
                var (_, errors) = await new ProjectValidation(context, target).FindAsync(cancellationToken);
                if (errors.Count > 0) return new(reviewed) { Errors = errors };
                var request = new ReviewRequest
                {
                    Subject = reviewed,
                    Target = await target.LoadProjectAsync(context, cancellationToken),
                    Project = await workspace.LoadProjectAsync(context, cancellationToken),
                    Before = Load(before, commit, cancellationToken),
                    Exclude = options.Exclude(arguments),
                    AllowsBreaking = options.Allows(arguments, Breaking),
                    AllowsMoved = options.Allows(arguments, Moved),
                    Wait = options.Wait(arguments),
                    TimesAsync = TimesAsync,
                };
                // Standard output is the comment's.
                var shell = context.Shell;
                var display = RunDisplay.For(
                    new()
                    {
                        Out = shell.Error, Error = shell.Error, In = shell.In, Folder = shell.Folder,
                        Clock = shell.Clock
                    },
                    isJson: false, context.ErrorsOf(arguments));
                return await new Reviewer(workspace.Lake, request).RunAsync(display.Show, cancellationToken);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        /// <summary>Finds the project before the change, and its commit where git has it.</summary>
        async Task<(string? Head, string? Commit, string Folder)> BeforeAsync(
            string folder, CancellationToken cancellationToken)
        {
            if (options.State(arguments) is { } state)
            {
                var named = context.Shell.PathOf(state);
                return ProjectFile.IsOfFoz(named)
                    ? (null, null, named)
                    : throw new FozException(
                        ErrorKind.Usage, $"--state cannot be '{state}': it has no {ProjectFile.FileName}")
                    {
                        Hint = "name a folder with the project as it was before the change",
                    };
            }
            var head = await git.HeadAsync(cancellationToken);
            var revision = options.BaseRevision(arguments) ?? variables.BaseRevision
                ?? throw new FozException(ErrorKind.Usage, "no pull request says what the change is to be merged into")
                {
                    Hint = "--base-revision origin/main",
                };
            if (!options.Allows(arguments, Dirty)
                && await git.DirtyAsync([.. new[] { output.CommentFile }.OfType<string>()], cancellationToken)
                    is { Count: > 0 } dirty)
                throw new FozException(
                    ErrorKind.Usage,
                    $"{RunText.Count(dirty.Count, "file is", "files are")} not as committed: "
                        + $"{string.Join(", ", dirty.Take(5))}{(dirty.Count > 5 ? ", …" : "")}")
                {
                    Hint = "commit or ignore them, so that the commit is what was built; to go on: --allow dirty",
                };
            var commit = await git.MergeBaseAsync(revision, cancellationToken);
            if (!await git.CheckOutAsync(commit, folder, cancellationToken) || !ProjectFile.IsOfFoz(folder))
                throw new FozException(ErrorKind.Usage, $"there is no project at {commit}, which the change began from")
                {
                    Hint = $"the first tables of a project are made by foz run --target {target.File.Environment}",
                };
            // Both texts are filled in from the same variables.
            var variablesFile = Path.Combine(target.File.Folder, ".env");
            if (File.Exists(variablesFile)) File.Copy(variablesFile, Path.Combine(folder, ".env"), overwrite: true);
            return (head, commit, folder);
        }

        Project Load(string folder, string? commit, CancellationToken cancellationToken)
        {
            try
            {
                return ProjectLoader.Load(
                    folder,
                    Workspace.Reading with { Target = target.File.Environment, ExistsInLake = static _ => true },
                    target.Engines, cancellationToken);
            }
            catch (FozException e)
            {
                throw new FozException(
                    e.Kind, $"the project before the change ({commit ?? folder}) cannot be read: {e.Message}", e)
                {
                    Place = e.Place, Hint = e.Hint,
                };
            }
        }

        public async Task<int> PromoteAsync(CancellationToken cancellationToken)
        {
            var plan = await Reviewer.PromoteAsync(
                workspace.Lake, await workspace.LoadProjectAsync(context, cancellationToken),
                await target.LoadProjectAsync(context, cancellationToken), options.Wait(arguments), cancellationToken);
            await output.WriteAsync(comment.Write(subject, plan), cancellationToken);
            if (!context.IsTable(arguments))
                context.WriteRows(arguments, [new("table")], plan.Tables.Select(table => new object?[]
                {
                    $"{table.Definition.TableName}",
                }));
            return 0;
        }

        async Task<IReadOnlyDictionary<TableName, TimeSpan>> TimesAsync(
            IReadOnlyList<TableName> tables, CancellationToken cancellationToken)
        {
            if (tables.Count == 0) return new Dictionary<TableName, TimeSpan>();
            var names = string.Join(", ", tables.Select(table => SqlText.Literal($"{table}")));
            var rows = await target.QueryAsync(
                "SELECT step, max_by(epoch(finished_at) - epoch(started_at), started_at) FROM foz.steps "
                + $"WHERE step IN ({names}) AND outcome IN ('Succeeded', 'Warned') GROUP BY step", cancellationToken);
            return rows.Where(row => row[1] is double).ToDictionary(
                row => TableName.Parse((string)row[0]!), row => TimeSpan.FromSeconds((double)row[1]!));
        }

        static object?[] RowOf(ReviewedTable table) =>
        [
            $"{table.Diff.Name}", DiffDisplay.WordOf(table.Diff), table.IsBreaking,
            new List<object?>(table.Diff.Schema.Select(PlanDisplay.TextOf)).ToArray(),
            new List<object?>(table.Diff.Keys).ToArray(), table.Rows.Before, table.Rows.Now, table.Diff.RowsAdded,
            table.Diff.RowsRemoved, table.Diff.RowsChanged, table.Bytes.Before, table.Bytes.Now,
            table.Time.Before?.TotalSeconds, table.Time.Now?.TotalSeconds,
        ];
    }
}
