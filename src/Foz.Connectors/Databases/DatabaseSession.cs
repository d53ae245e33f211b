using System.Data;
using System.Data.Common;
using System.Globalization;
using Foz.Lake;

namespace Foz.Connectors.Databases;

/// <summary>Makes connections to a database, and statements on them.</summary>
/// <param name="options">How it is reached.</param>
sealed class DatabaseSession(DatabaseOptions options)
{
    readonly DbProviderFactory factory =
        options.ProvidersFolder is { } folder
            ? ProviderFolder.Load(folder, options.Provider, options.Factory, options.Place)
            : BuiltInProviders.Find(options.Provider)!;

    /// <summary>How long the database may send nothing while rows are read.</summary>
    public TimeSpan ReadTimeout => options.ReadTimeout;

    /// <summary>The SQL that the database speaks.</summary>
    public Dialect Dialect => options.Dialect;

    /// <summary>The provider's own words of how it reaches the database, without a password.</summary>
    public string Target
    {
        get
        {
            var builder = new DbConnectionStringBuilder();
            try
            {
                builder.ConnectionString = options.ConnectionString;
            }
            catch (ArgumentException)
            {
                return options.Provider;
            }
            string[] shown = ["server", "data source", "host", "account", "database", "initial catalog", "dsn"];
            return string.Join(
                ' ', shown.Where(builder.ContainsKey).Select(key => $"{key}={builder[key]}").Prepend(options.Provider));
        }
    }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="FozException">The database does not let it.</exception>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = factory.CreateConnection() ?? throw Fault("the provider makes no connections", null);
        try
        {
            SetAddress(connection);
            await connection.OpenAsync(cancellationToken);
            if (Dialect.SessionSql is { } sql) await ExecuteAsync(connection, sql, cancellationToken);
            return connection;
        }
        catch (Exception e) when (IsFault(e))
        {
            await connection.DisposeAsync();
            throw Fault("connecting", e);
        }
    }

    /// <summary>Opens a connection that writes: it refuses what the table cannot hold.</summary>
    /// <exception cref="FozException">The database does not let it.</exception>
    public async Task<DbConnection> OpenForExportAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken);
        try
        {
            if (Dialect.ExportSql is { } sql) await ExecuteAsync(connection, sql, cancellationToken);
            return connection;
        }
        catch (Exception e) when (IsFault(e))
        {
            await connection.DisposeAsync();
            throw Fault("connecting", e);
        }
    }

    void SetAddress(DbConnection connection)
    {
        try
        {
            connection.ConnectionString = BuiltInProviders.WithDefaults(factory, options.ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The provider's message may hold a part of a password: it is not shown.
            throw new FozException(
                ErrorKind.Configuration,
                    $"{options.Provider}: connection_string has a part that the provider does not know")
            {
                Place = options.Place is { File: not null } place ? place : null,
                Hint = "write key=value, separated by ';', and quote a password that holds ';' or quotes: "
                    + "Password=\"${NAME}\"",
            };
        }
    }

    async Task ExecuteAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A statement.</summary>
    /// <param name="connection">Where it runs.</param>
    /// <param name="sql">Its text, parameters as the dialect names them.</param>
    /// <param name="values">The values of the parameters.</param>
    public DbCommand Command(DbConnection connection, string sql, params IReadOnlyList<object> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = (int)Math.Min(options.StatementTimeout.TotalSeconds, int.MaxValue);
        for (var i = 0; i < values.Count; i++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = options.Dialect.Parameter(i + 1).TrimStart(':', '?');
            // The default is SQL Server's `datetime`, which has steps of 3.33 ms.
            if (options.Dialect.Name == "sqlserver" && values[i] is DateTime) parameter.DbType = DbType.DateTime2;
            parameter.Value = values[i];
            command.Parameters.Add(parameter);
        }
        return command;
    }

    /// <summary>The rows of a statement.</summary>
    /// <exception cref="FozException">The database refuses.</exception>
    public async Task<List<object?[]>> QueryAsync(
        string doing, string sql, IReadOnlyList<object> values, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        try
        {
            await using var command = Command(connection, sql, values);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<object?[]>();
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(
                    [
                        .. Enumerable.Range(
                            0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i)),
                    ]);
            return rows;
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Fault(doing, e);
        }
    }

    /// <summary>Whether an exception is the provider's.</summary>
    public static bool IsFault(Exception e) =>
        e is DbException or InvalidOperationException or ArgumentException or TimeoutException or IOException
            or NotSupportedException
            or System.Net.Sockets.SocketException or InvalidCastException or OverflowException or FormatException;

    /// <summary>A provider's error in the platform's words.</summary>
    public FozException Fault(string doing, Exception? e, string? hint = null) => new(
        ErrorKind.Source, $"{options.Provider}: {doing}{(e is null ? "" : $": {e.Message}")}"
            + (e is DbException { SqlState: { Length: > 0 } state }
                ? string.Create(CultureInfo.InvariantCulture, $" ({state})")
                : ""), e)
    {
        Hint = hint,
        IsTransient = e is TimeoutException or IOException or DbException { IsTransient: true },
    };
}
