using System.Diagnostics;
using Foz.AcceptanceTests.Clients;
using Npgsql;

[assembly: AssemblyFixture(typeof(ServedProject))]

namespace Foz.AcceptanceTests.Clients;

/// <summary>
/// A project that <c>foz serve</c> serves in a process of its own, with the user ana. It starts when a test first asks
/// for it.
/// </summary>
public sealed class ServedProject : IAsyncDisposable
{
    public const string User = "ana";

    public const string Password = "uma s3nha";

    readonly SemaphoreSlim starting = new(1);
    readonly string folder = Directory.CreateTempSubdirectory("foz-served-").FullName;
    readonly string settings;
    FozProcess? server;

    public ServedProject()
        : this("")
    {
    }

    /// <summary>Creates a project for one test.</summary>
    /// <param name="settings">The settings in its <c>foz.yml</c> in addition to the name.</param>
    internal ServedProject(string settings) => this.settings = settings;

    /// <summary>Its folder.</summary>
    internal string Folder => folder;

    /// <summary>The port of PostgreSQL's protocol.</summary>
    public int Port { get; private set; }

    /// <summary>The most bytes of memory that the server has taken, on Linux.</summary>
    internal long PeakBytes => server!.PeakBytes;

    /// <summary>The address of HTTP.</summary>
    public string Http { get; private set; } = "";

    /// <summary>The address of Trino's protocol.</summary>
    public string Trino { get; private set; } = "";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What Npgsql connects with.</summary>
    public string ConnectionString =>
        $"Host=127.0.0.1;Port={Port};Username={User};Password={Password};Database=lake;Pooling=false;"
        + "Timeout=300;Command Timeout=300;Cancellation Timeout=0;Include Error Detail=true";

    /// <summary>Lines of a shell that wait until the server works on a statement with this end.</summary>
    internal static string WaitUntilActive(string end) =>
        "until [ \"$(psql -Atc \"select count(*) from pg_stat_activity where state = 'active' and pid <> "
            + "pg_backend_pid() and query like '%"
        + end + "'\")\" = 1 ]; do sleep 0.1; done; sleep 2;";

    /// <summary>Opens a connection of Npgsql.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string more = "")
    {
        await StartAsync();
        var connection = new NpgsqlConnection(ConnectionString + ";" + more);
        await connection.OpenAsync(Cancel);
        return connection;
    }

    /// <summary>Starts the server, if it does not run yet.</summary>
    public async Task StartAsync()
    {
        await starting.WaitAsync(Cancel);
        try
        {
            if (server is not null) return;
            await File.WriteAllTextAsync(
                Path.Combine(folder, "foz.yml"), $"name: served\nmemory: 1GB\n{settings}", Cancel);
            if (!Directory.Exists(Path.Combine(folder, "policies")))
                await RunAsync("foz", $"echo '{Password}' | dotnet foz.dll --project {folder} user add {User} --owner");
            var process = FozProcess.Start(
                folder, failpoint: null, "serve", "--pg-port", "0", "--trino-port", "0", "--http-port", "0");
            var pg = await process.ReadLineAsync();
            var http = await process.ReadLineAsync();
            var trino = await process.ReadLineAsync();
            Assert.True(pg is not null && http is not null && trino is not null, pg);
            Port = int.Parse(pg[(pg.LastIndexOf(':') + 1)..pg.IndexOf(',', StringComparison.Ordinal)]);
            Http = http["HTTP on ".Length..];
            Trino = trino["Trino on ".Length..trino.IndexOf(',', StringComparison.Ordinal)].TrimEnd('/');
            server = process;
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>Kills the server; another one starts when a test asks for it.</summary>
    internal async Task KillAsync()
    {
        server!.Kill();
        await server.WaitAsync();
        server.Dispose();
        server = null;
    }

    /// <summary>
    /// Runs a client's command line, with psql's variables set; its output, with what went wrong in it.
    /// </summary>
    public async Task<string> ShellAsync(string command)
    {
        await StartAsync();
        return await RunAsync("client", command);
    }

    public async ValueTask DisposeAsync()
    {
        server?.Dispose();
        starting.Dispose();
        await Task.CompletedTask;
        Directory.Delete(folder, recursive: true);
    }

    async Task<string> RunAsync(string what, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command + " 2>&1"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = AppContext.BaseDirectory,
            Environment =
            {
                ["PGHOST"] = "127.0.0.1", ["PGPORT"] = $"{Port}", ["PGUSER"] = User, ["PGPASSWORD"] = Password,
                ["PGDATABASE"] = "lake", ["PSQLRC"] = "/dev/null", ["FOLDER"] = folder,
            },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.False(what == "foz" && process.ExitCode != 0, output);
        return output;
    }
}
