using System.CommandLine;
using System.Net;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Cli.Commands.Serving;

/// <summary><c>foz health</c>: whether <c>foz serve</c> serves, for containers without a shell.</summary>
static class HealthCommand
{
    public const string Name = "health";

    /// <summary>Longer than the server itself waits for its lake.</summary>
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);

    public static Command Create(CommandContext context)
    {
        var httpPort = new Option<int?>("--http-port")
        {
            HelpName = "port",
            Description = "The port of HTTP of foz serve (default: http_port of foz.yml, else 8080)",
        };
        var command = new ExampleCommand(
            Name, "Check that foz serve of the project serves clients",
            ["foz health", "foz health --http-port 18080"])
        {
            httpPort,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var serve = Workspace.FileOf(context, arguments).Serve;
            var port = ServeCommand.PortOf(arguments, httpPort) ?? serve.HttpPort;
            context.Shell.Out.WriteLine(await AskAsync(AddressOf(serve, port), cancellationToken));
        });
        return command;
    }

    /// <summary>A server that listens everywhere is asked on this machine's own address.</summary>
    static Uri AddressOf(ServeOptions serve, int port)
    {
        var address = serve.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : serve.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : serve.Address;
        return new($"{(serve.CertificateFile is null ? "http" : "https")}://{new IPEndPoint(address, port)}/readyz");
    }

    static async Task<string> AskAsync(Uri address, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            // Nothing secret is sent, and the certificate names the host that clients know, which this address is not.
#pragma warning disable CA5359
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
#pragma warning restore CA5359
        };
        using var http = new HttpClient(handler) { Timeout = Timeout };
        try
        {
            using var answer = await http.GetAsync(address, cancellationToken);
            var text = (await answer.Content.ReadAsStringAsync(cancellationToken)).Trim();
            return answer.IsSuccessStatusCode
                ? text
                : throw new FozException(ErrorKind.Source, $"{address} answers {(int)answer.StatusCode}: {text}");
        }
        catch (Exception e) when (e is HttpRequestException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FozException(ErrorKind.Source, $"{address} does not answer: {e.Message}")
            {
                Hint = "start it with foz serve, or name its port with --http-port",
            };
        }
    }
}
