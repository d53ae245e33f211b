using Foz.Connectors.Databases;
using Foz.Lake;
using Foz.Lake.Configuration;
using MySqlConnector;

namespace Foz.Connectors.MySql.Streams;

/// <summary>What a connection of MySQL or MariaDB can be set to.</summary>
static class MySqlSettings
{
    const int PortDefault = 3306, ConnectionsMaxDefault = 4, ConnectionsMaxLimit = 64;
    const int ConnectTimeoutSecondsDefault = 15, ConnectTimeoutSecondsLimit = 3600;

    static readonly Dictionary<string, MySqlSslMode> sslModes = new(StringComparer.Ordinal)
    {
        ["disabled"] = MySqlSslMode.None, ["preferred"] = MySqlSslMode.Preferred,
        ["required"] = MySqlSslMode.Required, ["verify_ca"] = MySqlSslMode.VerifyCA,
        ["verify_identity"] = MySqlSslMode.VerifyFull,
    };

    /// <summary>The settings.</summary>
    public static IReadOnlyList<SettingSpec> Specs { get; } =
    [
        new("host", "name or address, or the file of a Unix socket") { Default = "`localhost`" },
        new("port", "the server's port") { Default = $"{PortDefault}" },
        new("database", "the database whose tables need no prefix") { IsRequired = true },
        new("user", "the user") { IsRequired = true },
        new("password", "the user's password") { IsSecret = true },
        new("ssl_mode", "how far the connection is encrypted and the server's certificate checked")
        {
            Values = [.. sslModes.Keys], Default = "`preferred`",
        },
        new("ssl_ca", "PEM file of the certificates that are trusted") { Default = "those of the operating system" },
        new("connect_timeout", "how long connecting may take, in seconds")
        {
            Default = $"{ConnectTimeoutSecondsDefault}",
        },
        new("connections_max", "how many connections read one table of mode snapshot")
        {
            Default = $"{ConnectionsMaxDefault}",
        },
        new("statement_timeout", "how long a statement may take to answer") { Default = "1h" },
        DatabaseOptions.ReadTimeoutSetting,
    ];

    /// <summary>Reads a connection's settings.</summary>
    /// <param name="type">The type of the connection: a dialect.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="projectFolder">The folder that relative paths start from.</param>
    /// <exception cref="FozException">One is wrong; the message has no secret.</exception>
    public static DatabaseOptions Read(string type, Settings settings, string projectFolder)
    {
        var host = settings.Text("host") is { Length: > 0 } stated ? stated : "localhost";
        var builder = new MySqlConnectionStringBuilder
        {
            Server = host,
            Port = (uint)settings.Integer("port", 1, ushort.MaxValue, PortDefault),
            Database = settings.RequiredText("database"),
            UserID = settings.RequiredText("user"),
            Password = settings.Text("password") ?? "",
            SslMode = SslModeOf(settings),
            ConnectionTimeout = (uint)settings.Integer(
                "connect_timeout", 1, ConnectTimeoutSecondsLimit, ConnectTimeoutSecondsDefault),
        };
        if (host.StartsWith('/')) builder.ConnectionProtocol = MySqlConnectionProtocol.UnixSocket;
        if (settings.Text("ssl_ca") is { Length: > 0 } file) builder.SslCa = Path.GetFullPath(file, projectFolder);
        return new()
        {
            Provider = "MySqlConnector",
            ProvidersFolder = null,
            ConnectionString = builder.ConnectionString,
            Dialect = Dialect.All.First(dialect => dialect.Name == type),
            ConnectionsMax = settings.Integer("connections_max", 1, ConnectionsMaxLimit, ConnectionsMaxDefault),
            ReadTimeout = DatabaseOptions.ReadTimeoutOf(settings),
            StatementTimeout = settings.Duration("statement_timeout", TimeSpan.FromHours(1)),
            Place = settings.PlaceOf("host"),
        };
    }

    static MySqlSslMode SslModeOf(Settings settings) => settings.Text("ssl_mode") switch
    {
        null or "" => MySqlSslMode.Preferred,
        var word when sslModes.TryGetValue(word, out var mode) => mode,
        var word => throw settings.Wrong("ssl_mode", $"one of {string.Join(", ", sslModes.Keys)}, not '{word}'"),
    };
}
