using Foz.Core.Connectors.PostgreSql;

namespace Foz.Core.Connectors;

/// <summary>All connectors, by type.</summary>
public static class ConnectorRegistry
{
    /// <summary>One line a connector.</summary>
    public static IReadOnlyList<IConnector> Connectors { get; } =
    [
        new PostgreSqlConnector(),
        new Airbyte.AirbyteConnector(TimeProvider.System),
        new Databases.DatabaseConnector(),
        new TableFormats.DeltaConnector(TimeProvider.System),
        new Files.FilesConnector(TimeProvider.System),
        new Http.HttpConnector(TimeProvider.System),
        new TableFormats.IcebergConnector(TimeProvider.System),
        new Python.PythonConnector(TimeProvider.System),
        new Singer.SingerConnector(TimeProvider.System),
    ];

    /// <summary>The connector of a type; null where there is none.</summary>
    public static IConnector? Find(string type) => Connectors.FirstOrDefault(c => c.Type == type);
}
