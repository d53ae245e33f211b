using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>
/// HTTP APIs that answer with JSON, CSV or XML, GraphQL among them. A run stores what it fetches in files of the
/// batch's work folder and then reads these like other files, so that types and rejected rows are those of files.
/// </summary>
/// <param name="clock">Decides when tokens expire, and waits between tries.</param>
sealed class HttpConnector(TimeProvider clock) : IConnector
{
    /// <inheritdoc/>
    public string Type => "http";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings => HttpSettings.Connection;

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings => HttpSettings.Stream;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source) => HttpStreams.CheckNamed(source);

    /// <inheritdoc/>
    public void Validate(SourceDefinition source, StreamDefinition stream) => HttpStreams.Read(source, stream);

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new HttpSource(source, HttpOptions.Read(source.Connection.Settings), HttpStreams.Read(source), clock);
}
