using Foz.Lake.Configuration;

namespace Foz.Connectors.TableFormats;

/// <summary>Iceberg tables that others write, in a folder or an object store; no catalog is asked.</summary>
/// <param name="clock">The time.</param>
sealed class IcebergConnector(TimeProvider clock) : IConnector
{
    /// <inheritdoc/>
    public string Type => "iceberg";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings => TableFolder.ConnectionSettings;

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings => TableFolder.StreamSettings;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source) => TableFolder.Validate(source);

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new IcebergSource(new TableFolder(source.Connection, projectFolder, clock), clock);
}
