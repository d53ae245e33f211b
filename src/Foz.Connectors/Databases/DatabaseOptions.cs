using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Databases;

/// <summary>How a database is reached.</summary>
sealed record DatabaseOptions
{
    /// <summary>The name of the provider's package.</summary>
    public required string Provider { get; init; }

    /// <summary>The folder of the project's providers; null for one that comes with Foz.</summary>
    public required string? ProvidersFolder { get; init; }

    /// <summary>How the provider reaches the database.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The SQL that it speaks.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>The provider's factory; null where it has one only.</summary>
    public string? Factory { get; init; }

    /// <summary>How many connections read one table.</summary>
    public int ConnectionsMax { get; init; } = 4;

    /// <summary>How long a statement may take to answer.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a database may send nothing while rows are read.</summary>
    public TimeSpan ReadTimeout { get; init; } = ReadTimeoutDefault;

    /// <summary>How long that is where it is not set.</summary>
    public static TimeSpan ReadTimeoutDefault => TimeSpan.FromMinutes(10);

    /// <summary>The setting of it, of all databases.</summary>
    public static SettingSpec ReadTimeoutSetting { get; } =
        new("read_timeout",
            "how long the server may send nothing while rows are read, such as `90s`; then the step fails")
        {
            Default = "10m",
        };

    /// <summary>Where the settings stand.</summary>
    public Place Place { get; init; }

    /// <summary>Reads how long a database may send nothing.</summary>
    /// <exception cref="FozException">It is no time.</exception>
    public static TimeSpan ReadTimeoutOf(Settings settings) =>
        settings.Duration(ReadTimeoutSetting.Name, ReadTimeoutDefault);

    /// <summary>The error of a server that sent nothing for as long.</summary>
    /// <param name="limit">The limit.</param>
    public static TimeoutException Stalled(TimeSpan limit) =>
        new(string.Create(
            CultureInfo.InvariantCulture,
            $"the server sent nothing for {limit.TotalSeconds:0.###} s ({ReadTimeoutSetting.Name})"));

    /// <summary>What a connection is set to.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static DatabaseOptions Read(Settings settings, string projectFolder)
    {
        var provider = settings.RequiredText("provider");
        var name = settings.Text("dialect");
        return new()
        {
            Provider = provider,
            ProvidersFolder = Path.Combine(projectFolder, ProviderFolder.Name),
            ConnectionString = settings.RequiredText("connection_string"),
            Dialect = name is null ? Dialect.OfProvider(provider)
                : Dialect.All.FirstOrDefault(d => d.Name == name)
                ?? throw settings.Wrong(
                    "dialect", $"one of {string.Join(", ", Dialect.All.Select(d => d.Name))}, not '{name}'"),
            Factory = settings.Text("factory"),
            ConnectionsMax = settings.Integer("connections_max", 1, 64, 4),
            ReadTimeout = ReadTimeoutOf(settings),
            StatementTimeout = settings.Duration("statement_timeout", TimeSpan.FromHours(1)),
            Place = settings.PlaceOf("provider"),
        };
    }
}
