using System.Net;
using System.Security.Cryptography.X509Certificates;
using Foz.Lake;
using Foz.Server.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Logging;

namespace Foz.Server.Trino;

/// <summary>Listens for clients of Trino's protocol.</summary>
sealed class TrinoListener : IAsyncDisposable
{
    const int HeadersBytesMax = 512 * 1024;
    const int BodyBytesMax = 8 << 20;

    readonly WebApplication web;
    readonly TrinoQueries queries;

    TrinoListener(WebApplication web, TrinoQueries queries) => (this.web, this.queries) = (web, queries);

    /// <summary>Where it listens.</summary>
    public Uri Address => new(web.Urls.First());

    /// <summary>Starts to listen.</summary>
    /// <param name="endPoint">The address and port.</param>
    /// <param name="certificate">What TLS is made with; null for none.</param>
    /// <param name="logs">Where events are logged.</param>
    /// <param name="host">What statements share.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when the port is taken, or may not be used.</exception>
    public static async Task<TrinoListener> StartAsync(
        IPEndPoint endPoint, X509Certificate2? certificate, ILoggerProvider logs, TrinoHost host,
        CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(logs);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // A failure to listen is thrown, with a message of its own.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.AddResponseCompression(options =>
        {
            options.EnableForHttps = true;
            options.Providers.Add<GzipCompressionProvider>();
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Clients send the statements that they have prepared with each request.
            kestrel.Limits.MaxRequestHeadersTotalSize = HeadersBytesMax;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Limits.RequestHeadersTimeout = TrinoStart.TimeMax;
            kestrel.Listen(
                endPoint,
                listen =>
                {
                    TrinoStart.Limit(listen, host.Starting);
                    if (certificate is not null) listen.UseHttps(certificate);
                });
        });
        var app = builder.Build();
        host.LogIn.Guard(app);
        app.UseResponseCompression();
        app.Use(AnswerAbortedAsync);
        var running = new TrinoQueries(host);
        new TrinoEndpoints(host, running).Map(app);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (ListenErrors.IsOne(e))
        {
            await app.DisposeAsync();
            throw ListenErrors.Of(endPoint, "trino_port", e);
        }

        running.Start();
        return new(app, running);
    }

    /// <summary>Accepts no more statements, and lets running ones continue for a time.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        await queries.StopAsync(limit);
        await web.StopAsync(CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await queries.DisposeAsync();
        await web.DisposeAsync();
    }

    /// <summary>A client that goes while it waits is no error.</summary>
    static async Task AnswerAbortedAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
    }
}
