using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Files.Sftp;

/// <summary>The address of an SFTP server, and its expected identity.</summary>
sealed record SftpOptions
{
    const string Scheme = "sftp";
    const string HomeMark = "/~";

    /// <summary>The address as rows name it: without the user.</summary>
    public required string Url { get; init; }

    /// <summary>The server's name or address, or what the user's configuration of ssh calls it.</summary>
    public required string Host { get; init; }

    /// <summary>Its port; null for that of the user's configuration, otherwise 22.</summary>
    public int? Port { get; init; }

    /// <summary>The user; null for what the user's configuration says.</summary>
    public string? User { get; init; }

    /// <summary>The folder that patterns start from: from the root on, or <c>.</c> for the user's own.</summary>
    public required string Folder { get; init; }

    /// <summary>The user's password.</summary>
    public string? Password { get; init; }

    /// <summary>The file of a private key.</summary>
    public string? PrivateKeyFile { get; init; }

    /// <summary>A private key itself.</summary>
    public string? PrivateKey { get; init; }

    /// <summary>What opens the private key.</summary>
    public string? Passphrase { get; init; }

    /// <summary>
    /// The fingerprint of the server's key, or the key; null where <see cref="KnownHostsFile"/> has it.
    /// </summary>
    public string? HostKey { get; init; }

    /// <summary>The file of the keys of servers; null for the user's own.</summary>
    public string? KnownHostsFile { get; init; }

    /// <summary>How long the server may take to let itself be reached, or to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What a connection can be set to.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new("password", "of an address: SFTP: the user's password") { IsSecret = true },
        new("private_key_file", "of an address: SFTP: the file of the user's private key")
        {
            Default = "as `ssh` finds it: an agent, `~/.ssh`",
        },
        new("private_key",
            "of an address: SFTP: the private key itself, in OpenSSH's or PEM's form; "
                + "`\\n` ends a line") { IsSecret = true },
        new("passphrase", "of an address: SFTP: what opens the private key") { IsSecret = true },
        new("host_key", "of an address: SFTP: the server's key, `ssh-ed25519 AAAA…`, or its fingerprint, `SHA256:…`")
        {
            Default = "a key of `known_hosts`",
        },
        new("known_hosts", "of an address: SFTP: the file of servers' keys")
        {
            Default = "those of `ssh`: `~/.ssh/known_hosts`",
        },
        new("timeout", "of an address: SFTP: how long the server may take to answer") { Default = "60s" },
    ];

    /// <summary>Whether a path is an address of SFTP.</summary>
    public static bool IsUrl(string path) => path.StartsWith($"{Scheme}://", StringComparison.OrdinalIgnoreCase);

    /// <summary>What a connection is set to.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="projectFolder">Where relative paths of its files start.</param>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static SftpOptions Read(Settings settings, string projectFolder)
    {
        var text = settings.RequiredText("path");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0 || url.Host[0] == '-'
            || url.Query.Length > 0 || url.Fragment.Length > 0)
            throw settings.Wrong("path", "an address such as sftp://user@host:22/folder");
        var user = Uri.UnescapeDataString(url.UserInfo);
        if (user.Contains(':', StringComparison.Ordinal) || user.StartsWith('-'))
            throw settings.Wrong("path", "without a password: sftp://user@host/folder, beside 'password: ${NAME}'");
        if (settings.Names.Contains("private_key") && settings.Names.Contains("private_key_file"))
            throw settings.Wrong("private_key", "left out beside 'private_key_file'");
        if (settings.Names.Contains("host_key") && settings.Names.Contains("known_hosts"))
            throw settings.Wrong("host_key", "left out beside 'known_hosts'");
        var path = Uri.UnescapeDataString(url.AbsolutePath).TrimEnd('/');
        var port = url.Port > 0 ? url.Port : (int?)null;
        return new()
        {
            Url = $"{Scheme}://{url.Host}{(port is null ? "" : FormattableString.Invariant($":{port}"))}{path}",
            Host = url.DnsSafeHost,
            Port = port,
            User = user.Length == 0 ? null : user,
            Folder = path == HomeMark ? "."
                : path.StartsWith($"{HomeMark}/", StringComparison.Ordinal) ? path[(HomeMark.Length + 1)..]
                : path.Length == 0 ? "/" : path,
            Password = settings.Text("password"),
            PrivateKeyFile = FileOf("private_key_file"),
            PrivateKey = settings.Text("private_key"),
            Passphrase = settings.Text("passphrase"),
            HostKey = settings.Text("host_key") is { } key ? SshHostKey.Check(key.Trim()) ?? throw WrongKey() : null,
            KnownHostsFile = FileOf("known_hosts"),
            Timeout = settings.Duration("timeout", TimeSpan.FromSeconds(60)),
        };

        string? FileOf(string name) => settings.Text(name) switch
        {
            null => null,
            var file when file.StartsWith("~/", StringComparison.Ordinal) =>
                Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), file[2..]),
            var file => Path.GetFullPath(file, projectFolder),
        };

        FozException WrongKey() =>
            settings.Wrong(
                "host_key", "a fingerprint, 'SHA256:' and 43 characters, or a key, 'ssh-ed25519 AAAA…'");
    }
}
