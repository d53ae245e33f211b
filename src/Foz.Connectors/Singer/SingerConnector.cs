using Foz.Connectors.Programs;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Singer;

/// <summary>Any tap of the Singer specification.</summary>
/// <param name="clock">Measures how long it runs.</param>
sealed class SingerConnector(TimeProvider clock) : IConnector
{
    /// <inheritdoc/>
    public string Type => "singer";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings { get; } = ProgramOptions.Specs(withImage: false);

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("stream", "its name in the tap's catalog") { Default = "the stream's name" },
    ];

    /// <inheritdoc/>
    public bool TellsKeys => true;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new SingerSource(source, ProgramOptions.Read(source.Connection.Settings), projectFolder, clock);
}
