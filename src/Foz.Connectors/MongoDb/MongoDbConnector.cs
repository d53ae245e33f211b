using Foz.Lake.Configuration;

namespace Foz.Connectors.MongoDb;

/// <summary>
/// MongoDB: collections and views. Mode <c>snapshot</c> reads a collection through several connections, each a range of
/// ids; mode <c>incremental</c> reads the documents whose cursor grew.
/// </summary>
/// <param name="clock">Waits between tries.</param>
sealed class MongoDbConnector(TimeProvider clock) : IConnector
{
    /// <inheritdoc/>
    public string Type => "mongodb";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings => MongoDbOptions.Specs;

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings => MongoDbStream.Specs;

    /// <inheritdoc/>
    public bool TellsKeys => true;

    /// <inheritdoc/>
    public bool ReadsCurrentRows => true;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source, StreamDefinition stream)
    {
        CursorPlan.Check(stream);
        MongoDbStream.Read(source.Name, stream);
    }

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new MongoDbSource(source, MongoDbOptions.Read(source.Connection.Settings), clock);
}
