using System.Data.Common;
using Foz.Connectors.Databases;
using Foz.Lake;
using MySqlConnector;

namespace Foz.Connectors.MySql;

/// <summary>How a server of MySQL or MariaDB is reached.</summary>
sealed class MySqlOptions
{
    readonly MySqlConnectionStringBuilder builder;

    /// <param name="connectionString">As MySqlConnector reads it.</param>
    /// <exception cref="FozException">It has a part that MySqlConnector does not know.</exception>
    public MySqlOptions(string connectionString)
    {
        try
        {
            var text = BuiltInProviders.WithDefaults(MySqlConnectorFactory.Instance, connectionString);
            builder = new MySqlConnectionStringBuilder(text) { Pooling = false, AllowUserVariables = true };
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidOperationException)
        {
            // The message may hold a part of a password: it is not shown.
            throw new FozException(
                ErrorKind.Configuration,
                "MySqlConnector: connection_string has a part that the provider does not know");
        }
    }

    /// <summary>The host; a path of a socket where <see cref="IsUnixSocket"/>.</summary>
    public string Host => builder.Server;

    public int Port => (int)builder.Port;

    public bool IsUnixSocket => builder.ConnectionProtocol == MySqlConnectionProtocol.UnixSocket;

    public string User => builder.UserID;

    public string Password => builder.Password;

    /// <summary>The database that names without one are of; empty for none.</summary>
    public string Database => builder.Database;

    public MySqlSslMode TlsMode => IsUnixSocket ? MySqlSslMode.None : builder.SslMode;

    /// <summary>The certificates to trust; null for those of the system.</summary>
    public string? RootCertificateFile => builder.SslCa.Length == 0 ? null : builder.SslCa;

    /// <summary>How long the server may send nothing.</summary>
    public TimeSpan ReadTimeout { get; init; } = DatabaseOptions.ReadTimeoutDefault;

    /// <summary>Opens a session for statements, whose time zone is UTC.</summary>
    /// <exception cref="DbException">The server cannot be reached, or refuses.</exception>
    public async Task<MySqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new MySqlConnection(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new MySqlCommand(
                "SET time_zone = '+00:00', net_write_timeout = 3600, sql_select_limit = 18446744073709551615",
                connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns where the server is, without a password.</summary>
    public override string ToString() => IsUnixSocket ? $"mysql {Host}" : $"mysql {Host}:{Port}";
}
