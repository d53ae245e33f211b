using Foz.Connectors.PostgreSql;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Cli.Remote;

/// <summary>
/// The server and the user of a connection, as psql's users write them: in the address, then in libpq's environment
/// variables and the password file (PostgreSQL's documentation, chapter "libpq").
/// </summary>
sealed class RemoteServer
{
    /// <summary>The database of every <c>foz serve</c>.</summary>
    const string DatabaseDefault = "lake";
    const string ApplicationName = "foz query";

    /// <summary>libpq's variables and their keywords.</summary>
    static readonly (string Variable, string Name)[] Variables =
    [
        ("PGPORT", "port"), ("PGUSER", "user"), ("PGDATABASE", "database"), ("PGPASSWORD", "password"),
        ("PGSSLMODE", "sslmode"), ("PGSSLROOTCERT", "sslrootcert"), ("PGSSLCERT", "sslcert"), ("PGSSLKEY", "sslkey"),
        ("PGCHANNELBINDING", "channel_binding"), ("PGCONNECT_TIMEOUT", "connect_timeout"),
        ("PGAPPNAME", "application_name"), ("PGOPTIONS", "options"),
    ];

    RemoteServer(PgOptions options) => Options = options;

    /// <summary>Names of the environment variables that are read, <c>PGPASSFILE</c> among them.</summary>
    public static IEnumerable<string> VariableNames => [.. Variables.Select(v => v.Variable), PasswordFile.Variable];

    /// <summary>Whether a password is known.</summary>
    public bool HasPassword => Options.Password is not null;

    /// <summary>The password; null where none is known.</summary>
    public string? Password => Options.Password;

    internal PgOptions Options { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="address">
    /// <c>host</c>, <c>user@host:port</c>, <c>postgres://…</c>, or libpq's keywords <c>host=…</c>.
    /// </param>
    /// <param name="variable">Returns the value of an environment variable; null where it is not set.</param>
    /// <param name="folder">The folder that relative paths start from.</param>
    /// <param name="warn">Called for a password file that is skipped.</param>
    /// <exception cref="FozException">
    /// Thrown when the address is malformed, or a variable has an invalid value.
    /// </exception>
    public static RemoteServer Parse(
        string address, Func<string, string?> variable, string folder, Action<Warning>? warn = null)
    {
        var url = address.Contains("://", StringComparison.Ordinal) || address.Contains('=')
            ? address
            : $"postgres://{address}";
        var given = ConnectionString.Parse(url, Wrong);
        var values = new List<(string, object)> { ("url", url) };
        foreach (var (name, key) in Variables)
            if (variable(name) is { Length: > 0 } value) Default(key, value);
        Default("user", Environment.UserName);
        Default("database", DatabaseDefault);
        Default("application_name", ApplicationName);
        var home = HomeOf(variable);
        var roots = Path.Combine(home, ".postgresql", "root.crt");
        if (File.Exists(roots)
            && (given.GetValueOrDefault("sslmode") ?? variable("PGSSLMODE"))?.StartsWith(
                "verify", StringComparison.Ordinal) == true)
            Default("sslrootcert", roots);
        var options = Read(values, folder);
        return new(options.Password is null
            ? options with { Password = PasswordFile.Find(options, variable, home, warn) }
            : options);

        void Default(string name, string value)
        {
            if (given.GetValueOrDefault(name) is not { Length: > 0 } && given.TryAdd(name, value))
                values.Add((name, value));
        }
    }

    /// <summary>The same server, with a password that was asked for.</summary>
    public RemoteServer With(string password) => new(Options with { Password = password });

    /// <summary>User, host, port and database.</summary>
    public override string ToString() => $"{Options}";

    static PgOptions Read(List<(string, object)> values, string folder)
    {
        try
        {
            return PgOptionsReader.Read(Settings.Of([.. values]), folder);
        }
        catch (FozException error) when (error.Kind is ErrorKind.Configuration)
        {
            throw new FozException(ErrorKind.Usage, $"--remote or a variable of libpq: {error.Message}", error)
            {
                Hint = error.Hint,
            };
        }
    }

    static string HomeOf(Func<string, string?> variable) => variable("HOME") is { Length: > 0 } home
        ? home
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    static FozException Wrong(string expected) => new(ErrorKind.Usage, $"--remote must be {expected}")
    {
        Hint = "write host, host:port or postgres://user@host:port/lake?sslmode=verify-full",
    };
}
