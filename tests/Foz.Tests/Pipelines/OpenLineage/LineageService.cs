using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Foz.Tests.Pipelines.OpenLineage;

/// <summary>A service on this machine that takes events.</summary>
sealed class LineageService : IDisposable
{
    readonly HttpListener listener = new();
    readonly ConcurrentQueue<LineageRequest> requests = new();

    public LineageService()
    {
        Url = UnusedUrl();
        listener.Prefixes.Add(Url);
        listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>What the first request is answered.</summary>
    public HttpStatusCode FirstAnswer { get; init; } = HttpStatusCode.Created;

    /// <summary>True where it reads and never answers.</summary>
    public bool Hangs { get; init; }

    public string Url { get; }

    public IReadOnlyList<LineageRequest> Requests => [.. requests];

    /// <summary>An address at which nothing listens.</summary>
    public static string UnusedUrl()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
    }

    public void Dispose() => listener.Close();

    async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var body = await reader.ReadToEndAsync();
                var isFirst = requests.IsEmpty;
                requests.Enqueue(new(
                    context.Request.HttpMethod, context.Request.Url!.AbsolutePath,
                    context.Request.Headers["Authorization"], body));
                if (Hangs) continue;
                context.Response.StatusCode = (int)(isFirst ? FirstAnswer : HttpStatusCode.Created);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // It was closed.
        }
    }
}

/// <summary>What the service got.</summary>
sealed record LineageRequest(string Method, string Path, string? Authorization, string Body);
