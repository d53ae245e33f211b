using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foz.Tests;

namespace Foz.AcceptanceTests.Stores;

/// <summary>A server of a storage API that runs on node, with its data in a folder of its own.</summary>
public sealed class NodeServer : IAsyncDisposable
{
    const int StartsMax = 3;

    readonly string folder;
    readonly Process process;

    NodeServer(string folder, Process process, int port) => (this.folder, this.process, Port) = (folder, process, port);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Its port on this machine.</summary>
    public int Port { get; }

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="script">The script below <c>node_modules</c>.</param>
    /// <param name="arguments">Its arguments, made from its folder and port.</param>
    public static async Task<NodeServer> StartAsync(string script, Func<string, int, IEnumerable<string>> arguments)
    {
        var modules = Path.Combine(Repository.Root, "tests", "Foz.AcceptanceTests", "Stores", "node_modules");
        const string remedy = "the object stores' servers are not installed: run .ci/install-test-tools";
        var isAbsent = !Directory.Exists(modules);
        if (Environment.GetEnvironmentVariable("CI") is not "true") Assert.SkipWhen(isAbsent, remedy);
        Assert.False(isAbsent, remedy);
        var data = Directory.CreateTempSubdirectory("foz-node-").FullName;
        for (var start = 1; ; start++)
            if (await TryStartAsync(data, Path.Combine(modules, script), arguments) is { } server) return server;
            // Another process may have taken the port meanwhile.
            else Assert.True(start < StartsMax, $"{script} ended {StartsMax} times");
    }

    /// <returns>The server; null where it ended instead of listening.</returns>
    static async Task<NodeServer?> TryStartAsync(
        string data, string script, Func<string, int, IEnumerable<string>> arguments)
    {
        var port = FreePort();
        var node = Process.Start(new ProcessStartInfo("node", [script, .. arguments(data, port)])
        {
            UseShellExecute = false, WorkingDirectory = data, RedirectStandardOutput = true,
            Environment = { ["AZURITE_ACCOUNTS"] = AzuriteServer.Accounts },
        })!;
        node.OutputDataReceived += static (_, _) => { };
        node.BeginOutputReadLine();
        var server = new NodeServer(data, node, port);
        while (!await server.ListensAsync() && !node.HasExited) await Task.Delay(50, Cancel);
        if (!node.HasExited) return server;
        node.Dispose();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    async Task<bool> ListensAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, Cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
