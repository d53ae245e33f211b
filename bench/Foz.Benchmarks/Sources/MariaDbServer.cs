using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Foz.Benchmarks.Sources;

/// <summary>A MariaDB server of its own in a folder, on a free port of the loopback address.</summary>
sealed class MariaDbServer : IDisposable
{
    readonly string folder;
    readonly Process process;

    MariaDbServer(string folder, Process process, int port) =>
        (this.folder, this.process, Port) = (folder, process, port);

    public int Port { get; }

    public string ConnectionString => $"Server=127.0.0.1;Port={Port};User ID=foz;Database=bench;SSL Mode=None";

    /// <summary>Starts a server with data of its own, which go with it.</summary>
    /// <param name="work">Where the folder is.</param>
    /// <param name="settings">More arguments of the server.</param>
    public static MariaDbServer Start(WorkFolder work, params string[] settings)
    {
        if (!File.Exists("/usr/sbin/mariadbd")) throw new SkippedException("there is no MariaDB on this machine");
        var home = work.Sub(Path.GetRandomFileName());
        Run("mariadb-install-db", "--no-defaults", $"--datadir={home}/data", $"--user={Environment.UserName}",
            "--auth-root-authentication-method=normal", "--skip-test-db");
        File.WriteAllText(
            Path.Combine(home, "init.sql"),
            "CREATE DATABASE bench;\nCREATE USER foz@localhost;\nGRANT ALL ON bench.* TO foz@localhost;\n");
        var port = FreePort();
        string[] arguments =
        [
            "--no-defaults", $"--datadir={home}/data", $"--user={Environment.UserName}", $"--port={port}",
            "--bind-address=127.0.0.1", $"--socket={home}/s", $"--pid-file={home}/pid", $"--init-file={home}/init.sql",
            "--innodb-buffer-pool-size=1G", "--innodb-flush-log-at-trx-commit=0",
            .. settings,
        ];
        var started = Process.Start(
            new ProcessStartInfo("/usr/sbin/mariadbd", arguments)
            {
                UseShellExecute = false, RedirectStandardError = true,
            })!;
        while (started.StandardError.ReadLine() is { } line)
            if (line.Contains("ready for connections", StringComparison.Ordinal))
            {
                // Keeps reading, so that the server never waits for its log to be read.
                _ = started.StandardError.ReadToEndAsync();
                return new(home, started, port);
            }
        throw new InvalidOperationException("MariaDB does not start");
    }

    /// <summary>Runs a client with a statement.</summary>
    public void Execute(string sql) => Run("mariadb", "--no-defaults", $"--socket={folder}/s", "-u", "root", "bench", "-e", sql);

    /// <summary>Dumps a table to nowhere.</summary>
    public void Dump(string table) => Run(
        "mariadb-dump", "--no-defaults", "-h", "127.0.0.1", "-P", $"{Port}", "--protocol=tcp", "-u", "foz", "--skip-ssl",
        "--single-transaction", "--result-file=/dev/null", "bench", table);

    /// <summary>Copies the binary logs from one on, as the server sends them.</summary>
    public void CopyLogs(string first, string folder) => Run(
        "mariadb-binlog", "--no-defaults", "-h", "127.0.0.1", "-P", $"{Port}", "--protocol=tcp", "-u", "foz",
        "--skip-ssl", "--read-from-remote-server", "--raw", "--to-last-log", $"--result-file={folder}/", first);

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    static void Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        using var client = Process.Start(start)!;
        client.StandardOutput.ReadToEnd();
        client.WaitForExit();
        if (client.ExitCode != 0) throw new InvalidOperationException($"{file} ended with {client.ExitCode}");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
