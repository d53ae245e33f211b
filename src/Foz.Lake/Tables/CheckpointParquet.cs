using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Foz.Delta;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.DuckDB;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>
/// The Parquet files of checkpoints, read column by column through the engine (PROTOCOL.md, "Checkpoint Schema").
/// </summary>
/// <param name="engines">The engines.</param>
sealed class CheckpointParquet(EnginePool engines) : ICheckpointParquet
{
    const int ActionsPerWrite = 1_000;

    static readonly int chunksAhead = 2 * Environment.ProcessorCount;

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<LogAction>> ReadAsync(
        string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var session = Open(file);
        var columns = ColumnsOf(session, file, cancellationToken);
        var pools = new ConcurrentBag<Utf8Pool>();
        var (large, small) = (new List<CheckpointQuery>(), new List<CheckpointQuery>());
        foreach (var query in CheckpointQuery.All.Where(q => columns.ContainsKey(q.Action)))
            (query.IsOfFiles ? large : small).Add(query);
        var others = Task.Run(() => ReadSmall(file, small, columns, cancellationToken), CancellationToken.None);
        // The engine reads the next rows while those before become actions.
        var ahead = new Queue<Task<IReadOnlyList<LogAction>>>();
        try
        {
            foreach (var query in large)
            {
                var places = query.PlacesIn(columns[query.Action]);
                using var result = session.Query(query.Sql(file, columns[query.Action]), cancellationToken);
                while (Fetch(result, file, cancellationToken) is { } chunk)
                {
                    ahead.Enqueue(Task.Run(() => Read(query, chunk, places, pools), CancellationToken.None));
                    if (ahead.Count > chunksAhead) yield return await ahead.Dequeue();
                }
            }
            while (ahead.TryDequeue(out var rest)) yield return await rest;
            yield return await others;
        }
        finally
        {
            await Task.WhenAll(ahead.Append<Task>(others)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(
        string file, IEnumerable<LogAction> actions, bool isSidecar, CancellationToken cancellationToken)
    {
        var lines = file + ".json";
        try
        {
            await using (var output = new FileStream(lines, FileMode.Create, FileAccess.Write))
                foreach (var some in actions.Chunk(ActionsPerWrite))
                    await output.WriteAsync(ActionWriter.Write(some), cancellationToken);
            using var session = Open(file);
            var columns = CheckpointQuery.WrittenColumns.Where(column => !isSidecar || column.Name is "add" or "remove")
                .Select(column => $"{SqlText.Literal(column.Name)}: {SqlText.Literal(column.Type)}");
            session.Execute(
                $$"""
                COPY (SELECT * FROM read_json({{SqlText.Literal(lines)}}, format = 'newline_delimited',
                    columns = {{{string.Join(", ", columns)}}}))
                TO {{SqlText.Literal(file)}} (FORMAT parquet, COMPRESSION zstd)
                """, cancellationToken);
        }
        finally
        {
            File.Delete(lines);
        }
    }

    EngineSession Open(string file)
    {
        var session = engines.Open(Workload.Query);
        session.Reach(Path.GetDirectoryName(file)!);
        return session;
    }

    List<LogAction> ReadSmall(
        string file, List<CheckpointQuery> queries, Dictionary<string, LogicalType> columns,
        CancellationToken cancellationToken)
    {
        var actions = new List<LogAction>();
        var pool = new Utf8Pool();
        using var session = Open(file);
        foreach (var query in queries)
        {
            var places = query.PlacesIn(columns[query.Action]);
            using var result = session.Query(query.Sql(file, columns[query.Action]), cancellationToken);
            while (Fetch(result, file, cancellationToken) is { } fetched)
            {
                using var chunk = fetched;
                actions.AddRange(query.Read(new CheckpointRows(chunk, places, pool)));
            }
        }
        return actions;
    }

    static IReadOnlyList<LogAction> Read(
        CheckpointQuery query, DataChunk chunk, int[] places, ConcurrentBag<Utf8Pool> pools)
    {
        using var owned = chunk;
        if (!pools.TryTake(out var pool)) pool = new Utf8Pool();
        var actions = query.Read(new CheckpointRows(chunk, places, pool));
        pools.Add(pool);
        return actions;
    }

    static Dictionary<string, LogicalType> ColumnsOf(
        EngineSession session, string file, CancellationToken cancellationToken)
    {
        try
        {
            using var result = session.Query(
                $"SELECT * FROM read_parquet({SqlText.Literal(file)}) LIMIT 0", cancellationToken);
            return result.Columns.ToDictionary(c => c.Name, c => c.Type);
        }
        catch (FozException e)
        {
            throw Corrupt(file, e);
        }
    }

    static DataChunk? Fetch(EngineRows result, string file, CancellationToken cancellationToken)
    {
        try
        {
            return result.Fetch(cancellationToken);
        }
        catch (FozException e)
        {
            throw Corrupt(file, e);
        }
    }

    static DeltaException Corrupt(string file, Exception e) =>
        new(DeltaErrorKind.Corrupt, $"checkpoint {Path.GetFileName(file)} cannot be read: {e.Message}", e);
}
