using System.CommandLine;
using Foz.Cli.Archives;
using Foz.Cli.Git;
using Foz.Cli.Terminal;
using Foz.Dbt;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Dbt.Imports;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Runs.Streams;

namespace Foz.Cli.Commands;

/// <summary>A project with its lake and engines, open for one command.</summary>
sealed class Workspace : IDisposable
{
    readonly ProjectOptions options;

    Workspace(ProjectFile file, ProjectOptions options, EnginePool engines, TimeProvider clock)
    {
        (File, Engines) = (file, engines);
        Lake = Lakehouse.Open(file.Lake, engines, clock);
        this.options = options with
        {
            ExistsInLake = Exists,
            CacheFolder = CacheFolder(file),
            Lake = new ProjectLake(Lake),
            Clock = clock,
        };
    }

    /// <summary>Gets how projects are read, for any command line: dbt projects too.</summary>
    public static ProjectOptions Reading { get; } = new() { Readers = [DbtReader.Instance] };

    /// <summary>What <c>foz.yml</c> says.</summary>
    public ProjectFile File { get; }

    /// <summary>The engines.</summary>
    public EnginePool Engines { get; }

    /// <summary>Whether the engines end with the command.</summary>
    bool OwnsEngines { get; init; }

    /// <summary>The lake.</summary>
    public Lakehouse Lake { get; }

    /// <summary>Opens the project that the arguments name, or the nearest one.</summary>
    /// <exception cref="FozException">Thrown when there is none, or its <c>foz.yml</c> is wrong.</exception>
    public static Workspace Open(
        CommandContext context, ParseResult arguments, params IReadOnlyCollection<Workload> workloads) =>
        Find(context, arguments, workloads) ?? throw Missing(context);

    /// <summary>Opens the project that the arguments name, or the nearest one, in an environment.</summary>
    /// <exception cref="FozException">
    /// Thrown when there is none, or its <c>foz.yml</c> is wrong or has no such environment.
    /// </exception>
    public static Workspace Open(
        CommandContext context, ParseResult arguments, string environment,
        params IReadOnlyCollection<Workload> workloads) =>
        Open(context, FolderOf(context, arguments) ?? throw Missing(context), environment, workloads);

    /// <summary>
    /// The environment that the first of some names is one of; null where it is none, or another is asked for.
    /// </summary>
    public static string? EnvironmentIn(CommandContext context, ParseResult arguments, IReadOnlyList<string> names) =>
        names.Count > 0 && arguments.GetValue(context.Target) is null && FolderOf(context, arguments) is { } folder
        && ProjectLoader.LoadFile(folder, Reading).HasEnvironment(names[0])
            ? names[0]
            : null;

    /// <summary>Opens the project that the arguments name, or the nearest one; null if there is none.</summary>
    public static Workspace? Find(
        CommandContext context, ParseResult arguments, params IReadOnlyCollection<Workload> workloads)
    {
        var folder = FolderOf(context, arguments);
        return folder is null
            ? null
            : Open(
                context, folder,
                Reading with
                {
                    Target = arguments.GetValue(context.Target),
                    Texts = context.Shell.Texts,
                    Vars = arguments.GetValue(context.Vars),
                    Command = arguments.CommandResult.Command.Name,
                    IsFullRefresh = arguments.Tokens.Any(token => token.Value == IntervalOptions.FullRefreshName),
                },
                workloads);
    }

    static string? FolderOf(CommandContext context, ParseResult arguments) =>
        arguments.GetValue(context.Project) is { } named
            ? context.ProjectFolder ??= Named(context, named)
            : NearestFolder(context.Shell);

    static string Named(CommandContext context, string project) =>
        GitAddress.Of(project) is { } repository
            // Which project it is must be known before anything else begins.
            ? Task.Run(() => new GitProject(repository, context.Shell.Clock)
                .FetchAsync(Reading.Readers, CancellationToken.None)).GetAwaiter().GetResult()
            : ProjectArchive.Of(project)?.Unpack(Reading.Readers) ?? context.Shell.PathOf(project);

    /// <summary>
    /// Returns the folder of the project that a shell's folder and environment mean; null if there is none.
    /// </summary>
    public static string? NearestFolder(Shell shell) =>
        ProjectFile.FindFolder(shell.Folder, Reading.Readers, Environment.GetEnvironmentVariable);

    /// <summary>Reads what <c>foz.yml</c> of the project says that the arguments name, or of the nearest one.</summary>
    /// <exception cref="FozException">Thrown when there is none, or it is wrong.</exception>
    public static ProjectFile FileOf(CommandContext context, ParseResult arguments)
    {
        var file = ProjectLoader.LoadFile(
            FolderOf(context, arguments) ?? throw Missing(context),
            Reading with { Target = arguments.GetValue(context.Target) });
        context.Secrets = file.Secrets;
        return file;
    }

    static FozException Missing(CommandContext context) =>
        new(ErrorKind.Usage, $"there is no {ProjectFile.FileName} in {context.Shell.Folder} or above it")
        {
            Hint = ProjectImport.ToolOf(context.Shell.Folder) is { } tool
                ? $"this is a project of {tool}: foz import . ../foz makes one of Foz from it"
                : "go to the project's folder, name it with --project, or make one with foz init",
        };

    /// <summary>Opens the project in a folder.</summary>
    public static Workspace Open(
        CommandContext context, string folder, string? target, IReadOnlyCollection<Workload> workloads) =>
        Open(context, folder, Reading with { Target = target, Texts = context.Shell.Texts }, workloads);

    static Workspace Open(
        CommandContext context, string folder, ProjectOptions reading, IReadOnlyCollection<Workload> workloads)
    {
        var file = ProjectLoader.LoadFile(folder, reading);
        if (IsCached(folder) && IsCached(file.LakePath))
            throw new FozException(
                ErrorKind.Configuration, "the project comes from an address: its lake would be in the cache with it")
            {
                Hint = "state 'lake' in foz.yml as an address, or as a full path", Place = new(ProjectFile.FileName),
            };
        context.Secrets = file.Secrets;
        var engines = context.Engines ?? new EnginePool(new()
        {
            MemoryBytes = file.Memory?.Bytes ?? EngineOptions.MemoryBytesDefault,
            Threads = file.Threads ?? EngineOptions.ThreadsDefault,
            Workloads = workloads,
        });
        return new(file, reading, engines, context.Shell.Clock) { OwnsEngines = context.Engines is null };
    }

    static bool IsCached(string folder) => ProjectArchive.Has(folder) || GitProject.Has(folder);

    /// <summary>Reads the whole project.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="storesFailures">Whether the rows that SQL tests find are kept where the tests do not say.</param>
    /// <exception cref="FozException">Something is wrong with it; tells all that is.</exception>
    public async Task<Project> LoadProjectAsync(
        CommandContext context, CancellationToken cancellationToken, bool storesFailures = false) =>
        (await TryLoadProjectAsync(context, cancellationToken, storesFailures)).Unwrap();

    /// <summary>Reads the whole project, or finds all that is wrong with it.</summary>
    /// <inheritdoc cref="LoadProjectAsync"/>
    public Task<ProjectResult> TryLoadProjectAsync(
        CommandContext context, CancellationToken cancellationToken, bool storesFailures = false) =>
        BorrowAsync(
            context,
            ProjectLoader.TryLoad(
                File.Folder, options with { StoresFailures = storesFailures }, Engines, cancellationToken),
            cancellationToken);

    /// <summary>
    /// Reads the whole project, with the streams of sources of <c>streams: all</c> that are known without asking them:
    /// those that <c>sources/schemas.lock</c> has, and those that have tables.
    /// </summary>
    public async Task<ProjectResult> TryLoadKnownProjectAsync(
        CommandContext context, SchemaLock schemas, CancellationToken cancellationToken)
    {
        var result = ProjectLoader.TryLoad(File.Folder, options, Engines, cancellationToken);
        if (result is ProjectResult.Loaded { Project: var project })
            result = await new KnownStreams(Lake).AddAsync(project, schemas, cancellationToken);
        return await BorrowAsync(context, result, cancellationToken);
    }

    /// <summary>Reads the whole project, as <see cref="TryLoadKnownProjectAsync"/> does.</summary>
    /// <exception cref="FozException">Thrown when the project or the lock has errors; reports all of them.</exception>
    public async Task<(Project Project, SchemaLock Schemas)> LoadKnownProjectAsync(
        CommandContext context, CancellationToken cancellationToken)
    {
        var errors = new ErrorList();
        var schemas = SchemaLock.Read(File.Folder, errors);
        errors.ThrowIfAny();
        return ((await TryLoadKnownProjectAsync(context, schemas, cancellationToken)).Unwrap(), schemas);
    }

    /// <summary>
    /// Reads the whole project with the streams that <c>sources/schemas.lock</c> has, or finds all that is wrong with
    /// it.
    /// </summary>
    public async Task<ProjectResult> TryLoadLockedProjectAsync(
        CommandContext context, SchemaLock schemas, CancellationToken cancellationToken)
    {
        var result = ProjectLoader.TryLoad(File.Folder, options, Engines, cancellationToken);
        return result is ProjectResult.Loaded { Project: var project }
            ? await BorrowAsync(
                context, new KnownStreams(Lake).AddLocked(project, schemas, cancellationToken), cancellationToken)
            : result;
    }

    async Task<ProjectResult> BorrowAsync(
        CommandContext context, ProjectResult result, CancellationToken cancellationToken)
    {
        if (result is not ProjectResult.Loaded { Project: var project }) return result;
        context.Secrets = project.Secrets;
        return File.Base is null
            ? result
            : new ProjectResult.Loaded(await BaseTableFallback.ApplyAsync(project, Lake, cancellationToken));
    }

    /// <summary>What names mean in the queries of people.</summary>
    public EnvironmentNameResolver Names => new(Lake, File.SchemaPrefix, Pending, File.Base?.SchemaPrefix ?? "")
    {
        Environment = File.Environment, Base = File.Base?.Name,
    };

    /// <summary>Binds the queries of people to the lake.</summary>
    public StatementBinder Binder(EngineSession session) => new(session, Names);

    /// <summary>Runs a query of the command's own and gives its rows.</summary>
    public async Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        using var session = Engines.Open(Workload.Query);
        using var bound = await Binder(session).BindAsync(sql, cancellationToken);
        using var rows = session.Query(bound.Sql, cancellationToken);
        return [.. rows.Rows(cancellationToken)];
    }

    /// <summary>
    /// The name in the lake of a table that the user names: with the environment's prefix, if it has one.
    /// </summary>
    public Task<TableName> ResolveAsync(string text, CancellationToken cancellationToken) =>
        Names.ResolveAsync(TableName.Parse(text), cancellationToken);

    /// <summary>
    /// The name in the lake of a table that the user wants to change, which must be one of the environment's own.
    /// </summary>
    public Task<TableName> ResolveOwnAsync(string text, CancellationToken cancellationToken) =>
        Names.ResolveOwnAsync(TableName.Parse(text), cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (OwnsEngines) Engines.Dispose();
        Lake.Close();
    }

    static string CacheFolder(ProjectFile file) =>
        Path.Combine(file.Lake.CacheFolder ?? Lakehouse.CacheFolderDefault, "projects");

    Func<Task<PendingRows?>>? Pending(TableName name) => JournalTables.Fields.ContainsKey(name.Name)
        ? () => new JournalWriter(Lake).SelectPendingAsync(name.Name)
        : null;

    bool Exists(TableName name)
    {
        if (JournalTables.Contains(name)) return true;
        var (schema, table) = (name.Schema.ToLowerInvariant(), name.Name.ToLowerInvariant());
        // Reading a project is synchronous, and asks only of names that nothing in it has.
        if (!Lake.IsLocal)
            return Task.Run(async () => await Lake.Catalog.FindAsync(name, CancellationToken.None) is not null)
                .GetAwaiter().GetResult();
        return System.IO.File.Exists(
            Path.Combine(Lake.Folder, Lakehouse.SystemFolder, "catalog", schema, table + ".json"))
            || Directory.Exists(Path.Combine(Lake.Folder, schema, table, "_delta_log"));
    }
}
