using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Storage.Caching;

namespace Foz.Connectors.TableFormats;

/// <summary>Tables of others as a source: what their formats share.</summary>
/// <param name="folder">The folder or address below which they lie.</param>
/// <param name="clock">The time.</param>
/// <param name="format">What they are called, such as <c>Delta</c>.</param>
/// <param name="marker">The folder by which each of them is known.</param>
abstract class TableFormatSource(TableFolder folder, TimeProvider clock, string format, string marker) : ISource
{
    /// <summary>The folder or address below which the tables lie.</summary>
    protected TableFolder Folder => folder;

    /// <summary>The time.</summary>
    protected TimeProvider Clock => clock;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        var tables = await FindTablesAsync(cancellationToken);
        return tables.Count == 0
            ? throw folder.NoTables(format, marker)
            : $"{tables.Count:N0} {format} {(tables.Count == 1 ? "table" : "tables")} in {folder.Stated}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var streams = new List<DiscoveredStream>();
        using var engine = new EnginePool(new EngineOptions());
        foreach (var location in await FindTablesAsync(cancellationToken))
            streams.Add(await folder.GuardAsync(location, () => DescribeAsync(location, engine, cancellationToken)));
        return streams;
    }

    /// <inheritdoc/>
    public Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
    {
        var location = TableFolder.LocationOf(stream);
        var last = history.OfType<StreamInputs.OfVersions>().LastOrDefault();
        return folder.GuardAsync(location, () => PlanAsync(stream, location, last, cancellationToken));
    }

    /// <inheritdoc/>
    public Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var location = TableFolder.LocationOf(stream);
        var versions = inputs.As<StreamInputs.OfVersions>(stream);
        return folder.GuardAsync<StreamRows>(location, async () =>
        {
            var reading = new TableReading(context, clock);
            try
            {
                var rows = await ReadAsync(stream, location, versions, reading, cancellationToken);
                return new StreamRows.Selected(rows.Sql)
                {
                    Fields = rows.Fields,
                    TellsChanges = true,
                    ActualInputs = rows.ActualInputs,
                    BytesRead = rows.BytesRead,
                    OnDispose = () =>
                    {
                        rows.Relation.Dispose();
                        reading.Dispose();
                        return ValueTask.CompletedTask;
                    },
                };
            }
            catch
            {
                reading.Dispose();
                throw;
            }
        });
    }

    /// <summary>Whether a file in the folder <c>marker</c>, by its name, shows that there is a table.</summary>
    protected abstract bool IsMark(string file);

    /// <summary>A table as a stream.</summary>
    protected abstract Task<DiscoveredStream> DescribeAsync(
        string location, EnginePool engine, CancellationToken cancellationToken);

    /// <summary>Decides what the next batch reads.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="location">Its table.</param>
    /// <param name="last">What the last batch read; null before the first.</param>
    /// <param name="cancellationToken">Stops it.</param>
    protected abstract Task<BatchPlan> PlanAsync(
        StreamDefinition stream, string location, StreamInputs.OfVersions? last, CancellationToken cancellationToken);

    /// <summary>Starts reading; what it opens of <paramref name="reading"/> is closed by the caller.</summary>
    protected abstract Task<TableFormatRows> ReadAsync(
        StreamDefinition stream, string location, StreamInputs.OfVersions inputs, TableReading reading,
        CancellationToken cancellationToken);

    Task<IReadOnlyList<string>> FindTablesAsync(CancellationToken cancellationToken) =>
        folder.FindAsync(marker, IsMark, cancellationToken);
}

/// <summary>
/// What reading a table holds: fetched files, and a session. Disposed when the rows are no longer needed, or cannot be
/// read.
/// </summary>
sealed class TableReading : IDisposable
{
    /// <summary>Opens it for a batch.</summary>
    public TableReading(ReadContext context, TimeProvider clock)
    {
        Engine = context.Engine;
        Cache = new(Path.Combine(context.WorkFolder, "fetched"), long.MaxValue, clock);
        Session = context.Engine.Open(Workload.Ingestion);
    }

    /// <summary>The engine.</summary>
    public EnginePool Engine { get; }

    /// <summary>Where files of an address are fetched to.</summary>
    public FileCache Cache { get; }

    /// <summary>Where the rows are made readable.</summary>
    public EngineSession Session { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Session.Dispose();
        Cache.Dispose();
    }
}

/// <summary>Rows of a table.</summary>
/// <param name="Sql">A SELECT of them with their change columns.</param>
/// <param name="Fields">Their columns.</param>
/// <param name="Relation">What the SELECT reads.</param>
sealed record TableFormatRows(string Sql, IReadOnlyList<Field> Fields, IDisposable Relation)
{
    /// <summary>How far the source has come; null where planning knew.</summary>
    public StreamInputs? ActualInputs { get; init; }

    /// <summary>How many bytes are read; null where they were not counted.</summary>
    public long? BytesRead { get; init; }
}
