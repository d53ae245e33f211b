using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Server.Auth;
using Foz.Server.Health;
using Foz.Server.Logging;
using Foz.Server.Pages;
using Foz.Server.PgWire;
using Foz.Server.Trino;
using Foz.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Foz.Server;

/// <summary>The options of a server: what it serves, and to which users.</summary>
public sealed record ServerOptions
{
    /// <summary>How it listens.</summary>
    public required ServeOptions Serve { get; init; }

    /// <summary>Gets the users that may log in.</summary>
    public required LogIns LogIns { get; init; }

    /// <summary>What serves statements.</summary>
    public required SqlService Sql { get; init; }

    /// <summary>The time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Gets where the server logs.</summary>
    public required TextWriter Log { get; init; }

    /// <summary>Gets what the HTTP port answers besides its health.</summary>
    public IReadOnlyList<HttpPage> Pages { get; init; } = [];
}

/// <summary>
/// The one long-running host: SQL over PostgreSQL's protocol and Trino's, and HTTP. Each further protocol is one more
/// listener here.
/// </summary>
public sealed class FozServer : IAsyncDisposable
{
    /// <summary>
    /// Statements block a thread each while the engine works: more than the machine's cores have to be ready.
    /// </summary>
    const int ThreadsMin = 64;

    readonly ServerOptions options;
    readonly WebApplication http;
    readonly PgListener pg;
    readonly TrinoListener trino;
    readonly HealthState health;
    readonly Authenticator desk;
    readonly ILogger log;

    FozServer(
        ServerOptions options, WebApplication http, PgListener pg, TrinoListener trino, HealthState health,
        Authenticator desk, ILogger log) =>
        (this.options, this.http, this.pg, this.trino, this.health, this.desk, this.log) =
            (options, http, pg, trino, health, desk, log);

    /// <summary>Where PostgreSQL's protocol is spoken.</summary>
    public IPEndPoint PgEndPoint => pg.EndPoint;

    /// <summary>Where Trino's protocol is spoken.</summary>
    public Uri TrinoAddress => trino.Address;

    /// <summary>Where HTTP is spoken.</summary>
    public required Uri HttpAddress { get; init; }

    IssuerKeys IssuerKeys { get; init; } = null!;

    /// <summary>Starts to serve.</summary>
    /// <exception cref="FozException">
    /// Thrown when it cannot listen, the certificate is wrong, or no client would have to log in.
    /// </exception>
    public static async Task<FozServer> StartAsync(ServerOptions options, CancellationToken cancellationToken)
    {
        if (options.LogIns.IsOpen && !IPAddress.IsLoopback(options.Serve.Address))
            throw new FozException(
                ErrorKind.Usage,
                $"without log-ins nothing is served on {options.Serve.Address}, only on this machine's own address")
            {
                Hint = "add users with foz user add and leave --insecure-loopback out, or "
                    + "take 'address' out of foz.yml",
            };
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, ThreadsMin), ports);
        var (certificate, chain) = CertificateOf(options.Serve);
        var state = new HealthState(options.Sql, options.Clock);
        var web = CreateHttp(options, certificate, state);
        var logger = web.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Foz.Server");
        options.Sql.Crashing.Noted = ended => logger.EngineEnded(ended.Hash, ended.Times, ended.Error);
        var issuerKeys = new IssuerKeys(new() { Timeout = Timeout.InfiniteTimeSpan }, options.Clock);
        var logIns = new Authenticator(options.LogIns, options.Sql.Options.Audit, options.Clock, logger, issuerKeys);
        var host = new PgHost(
            options.Sql, logIns, new(), certificate is null ? null : new(certificate, chain),
            certificate is not null && options.Serve.RequiresTls, options.Clock, logger)
        {
            Starting = new(options.Serve.StartingMax),
        };
        var listener = PgListener.Start(new(options.Serve.Address, options.Serve.PgPort), host);
        new PageMap(new(logIns, HttpLogIn.HttpProtocol)).Map(web, options.Pages);
        TrinoListener? trinoListener = null;
        try
        {
            trinoListener = await StartTrinoAsync(options, certificate, logIns, logger, cancellationToken);
            await StartHttpAsync(web, options.Serve, cancellationToken);
        }
        catch
        {
            if (trinoListener is not null) await trinoListener.DisposeAsync();
            await listener.DisposeAsync();
            await web.DisposeAsync();
            throw;
        }

        state.IsServing = true;
        return new(options, web, listener, trinoListener, state, logIns, logger)
        {
            HttpAddress = new(web.Urls.First()), IssuerKeys = issuerKeys,
        };
    }

    /// <summary>
    /// Accepts no more clients, lets running statements continue for the time of <c>drain</c>, and ends.
    /// </summary>
    public async Task StopAsync()
    {
        health.IsServing = false;
        log.Stopping(options.Serve.Drain.TotalSeconds);
        await Task.WhenAll(pg.StopAsync(options.Serve.Drain), trino.StopAsync(options.Serve.Drain));
        await http.StopAsync(CancellationToken.None);
        await desk.FlushAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await pg.DisposeAsync();
        await trino.DisposeAsync();
        await http.DisposeAsync();
        IssuerKeys.Dispose();
    }

    static Task<TrinoListener> StartTrinoAsync(
        ServerOptions options, X509Certificate2? certificate, Authenticator desk, ILogger logger,
        CancellationToken cancellationToken)
    {
        var logIn = new HttpLogIn(desk, HttpLogIn.TrinoProtocol);
        return TrinoListener.StartAsync(
            new(options.Serve.Address, options.Serve.TrinoPort), certificate, new TextLoggerProvider(options.Log),
            new(new(options.Sql.Host), logIn, options.Clock, logger)
            {
                QueriesMax = options.Serve.SessionsMax, QueriesOfOwners = options.Sql.Options.SessionsOfOwners,
                Starting = new(options.Serve.StartingMax),
            }, cancellationToken);
    }

    static async Task StartHttpAsync(WebApplication web, ServeOptions serve, CancellationToken cancellationToken)
    {
        try
        {
            await web.StartAsync(cancellationToken);
        }
        catch (Exception e) when (ListenErrors.IsOne(e))
        {
            throw ListenErrors.Of(new(serve.Address, serve.HttpPort), "http_port", e);
        }
    }

    static WebApplication CreateHttp(ServerOptions options, X509Certificate2? certificate, HealthState health)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new TextLoggerProvider(options.Log));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // A failure to listen is thrown, with a message of its own.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(
                options.Serve.Address, options.Serve.HttpPort,
                listen =>
                {
                    if (certificate is not null) listen.UseHttps(certificate);
                });
        });
        var app = builder.Build();
        LoopbackGuard.Use(app, options.LogIns);
        health.Map(app);
        return app;
    }

    static (X509Certificate2? Certificate, X509Certificate2Collection Chain) CertificateOf(ServeOptions options)
    {
        var chain = new X509Certificate2Collection();
        if (options.CertificateFile is not { } file) return (null, chain);
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(file, options.KeyFile ?? file);
            chain.ImportFromPemFile(file);
            // A key that lives in memory alone cannot be used for TLS on every platform.
            return (X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null),
                chain);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Configuration, $"the certificate {file} cannot be used: {e.Message}", e)
            {
                Place = new(ServeOptions.File),
                Hint = "'certificate' and 'key' under 'serve: tls:' are files in PEM format",
            };
        }
    }
}
