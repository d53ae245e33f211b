using System.Net;
using System.Security.Cryptography;
using System.Text;
using Foz.Server.Pages;
using Microsoft.AspNetCore.Http;
using Prometheus;

namespace Foz.Server.Metrics;

/// <summary>Who may read the page of metrics.</summary>
/// <param name="OpensLoopback">Whether any program of this machine may.</param>
/// <param name="Token">A token with which a program may that is no user; null for none.</param>
public sealed record MetricsRights(bool OpensLoopback, string? Token);

/// <summary><c>/metrics</c>: what Prometheus scrapes.</summary>
public sealed class MetricsPage : IDisposable
{
    const string Bearer = "Bearer ", ContentType = "text/plain; version=0.0.4; charset=utf-8";

    readonly CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();
    readonly MeterBridge bridge;
    readonly SemaphoreSlim gate = new(1);
    readonly MetricsRights rights;

    /// <summary>Begins to keep metrics.</summary>
    /// <param name="rights">Who may read them.</param>
    /// <param name="labels">What every series carries.</param>
    public MetricsPage(MetricsRights rights, IReadOnlyDictionary<string, string> labels)
    {
        this.rights = rights;
        registry.SetStaticLabels(labels.ToDictionary());
        bridge = new(registry);
        DotNetStats.Register(registry);
    }

    /// <summary>Gets the page.</summary>
    public HttpPage Page => new("GET", "/metrics", AnswerAsync) { NeedsLogIn = true, Admits = Admits };

    /// <inheritdoc/>
    public void Dispose()
    {
        bridge.Dispose();
        gate.Dispose();
    }

    /// <summary>Whether a request is answered without a log-in.</summary>
    bool Admits(HttpContext context)
    {
        if (rights.OpensLoopback && context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address))
            return true;
        var authorization = $"{context.Request.Headers.Authorization}";
        return rights.Token is { } token
            && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(
                SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Bearer.Length..].Trim())),
                SHA256.HashData(Encoding.UTF8.GetBytes(token)));
    }

    async Task AnswerAsync(HttpContext context)
    {
        using var text = new MemoryStream();
        await gate.WaitAsync(context.RequestAborted);
        try
        {
            bridge.Collect();
            await registry.CollectAndExportAsTextAsync(text, context.RequestAborted);
        }
        finally
        {
            gate.Release();
        }
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = text.Length;
        text.Position = 0;
        await text.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
