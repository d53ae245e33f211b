using Foz.Connectors.Programs;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Airbyte;

/// <summary>Any source connector that speaks the Airbyte protocol, as a program or in a container.</summary>
/// <param name="clock">Measures how long it runs.</param>
sealed class AirbyteConnector(TimeProvider clock) : IConnector
{
    /// <inheritdoc/>
    public string Type => "airbyte";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings { get; } = ProgramOptions.Specs(withImage: true);

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("stream", "its name in the connector's catalog") { Default = "the stream's name" },
        new("namespace", "its namespace there") { Default = "the first that has it" },
    ];

    /// <inheritdoc/>
    public bool TellsKeys => true;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new AirbyteSource(source, ProgramOptions.Read(source.Connection.Settings), projectFolder, clock);
}
