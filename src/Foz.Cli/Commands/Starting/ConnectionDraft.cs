using System.Data.Common;
using Foz.Connectors;
using Foz.Connectors.PostgreSql;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Cli.Commands.Starting;

/// <summary>A connection that is not written yet: as YAML without its secret, and as it is tested.</summary>
sealed class ConnectionDraft
{
    readonly List<(string Name, string Yaml, object Value)> settings = [];

    ConnectionDraft(SourceKind kind, string name, string? secret)
    {
        (Kind, Name, Secret) = (kind, name, secret);
        Variable = VariableOf(kind, name);
    }

    /// <summary>Gets what it is of.</summary>
    public SourceKind Kind { get; }

    /// <summary>Gets its name in the project, and that of its source.</summary>
    public string Name { get; }

    /// <summary>Gets the password or token; null for none.</summary>
    public string? Secret { get; }

    /// <summary>Gets the environment variable that holds it.</summary>
    public string Variable { get; }

    /// <summary>Gets a word for what it is.</summary>
    public string SecretWord => WordOf(Kind);

    /// <summary>Returns a word for the secret of a connection.</summary>
    public static string WordOf(SourceKind kind) => kind == SourceKind.Api ? "token" : "password";

    /// <summary>Gets the lines of YAML below the connection's name, without indentation.</summary>
    public IEnumerable<string> Lines =>
        new[] { $"type: {Kind.Type}" }.Concat(settings.SelectMany(setting =>
            setting.Yaml.Contains("${", StringComparison.Ordinal)
                ? [$"# {Variable} comes from the environment, or from .env beside this file.", Line(setting)]
                : new[] { Line(setting) }));

    /// <summary>Returns the variable of a connection's secret.</summary>
    public static string VariableOf(SourceKind kind, string name) =>
        $"{name}_{WordOf(kind)}".ToUpperInvariant();

    /// <summary>Reads an address.</summary>
    /// <param name="kind">What it is of.</param>
    /// <param name="name">The connection's name.</param>
    /// <param name="address">The address; a password in it is taken out.</param>
    /// <param name="folder">The project's folder.</param>
    /// <param name="ask">Gives the password or token where the address has none; null where there is none.</param>
    /// <exception cref="FozException">Thrown when it is malformed; does not repeat it.</exception>
    public static ConnectionDraft Read(
        SourceKind kind, string name, string address, string folder, Func<string?> ask)
    {
        if (kind == SourceKind.Postgres) return OfPostgres(name, address, ask);
        if (kind.IsDatabase) return OfDatabase(kind, name, address, ask);
        if (kind == SourceKind.Api) return OfApi(name, address, ask);
        var draft = new ConnectionDraft(kind, name, null);
        var path = address.Contains("://", StringComparison.Ordinal) ? address : Relative(address, folder);
        draft.Add("path", StartText.Yaml(path), path);
        return draft;
    }

    /// <summary>Opens the source of the connection, to ask it.</summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="streams">Its streams; empty for all.</param>
    public ISource Open(string folder, params IReadOnlyList<StreamDefinition> streams)
    {
        var secrets = new Secrets();
        if (Secret is not null) secrets.Add(Secret);
        var connection = new ConnectionDefinition(
            Name, Kind.Type, Settings.Of([.. settings.Select(s => (s.Name, s.Value))]))
        { Secrets = secrets };
        return ConnectorRegistry.Find(Kind.Type)!.Open(
            new() { Name = Name, Connection = connection, Streams = streams, TakesAllStreams = streams.Count == 0 },
            folder);
    }

    static ConnectionDraft OfPostgres(string name, string address, Func<string?> ask)
    {
        if (!address.Contains("://", StringComparison.Ordinal) && !address.Contains('='))
            throw Malformed(SourceKind.Postgres);
        var words = ConnectionString.Parse(
            address, expected => new(ErrorKind.Usage, $"the address must be {expected}")
            {
                Hint = $"write {SourceKind.Postgres.Example}",
            });
        words.Remove("password", out var given);
        var draft = new ConnectionDraft(SourceKind.Postgres, name, NullIfEmpty(given) ?? ask());
        // The address stays as it was written, but for a password.
        if (given is null && address.Contains("://", StringComparison.Ordinal))
            draft.Add("url", StartText.Yaml(address), address);
        else
            foreach (var (word, value) in words) draft.Add(word, StartText.Yaml(value), value);
        draft.AddSecret("password");
        return draft;
    }

    static ConnectionDraft OfDatabase(SourceKind kind, string name, string address, Func<string?> ask)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Host.Length == 0
            || uri.Scheme is not ("mysql" or "mariadb" or "sqlserver" or "mssql"))
            throw Malformed(kind);
        var user = uri.UserInfo.Split(':', 2);
        var given = user.Length == 2 ? Uri.UnescapeDataString(user[1]) : null;
        var isMySql = kind == SourceKind.MySql;
        var builder = new DbConnectionStringBuilder();
        builder["Server"] = isMySql || uri.Port < 0 ? uri.IdnHost : $"{uri.IdnHost},{uri.Port}";
        if (isMySql && uri.Port >= 0) builder["Port"] = uri.Port;
        if (uri.AbsolutePath.Trim('/') is { Length: > 0 } database)
            builder["Database"] = Uri.UnescapeDataString(database);
        if (user[0].Length > 0) builder["User ID"] = Uri.UnescapeDataString(user[0]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            if (pair.Split('=', 2) is [var key, var value])
                builder[Uri.UnescapeDataString(key)] = Uri.UnescapeDataString(value);
        var draft = new ConnectionDraft(kind, name, NullIfEmpty(given) ?? ask());
        var provider = isMySql ? "MySqlConnector" : "Microsoft.Data.SqlClient";
        draft.Add("provider", provider, provider);
        var text = builder.ConnectionString;
        if (draft.Secret is not { } secret) draft.Add("connection_string", StartText.Yaml(text), text);
        else
        {
            // In quotes, as a password may hold what divides the words.
            if (secret.Contains('"') && secret.Contains('\''))
                throw new FozException(ErrorKind.Usage,
                    "the password has both kinds of quotes, which no quotes can hold")
                {
                    Hint = "give the user another password, or write the connection by hand",
                };
            var quote = secret.Contains('"') ? '\'' : '"';
            draft.Add(
                "connection_string", StartText.Yaml($"{text};Password={quote}${{{draft.Variable}}}{quote}"),
                $"{text};Password={quote}{secret}{quote}");
        }
        return draft;
    }

    static ConnectionDraft OfApi(string name, string address, Func<string?> ask)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || uri.UserInfo.Length > 0)
            throw Malformed(SourceKind.Api);
        var draft = new ConnectionDraft(SourceKind.Api, name, ask());
        draft.Add("url", StartText.Yaml(address), address);
        if (draft.Secret is { } token)
            draft.Add(
                "auth", $"{{type: bearer, token: '${{{draft.Variable}}}'}}",
                new Dictionary<string, string> { ["type"] = "bearer", ["token"] = token });
        return draft;
    }

    /// <summary>Returns a folder as the project names it: relative, where it is in the project or beside it.</summary>
    static string Relative(string path, string folder) =>
        Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/') is var relative
        && (relative.StartsWith("../../", StringComparison.Ordinal) || Path.IsPathRooted(relative)) ? path : relative;

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    static FozException Malformed(SourceKind kind) =>
        new(ErrorKind.Usage, $"this is no address of {kind.Title.Split(':')[0]}")
        {
            Hint = $"write {kind.Example}",
        };

    static string Line((string Name, string Yaml, object Value) setting) => $"{setting.Name}: {setting.Yaml}";

    void AddSecret(string setting)
    {
        if (Secret is not null) Add(setting, $"${{{Variable}}}", Secret);
    }

    void Add(string setting, string yaml, object value) => settings.Add((setting, yaml, value));
}
