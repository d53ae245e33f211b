using Foz.Lake.Configuration;

namespace Foz.Connectors.TableFormats;

/// <summary>Delta tables that others write, in a folder or an object store.</summary>
/// <param name="clock">The time.</param>
sealed class DeltaConnector(TimeProvider clock) : IConnector
{
    /// <inheritdoc/>
    public string Type => "delta";

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
        new DeltaSource(new TableFolder(source.Connection, projectFolder, clock), clock);
}
