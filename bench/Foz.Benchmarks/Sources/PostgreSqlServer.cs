using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Foz.Benchmarks.Sources;

/// <summary>A PostgreSQL server of its own in a folder, on a free port of the loopback address.</summary>
sealed class PostgreSqlServer : IDisposable
{
    readonly string bin;
    readonly string data;

    PostgreSqlServer(string bin, string data, int port) => (this.bin, this.data, Port) = (bin, data, port);

    public int Port { get; }

    public string Url => $"postgres://postgres@127.0.0.1:{Port}/postgres?sslmode=disable";

    /// <summary>What Npgsql connects with.</summary>
    public string ClientOptions => $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres";

    /// <summary>The process that starts one for each client.</summary>
    public int Id =>
        int.Parse(File.ReadLines(Path.Combine(data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>The processor time of all clients' processes that have ended, in ticks of the system.</summary>
    public double EndedClientsTicks
    {
        get
        {
            // After the name in parentheses: fields 16 and 17 are those of children.
            var text = File.ReadAllText($"/proc/{Id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return double.Parse(fields[13], CultureInfo.InvariantCulture)
                + double.Parse(fields[14], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Starts a server with data of its own, which go with it.</summary>
    /// <param name="work">Where its data are.</param>
    /// <param name="settings">More settings, each as <c>-c name=value</c>.</param>
    public static PostgreSqlServer Start(WorkFolder work, string settings = "")
    {
        var folder = work.Sub(Path.GetRandomFileName());
        const string Installed = "/usr/lib/postgresql";
        var versions = Directory.Exists(Installed) ? Directory.GetDirectories(Installed).Order().ToList() : [];
        if (versions.Count == 0) throw new SkippedException("there is no PostgreSQL on this machine");
        var server = new PostgreSqlServer(
            Path.Combine(versions[^1], "bin"), Path.Combine(folder, "data"), FreePort());
        Run("chmod", "777", Path.GetDirectoryName(folder)!, folder);
        server.RunAsServer("initdb", "-D", server.data, "-A", "trust", "-U", "postgres", "--no-sync");
        server.RunAsServer(
            "pg_ctl", "-D", server.data, "-w", "-l", Path.Combine(folder, "log"), "-o",
            $"-p {server.Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c "
                + $"shared_buffers=512MB -c max_wal_size=4GB {settings}", "start");
        return server;
    }

    /// <summary>Runs psql with a command; its output is thrown away.</summary>
    public void Psql(string command) => Run(
        Path.Combine(bin, "psql"), "-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-X", "-q", "-v",
        "ON_ERROR_STOP=1", "-c", command);

    /// <summary>Runs a program of PostgreSQL as a client; its output is thrown away.</summary>
    public void RunClient(string program, params string[] arguments) => Run(
        Path.Combine(bin, program), ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", .. arguments]);

    public void Dispose()
    {
        RunAsServer("pg_ctl", "-D", data, "-m", "immediate", "stop");
        Directory.Delete(data, recursive: true);
    }

    void RunAsServer(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(bin, program), .. arguments];
        // PostgreSQL refuses to be root.
        if (Environment.UserName == "root") Run("runuser", ["-u", "postgres", "--", .. command]);
        else Run(command[0], command[1..]);
    }

    static void Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false, WorkingDirectory = "/", RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        if (file != "runuser") process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{file} ended with {process.ExitCode}");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
