using Foz.Connectors.PostgreSql.Streams;

namespace Foz.Connectors.Registry;

/// <summary>All connectors, by type.</summary>
public static class ConnectorRegistry
{
    /// <summary>One line a connector.</summary>
    public static IReadOnlyList<IConnector> Connectors { get; } =
    [
        new PostgreSqlConnector(),
        new Foz.Connectors.Airbyte.AirbyteConnector(TimeProvider.System),
        new Foz.Connectors.Databases.DatabaseConnector(),
        new Foz.Connectors.TableFormats.DeltaConnector(TimeProvider.System),
        new Foz.Connectors.Files.FilesConnector(TimeProvider.System),
        new Foz.Connectors.Http.HttpConnector(TimeProvider.System),
        new Foz.Connectors.TableFormats.IcebergConnector(TimeProvider.System),
        new Foz.Connectors.MySql.Streams.MySqlDatabaseConnector("mariadb"),
        new Foz.Connectors.MongoDb.MongoDbConnector(TimeProvider.System),
        new Foz.Connectors.MySql.Streams.MySqlDatabaseConnector("mysql"),
        new Foz.Connectors.Python.PythonConnector(TimeProvider.System),
        new Foz.Connectors.Singer.SingerConnector(TimeProvider.System),
    ];

    /// <summary>The connector of a type; null where there is none.</summary>
    public static IConnector? Find(string type) => Connectors.FirstOrDefault(c => c.Type == type);
}
