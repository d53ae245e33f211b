using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Foz.Tests.Cli.Telemetry;

/// <summary>A collector of OpenTelemetry's protocol, over HTTP or gRPC, that keeps what it gets.</summary>
sealed class OtlpCollector : IAsyncDisposable
{
    readonly WebApplication app;

    OtlpCollector(WebApplication app) => this.app = app;

    /// <summary>What came: the path, the header x-key, and the body.</summary>
    public ConcurrentQueue<(string Path, string Key, byte[] Body)> Requests { get; } = [];

    public string Address => app.Urls.First();

    /// <summary>How long it takes to answer.</summary>
    public TimeSpan Delay { get; set; }

    public static async Task<OtlpCollector> StartAsync(bool isGrpc)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0,
            listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var collector = new OtlpCollector(builder.Build());
        collector.app.MapPost("/{**path}", context => collector.AnswerAsync(context, isGrpc));
        await collector.app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>The bodies of a kind of data as text, in which names can be looked for.</summary>
    public string TextOf(string path) => string.Concat(
        Requests.Where(request => request.Path.Contains(path, StringComparison.OrdinalIgnoreCase))
            .Select(request => Encoding.Latin1.GetString(request.Body)));

    public ValueTask DisposeAsync() => app.DisposeAsync();

    async Task AnswerAsync(HttpContext context, bool isGrpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Requests.Enqueue(($"{context.Request.Path}", $"{context.Request.Headers["x-key"]}", body.ToArray()));
        await Task.Delay(Delay, context.RequestAborted);
        if (!isGrpc) return;
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
