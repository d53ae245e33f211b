using System.Net;
using Foz.Lake;

namespace Foz.Cli.Commands.Projects;

/// <summary>Serves the files of one folder to this machine alone.</summary>
sealed class StaticFileServer : IDisposable
{
    static readonly Dictionary<string, string> types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8", [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
    };

    readonly HttpListener listener = new();
    readonly string folder;

    StaticFileServer(string folder, int port)
    {
        this.folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        Url = $"http://localhost:{port}/";
        listener.Prefixes.Add(Url);
        // Windows asks for a reservation of all other names.
        if (!OperatingSystem.IsWindows()) listener.Prefixes.Add($"http://127.0.0.1:{port}/");
    }

    /// <summary>Its address.</summary>
    public string Url { get; }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="FozException">The port is taken, or is none.</exception>
    public static StaticFileServer Start(string folder, int port)
    {
        if (port is < 1 or > 65535)
            throw new FozException(ErrorKind.Usage, $"{port} is not a port") { Hint = "1 to 65535" };
        var server = new StaticFileServer(folder, port);
        try
        {
            server.listener.Start();
            return server;
        }
        catch (HttpListenerException e)
        {
            throw new FozException(ErrorKind.Usage, $"port {port} cannot be used: {e.Message}", e)
            {
                Hint = "choose another with --port",
            };
        }
    }

    /// <summary>Serves until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.Register(listener.Stop);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await AnswerAsync(await listener.GetContextAsync(), cancellationToken);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // The client disconnected, or the server was stopped.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Close();

    async Task AnswerAsync(HttpListenerContext context, CancellationToken cancellationToken)
    {
        using var response = context.Response;
        var asked = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath).TrimStart('/');
        // No file has such a name, and no folder can be looked into by it.
        var path = asked.Contains('\0', StringComparison.Ordinal) ? "" : Path.GetFullPath(Path.Combine(folder, asked));
        if (Directory.Exists(path)) path = Path.Combine(path, "index.html");
        if (context.Request.HttpMethod is not ("GET" or "HEAD")
            || !path.StartsWith(folder, StringComparison.Ordinal) || !File.Exists(path))
        {
            response.StatusCode = (int)HttpStatusCode.NotFound;
            return;
        }
        response.ContentType = types.GetValueOrDefault(Path.GetExtension(path), "application/octet-stream");
        response.Headers["X-Content-Type-Options"] = "nosniff";
        var content = await File.ReadAllBytesAsync(path, cancellationToken);
        response.ContentLength64 = content.Length;
        if (context.Request.HttpMethod == "GET") await response.OutputStream.WriteAsync(content, cancellationToken);
    }
}
