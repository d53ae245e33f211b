using System.CommandLine;
using System.Net;
using Foz.Cli.Commands.Operating;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Telemetry;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Operations.Alerts;
using Foz.Operations.Hosting;
using Foz.Operations.Upkeep;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Requests;
using Foz.Server;
using Foz.Server.Auth;
using Foz.Server.Pages;
using Foz.Serving;
using Foz.Serving.Governance;

namespace Foz.Cli.Commands.Serving;

/// <summary><c>foz serve</c>: the lake's SQL for any client of PostgreSQL's protocol or Trino's.</summary>
static class ServeCommand
{
    public const string Name = "serve";

    const int PortMax = 65_535;

    static readonly TimeSpan quietTime = TimeSpan.FromSeconds(10);

    static readonly Workload[] ofRuns = [Workload.Query, Workload.Ingestion, Workload.Models];

    public static Command Create(CommandContext context)
    {
        var pgPort = new Option<int?>("--pg-port")
        {
            HelpName = "port",
            Description =
                "The port of PostgreSQL's protocol (default: pg_port of foz.yml, else 5432; 0 for any free port)",
        };
        var trinoPort = new Option<int?>("--trino-port")
        {
            HelpName = "port",
            Description =
                "The port of Trino's protocol (default: trino_port of foz.yml, else 8090; 0 for any free port)",
        };
        var httpPort = new Option<int?>("--http-port")
        {
            HelpName = "port",
            Description =
                "The port of HTTP, for /healthz and /readyz (default: http_port of foz.yml, else "
                    + "8080; 0 for any free port)",
        };
        var insecure = new Option<bool>("--insecure-loopback")
        {
            Description =
                "Accept any local user as owner, without a password; refused unless address is a loopback address",
        };
        var runs = new Option<bool>("--runs")
        {
            Description =
                "Run the project for foz run, build and retry of other processes; so it does if foz.yml has schedules",
        };
        var noSchedules = new Option<bool>("--no-schedules")
        {
            Description = "Leave the schedules of foz.yml to other hosts",
        };
        var logFormat = RunOptions.LogFormatOption();
        var command = new ExampleCommand(
            Name, "Serve the lake to SQL clients until stopped",
            [
                "foz serve", "foz serve --target prod --pg-port 5433", "foz serve --insecure-loopback",
                "foz serve --runs", "foz serve --log-format json",
            ])
        {
            pgPort, trinoPort, httpPort, insecure, runs, noSchedules, logFormat,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            context, arguments,
            new(PortOf(arguments, pgPort), PortOf(arguments, trinoPort), PortOf(arguments, httpPort),
                arguments.GetValue(insecure), arguments.GetValue(runs), arguments.GetValue(noSchedules),
                arguments.GetValue(logFormat) is "json"),
            cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(
        CommandContext context, ParseResult arguments, Choices choices, CancellationToken cancellationToken)
    {
        var log = new HostLogWriter(context.Shell.Error, choices.LogsJson, context.Shell.Clock);
        context.Shell = context.Shell.With(context.Shell.Out, log);
        var schedules = new LiveSchedules(context, arguments, isOff: choices.HasNoSchedules);
        var runs = choices.Runs || schedules.MayHaveSchedules || LiveAlerts.Has(Workspace.FileOf(context, arguments));
        using var workspace = Workspace.Open(context, arguments, runs ? ofRuns : [Workload.Query]);
        await workspace.Lake.Format.ReadAsync(cancellationToken);
        if (runs) await schedules.OpenAsync(workspace);
        var serve = choices.Over(workspace.File.Serve);
        await using var audit = AuditLog.Open(
            workspace.Lake, new() { Warn = text => context.Shell.Error.WriteLine($"warning: {text}") });
        var access = new AccessDirectory(workspace.File.Folder) { Changed = changes => Note(audit, context, changes) };
        // Errors in the files are reported now, not at the first statement.
        _ = access.Current;
        await using var queries = BackgroundLog.Open(
            workspace.Lake, QueryRecord.Table,
            new() { Warn = text => context.Shell.Error.WriteLine($"warning: {text}") });
        await using var observer = HostObserver.Start(workspace.Lake, workspace.File, log);
        using var sql = CreateSql(workspace, serve, access, audit, queries);
        using var alerts = new LiveAlerts(context, workspace.File, text => ReportAlert(context, text));
        var options = new ServerOptions
        {
            Serve = serve,
            LogIns = choices.IsInsecure ? LogIns.Open : LogInsOf(workspace.File, context, audit),
            Sql = sql, Clock = context.Shell.Clock, Log = context.Shell.Error,
            Pages =
            [
                .. observer.Pages,
                .. await CreatePagesAsync(context, workspace, runs ? schedules : null, cancellationToken),
            ],
        };
        var host = new RequestHost(
            context, workspace, schedules, new(sql, workspace.File.Folder, context.Shell.Clock),
            HooksOf(context, workspace, alerts, sql, access), observer,
            () => new(workspace.Lake, workspace.File, UpkeepOf(workspace, schedules, sql, observer)));
        observer.Observe(new()
        {
            Sessions = () => sql.Sessions.Count, StatementsWaiting = () => sql.StatementsWaiting,
            IsLeading = () => host.IsLeading, Schedules = () => host.Load, Streams = () => host.StreamLags,
        }, BuildFacts.Version);
        await using var server = await FozServer.StartAsync(options, cancellationToken);
        WarnOfAddress(context, serve);
        WriteAddresses(context, server);
        try
        {
            await (runs ? host.RunAsync(cancellationToken)
                : MaintainAsync(context, workspace, UpkeepOf(workspace, schedules, sql, observer), cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
        finally
        {
            await server.StopAsync();
        }
        return 0;
    }

    static SqlService CreateSql(
        Workspace workspace, ServeOptions serve, AccessDirectory access, AuditLog audit, BackgroundLog queries) =>
        new(workspace.Names, new()
        {
            SessionsMax = serve.SessionsMax, SessionsOfOwners = serve.SessionsOfOwners,
            ResultBytesMax = serve.ResultCacheBytes, Access = () => access.Current, Audit = audit, Queries = queries,
            Workloads = serve.Workloads,
            Price = serve.Price ?? (workspace.File.Prices is { ReadTb: > 0 and var price } ? new(price) : null),
            MaskKey = serve.MaskKey,
            ProcessBytes = workspace.File.Memory?.Bytes ?? EngineOptions.MemoryBytesDefault,
            ClosedFolders =
            [
                workspace.File.Folder, Path.Combine(workspace.File.Folder, UserList.FolderName),
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ],
        });

    static void WriteAddresses(CommandContext context, FozServer server)
    {
        context.Shell.Out.WriteLine($"PostgreSQL on {server.PgEndPoint}, database lake");
        context.Shell.Out.WriteLine($"HTTP on {server.HttpAddress}");
        context.Shell.Out.WriteLine($"Trino on {server.TrinoAddress}, catalog lake");
        context.Shell.Out.Flush();
    }

    /// <summary>What the alerts of the host take from the server.</summary>
    static AlertHooks HooksOf(
        CommandContext context, Workspace workspace, LiveAlerts alerts, SqlService sql, AccessDirectory access)
    {
        var users = new UserDirectory(workspace.File.Folder, context.Shell.Clock);
        var rows = new AlertRows(sql, workspace.Names, () => users.Current, () => access.Current);
        return new()
        {
            FindProjectAsync = new LiveProject(context, workspace).FindAsync,
            ReadAsync = rows.ReadAsync,
            Current = () => alerts.Current,
            HasUsers = () => rows.HasUsers,
        };
    }

    /// <summary>What the upkeep of tables takes from the server.</summary>
    static UpkeepHooks UpkeepOf(
        Workspace workspace, LiveSchedules schedules, SqlService sql, HostObserver observer) => new()
        {
            IsQuiet = () => observer.HasNoRuns && sql.IsQuietFor(quietTime),
            Policies = () => (schedules.Project?.File ?? workspace.File).Maintenance,
            ColumnsOf = table =>
                schedules.Project?.Graph.Nodes.FirstOrDefault(node => node.Table == table)?.Columns ?? [],
        };

    /// <summary>Maintains the tables while no host does that runs the project, until it is stopped.</summary>
    static async Task MaintainAsync(
        CommandContext context, Workspace workspace, UpkeepHooks hooks, CancellationToken cancellationToken)
    {
        using var job = new UpkeepJob(workspace.Lake, workspace.File, hooks with
        {
            HasOther = async stop => await Leadership.FindAsync(
                workspace.Lake, workspace.File.Name, workspace.File.Environment, stop) is not null,
        });
        await new HostLoop(context.Shell.Clock, text => context.Shell.Error.WriteLine(context.Mask(text)))
            .RunAsync(job, cancellationToken);
    }

    static void ReportAlert(CommandContext context, string text)
    {
        context.Shell.Error.WriteLine(context.Mask($"alerts: {text}"));
        context.Shell.Error.Flush();
    }

    /// <summary>The pages of links in messages, and webhooks.</summary>
    /// <exception cref="FozException">Thrown when the key of links is damaged or too short.</exception>
    static async Task<IReadOnlyList<HttpPage>> CreatePagesAsync(
        CommandContext context, Workspace workspace, LiveSchedules? schedules, CancellationToken cancellationToken)
    {
        var (lake, file) = (workspace.Lake, workspace.File);
        var known = await OpenLinksAsync(cancellationToken);
        var links = new LinkPages(
            async token => known ??= await OpenLinksAsync(token), new(new(lake, file)),
            new(new(lake, file), context.Shell.Clock)).Create();
        return schedules is null ? links : [.. links, WebhookPage.Of(new(lake, file, () => schedules.Current))];

        Task<SignedLinks?> OpenLinksAsync(CancellationToken token) =>
            SignedLinks.FindAsync(lake, file.Variables[SignedLinks.Variable], token);
    }

    /// <summary>What changed in the files of <c>policies/</c> is audited.</summary>
    static void Note(AuditLog audit, CommandContext context, IReadOnlyList<PolicyChange> changes)
    {
        foreach (var change in changes)
            audit.Add(new()
            {
                RunId = audit.RunId, RecordedAt = context.Shell.Clock.GetUtcNow(), Event = AuditEvent.Policy,
                Reason = change.Right,
                Decision = change.IsGranted ? AuditDecision.Granted : AuditDecision.Revoked,
            });
    }

    /// <summary>
    /// Reports and audits an error in the files of <c>policies/</c>: the users in them cannot log in.
    /// </summary>
    static void Warn(AuditLog audit, CommandContext context, string text)
    {
        context.Shell.Error.WriteLine($"warning: {text}");
        audit.Add(new()
        {
            RunId = audit.RunId, RecordedAt = context.Shell.Clock.GetUtcNow(), Event = AuditEvent.Policy, Reason = text,
            Decision = AuditDecision.Denied,
        });
    }

    static void WarnOfAddress(CommandContext context, ServeOptions serve)
    {
        if (serve.CertificateFile is null && !IPAddress.IsLoopback(serve.Address))
            context.Warn(
                new($"clients on other machines reach {serve.Address} without encryption",
                    "set 'tls' under 'serve' in foz.yml, unless something before it encrypts"));
    }

    static LogIns LogInsOf(ProjectFile file, CommandContext context, AuditLog audit)
    {
        foreach (var warning in PolicyModes.Check(file.Folder)) context.Shell.Error.WriteLine($"warning: {warning}");
        var users = new UserDirectory(file.Folder, context.Shell.Clock)
        {
            Changed = changes => Note(audit, context, changes), Warned = text => Warn(audit, context, text),
        };
        return users.Current.All.Count + users.Current.Issuers.Count > 0
            ? LogIns.Of(() => users.Current, context.Shell.Clock)
            : throw new FozException(ErrorKind.Usage, $"cannot start: {UserList.FolderName}/ defines no users")
            {
                Hint = "add one with foz user add, or serve this machine alone with --insecure-loopback",
            };
    }

    /// <summary>Returns the port that an option gives; null where it is absent.</summary>
    /// <exception cref="FozException">Thrown when it is no port.</exception>
    internal static int? PortOf(ParseResult arguments, Option<int?> option) => arguments.GetValue(option) switch
    {
        null => null,
        >= 0 and <= PortMax and var port => port,
        { } number => throw CommandContext.Unreadable(option.Name, $"{number}", "0 to 65535"),
    };

    /// <summary>What the command line chooses over <c>foz.yml</c>.</summary>
    readonly record struct Choices(int? PgPort, int? TrinoPort, int? HttpPort, bool IsInsecure, bool Runs,
        bool HasNoSchedules, bool LogsJson)
    {
        /// <summary>What <c>foz.yml</c> says, with the ports that the command line chooses.</summary>
        public ServeOptions Over(ServeOptions stated) => stated with
        {
            PgPort = PgPort ?? stated.PgPort,
            TrinoPort = TrinoPort ?? stated.TrinoPort,
            HttpPort = HttpPort ?? stated.HttpPort,
        };
    }
}
