using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Connectors.TableFormats;

/// <summary>
/// Iceberg tables of others as a source, by their metadata files: whole snapshots, or what was appended since one.
/// </summary>
sealed class IcebergSource(TableFolder folder, TimeProvider clock)
    : TableFormatSource(folder, clock, Format, IcebergMetadata.Folder)
{
    const string Format = "Iceberg";

    /// <inheritdoc/>
    protected override bool IsMark(string file) => IcebergMetadata.IsMetadata(file);

    /// <inheritdoc/>
    protected override async Task<DiscoveredStream> DescribeAsync(
        string location, EnginePool engine, CancellationToken cancellationToken)
    {
        var store = Folder.Store.Within(location);
        var metadata = await IcebergMetadata.FindAsync(store, cancellationToken);
        var snapshot = metadata?.Current ?? new(0, null, 0, DateTimeOffset.UnixEpoch, null, "");
        using var session = engine.Open(Workload.Query);
        return Folder.ToStream(
            location, metadata is null ? [] : new IcebergRows(store, metadata, snapshot, session).Fields,
            rowCount: null);
    }

    /// <inheritdoc/>
    protected override async Task<BatchPlan> PlanAsync(
        StreamDefinition stream, string location, StreamInputs.OfVersions? last, CancellationToken cancellationToken)
    {
        var metadata = await IcebergMetadata.FindAsync(Folder.Store.Within(location), cancellationToken)
            ?? throw Folder.NotThere(location, stream, Format);
        if (metadata.Current is not { } current || last?.To == current.Id) return new BatchPlan(null, []);
        var isNext = stream.Mode is StreamMode.Incremental && last is not null;
        if (isNext && last!.TableId != metadata.Uuid) throw Folder.Remade(location);
        if (isNext && Appends(metadata, location, last!.To, current.Id).Count == 0) return new(null, []);
        return new(
            new StreamInputs.OfVersions
            {
                From = isNext ? last!.To : null, To = current.Id, TableId = metadata.Uuid,
            }, []);
    }

    /// <inheritdoc/>
    protected override async Task<TableFormatRows> ReadAsync(
        StreamDefinition stream, string location, StreamInputs.OfVersions inputs, TableReading reading,
        CancellationToken cancellationToken)
    {
        var store = Folder.Open(reading.Cache).Within(location);
        var metadata = await IcebergMetadata.FindAsync(store, cancellationToken)
            ?? throw Folder.NotThere(location, stream, Format);
        if (metadata.Uuid != inputs.TableId) throw Folder.Remade(location);
        var snapshot = metadata.Snapshots.FirstOrDefault(s => s.Id == inputs.To)
            ?? throw Expired(location, inputs.To);
        var reader = new IcebergFiles(store, metadata.Location);
        var files = new List<IcebergFile>();
        if (inputs.From is { } from)
            foreach (var append in Appends(metadata, location, from, snapshot.Id))
                files.AddRange(await reader.ReadAddedAsync(append, cancellationToken));
        else files.AddRange(await reader.ReadAsync(snapshot, cancellationToken));
        var rows = new IcebergRows(store, metadata, snapshot, reading.Session);
        var relation = await rows.OpenAsync(files, cancellationToken);
        var change = TableFolder.ChangeSql(
            inputs.From is null ? "r" : "c", snapshot.SequenceNumber, snapshot.Timestamp,
            Folder.AddressOf(location));
        return new(
            $"SELECT {TableFolder.ColumnsSql(rows.Fields)}, {change} FROM {relation.Sql}",
            TableFolder.FieldsOf(rows.Fields), relation)
        {
            BytesRead = files.Sum(f => f.SizeBytes),
        };
    }

    /// <summary>
    /// Returns the snapshots after one that appended rows; those that only rearranged rows are skipped.
    /// </summary>
    /// <exception cref="FozException">
    /// Thrown when a snapshot did something else, or the metadata no longer lists them.
    /// </exception>
    IReadOnlyList<IcebergSnapshot> Appends(IcebergMetadata metadata, string location, long from, long to)
    {
        var steps = metadata.Between(from, to)
            ?? throw Expired(location, from);
        return steps.FirstOrDefault(s => !s.IsAppend && !s.IsRearrangement) is { } change
            ? throw new FozException(
                ErrorKind.Source,
                $"snapshot {change.Id} of {Folder.AddressOf(location)} changed rows ({change.Operation}): incremental "
                    + "streams are for tables that are appended to")
            {
                Hint = "set mode: snapshot, or begin again with --full-refresh",
            }
            : [.. steps.Where(s => s.IsAppend)];
    }

    FozException Expired(string location, long snapshot) =>
        new(ErrorKind.NotFound,
            $"{Folder.AddressOf(location)} does not lead from snapshot {snapshot} to its present one any more")
        {
            Hint = "begin again with --full-refresh",
        };
}
