using System.CommandLine;
using Foz.Cli.Commands.Starting;
using Foz.Cli.Terminal;
using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Dbt;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Runs.Streams;

namespace Foz.Cli.Commands.Projects;

/// <summary>
/// <c>foz source add</c>, <c>foz source check</c>, <c>foz source discover</c> and <c>foz source freshness</c>.
/// </summary>
static class SourceCommand
{
    public const string Name = "source";

    static readonly IReadOnlyList<ResultColumn> CheckColumns =
        [new("source"), new("type"), new("ok"), new("answer"), new("hint")];

    static readonly IReadOnlyList<ResultColumn> DiscoverColumns =
    [
        new("source"), new("stream"), new("mode"), new("keys"), new("cursor"), new("rows_estimate", IsNumber: true),
        new("columns"), new("settings"), new("note"),
    ];

    /// <summary>Of <see cref="DiscoverColumns"/> those that are left out of a table where they are empty.</summary>
    const int ProposalColumns = 2;

    static readonly IReadOnlyList<ResultColumn> FreshnessColumns =
        [
            new("source"), new("status"), new("loaded_at", IsTime: true), new("age_seconds", IsNumber: true),
            new("error"),
        ];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "Add and check sources, and list their streams",
        [
            "foz source add files exports --address data", "foz source check", "foz source discover shop",
                "foz source discover shop --output json",
            "foz source freshness",
        ])
    {
        SourceAddCommand.Create(context), Check(context), Discover(context), Freshness(context),
    };

    static ExampleCommand Freshness(CommandContext context)
    {
        var names = Names();
        var command = new ExampleCommand(
            "freshness", "Compare the age of source tables with their freshness settings",
            ["foz source freshness", "foz source freshness shop --output json"]) { names };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query, Workload.Models);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var ages = DbtFreshness.Applies(project)
                ? [.. new DbtFreshness(project, new ProjectLake(workspace.Lake), context.Shell.Clock)
                    .Run(arguments.GetValue(names)!, cancellationToken)
                    .Select(age => new SourceAge(age.Source, age.Status, age.LoadedAt, age.Age, age.Error))]
                : await new SourceFreshness(workspace.Lake).ReadAsync(
                    Chosen(project, arguments.GetValue(names)!), cancellationToken);
            if (ages.Count == 0 && !DbtFreshness.Applies(project))
                throw new FozException(ErrorKind.Usage, "no source says how old its tables may be")
                {
                    Hint = "say so of a source or a stream: freshness: {warn_after: 12 hours, error_after: 1 day}",
                };
            context.WriteRows(arguments, FreshnessColumns, ages.Select(age => new object?[]
            {
                age.Stream, age.Status, age.LoadedAt is { } at ? TimeText.Of(at, context.IsTable(arguments)) : null,
                age.Age?.TotalSeconds, age.Error is { } error ? context.Mask(error.Message) : null,
            }));
            return ages.Any(age => age.Status is not ("pass" or "warn")) ? 1 : 0;
        });
        return command;
    }

    static ExampleCommand Check(CommandContext context)
    {
        var names = Names();
        var command = new ExampleCommand(
            "check", "Check that each source can be reached and read",
            ["foz source check", "foz source check shop --target prod"]) { names };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var rows = new List<object?[]>();
            foreach (var source in Chosen(
                await workspace.LoadProjectAsync(context, cancellationToken), arguments.GetValue(names)!))
                rows.Add(await CheckAsync(context, workspace, source, cancellationToken));
            // The room that hints would take is the answers' where there are none.
            var isPlain = context.IsTable(arguments) && rows.TrueForAll(row => row[^1] is null);
            context.WriteRows(
                arguments, isPlain ? [.. CheckColumns.SkipLast(1)] : CheckColumns,
                isPlain ? rows.Select(row => row[..^1]) : rows);
            return rows.All(row => row[2] is true) ? 0 : 1;
        });
        return command;
    }

    /// <summary>Reaches a source: source, type, whether it answers, its answer or error, what to do.</summary>
    public static async Task<object?[]> CheckAsync(
        CommandContext context, Workspace workspace, ProjectSource source, CancellationToken cancellationToken)
    {
        var type = source.Definition.Connection.Type;
        try
        {
            await using var opened = Open(workspace, source);
            return [source.Name, type, true, context.Mask(await opened.CheckAsync(cancellationToken)), null];
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            return [source.Name, type, false, context.Mask(e.Message), e.Hint is { } hint ? context.Mask(hint) : null];
        }
    }

    static ExampleCommand Discover(CommandContext context)
    {
        var names = Names();
        var locks = new Option<bool>("--lock")
        {
            Description = $"Write the streams and their columns to {SchemaLock.FileName}, which foz validate checks by",
        };
        var command = new ExampleCommand(
            "discover", "List the streams of each source",
            ["foz source discover", "foz source discover shop --output json", "foz source discover --lock"])
            {
                names, locks,
            };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var known = new KnownStreams(workspace.Lake);
            var schemas = SchemaLock.Read(
                project.Folder, new()).Where((source, _) => project.FindSource(source) is not null);
            var rows = new List<object?[]>();
            foreach (var source in Chosen(project, arguments.GetValue(names)!))
            {
                await using var opened = Open(workspace, source);
                var streams = await DiscoverAsync(
                    context, source, opened, arguments.GetValue(locks), cancellationToken);
                foreach (var stream in streams)
                    rows.Add(RowOf(source, stream, await Task.Run(
                        () => stream.Propose?.Invoke(cancellationToken), cancellationToken)));
                if (arguments.GetValue(locks))
                    schemas = await known.LockAsync(schemas, source, opened, streams, context.Warn, cancellationToken);
            }
            if (arguments.GetValue(locks)) WriteLock(context, schemas, project.Folder);
            var hasProposals = !context.IsTable(arguments)
                || rows.Exists(row => row.TakeLast(ProposalColumns).Any(value => value is not null));
            context.WriteRows(
                arguments, hasProposals ? DiscoverColumns : [.. DiscoverColumns.SkipLast(ProposalColumns)],
                hasProposals ? rows : rows.Select(row => row.SkipLast(ProposalColumns).ToArray()));
        });
        return command;
    }

    /// <summary>What a source offers. To lock named streams it need not be known.</summary>
    static async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(
        CommandContext context, ProjectSource source, ISource opened, bool isToLock,
        CancellationToken cancellationToken)
    {
        try
        {
            return await opened.DiscoverAsync(cancellationToken);
        }
        catch (FozException e) when (isToLock && !source.IsUndiscovered && e.Kind is not ErrorKind.Canceled)
        {
            context.Warn(new($"{source.Name}: {e.Message}", e.Hint));
            return [];
        }
    }

    static void WriteLock(CommandContext context, SchemaLock schemas, string folder)
    {
        try
        {
            var isChanged = schemas.Write(folder);
            context.Shell.Error.WriteLine($"{SchemaLock.FileName} {(isChanged ? "was written" : "is up to date")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"{SchemaLock.FileName} cannot be written: {e.Message}", e);
        }
    }

    static object?[] RowOf(ProjectSource source, DiscoveredStream stream, StreamProposal? proposal)
    {
        var fields = proposal is { Fields.Count: > 0 } ? proposal.Fields : stream.Fields;
        return
        [
            source.Name, stream.Definition.Name, stream.Definition.Mode.ToString().ToLowerInvariant(),
            string.Join(", ", stream.Definition.Keys), stream.Definition.Cursor, stream.RowCountEstimate,
            string.Join(", ", fields.Select(f => $"{f.Name} {f.Type}")),
            TextOf(proposal?.Settings.Select(s => $"{s.Name}: {s.Value}"), ", "), TextOf(proposal?.Notes, "; "),
        ];

        static string? TextOf(IEnumerable<string>? parts, string between) =>
            string.Join(between, parts ?? []) is { Length: > 0 } text ? text : null;
    }

    static ISource Open(Workspace workspace, ProjectSource source) =>
        ConnectorRegistry.Find(source.Definition.Connection.Type)!.Open(source.Definition, workspace.File.Folder);

    static Argument<string[]> Names() => new("names")
    {
        Description = "Sources of the project (default: all)", Arity = ArgumentArity.ZeroOrMore,
    };

    static IEnumerable<ProjectSource> Chosen(Project project, string[] names) => names.Length == 0
        ? project.Sources
        : names.Select(name => project.FindSource(name)
            ?? throw new FozException(ErrorKind.Usage, $"the project has no source '{name}'")
            {
                Hint = NearestName.Hint(name, project.Sources.Select(s => s.Name)),
            });
}
