using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;

namespace Foz.Connectors.TableFormats;

/// <summary>
/// Delta tables of others as a source: whole versions, or what versions changed, by their change data feed or, without
/// one, by the files and deletion vectors of their commits.
/// </summary>
sealed class DeltaSource(TableFolder folder, TimeProvider clock)
    : TableFormatSource(folder, clock, Format, LogFiles.Folder)
{
    const string Format = "Delta";

    /// <inheritdoc/>
    protected override bool IsMark(string file) => true;

    /// <inheritdoc/>
    protected override async Task<DiscoveredStream> DescribeAsync(
        string location, EnginePool engine, CancellationToken cancellationToken)
    {
        var table = await new TableStore(Folder.Store, engine, Clock).Open(location).LatestAsync(cancellationToken);
        return Folder.ToStream(location, table.Fields, table.RowCount);
    }

    /// <inheritdoc/>
    protected override async Task<BatchPlan> PlanAsync(
        StreamDefinition stream, string location, StreamInputs.OfVersions? last, CancellationToken cancellationToken)
    {
        var from = last?.To;
        var table = new LakeTable(
            new DeltaTable(Folder.Store.Within(location), parquet: null, Clock, Folder.AddressOf(location)),
            keys: null);
        var to = await table.Delta.FindLatestVersionAsync(from ?? 0, cancellationToken)
            ?? throw Folder.NotThere(location, stream, Format);
        if (from > to) throw Folder.Remade(location);
        if (from is { } read && (read == to || await table.HasChangesSinceAsync(read, to, cancellationToken) is false))
            return new BatchPlan(null, []);
        return new(new StreamInputs.OfVersions
        {
            From = stream.Mode is StreamMode.Incremental ? from : null,
            To = to,
            TableId = last?.TableId,
        }, []);
    }

    /// <inheritdoc/>
    protected override async Task<TableFormatRows> ReadAsync(
        StreamDefinition stream, string location, StreamInputs.OfVersions inputs, TableReading reading,
        CancellationToken cancellationToken)
    {
        var table = new TableStore(Folder.Open(reading.Cache), reading.Engine, Clock).Open(location);
        var end = await table.VersionAsync(inputs.To, cancellationToken);
        var id = end.State.Metadata.Id;
        if (inputs is { From: not null, TableId: { } known } && known != id) throw Folder.Remade(location);
        var isWhole = inputs.From is null;
        var rows = inputs.From is { } from
            ? await (await table.ChangesSinceAsync(from, inputs.To, cancellationToken)).RowsAsync(cancellationToken)
            : TableRows.All(end);
        var relation = await rows.OpenAsync(reading.Session, filter: null, cancellationToken, isForAnySession: true);
        var address = Folder.AddressOf(location);
        return new(
            isWhole ? AllSql(end, relation.Sql, address) : ChangesSql(stream, end, relation.Sql, address),
            TableFolder.FieldsOf(end.Fields), relation)
        {
            ActualInputs = inputs with { TableId = id },
            BytesRead = isWhole ? end.TotalBytes : null,
        };
    }

    /// <summary>All rows of a version.</summary>
    static string AllSql(TableSnapshot table, string relation, string address) =>
        $"SELECT {TableFolder.ColumnsSql(table.Fields)}, "
            + $"{TableFolder.ChangeSql("r", table.Version, table.Timestamp, address)} FROM {relation}";

    /// <summary>
    /// Returns SQL of the changes of versions. With keys, an old row is included if its key has no new row in the same
    /// version; without keys, only if it was deleted.
    /// </summary>
    static string ChangesSql(StreamDefinition stream, TableSnapshot table, string relation, string address)
    {
        var word = TableChanges.ChangeTypeColumn;
        var version = TableChanges.CommitVersionColumn;
        var isAfter = $"{word} IN ('{ChangeTypes.Insert}', '{ChangeTypes.Postimage}')";
        var keys = stream.Keys.Select(key => KeyOf(stream, table, key)).ToList();
        var sameKey = string.Join(" AND ", keys.Select(key => $"a.{key} IS NOT DISTINCT FROM s.{key}"));
        var isShown = keys.Count == 0
            ? $"s.{word} <> '{ChangeTypes.Preimage}'"
            : $"(s.{isAfter} OR NOT EXISTS (SELECT 1 FROM {relation} AS a WHERE a.{isAfter} AND a.{version} = "
                + $"s.{version} AND {sameKey}))";
        return $"SELECT {TableFolder.ColumnsSql(table.Fields)}, CASE s.{word} WHEN '{ChangeTypes.Insert}' THEN 'c' "
            + $"WHEN '{ChangeTypes.Postimage}' THEN 'u' ELSE 'd' END AS {ChangeColumns.Op}, "
            + $"s.{version} AS {ChangeColumns.Lsn}, "
            + $"CAST(CASE WHEN s.{isAfter} THEN 1 ELSE 0 END AS BIGINT) AS {ChangeColumns.Seq}, "
            + $"s._commit_timestamp AS {ChangeColumns.CommitTs}, {SqlText.Literal(address)} AS {ChangeColumns.Source} "
            + $"FROM {relation} AS s WHERE {isShown}";
    }

    static string KeyOf(StreamDefinition stream, TableSnapshot table, string key) =>
        table.Fields.FirstOrDefault(f => string.Equals(f.Name, key, StringComparison.OrdinalIgnoreCase)) is { } field
            ? SqlText.Identifier(field.Name)
            : throw new FozException(
                ErrorKind.Configuration, $"stream '{stream.Name}' has the key '{key}', which its table has not")
            {
                Place = stream.Place,
                Hint = NearestName.Hint(key, table.Fields.Select(f => f.Name)),
            };
}
