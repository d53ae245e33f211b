using Foz.Connectors.Databases;
using Foz.Lake;
using Foz.Lake.Configuration;
using MongoDB.Driver;

namespace Foz.Connectors.MongoDb;

/// <summary>How a database is reached.</summary>
sealed record MongoDbOptions
{
    const int ConnectionsDefault = 4, ConnectionsLimit = 64, RetriesDefault = 5, RetriesLimit = 100;
    static readonly TimeSpan timeoutDefault = TimeSpan.FromSeconds(30);
    static readonly string[] timeoutWords = ["serverSelectionTimeoutMS", "connectTimeoutMS"];

    static IReadOnlyDictionary<string, ReadPreference> Preferences { get; } = new Dictionary<string, ReadPreference>
    {
        ["primary"] = ReadPreference.Primary, ["primary_preferred"] = ReadPreference.PrimaryPreferred,
        ["secondary"] = ReadPreference.Secondary, ["secondary_preferred"] = ReadPreference.SecondaryPreferred,
        ["nearest"] = ReadPreference.Nearest,
    };

    /// <summary>What a connection can be set to.</summary>
    public static IReadOnlyList<SettingSpec> Specs { get; } =
    [
        new("url",
            "`mongodb://user:password@host:port/database?authSource=admin`, or `mongodb+srv://…`, with MongoDB's own "
                + "options, such as `tls=true`")
        {
            IsRequired = true,
        },
        new("database", "the database") { Default = "that of the `url`" },
        new("read_preference", "which members of a replica set are read; incremental streams need the primary")
        {
            Values = [.. Preferences.Keys], Default = "that of the `url`, otherwise `primary`",
        },
        new("connections_max", "how many ranges of a collection are read at the same time")
        {
            Default = $"{ConnectionsDefault}",
        },
        new("batch_size", "how many documents the server sends at once, at most")
        {
            Default = "as many as 16 MB hold",
        },
        new("timeout", "how long to look for a server, and to connect") { Default = "30s" },
        DatabaseOptions.ReadTimeoutSetting,
        new("retries", "how often a read is tried again that failed in a way that may pass, without any progress")
        {
            Default = $"{RetriesDefault}",
        },
    ];

    /// <summary>How the driver reaches the server.</summary>
    public required MongoClientSettings Client { get; init; }

    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>How many ranges are read at the same time.</summary>
    public int ConnectionsMax { get; init; }

    /// <summary>How many documents come at once; null where the server decides.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How often a read without progress is tried again.</summary>
    public int Retries { get; init; }

    /// <summary>How long to look for a server.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How long the server may send nothing.</summary>
    public TimeSpan ReadTimeout { get; init; }

    /// <summary>How many documents a collection has at least that is read in several ranges.</summary>
    public long SplitMin { get; init; } = 10_000;

    /// <summary>The server and the database in words, without a password.</summary>
    public string Target =>
        $"{string.Join(',', Client.Servers.Select(s => $"{s.Host}:{s.Port}"))}/{Database}";

    /// <summary>Reads a connection's settings; does no I/O.</summary>
    /// <exception cref="FozException">One is wrong; the message holds no secret.</exception>
    public static MongoDbOptions Read(Settings settings)
    {
        var url = settings.RequiredText("url");
        var (client, named) = Parse(settings, url);
        var database = settings.Text("database") ?? named;
        var timeout = settings.Duration("timeout", timeoutDefault);
        var readTimeout = DatabaseOptions.ReadTimeoutOf(settings);
        if (settings.Text("timeout") is not null || !HasWord(url, timeoutWords[0]))
            client.ServerSelectionTimeout = timeout;
        if (settings.Text("timeout") is not null || !HasWord(url, timeoutWords[1])) client.ConnectTimeout = timeout;
        client.SocketTimeout = readTimeout;
        client.ApplicationName ??= "foz";
        if (settings.Text("read_preference") is { } preference) client.ReadPreference = Preferences[preference];
        return new()
        {
            Client = client,
            Database = database ?? throw new FozException(ErrorKind.Configuration, "'database' is missing")
            {
                Place = settings.PlaceOf("url") is { File: not null } place ? place : null,
                Hint = "set database:, or put it into url: as mongodb://host/database",
            },
            ConnectionsMax = settings.Integer("connections_max", 1, ConnectionsLimit, ConnectionsDefault),
            BatchSize = settings.Text("batch_size") is null ? null : settings.Integer("batch_size", 1, 1_000_000, 1),
            Retries = settings.Integer("retries", 0, RetriesLimit, RetriesDefault),
            Timeout = client.ServerSelectionTimeout,
            ReadTimeout = readTimeout,
        };
    }

    /// <summary>Reads the URL; the driver's own messages repeat it, password and all.</summary>
    static (MongoClientSettings Client, string? Database) Parse(Settings settings, string url)
    {
        try
        {
            var parsed = new MongoUrl(url);
            return (MongoClientSettings.FromUrl(parsed), parsed.DatabaseName);
        }
        catch (Exception e) when (e is MongoException or ArgumentException or FormatException or NotSupportedException)
        {
            throw settings.Wrong(
                "url",
                "a MongoDB connection string such as mongodb://user:password@host:27017/database; special characters "
                    + "of user and password are written as in URLs (@ as %40), and options are MongoDB's own");
        }
    }

    static bool HasWord(string url, string word) => url.Contains($"{word}=", StringComparison.OrdinalIgnoreCase);
}
