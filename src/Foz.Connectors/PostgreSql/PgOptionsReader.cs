using Foz.Connectors.Databases;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.PostgreSql;

/// <summary>Reads <see cref="PgOptions"/> out of a connection's settings, the URL among them.</summary>
public sealed class PgOptionsReader
{
    const int ConnectionsMaxLimit = 64;
    const int ConnectTimeoutSecondsLimit = 3600;

    /// <summary>The certificates that the operating system trusts, as libpq names them.</summary>
    const string SystemRoots = "system";

    /// <summary>Key words that say how libpq does its work, and change nothing that is read.</summary>
    static readonly HashSet<string> IgnoredKeyWords =
    [
        "fallback_application_name", "gssencmode", "keepalives", "keepalives_count", "keepalives_idle",
        "keepalives_interval", "krbsrvname", "load_balance_hosts", "sslcompression", "sslsni", "tcp_user_timeout",
    ];

    readonly Settings settings;
    readonly string projectFolder;
    readonly Dictionary<string, string> words;

    PgOptionsReader(Settings settings, string projectFolder)
    {
        this.settings = settings;
        this.projectFolder = projectFolder;
        words = settings.Text("url") is { Length: > 0 } url
            ? ConnectionString.Parse(url, expected => settings.Wrong("url", expected))
            : [];
        foreach (var name in words.Keys)
            if (!IgnoredKeyWords.Contains(name)
                && PgOptions.Specs.All(s => s.Name != name || s == DatabaseOptions.ReadTimeoutSetting))
                throw settings.Wrong("url", $"without the key word '{name}', which is not known");
    }

    /// <summary>Reads a connection's settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="projectFolder">The folder that relative paths start from.</param>
    /// <exception cref="FozException">One is wrong; the message holds no secret.</exception>
    public static PgOptions Read(Settings settings, string projectFolder) =>
        new PgOptionsReader(settings, projectFolder).Read();

    PgOptions Read()
    {
        var user = Text("user") ?? throw new FozException(ErrorKind.Configuration, "'user' is missing")
        {
            Place = settings.PlaceOf("user") is { File: not null } place ? place : null,
            Hint = "set user:, or put it into url: as postgres://user:password@host/database",
        };
        var defaults = new PgOptions { Host = "localhost", Database = user, User = user };
        return defaults with
        {
            Host = Text("host") ?? defaults.Host,
            Port = Number("port", ushort.MaxValue) ?? defaults.Port,
            Database = Text("database") ?? defaults.Database,
            Password = Text("password"),
            SslMode = ReadSslMode(),
            RootCertificateFile = Text("sslrootcert") is not SystemRoots ? FilePath("sslrootcert") : null,
            CertificateFile = FilePath("sslcert"),
            KeyFile = FilePath("sslkey"),
            RequiresChannelBinding = Word("channel_binding") == "require",
            ApplicationName = Text("application_name") ?? defaults.ApplicationName,
            ServerOptions = Text("options"),
            ConnectTimeout = Number("connect_timeout", ConnectTimeoutSecondsLimit) is { } seconds
                ? TimeSpan.FromSeconds(seconds)
                : defaults.ConnectTimeout,
            ReadTimeout = DatabaseOptions.ReadTimeoutOf(settings),
            StatementTimeout = Text("statement_timeout"),
            ConnectionsMax = Number("connections_max", ConnectionsMaxLimit) ?? defaults.ConnectionsMax,
        };
    }

    SslMode ReadSslMode() => (Text("sslmode") is "allow" ? "prefer" : Word("sslmode")) switch
    {
        "disable" => SslMode.Disable,
        // As in libpq: a user who names a root certificate wants it checked.
        "require" => Text("sslrootcert") is null ? SslMode.Require : SslMode.VerifyCa,
        "verify-ca" => SslMode.VerifyCa,
        "verify-full" => SslMode.VerifyFull,
        _ => SslMode.Prefer,
    };

    string? Text(string name) => settings.Text(name) is { Length: > 0 } text ? text
        : words.GetValueOrDefault(name) is { Length: > 0 } word ? word
        : null;

    string? FilePath(string name) => Text(name) is { } path ? Path.GetFullPath(path, projectFolder) : null;

    int? Number(string name, int max) => Text(name) switch
    {
        null => null,
        var text when int.TryParse(text, out var number) && number >= 1 && number <= max => number,
        _ => throw Wrong(name, $"a number from 1 to {max}"),
    };

    string? Word(string name)
    {
        var values = PgOptions.Specs.Single(s => s.Name == name).Values;
        return Text(name) is not { } word || values.Contains(word)
            ? Text(name)
            : throw Wrong(name, $"one of {string.Join(", ", values)}, not '{word}'");
    }

    FozException Wrong(string name, string expected) => settings.Text(name) is null
        ? settings.Wrong("url", $"given with a {name} that is {expected}")
        : settings.Wrong(name, expected);
}
