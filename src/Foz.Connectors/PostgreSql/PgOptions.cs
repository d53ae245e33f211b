using Foz.Connectors.Databases;
using Foz.Lake.Configuration;

namespace Foz.Connectors.PostgreSql;

/// <summary>How far a connection is encrypted and the server believed, with libpq's words.</summary>
public enum SslMode
{
    /// <summary>Not encrypted.</summary>
    Disable,

    /// <summary>Encrypted where the server can.</summary>
    Prefer,

    /// <summary>Encrypted, without a check of the server's identity.</summary>
    Require,

    /// <summary>Encrypted, with a certificate that is trusted.</summary>
    VerifyCa,

    /// <summary>Encrypted, with a trusted certificate of the server's name.</summary>
    VerifyFull,
}

/// <summary>How to reach a server, and what to ask of it.</summary>
public sealed record PgOptions
{
    /// <summary>PostgreSQL's own port.</summary>
    public const int PortDefault = 5432;

    /// <summary>How long connecting may take where it is not said, in seconds.</summary>
    public const int ConnectTimeoutSecondsDefault = 15;

    /// <summary>A name, an address, or the folder of a Unix socket.</summary>
    public required string Host { get; init; }

    /// <summary>The port.</summary>
    public int Port { get; init; } = PortDefault;

    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>The user.</summary>
    public required string User { get; init; }

    /// <summary>The password; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>How far the connection is encrypted, and the server believed.</summary>
    public SslMode SslMode { get; init; } = SslMode.Prefer;

    /// <summary>File of the certificates that are trusted; null for those of the operating system.</summary>
    public string? RootCertificateFile { get; init; }

    /// <summary>File of the client's certificate; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>File of the key of the client's certificate; null for none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whether the log-in must be bound to the encrypted connection.</summary>
    public bool RequiresChannelBinding { get; init; }

    /// <summary>What the connection calls itself.</summary>
    public string ApplicationName { get; init; } = "foz";

    /// <summary>Command-line options for the server's process; null where there are none.</summary>
    public string? ServerOptions { get; init; }

    /// <summary>Gets whether the session takes the commands of replication.</summary>
    internal bool IsReplication { get; init; }

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(ConnectTimeoutSecondsDefault);

    /// <summary>How long the server may send nothing while something is read.</summary>
    public TimeSpan ReadTimeout { get; init; } = DatabaseOptions.ReadTimeoutDefault;

    /// <summary>What <c>statement_timeout</c> is set to; null leaves the server's own.</summary>
    public string? StatementTimeout { get; init; }

    /// <summary>How many connections read one table at most.</summary>
    public int ConnectionsMax { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Whether the host is the folder of a Unix socket.</summary>
    public bool IsUnixSocket => Host.StartsWith('/');

    /// <summary>What a connection can be set to.</summary>
    public static IReadOnlyList<SettingSpec> Specs { get; } =
    [
        new("url",
            "`postgres://user:password@host:port/database?sslmode=require`, or libpq's key words `host=… dbname=…`"),
        new("host", "name or address, or the folder of a Unix socket") { Default = "`localhost`" },
        new("port", "the server's port") { Default = $"{PortDefault}" },
        new("database", "the database") { Default = "the user's name" },
        new("user", "the user; required, here or in the URL"),
        new("password", "the user's password") { IsSecret = true },
        new("sslmode", "how far the connection is encrypted and the server's certificate checked")
        {
            Values = ["disable", "prefer", "require", "verify-ca", "verify-full"], Default = "`prefer`",
        },
        new("sslrootcert", "PEM file of the certificates that are trusted")
        {
            Default = "those of the operating system",
        },
        new("sslcert", "PEM file of the client's certificate"),
        new("sslkey", "PEM file of the private key to it"),
        new("channel_binding", "whether the password's proof must be bound to the TLS connection")
        {
            Values = ["prefer", "require"], Default = "`prefer`",
        },
        new("connect_timeout", "how long connecting may take, in seconds")
        {
            Default = $"{ConnectTimeoutSecondsDefault}",
        },
        new("application_name", "what the server's list of sessions shows") { Default = "`foz`" },
        new("options", "options for the server's process, such as `-c work_mem=64MB`"),
        new("statement_timeout", "the server's limit of a statement, such as `30min`; `0` for none")
        {
            Default = "the server's own",
        },
        DatabaseOptions.ReadTimeoutSetting,
        new("connections_max", "how many connections read one table") { Default = "as many as processors, up to 4" },
    ];

    /// <summary>Where it leads, without the password.</summary>
    public override string ToString() =>
        IsUnixSocket ? $"{User}@{Host}/{Database}" : $"{User}@{Host}:{Port}/{Database}";
}
