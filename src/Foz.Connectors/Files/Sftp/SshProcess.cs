using System.Diagnostics;
using System.Text;
using Foz.Lake;

namespace Foz.Connectors.Files.Sftp;

/// <summary>
/// The program <c>ssh</c> (OpenSSH), connected to the SFTP server of a host. Keys, ciphers, agents, jump hosts and the
/// user's configuration are those of ssh. It refuses a host whose key is not known, and never prompts.
/// </summary>
sealed class SshProcess : IAsyncDisposable
{
    const int SayingsMax = 20;
    const int SayingCharsMax = 1_000;
    const int AliveSeconds = 15;
    const string FolderPrefix = "foz-ssh-", KeyFile = "key";
    static readonly TimeSpan KeyAgeMax = TimeSpan.FromHours(1);
    const UnixFileMode OwnOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Asked twice: for what opens the key, and for the password.
    const string AskPass = """
        #!/bin/sh
        case "$1" in
          *passphrase*) printf '%s\n' "$ASKPASS_PASSPHRASE" ;;
          *) printf '%s\n' "$ASKPASS_PASSWORD" ;;
        esac

        """;

    readonly Process process;
    readonly DirectoryInfo folder;
    readonly Queue<string> sayings = new();
    readonly Task listening;

    SshProcess(Process process, DirectoryInfo folder)
    {
        (this.process, this.folder) = (process, folder);
        listening = Task.Run(ListenAsync);
    }

    /// <summary>Gets the stream to the server.</summary>
    public Stream Input => process.StandardInput.BaseStream;

    /// <summary>What the server sends.</summary>
    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>Starts it; whether it reaches the server is seen by whether that answers.</summary>
    /// <exception cref="FozException">It is not installed, or the server has another key than stated.</exception>
    public static async Task<SshProcess> StartAsync(
        SftpOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        foreach (var file in (ReadOnlySpan<string?>)[options.PrivateKeyFile, options.KnownHostsFile])
            if (file is not null && !File.Exists(file))
                throw new FozException(
                    ErrorKind.Configuration, $"file {file} of the connection to {options.Host} does not exist");
        SweepKeys(Path.GetTempPath(), clock);
        var files = Directory.CreateTempSubdirectory(FolderPrefix);
        try
        {
            if (options.HostKey is not null)
                Write(files, "known_hosts", await SshHostKey.KnownHostsAsync(options, clock, cancellationToken),
                    OwnOnly);
            if (options.PrivateKey is { } key) Write(files, KeyFile, PrivateKeyText(key), OwnOnly);
            var start = new ProcessStartInfo("ssh", Arguments(options, files.FullName))
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
                UseShellExecute = false, CreateNoWindow = true,
            };
            if (options.Password is not null || options.Passphrase is not null) Answer(start, options, files);
            return new(Process.Start(start)!, files);
        }
        catch (Exception e)
        {
            files.Delete(recursive: true);
            throw e is System.ComponentModel.Win32Exception
                ? new FozException(ErrorKind.Usage, $"ssh cannot be started: {e.Message}", e)
                {
                    Hint = "SFTP needs OpenSSH's client: is it installed, and on the PATH?",
                }
                : e is FozException or OperationCanceledException ? e
                : new FozException(ErrorKind.Storage, $"ssh cannot be started: {e.Message}", e);
        }
    }

    /// <summary>Deletes the private key, which is not read again once the server answers.</summary>
    public void ForgetKey() => File.Delete(Path.Combine(folder.FullName, KeyFile));

    /// <summary>Deletes private keys of processes that were killed before the server answered.</summary>
    /// <param name="temp">Where the folders are.</param>
    /// <param name="clock">The time.</param>
    public static void SweepKeys(string temp, TimeProvider clock)
    {
        foreach (var found in Directory.EnumerateDirectories(temp, FolderPrefix + "*"))
            try
            {
                var key = Path.Combine(found, KeyFile);
                if (File.Exists(key)
                    && clock.GetUtcNow() - new DateTimeOffset(File.GetLastWriteTimeUtc(key)) > KeyAgeMax)
                    File.Delete(key);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or gone meanwhile.
            }
    }

    /// <summary>
    /// What the program's arguments are; all that matters for safety is stated, whatever the user's configuration says.
    /// </summary>
    /// <param name="options">The server.</param>
    /// <param name="folder">Where the files are that are made for it.</param>
    public static IReadOnlyList<string> Arguments(SftpOptions options, string folder)
    {
        var asks = options.Password is not null || options.Passphrase is not null;
        var key = options.PrivateKey is not null ? Path.Combine(folder, KeyFile) : options.PrivateKeyFile;
        List<string> settings =
        [
            "IgnoreUnknown=KnownHostsCommand", $"BatchMode={(asks ? "no" : "yes")}", "StrictHostKeyChecking=yes",
            "NumberOfPasswordPrompts=1", "LogLevel=ERROR",
            FormattableString.Invariant($"ConnectTimeout={Math.Max(1, (int)options.Timeout.TotalSeconds)}"),
            $"ServerAliveInterval={AliveSeconds}", "ServerAliveCountMax=4", "ClearAllForwardings=yes",
            "ForwardAgent=no", "ForwardX11=no",
            "PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no", "ControlMaster=no", "ControlPath=none",
        ];
        if (options.KnownHostsFile is { } knownHosts)
            settings.AddRange([$"UserKnownHostsFile={Quoted(knownHosts)}", "GlobalKnownHostsFile=none"]);
        if (options.HostKey is not null)
            settings.AddRange([
                $"UserKnownHostsFile={Quoted(Path.Combine(folder, "known_hosts"))}", "GlobalKnownHostsFile=none",
                "KnownHostsCommand=none",
                $"HostKeyAlias={SshHostKey.Alias}", "CheckHostIP=no", "UpdateHostKeys=no", "VerifyHostKeyDNS=no",
            ]);
        if (key is not null) settings.AddRange(["IdentitiesOnly=yes", $"IdentityFile={Quoted(key)}"]);
        else if (options.Password is not null) settings.Add("PubkeyAuthentication=no");
        List<string> arguments = [.. settings.SelectMany(s => new[] { "-o", s })];
        if (options.Port is { } port) arguments.AddRange(["-p", FormattableString.Invariant($"{port}")]);
        if (options.User is { } user) arguments.AddRange(["-l", user]);
        return [.. arguments, "-s", "--", options.Host, "sftp"];

        // In a file name % begins what ssh fills in.
        static string Quoted(string path) => $"\"{path.Replace("%", "%%", StringComparison.Ordinal)}\"";
    }

    /// <summary>Why it ended, in the platform's words.</summary>
    public async Task<FozException> ExplainAsync(SftpOptions options)
    {
        Kill();
        await listening;
        List<string> said;
        lock (sayings) said = [.. sayings];
        var all = string.Join('\n', said);
        var user = options.User is null ? "" : $" of user {options.User}";
        var (message, hint, isTransient) = all switch
        {
            _ when Has("REMOTE HOST IDENTIFICATION HAS CHANGED")
                || (options.HostKey is not null && Has("Host key verification failed")) =>
                ($"{options.Host} has another key than the one that is known",
                    "another server may answer in its place: ask who runs it for its fingerprint", false),
            _ when Has("Host key verification failed") || Has("host key is known for") =>
                ($"the key of {options.Host} is not known",
                    "state its fingerprint as 'host_key: SHA256:…', as who runs it tells it, or add it to known_hosts",
                    false),
            _ when Has("Permission denied (") || Has("Too many authentication failures") =>
                ($"{options.Host} refuses the log-in{user}",
                    "see 'password', 'private_key_file' and 'passphrase' of the connection", false),
            _ when Has("subsystem request failed") => ($"{options.Host} serves no SFTP", (string?)null, false),
            _ => ($"the connection to {options.Host} failed", null, true),
        };
        return new(
            ErrorKind.Source,
            said.Count == 0 ? message : $"{message}: {said.Last(s => s.Length > 0).TrimEnd('.', '\r')}")
        {
            Hint = hint, IsTransient = isTransient,
        };

        bool Has(string text) => all.Contains(text, StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await listening;
        process.Dispose();
        folder.Delete(recursive: true);
    }

    static void Answer(ProcessStartInfo start, SftpOptions options, DirectoryInfo folder)
    {
        if (OperatingSystem.IsWindows())
            throw new FozException(ErrorKind.Configuration, "on Windows, SFTP takes no password")
            {
                Hint = "use a private key without a passphrase, or an agent",
            };
        start.Environment["SSH_ASKPASS"] = Write(folder, "askpass", AskPass, OwnOnly | UnixFileMode.UserExecute);
        start.Environment["SSH_ASKPASS_REQUIRE"] = "force";
        start.Environment["ASKPASS_PASSWORD"] = options.Password ?? "";
        start.Environment["ASKPASS_PASSPHRASE"] = options.Passphrase ?? "";
    }

    static string PrivateKeyText(string key) =>
        key.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Trim() + "\n";

    static string Write(DirectoryInfo folder, string name, string text, UnixFileMode mode)
    {
        var path = Path.Combine(folder.FullName, name);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using var stream = new FileStream(path, options);
        stream.Write(Encoding.UTF8.GetBytes(text));
        return path;
    }

    async Task ListenAsync()
    {
        try
        {
            while (await process.StandardError.ReadLineAsync() is { } line)
                lock (sayings)
                {
                    if (sayings.Count == SayingsMax) sayings.Dequeue();
                    sayings.Enqueue(line.Length > SayingCharsMax ? line[..SayingCharsMax] : line);
                }
        }
        catch (IOException)
        {
            // The pipe is gone with the program.
        }
    }

    void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e)
            when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // The process has already ended.
        }
    }
}
