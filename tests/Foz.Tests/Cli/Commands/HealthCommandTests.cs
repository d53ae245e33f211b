using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Foz.Tests.Cli.Commands;

/// <summary><c>foz health</c>.</summary>
public sealed class HealthCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("200 OK", "ready", 0)]
    [InlineData("503 Service Unavailable", "the lake cannot be reached", 1)]
    public async Task It_says_what_the_server_says(string status, string text, int exitCode)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        foz.Write("foz.yml", $"name: shop\nlake: lake\nserve: {{http_port: {port}, address: 0.0.0.0}}\n");
        var served = AnswerAsync(server, status, text);
        var output = await foz.RunAsync("health");
        Assert.StartsWith("GET /readyz HTTP/1.1\r\n", await served, StringComparison.Ordinal);
        Assert.Equal(exitCode, output.ExitCode);
        Assert.Contains(text, exitCode == 0 ? output.Out : output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_an_error_with_a_hint()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        foz.Write("foz.yml", "name: shop\nlake: lake\n");
        var output = await foz.RunAsync("health", "--http-port", $"{port}");
        Assert.Equal(1, output.ExitCode);
        Assert.Contains($"http://127.0.0.1:{port}/readyz does not answer", output.Error, StringComparison.Ordinal);
        Assert.Contains("start it with foz serve", output.Error, StringComparison.Ordinal);
    }

    static async Task<string> AnswerAsync(TcpListener server, string status, string text)
    {
        var ct = TestContext.Current.CancellationToken;
        using var client = await server.AcceptTcpClientAsync(ct);
        var request = new byte[4096];
        var length = await client.GetStream().ReadAsync(request, ct);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Length: {text.Length + 1}\r\nConnection: close\r\n\r\n{text}\n"), ct);
        return Encoding.ASCII.GetString(request, 0, length);
    }
}
