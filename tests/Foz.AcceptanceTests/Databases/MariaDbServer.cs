using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foz.AcceptanceTests.Databases;
using Foz.Tests;
using MySqlConnector;

[assembly: AssemblyFixture(typeof(MariaDbServer))]

namespace Foz.AcceptanceTests.Databases;

/// <summary>
/// A real MariaDB server in a folder of its own, on a free port, with TLS. It starts when a test first asks for it,
/// and ends with the tests, even if these are killed.
/// </summary>
public sealed class MariaDbServer : IAsyncDisposable
{
    /// <summary>The password of the user <c>foz</c>.</summary>
    public const string Password = "secret: p@ss/w%rd";

    static int databaseCount;

    readonly SemaphoreSlim starting = new(1);
    readonly string folder = Path.Combine(Path.GetTempPath(), $"foz-mariadb-{Guid.NewGuid():N}");
    Process? process;

    /// <summary>More settings of the server, each <c>name=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The port it listens on, at localhost.</summary>
    public int Port { get; private set; }

    /// <summary>The certificate that its own is signed with.</summary>
    public string RootCertificateFile => ServerCertificates.RootFile(folder);

    string Socket => Path.Combine(folder, "s");

    /// <summary>A connection of the superuser.</summary>
    public async Task<MySqlConnection> ConnectAsync(string database)
    {
        await StartAsync();
        var connection = new MySqlConnection(
            $"Server={Socket};Protocol=unix;User ID=root;Database={database};Pooling=false;Allow User Variables=true;"
                + "GUID Format=None;Treat Tiny As Boolean=false;Connection Timeout=60;Default Command Timeout=0");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    /// <summary>Makes an empty database that the user <c>foz</c> owns.</summary>
    /// <param name="settings">What follows <c>CREATE DATABASE name</c>.</param>
    public async Task<MariaDbDatabase> CreateDatabaseAsync(string settings = "")
    {
        var name = $"test_{Interlocked.Increment(ref databaseCount)}";
        await using var connection = await ConnectAsync("mysql");
        await using var command = new MySqlCommand(
            $"CREATE DATABASE {name} {settings}; GRANT ALL ON {name}.* TO foz@localhost", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return new MariaDbDatabase(this, name);
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
        starting.Dispose();
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Ends the server, and starts it again on the same port.</summary>
    public async Task RestartAsync()
    {
        process!.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.Dispose();
        process = await RunServerAsync();
    }

    static Process Start(string file, params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment = { ["LC_ALL"] = "C.UTF-8" },
        })!;

    static async Task RunAsync(Process process)
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, error + await output);
        }
    }

    async Task StartAsync()
    {
        await starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (process is not null) return;
            if (Environment.GetEnvironmentVariable("CI") is not "true")
                Assert.SkipUnless(File.Exists("/usr/sbin/mariadbd"), "no MariaDB in /usr/sbin");
            await MakeFolderAsync();
            process = await RunServerAsync();
        }
        finally
        {
            starting.Release();
        }
    }

    async Task MakeFolderAsync()
    {
        Directory.CreateDirectory(folder);
        ServerCertificates.Write(folder);
        await RunAsync(Start(
            "/usr/bin/mariadb-install-db", "--no-defaults", $"--datadir={folder}/data",
            $"--user={Environment.UserName}", "--auth-root-authentication-method=normal", "--skip-test-db"));
        await File.WriteAllTextAsync(
            $"{folder}/users.sql", $"CREATE USER IF NOT EXISTS foz@localhost IDENTIFIED BY '{Password}';\n");
    }

    /// <summary>
    /// Runs the server under a shell that ends it as soon as no process holds the other end of its standard input.
    /// </summary>
    async Task<Process> RunServerAsync()
    {
        if (Port == 0) Port = FreePort();
        string[] settings =
        [
            // A server that starts deletes the temporary tables of others in the folder that they share.
            $"datadir={folder}/data", $"tmpdir={folder}/data", $"user={Environment.UserName}", $"port={Port}", "bind-address=127.0.0.1",
            $"socket={Socket}", $"init-file={folder}/users.sql", $"pid-file={folder}/pid",
                "innodb-flush-log-at-trx-commit=0", "innodb-doublewrite=0",
            // What a server may be set to that would change values or lose rows if nothing were done about it.
            "default-time-zone=+05:30", "character-set-server=utf8mb4", "sql-mode=", "innodb-lock-wait-timeout=20",
            $"ssl-cert={folder}/server.crt", $"ssl-key={folder}/server.key", $"ssl-ca={folder}/root.crt", .. Settings,
        ];
        var server = $"/usr/sbin/mariadbd --no-defaults {string.Join(' ', settings.Select(s => $"--{s}"))}";
        var shell = Start("sh", "-c", $"{server} & pid=$!; cat > /dev/null; kill -TERM $pid; wait $pid");
        while (await shell.StandardError.ReadLineAsync() is { } line)
        {
            if (!line.Contains("ready for connections", StringComparison.Ordinal)) continue;
            // Keeps reading, so that the server never waits for its log to be read.
            _ = shell.StandardError.ReadToEndAsync();
            _ = shell.StandardOutput.ReadToEndAsync();
            return shell;
        }
        throw new InvalidOperationException("the server does not start");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
