using System.Globalization;
using Foz.Core.Engine;
using Foz.Delta.Storage.Caching;

namespace Foz.Core.Connectors.TableFormats;

/// <summary>
/// Iceberg tables of others as a source, by their metadata files: whole snapshots, or what was appended since one.
/// </summary>
sealed class IcebergSource(TableFolder folder, TimeProvider clock) : ISource
{
    const string Format = "Iceberg";

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        var tables = await FindTablesAsync(cancellationToken);
        return tables.Count == 0
            ? throw folder.NoTables(Format, IcebergMetadata.Folder)
            : $"{tables.Count:N0} Iceberg {(tables.Count == 1 ? "table" : "tables")} in {folder.Stated}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var streams = new List<DiscoveredStream>();
        using var engine = new EnginePool(new EngineOptions());
        using var session = engine.Open(Workload.Query);
        foreach (var location in await FindTablesAsync(cancellationToken))
            streams.Add(await folder.GuardAsync(location, async () =>
            {
                var store = folder.Store.Within(location);
                var metadata = await IcebergMetadata.FindAsync(store, cancellationToken);
                var snapshot = metadata?.Current ?? new(0, null, 0, DateTimeOffset.UnixEpoch, null, "");
                return folder.ToStream(location, metadata is null ? [] : new IcebergRows(store, metadata, snapshot, session).Fields, rowCount: null);
            }));
        return streams;
    }

    /// <inheritdoc/>
    public Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
    {
        var location = TableFolder.LocationOf(stream);
        return folder.GuardAsync(location, async () =>
        {
            var metadata = await IcebergMetadata.FindAsync(folder.Store.Within(location), cancellationToken)
                ?? throw folder.NotThere(location, stream, Format);
            var last = history.LastOrDefault(inputs => inputs.CursorTo is not null);
            if (metadata.Current is not { } current || last?.CursorTo == Text(current.Id)) return new BatchPlan(null, []);
            var isNext = stream.Mode is StreamMode.Incremental && last is not null;
            if (isNext && last!.State != metadata.Uuid) throw folder.Remade(location);
            if (isNext && Appends(metadata, location, last!.CursorTo!, current.Id).Count == 0) return new(null, []);
            return new(new() { CursorFrom = isNext ? last!.CursorTo : null, CursorTo = Text(current.Id), State = metadata.Uuid }, []);
        });
    }

    /// <inheritdoc/>
    public Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var location = TableFolder.LocationOf(stream);
        return folder.GuardAsync<StreamRows>(location, async () =>
        {
            var cache = new FileCache(Path.Combine(context.WorkFolder, "fetched"), long.MaxValue, clock);
            var store = folder.Open(cache).Within(location);
            var metadata = await IcebergMetadata.FindAsync(store, cancellationToken) ?? throw folder.NotThere(location, stream, Format);
            if (metadata.Uuid != inputs.State) throw folder.Remade(location);
            var snapshot = metadata.Snapshots.FirstOrDefault(s => Text(s.Id) == inputs.CursorTo) ?? throw Expired(location, inputs.CursorTo!);
            var reader = new IcebergFiles(store, metadata.Location);
            var files = new List<IcebergFile>();
            if (inputs.CursorFrom is { } from)
                foreach (var append in Appends(metadata, location, from, snapshot.Id)) files.AddRange(await reader.ReadAddedAsync(append, cancellationToken));
            else files.AddRange(await reader.ReadAsync(snapshot, cancellationToken));
            var session = context.Engine.Open(Workload.Ingestion);
            try
            {
                var rows = new IcebergRows(store, metadata, snapshot, session);
                var relation = await rows.OpenAsync(files, cancellationToken);
                var change = TableFolder.ChangeSql(inputs.CursorFrom is null ? "r" : "c", snapshot.SequenceNumber, snapshot.Timestamp, folder.AddressOf(location));
                return new StreamRows.Selected($"SELECT {TableFolder.ColumnsSql(rows.Fields)}, {change} FROM {relation.Sql}")
                {
                    Fields = TableFolder.FieldsOf(rows.Fields),
                    TellsChanges = true,
                    BytesRead = files.Sum(f => f.SizeBytes),
                    OnDispose = () =>
                    {
                        relation.Dispose();
                        session.Dispose();
                        cache.Dispose();
                        return ValueTask.CompletedTask;
                    },
                };
            }
            catch
            {
                session.Dispose();
                throw;
            }
        });
    }

    /// <summary>The snapshots behind one that appended rows; those that only rearranged them are passed over.</summary>
    /// <exception cref="FozException">One did something else, or they are not told any more.</exception>
    IReadOnlyList<IcebergSnapshot> Appends(IcebergMetadata metadata, string location, string from, long to)
    {
        var steps = metadata.Between(long.Parse(from, CultureInfo.InvariantCulture), to) ?? throw Expired(location, from);
        return steps.FirstOrDefault(s => !s.IsAppend && !s.IsRearrangement) is { } change
            ? throw new FozException(ErrorKind.Source, $"snapshot {change.Id} of {folder.AddressOf(location)} changed rows ({change.Operation}): incremental streams are for tables that are appended to")
            {
                Hint = "set mode: snapshot, or begin again with --full-refresh",
            }
            : [.. steps.Where(s => s.IsAppend)];
    }

    FozException Expired(string location, string snapshot) =>
        new(ErrorKind.NotFound, $"{folder.AddressOf(location)} does not lead from snapshot {snapshot} to its present one any more")
        {
            Hint = "begin again with --full-refresh",
        };

    Task<IReadOnlyList<string>> FindTablesAsync(CancellationToken cancellationToken) =>
        folder.FindAsync(IcebergMetadata.Folder, IcebergMetadata.IsMetadata, cancellationToken);

    static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
