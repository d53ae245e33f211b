using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Maintenance;
using Foz.Delta.Scans;

namespace Foz.Core.Tables.Maintenance;

/// <summary>
/// Reads data files whole. The bytes of those whose hash was noted as they were written must be the same; every page of the others
/// is decoded, and what the log says of their rows compared with them.
/// </summary>
/// <param name="session">The session that decodes files.</param>
/// <param name="table">The table at a version.</param>
sealed class ContentCheck(EngineSession session, TableSnapshot table)
{
    readonly StatisticsWriter statistics = new(table.Schema, table.State.Metadata.Configuration);

    /// <summary>What is wrong with files that are there with their sizes.</summary>
    /// <param name="files">The files.</param>
    /// <param name="onProgress">Gets how far it is after each file; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">The storage failed.</exception>
    public async Task<IReadOnlyList<TableFault>> RunAsync(
        IReadOnlyList<AddFile> files, Action<FileProgress>? onProgress, CancellationToken cancellationToken)
    {
        var faults = new List<TableFault>();
        var all = new FileTotal(files.Count, files.Sum(file => file.SizeBytes));
        var done = new FileTotal(0, 0);
        foreach (var some in files.Chunk(Environment.ProcessorCount))
        {
            using var local = await TableFiles.FetchAsync(table, some, cancellationToken);
            var hashed = some.Where(file => HashOf(file) is not null).ToList();
            var hashes = await FileHash.OfAsync([.. hashed.Select(file => TableFiles.LocalPath(table, file))], cancellationToken);
            foreach (var (file, hash) in hashed.Zip(hashes))
                if (hash != HashOf(file)) faults.Add(TableFault.Of(file, FaultKind.Content, "has other bytes than were written"));
            foreach (var file in some.Where(file => HashOf(file) is null))
                if (await FaultAsync(file, cancellationToken) is { } fault) faults.Add(fault);
            done = new(done.Files + some.Length, done.Bytes + some.Sum(file => file.SizeBytes));
            onProgress?.Invoke(new(done, all));
        }
        return faults;
    }

    static string? HashOf(AddFile file) => file.Tags?.Find(FileTags.Hash);

    async Task<TableFault?> FaultAsync(AddFile file, CancellationToken cancellationToken)
    {
        try
        {
            TableFiles.Reach(session, table, [file]);
            await Task.Run(() => Decode(file, cancellationToken), cancellationToken);
            var read = await StatisticsCollector.ReadAsync(session, table, [file], statistics, cancellationToken);
            var differences = FileStatistics.Differences(file, table.Schema, read[0].Rows, read[0].Columns);
            return differences.Count == 0
                ? null
                : new(FaultKind.Statistics, file.Path.Value, $"{string.Join("; ", differences)}; foz analyze reads statistics again");
        }
        catch (FozException e) when (e.Kind is not (ErrorKind.Resource or ErrorKind.Canceled or ErrorKind.Denied))
        {
            return TableFault.Of(file, FaultKind.Content, $"cannot be read: {e.Message}");
        }
    }

    // What a hash is made of must be decoded, whatever the statistics are about.
    void Decode(AddFile file, CancellationToken cancellationToken)
    {
        var path = SqlText.Literal(TableFiles.LocalPath(table, file));
        using var hashes = session.Query(
            $"SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet({path}, hive_partitioning = false)", cancellationToken);
        _ = hashes.Rows(cancellationToken).Count();
    }
}
