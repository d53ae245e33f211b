using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Foz.Tests;

enum ServerFault
{
    None,
    InternalError,
    Unavailable,

    /// <summary>S3's answer to two conditional writes that met: neither may have happened.</summary>
    Undecided,

    /// <summary>The connection breaks before the request takes effect.</summary>
    ResetBefore,

    /// <summary>The request takes effect, then the connection breaks.</summary>
    ResetAfter,

    /// <summary>The answer's body stops in its middle, with the connection.</summary>
    Torn,
    Slow,

    /// <summary>The answer waits until another request is under way, or for a minute.</summary>
    Joined,
}

/// <summary>An answer of a loopback server.</summary>
sealed record LoopbackAnswer(int Status, byte[] Body, string ContentType = "application/xml")
{
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public static LoopbackAnswer Of(int status, string body, string contentType = "application/xml") =>
        new(status, Encoding.UTF8.GetBytes(body), contentType);
}

/// <summary>A request to a loopback server; the path and the query's values are unescaped.</summary>
sealed record LoopbackRequest(
    string Method, string Path, Dictionary<string, string> Query, WebHeaderCollection Headers, byte[] Body);

/// <summary>An HTTP server on a free port of this machine, whose faults come from a seed or are queued.</summary>
abstract class LoopbackServer : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Task serving;
    readonly Random random;
    readonly Lock gate = new();

    protected LoopbackServer(int? seed)
    {
        Seed = seed;
        random = new(seed ?? 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        serving = Task.Run(ServeAsync);
    }

    public int? Seed { get; }

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}";

    public LoopbackBucket Bucket { get; } = new();

    /// <summary>How many objects a page of a listing has.</summary>
    public int PageMax { get; set; } = 1000;

    /// <summary>Faults of the next requests that a test asks for, before those by the seed.</summary>
    public Queue<ServerFault> NextFaults { get; } = new();

    /// <summary>How long each answer takes besides.</summary>
    public TimeSpan Delay { get; set; }

    public int Requests { get; private set; }

    /// <summary>Gets called with each request, one at a time.</summary>
    public Action<LoopbackRequest>? OnRequest { get; set; }

    public int Faults { get; private set; }

    /// <summary>The most requests that were under way at once.</summary>
    public int ParallelMax { get; private set; }

    int current;

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
    }

    protected abstract LoopbackAnswer Answer(LoopbackRequest request);

    protected abstract LoopbackAnswer Fault(int status, string code);

    /// <summary>Whether a request is one that services answer undecided.</summary>
    protected virtual bool CanBeUndecided(LoopbackRequest request) => false;

    protected static LoopbackAnswer Ranged(LoopbackRequest request, LoopbackObject found)
    {
        if (request.Headers["Range"] is not { } range)
            return new(200, found.Content, "application/octet-stream");
        var bounds = range["bytes=".Length..].Split('-');
        var start = int.Parse(bounds[0]);
        var end = Math.Min(bounds[1].Length == 0 ? int.MaxValue : int.Parse(bounds[1]), found.Content.Length - 1);
        if (start >= found.Content.Length)
            return new(416, []) { Headers = { ["Content-Range"] = $"bytes */{found.Content.Length}" } };
        return new(206, found.Content[start..(end + 1)], "application/octet-stream")
        {
            Headers = { ["Content-Range"] = $"bytes {start}-{end}/{found.Content.Length}" },
        };
    }

    async Task ServeAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync();
            }
            catch (Exception error)
                when (error is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await using var stream = new BufferedStream(client.GetStream(), 64 << 10);
                while (await ReadAsync(stream) is { } request && await HandleAsync(stream, request)) { }
                // Closed at once, with a reset, as a service that dies closes.
                client.LingerState = new(true, 0);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
            {
                // The client or the test ended first.
            }
        }
    }

    /// <summary>Answers a request.</summary>
    /// <returns>Whether the connection stays open.</returns>
    async Task<bool> HandleAsync(Stream stream, LoopbackRequest request)
    {
        lock (gate) ParallelMax = Math.Max(ParallelMax, ++current);
        try
        {
            if (Delay > TimeSpan.Zero) await Task.Delay(Delay);
            var fault = NextFault(request);
            if (fault is ServerFault.Slow) await Task.Delay(20);
            for (var turn = 0; fault is ServerFault.Joined && Volatile.Read(ref current) < 2 && turn < 3000; turn++)
                await Task.Delay(20);
            if (fault is ServerFault.ResetBefore) return false;
            var answer = fault switch
            {
                ServerFault.InternalError => Fault(500, "InternalError"),
                ServerFault.Unavailable => Fault(503, "SlowDown"),
                ServerFault.Undecided => Fault(409, "ConditionalRequestConflict"),
                _ => Answer(request),
            };
            if (fault is ServerFault.ResetAfter) return false;
            await SendAsync(stream, request, answer, isTorn: fault is ServerFault.Torn);
            return fault is not ServerFault.Torn;
        }
        finally
        {
            lock (gate) current--;
        }
    }

    ServerFault NextFault(LoopbackRequest request)
    {
        lock (gate)
        {
            Requests++;
            OnRequest?.Invoke(request);
            if (!NextFaults.TryDequeue(out var fault))
                fault = Seed is not null && random.Next(4) == 0 ? (ServerFault)random.Next(1, 8) : ServerFault.None;
            if (fault is ServerFault.Undecided && !CanBeUndecided(request)) fault = ServerFault.InternalError;
            if (fault is ServerFault.Torn && request.Method is not "GET") fault = ServerFault.ResetAfter;
            if (fault is not ServerFault.None) Faults++;
            return fault;
        }
    }

    static async Task SendAsync(Stream stream, LoopbackRequest request, LoopbackAnswer answer, bool isTorn)
    {
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} x\r\nContent-Type: {answer.ContentType}\r\n");
        if (answer.Status != 204) head.Append($"Content-Length: {answer.Body.Length}\r\n");
        foreach (var (name, value) in answer.Headers) head.Append($"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        if (request.Method is not "HEAD")
            await stream.WriteAsync(answer.Body.AsMemory(0, isTorn ? answer.Body.Length / 2 : answer.Body.Length));
        await stream.FlushAsync();
    }

    static async Task<LoopbackRequest?> ReadAsync(Stream stream)
    {
        if (await ReadLineAsync(stream) is not { Length: > 0 } line) return null;
        var headers = new WebHeaderCollection();
        while (await ReadLineAsync(stream) is { Length: > 0 } header)
            headers.Add(header[..header.IndexOf(':')], header[(header.IndexOf(':') + 1)..].Trim());
        var body = new byte[int.Parse(headers["Content-Length"] ?? "0")];
        await stream.ReadExactlyAsync(body);
        var parts = line.Split(' ');
        return Parse(parts[0], parts[1], headers, body);
    }

    static async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            if (one[0] == '\n') return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }
        return null;
    }

    static LoopbackRequest Parse(string method, string raw, WebHeaderCollection headers, byte[] body)
    {
        var mark = raw.IndexOf('?');
        var query = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in (mark < 0 ? "" : raw[(mark + 1)..]).Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = part.Split('=', 2);
            query[Uri.UnescapeDataString(pair[0])] = pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "";
        }
        return new(method, mark < 0 ? raw : raw[..mark], query, headers, body);
    }
}
