using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Foz.AcceptanceTests.Stores;

/// <summary>
/// OpenSSH's server on a free port, with keys and files in a folder of its own. It ends with the tests, even if these
/// are killed.
/// </summary>
public sealed class SftpServer : IAsyncDisposable
{
    const string Program = "/usr/sbin/sshd";
    const int StartsMax = 3;

    readonly string folder = Directory.CreateTempSubdirectory("foz-sshd-").FullName;
    Process? process;

    /// <summary>What opens <see cref="ClosedKeyFile"/>.</summary>
    public const string Passphrase = "a key's own";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Its port on this machine.</summary>
    public int Port { get; private set; }

    /// <summary>The folder of the files that it serves.</summary>
    public string Files => Path.Combine(folder, "files");

    /// <summary>Gets the user that may log in.</summary>
    public static string User => Environment.UserName;

    /// <summary>A key that it takes.</summary>
    public string KeyFile => Path.Combine(folder, "key");

    /// <summary>A key that it takes, closed by <see cref="Passphrase"/>.</summary>
    public string ClosedKeyFile => Path.Combine(folder, "closed-key");

    /// <summary>A key that it does not take.</summary>
    public string OtherKeyFile => Path.Combine(folder, "other-key");

    /// <summary>Its own key, as its type and text.</summary>
    public string HostKey => string.Join(' ', File.ReadAllText(Path.Combine(folder, "host-key.pub")).Split(' ')[..2]);

    /// <summary>Starts it and waits until it listens.</summary>
    public static async Task<SftpServer> StartAsync()
    {
        const string remedy = "there is no sshd: run .ci/install-test-tools";
        if (Environment.GetEnvironmentVariable("CI") is not "true") Assert.SkipUnless(File.Exists(Program), remedy);
        Assert.True(File.Exists(Program), remedy);
        var server = new SftpServer();
        try
        {
            await server.ListenAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The SHA-256 fingerprint of a key of this server's folder.</summary>
    public async Task<string> FingerprintAsync(string key = "host-key") =>
        (await RunAsync("ssh-keygen", "-l", "-E", "sha256", "-f", Path.Combine(folder, $"{key}.pub"))).Split(' ')[1];

    /// <summary>Writes a file that it serves.</summary>
    public string Write(string path, string text)
    {
        var file = Path.Combine(Files, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
        Directory.Delete(folder, recursive: true);
    }

    static Process Start(string file, params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;

    static async Task<string> RunAsync(string file, params IEnumerable<string> arguments)
    {
        using var program = Start(file, arguments);
        program.StandardInput.Close();
        var errors = program.StandardError.ReadToEndAsync(Cancel);
        var output = await program.StandardOutput.ReadToEndAsync(Cancel);
        await program.WaitForExitAsync(Cancel);
        Assert.True(program.ExitCode == 0, await errors);
        return output;
    }

    async Task ListenAsync()
    {
        Directory.CreateDirectory(Files);
        foreach (var (name, passphrase) in (ReadOnlySpan<(string, string)>)[
            ("host-key", ""), ("key", ""), ("closed-key", Passphrase), ("other-key", ""),
        ])
            MakeKey(name, passphrase);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "authorized"),
            File.ReadAllText($"{KeyFile}.pub") + File.ReadAllText($"{ClosedKeyFile}.pub"), Cancel);
        // Where it is started by root, it wants an empty folder of root's.
        if (Environment.UserName == "root") Directory.CreateDirectory("/run/sshd");
        for (var start = 1; process is null; start++)
        {
            Port = FreePort();
            await File.WriteAllTextAsync(Path.Combine(folder, "config"), $"""
                ListenAddress 127.0.0.1
                Port {Port}
                HostKey {folder}/host-key
                AuthorizedKeysFile {folder}/authorized
                PidFile none
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin yes
                Subsystem sftp internal-sftp
                """, Cancel);
            process = await ServeAsync();
            Assert.True(process is not null || start < StartsMax, "sshd does not start");
        }
    }

    void MakeKey(string name, string passphrase)
    {
        using var program = Start(
            "ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", Path.Combine(folder, name));
        program.WaitForExit();
        Assert.Equal(0, program.ExitCode);
    }

    /// <summary>
    /// Runs it under a shell that ends it as soon as no process holds the other end of its standard input.
    /// </summary>
    async Task<Process?> ServeAsync()
    {
        var shell = Start(
            "sh", "-c", $"{Program} -D -e -f {folder}/config & pid=$!; cat > /dev/null; kill $pid; wait $pid");
        while (await shell.StandardError.ReadLineAsync(Cancel) is { } line)
        {
            if (line.Contains("Cannot bind", StringComparison.Ordinal)) break;
            if (!line.Contains("Server listening", StringComparison.Ordinal)) continue;
            // Keeps reading, so that the server never waits for its log to be read.
            _ = shell.StandardError.ReadToEndAsync(CancellationToken.None);
            return shell;
        }
        shell.StandardInput.Close();
        await shell.WaitForExitAsync(Cancel);
        shell.Dispose();
        return null;
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
