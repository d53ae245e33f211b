using Foz.Delta.Log;
using Foz.Delta.Maintenance;
using Foz.Delta.Scans;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>
/// Reads data files whole. The bytes of those whose hash was noted as they were written must be the same; every page of
/// the others is decoded and compared with its checksum, where it has one, and what the log says of their rows compared
/// with them.
/// </summary>
/// <param name="session">The session that decodes files.</param>
/// <param name="table">The table at a version.</param>
sealed class ContentCheck(EngineSession session, TableSnapshot table)
{
    readonly StatisticsWriter statistics = new(table.Schema, table.State.Metadata.Configuration);

    /// <summary>The faults of files that are there with their sizes.</summary>
    /// <param name="files">The files.</param>
    /// <param name="onProgress">Gets how far it is after each file; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
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
            var hashes = await FileHash.OfAsync(
                [.. hashed.Select(file => TableFiles.LocalPath(table, file))], cancellationToken);
            foreach (var (file, hash) in hashed.Zip(hashes))
                if (hash != HashOf(file))
                    faults.Add(TableFault.Of(file, FaultKind.Content, "has other bytes than were written"));
            foreach (var file in some.Where(file => HashOf(file) is null))
                if (await FaultAsync(file, cancellationToken) is { } fault) faults.Add(fault);
            done = new(done.Files + some.Length, done.Bytes + some.Sum(file => file.SizeBytes));
            onProgress?.Invoke(new(done, all));
        }
        return faults;
    }

    /// <summary>
    /// What is wrong with change data files; of these the log says nothing but their sizes, and vacuum deletes old ones
    /// away.
    /// </summary>
    /// <param name="files">The files, of any version.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IReadOnlyList<TableFault>> RunOnChangesAsync(
        IEnumerable<AddCdcFile> files, CancellationToken cancellationToken)
    {
        var faults = new List<TableFault>();
        foreach (var file in files.Select(file => file.AsData()))
        {
            if (await table.Store.GetInfoAsync(file.Path.Value, cancellationToken) is not { } info) continue;
            if (info.SizeBytes != file.SizeBytes)
            {
                faults.Add(
                    new(FaultKind.Content, file.Path.Value, $"has {info.SizeBytes} bytes instead of {file.SizeBytes}"));
                continue;
            }
            using var local = await TableFiles.FetchAsync(table, [file], cancellationToken);
            if (await UnreadableAsync(file, cancellationToken) is { } message)
                faults.Add(new(FaultKind.Content, file.Path.Value, message));
        }
        return faults;
    }

    static string? HashOf(AddFile file) => file.Tags?.Find(FileTags.Hash);

    async Task<TableFault?> FaultAsync(AddFile file, CancellationToken cancellationToken)
    {
        if (await UnreadableAsync(file, cancellationToken) is { } message)
            return TableFault.Of(file, FaultKind.Content, message);
        try
        {
            var read = await StatisticsCollector.ReadAsync(session, table, [file], statistics, cancellationToken);
            var differences = FileStatistics.Differences(file, table.Schema, read[0].Rows, read[0].Columns);
            return differences.Count == 0
                ? null
                : new(FaultKind.Statistics, file.Path.Value,
                    $"{string.Join("; ", differences)}; foz analyze reads statistics again");
        }
        catch (FozException e) when (IsOfFile(e))
        {
            return TableFault.Of(file, FaultKind.Content, $"cannot be read: {e.Message}");
        }
    }

    /// <summary>Why not all of a file can be decoded, or is as it was written; null where it is.</summary>
    async Task<string?> UnreadableAsync(AddFile file, CancellationToken cancellationToken)
    {
        try
        {
            TableFiles.Reach(session, table, [file]);
            return await Task.Run(() =>
            {
                Decode(file, cancellationToken);
                return PageChecks.FindDamage(session, TableFiles.LocalPath(table, file), cancellationToken);
            }, cancellationToken);
        }
        catch (Exception e) when (e is IOException || (e is FozException error && IsOfFile(error)))
        {
            return $"cannot be read: {e.Message}";
        }
    }

    static bool IsOfFile(FozException error) =>
        error.Kind is not (ErrorKind.Resource or ErrorKind.Canceled or ErrorKind.Denied);

    // What a hash is made of must be decoded, whatever the statistics are about.
    void Decode(AddFile file, CancellationToken cancellationToken)
    {
        var path = SqlText.Literal(TableFiles.LocalPath(table, file));
        using var hashes = session.Query(
            $"SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet({path}, hive_partitioning = false)",
            cancellationToken);
        _ = hashes.Rows(cancellationToken).Count();
    }
}
