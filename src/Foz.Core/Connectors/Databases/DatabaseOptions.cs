using Foz.Core.Configuration;

namespace Foz.Core.Connectors.Databases;

/// <summary>How a database is reached.</summary>
sealed record DatabaseOptions
{
    /// <summary>The name of the provider's package.</summary>
    public required string Provider { get; init; }

    /// <summary>The folder of the project's providers.</summary>
    public required string ProvidersFolder { get; init; }

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

    /// <summary>Where the settings stand.</summary>
    public Place Place { get; init; }

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
                ?? throw settings.Wrong("dialect", $"one of {string.Join(", ", Dialect.All.Select(d => d.Name))}, not '{name}'"),
            Factory = settings.Text("factory"),
            ConnectionsMax = settings.Integer("connections_max", 1, 64, 4),
            StatementTimeout = settings.Duration("statement_timeout", TimeSpan.FromHours(1)),
            Place = settings.PlaceOf("provider"),
        };
    }
}
