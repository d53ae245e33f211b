using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>
/// A real PostgreSQL server in a folder of its own, on a free port, with TLS and SCRAM. It starts when a test first
/// asks for it, and ends with the tests, even if these are killed. It is of the newest version that Debian has
/// installed, or the one that lies in <c>FOZ_POSTGRESQL_HOME</c>.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    public const string Password = "a secret: p@ss/w%rd 'ç";
    const string Superuser = "postgres";
    const string HomesOfVersions = "/usr/lib/postgresql";
    const int StartsMax = 3;
    const int RestartsMax = 100;

    static int databaseCount;

    readonly SemaphoreSlim starting = new(1);
    readonly string folder = Path.Combine(Path.GetTempPath(), $"foz-postgresql-{Guid.NewGuid():N}");
    Process? process;

    /// <summary>The port it listens on, at localhost.</summary>
    public int Port { get; private set; }

    /// <summary>The folder of its Unix socket.</summary>
    public string SocketFolder => folder;

    /// <summary>The certificate that its own is signed with.</summary>
    public string RootCertificateFile => ServerCertificates.RootFile(folder);

    /// <summary>A connection of the superuser.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        await StartAsync();
        var connection = new NpgsqlConnection(
            $"Host={folder};Port={Port};Database={database};Username={Superuser};Pooling=false;Include Error "
                + "Detail=true;"
            + "Timeout=300;Command Timeout=0");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    /// <summary>Makes an empty database.</summary>
    /// <param name="settings">What follows <c>CREATE DATABASE name</c>.</param>
    public async Task<PostgreSqlDatabase> CreateDatabaseAsync(string settings = "")
    {
        var name = $"test_{Interlocked.Increment(ref databaseCount)}";
        await using var connection = await ConnectAsync(Superuser);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name} {settings}", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return new PostgreSqlDatabase(this, name);
    }

    /// <summary>Kills the server as a power cut would.</summary>
    public void Kill()
    {
        var pid = File.ReadLines(Path.Combine(folder, "data", "postmaster.pid")).First();
        // Those that serve connections too: they do not see at once that they are alone.
        using var kill = Start("bash", "-c", $"kill -9 {pid} $(pgrep -P {pid})");
        kill.WaitForExit();
    }

    /// <summary>Starts the server again that was killed, at the same port.</summary>
    public async Task RestartAsync()
    {
        // The shell around it ends only once nothing holds its input.
        process!.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.Dispose();
        process = null;
        for (var start = 1; process is null; start++)
        {
            process = await RunServerAsync(Home());
            Assert.True(process is not null || start < RestartsMax, "the server does not start again");
            // A child of the killed server that still ends holds its shared memory.
            if (process is null) await Task.Delay(200, TestContext.Current.CancellationToken);
        }
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

    static string Home()
    {
        if (Environment.GetEnvironmentVariable("FOZ_POSTGRESQL_HOME") is { Length: > 0 } other) return other;
        var homes = Directory.Exists(HomesOfVersions) ? Directory.GetDirectories(HomesOfVersions) : [];
        var home = homes.Where(h => File.Exists(Path.Combine(h, "bin", "postgres")))
            .MaxBy(h => int.TryParse(Path.GetFileName(h), out var version) ? version : 0);
        if (Environment.GetEnvironmentVariable("CI") is not "true")
            Assert.SkipWhen(home is null, $"no PostgreSQL in {HomesOfVersions}");
        Assert.True(home is not null, $"no PostgreSQL in {HomesOfVersions}");
        return home!;
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

    /// <summary>PostgreSQL refuses to run as root.</summary>
    static Process StartAsServer(string file, params string[] arguments) => Environment.UserName == "root"
        ? Start("runuser", ["-u", Superuser, "--", file, .. arguments])
        : Start(file, arguments);

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
            var home = Home();
            await MakeFolderAsync(home);
            for (var start = 1; process is null; start++)
            {
                Port = FreePort();
                process = await RunServerAsync(home);
                Assert.True(process is not null || start < StartsMax, "the server does not start");
            }
        }
        finally
        {
            starting.Release();
        }

        await using var connection = await ConnectAsync(Superuser);
        await using var command = new NpgsqlCommand(
            $"CREATE ROLE foz LOGIN PASSWORD '{Password.Replace("'", "''")}'", connection);
        await command.ExecuteNonQueryAsync();
    }

    async Task MakeFolderAsync(string home)
    {
        Directory.CreateDirectory(folder);
        ServerCertificates.Write(folder);
        await RunAsync(Start("chmod", "600", Path.Combine(folder, "server.key")));
        if (Environment.UserName == "root") await RunAsync(Start("chown", "-R", Superuser, folder));
        await RunAsync(StartAsServer(
            Path.Combine(home, "bin", "initdb"),
            "-D", Path.Combine(folder, "data"), "-U", Superuser, "-E", "UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"));
        await File.WriteAllTextAsync(Path.Combine(folder, "data", "pg_hba.conf"), """
            local   all postgres                    trust
            local   all all                         scram-sha-256
            host    all in_clear_text 127.0.0.1/32  password
            host    all with_md5      127.0.0.1/32  md5
            hostssl all only_tls      127.0.0.1/32  scram-sha-256
            host    all only_tls      127.0.0.1/32  reject
            host    all refused       127.0.0.1/32  reject
            host    all all           127.0.0.1/32  scram-sha-256
            host    all all           ::1/128       scram-sha-256
            """);
    }

    /// <summary>
    /// Runs the server under a shell that ends it as soon as no process holds the other end of its standard input.
    /// </summary>
    async Task<Process?> RunServerAsync(string home)
    {
        string[] settings =
        [
            $"port={Port}", "listen_addresses=localhost", $"unix_socket_directories={folder}", "fsync=off",
            "max_connections=60", "wal_level=logical", "logical_decoding_work_mem=64kB", "max_replication_slots=400",
            "max_wal_senders=60",
            "password_encryption=scram-sha-256", "ssl=on",
            $"ssl_cert_file={folder}/server.crt", $"ssl_key_file={folder}/server.key", "lc_messages=C",
        ];
        var server = $"{home}/bin/postgres -D {folder}/data {string.Join(' ', settings.Select(s => $"-c {s}"))}";
        var shell = StartAsServer("sh", "-c", $"{server} & pid=$!; cat > /dev/null; kill -INT $pid; wait $pid");
        while (await shell.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains("FATAL", StringComparison.Ordinal)) break;
            if (!line.Contains("ready to accept connections", StringComparison.Ordinal)) continue;
            // Keeps reading, so that the server never waits for its log to be read.
            _ = shell.StandardError.ReadToEndAsync();
            _ = shell.StandardOutput.ReadToEndAsync();
            return shell;
        }

        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        shell.Dispose();
        return null;
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
