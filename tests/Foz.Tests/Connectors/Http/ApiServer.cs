using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Foz.Tests.Connectors.Http;

/// <summary>What a test's server answers.</summary>
public sealed record ApiAnswer(int Status, string Body = "")
{
    public string Type { get; init; } = "application/json";
    public (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>Whether the connection is cut in the middle of the body.</summary>
    public bool IsCut { get; init; }

    /// <summary>Whether the server falls silent in the middle of the body.</summary>
    public bool Hangs { get; init; }

    public static implicit operator ApiAnswer(string body) => new(200, body);
}

/// <summary>A request that a test's server was sent.</summary>
public sealed record ApiRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Query, string Body, WebHeaderCollection Headers)
{
    public string? this[string parameter] => Query.GetValueOrDefault(parameter);
}

/// <summary>An API on the loopback address that answers as a test says, and notes what it is asked.</summary>
public sealed class ApiServer : IDisposable
{
    readonly HttpListener listener;
    readonly CancellationTokenSource stop = new();
    readonly Func<ApiRequest, ApiAnswer> answer;

    public ApiServer(Func<ApiRequest, ApiAnswer> answer)
    {
        this.answer = answer;
        (listener, Url) = Listen();
        _ = ListenAsync();
    }

    /// <summary>A listener at a free port of the loopback address, which it takes no port for itself.</summary>
    public static (HttpListener Listener, string Url) Listen()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            probe.Stop();
            var begun = new HttpListener { Prefixes = { $"{url}/" } };
            try
            {
                begun.Start();
                return (begun, url);
            }
            catch (HttpListenerException)
            {
                // Another process took the port meanwhile.
                begun.Close();
            }
        }
    }

    public string Url { get; }

    public ConcurrentQueue<ApiRequest> Requests { get; } = [];

    public IEnumerable<string> Targets => Requests.Select(r =>
        r.Path + (r.Query.Count == 0 ? "" : "?" + string.Join('&', r.Query.Select(q => $"{q.Key}={q.Value}"))));

    public void Dispose()
    {
        stop.Cancel();
        listener.Close();
        stop.Dispose();
    }

    async Task ListenAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            _ = AnswerAsync(context);
        }
    }

    async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            var query = context.Request.QueryString;
            var request = new ApiRequest(
                context.Request.HttpMethod, context.Request.Url!.AbsolutePath,
                query.AllKeys.OfType<string>().ToDictionary(k => k, k => query[k]!), await reader.ReadToEndAsync(),
                (WebHeaderCollection)context.Request.Headers);
            Requests.Enqueue(request);
            var made = answer(request);
            var body = Encoding.UTF8.GetBytes(made.Body);
            var response = context.Response;
            (response.StatusCode, response.ContentType, response.ContentLength64) =
                (made.Status, made.Type, body.Length);
            foreach (var (name, value) in made.Headers) response.Headers[name] = value;
            if (made.IsCut || made.Hangs)
            {
                await response.OutputStream.WriteAsync(body.AsMemory(0, body.Length / 2));
                await response.OutputStream.FlushAsync();
                if (made.Hangs) await Task.Delay(Timeout.Infinite, stop.Token);
                response.Abort();
                return;
            }
            await response.OutputStream.WriteAsync(body);
            response.Close();
        }
        catch (Exception e)
            when (e is HttpListenerException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            context.Response.Abort();
        }
    }
}
