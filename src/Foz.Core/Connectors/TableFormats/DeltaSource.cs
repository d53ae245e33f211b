using System.Globalization;
using Foz.Core.Configuration;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Tables;
using Foz.Core.Tables.ChangeFeed;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Delta.Storage.Caching;

namespace Foz.Core.Connectors.TableFormats;

/// <summary>
/// Delta tables of others as a source: whole versions, or what versions changed, by their change data feed or, without one, by
/// the files and deletion vectors of their commits.
/// </summary>
sealed class DeltaSource(TableFolder folder, TimeProvider clock) : ISource
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        var tables = await FindTablesAsync(cancellationToken);
        return tables.Count == 0
            ? throw folder.NoTables("Delta", LogFiles.Folder)
            : $"{tables.Count:N0} Delta {(tables.Count == 1 ? "table" : "tables")} in {folder.Stated}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var streams = new List<DiscoveredStream>();
        using var engine = new EnginePool(new EngineOptions());
        var store = new TableStore(folder.Store, engine, clock);
        foreach (var location in await FindTablesAsync(cancellationToken))
            streams.Add(await folder.GuardAsync(location, async () =>
            {
                var table = await store.Open(location).LatestAsync(cancellationToken);
                return folder.ToStream(location, table.Fields, table.RowCount);
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
            var last = history.LastOrDefault(inputs => inputs.CursorTo is not null);
            var from = last is null ? (long?)null : VersionOf(last.CursorTo!);
            var table = new LakeTable(
                new DeltaTable(folder.Store.Within(location), parquet: null, clock, folder.AddressOf(location)), keys: null);
            var to = await table.Delta.FindLatestVersionAsync(from ?? 0, cancellationToken) ?? throw folder.NotThere(location, stream, "Delta");
            if (from > to) throw folder.Remade(location);
            if (from is { } read && (read == to || !await table.HasChangesSinceAsync(read, to, cancellationToken)))
                return new BatchPlan(null, []);
            return new(new()
            {
                CursorFrom = stream.Mode is StreamMode.Incremental ? last?.CursorTo : null,
                CursorTo = to.ToString(CultureInfo.InvariantCulture),
                State = last?.State,
            }, []);
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
            var table = new TableStore(folder.Open(cache), context.Engine, clock).Open(location);
            var to = VersionOf(inputs.CursorTo!);
            var end = await table.VersionAsync(to, cancellationToken);
            var id = end.State.Metadata.Id;
            if (inputs.CursorFrom is not null && inputs.State is { } known && known != id) throw folder.Remade(location);
            var isWhole = inputs.CursorFrom is null;
            var rows = isWhole
                ? TableRows.All(end)
                : await (await table.ChangesSinceAsync(VersionOf(inputs.CursorFrom!), to, cancellationToken)).RowsAsync(cancellationToken);
            var session = context.Engine.Open(Workload.Ingestion);
            try
            {
                var relation = await rows.OpenAsync(session, filter: null, cancellationToken, isForAnySession: true);
                return new StreamRows.Selected(isWhole
                    ? AllSql(end, relation.Sql, folder.AddressOf(location))
                    : ChangesSql(stream, end, relation.Sql, folder.AddressOf(location)))
                {
                    Fields = TableFolder.FieldsOf(end.Fields),
                    TellsChanges = true,
                    Reached = inputs with { State = id },
                    BytesRead = isWhole ? end.TotalBytes : null,
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

    /// <summary>All rows of a version.</summary>
    static string AllSql(TableSnapshot table, string relation, string address) =>
        $"SELECT {TableFolder.ColumnsSql(table.Fields)}, {TableFolder.ChangeSql("r", table.Version, table.Timestamp, address)} FROM {relation}";

    /// <summary>
    /// What versions changed. A row as it was before is told of where its key has none in the same version; without keys only where
    /// it was deleted.
    /// </summary>
    static string ChangesSql(StreamDefinition stream, TableSnapshot table, string relation, string address)
    {
        var word = TableChanges.ChangeTypeColumn;
        var version = TableChanges.CommitVersionColumn;
        var isAfter = $"{word} IN ('{RowChangeWords.Insert}', '{RowChangeWords.Postimage}')";
        var keys = stream.Keys.Select(key => KeyOf(stream, table, key)).ToList();
        var sameKey = string.Join(" AND ", keys.Select(key => $"a.{key} IS NOT DISTINCT FROM s.{key}"));
        var isTold = keys.Count == 0
            ? $"s.{word} <> '{RowChangeWords.Preimage}'"
            : $"(s.{isAfter} OR NOT EXISTS (SELECT 1 FROM {relation} AS a WHERE a.{isAfter} AND a.{version} = s.{version} AND {sameKey}))";
        return $"SELECT {TableFolder.ColumnsSql(table.Fields)}, CASE s.{word} WHEN '{RowChangeWords.Insert}' THEN 'c' "
            + $"WHEN '{RowChangeWords.Postimage}' THEN 'u' ELSE 'd' END AS {ChangeColumns.Op}, s.{version} AS {ChangeColumns.Lsn}, "
            + $"CAST(CASE WHEN s.{isAfter} THEN 1 ELSE 0 END AS BIGINT) AS {ChangeColumns.Seq}, "
            + $"s._commit_timestamp AS {ChangeColumns.CommitTs}, {SqlText.Literal(address)} AS {ChangeColumns.Source} "
            + $"FROM {relation} AS s WHERE {isTold}";
    }

    static string KeyOf(StreamDefinition stream, TableSnapshot table, string key) =>
        table.Fields.FirstOrDefault(f => string.Equals(f.Name, key, StringComparison.OrdinalIgnoreCase)) is { } field
            ? SqlText.Identifier(field.Name)
            : throw new FozException(ErrorKind.Configuration, $"stream '{stream.Name}' has the key '{key}', which its table has not")
            {
                Place = stream.Place,
                Hint = NearestName.Hint(key, table.Fields.Select(f => f.Name)),
            };

    static long VersionOf(string cursor) => long.Parse(cursor, CultureInfo.InvariantCulture);

    Task<IReadOnlyList<string>> FindTablesAsync(CancellationToken cancellationToken) =>
        folder.FindAsync(LogFiles.Folder, static _ => true, cancellationToken);
}
