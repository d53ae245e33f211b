using System.Net;
using System.Net.Sockets;

namespace Foz.Tests.Cli.Commands;

/// <summary>What <c>foz serve</c> says when it starts.</summary>
public sealed class ServeCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("0.0.0.0", true)]
    [InlineData("127.0.0.1", false)]
    public async Task An_address_of_others_without_encryption_is_warned_of(string address, bool warns)
    {
        foz.Write("foz.yml", $"name: t\nlake: lake\nmemory: 512MB\nserve: {{address: {address}}}\n");
        foz.Write("policies/users.yml", "users:\n  - name: ana\n");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var port = FreePort();

        var host = foz.RunAsync(
            stop.Token, "serve", "--pg-port", $"{port}", "--trino-port", "0", "--http-port", "0");
        while (!host.IsCompleted && !await AnswersAsync(port)) await Task.Delay(50, stop.Token);
        await stop.CancelAsync();
        var result = await host;

        Assert.Contains($"PostgreSQL on {address}:{port}", result.Out, StringComparison.Ordinal);
        Assert.Equal(warns, result.Error.Contains("without encryption", StringComparison.Ordinal));
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
