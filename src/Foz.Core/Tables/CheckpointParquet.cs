using System.Runtime.CompilerServices;
using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.DuckDB;

namespace Foz.Core.Tables;

/// <summary>
/// The Parquet files of checkpoints, read column by column through the engine (PROTOCOL.md, "Checkpoint Schema").
/// </summary>
/// <param name="engines">The engines.</param>
sealed class CheckpointParquet(EnginePool engines) : ICheckpointParquet
{
    const int ActionsPerWrite = 1_000;

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<LogAction>> ReadAsync(
        string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        using var session = engines.Open(Workload.Query);
        var columns = ColumnsOf(session, file, cancellationToken);
        var pool = new Utf8Pool(new FileInfo(file).Length);
        foreach (var query in CheckpointQuery.All.Where(q => columns.ContainsKey(q.Action)))
        {
            using var result = session.Query(query.Sql(file, columns[query.Action]), cancellationToken);
            while (Fetch(result, file, cancellationToken) is { } fetched)
            {
                using var chunk = fetched;
                yield return query.Read(new CheckpointRows(chunk, pool));
            }
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
            using var session = engines.Open(Workload.Query);
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
