using System.Globalization;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Lake.Journal;

/// <summary>
/// Keeps a run's records until they reach their Delta tables: in segments that it numbers from 1 on. A segment is
/// written by its run alone, and no longer once it is closed. It is moved to the tables, and deleted, by its run, or by
/// a later run once its run is gone. Used by one thread at a time.
/// </summary>
public abstract class RunJournal : IDisposable
{
    /// <summary>The extension of segments, after their last dot.</summary>
    public const string Extension = "segment";

    RunJournal() { }

    /// <summary>The journal of a run: next to a local lake's tables in files, and in a store in objects.</summary>
    /// <exception cref="FozException">The journal's folder cannot be written.</exception>
    public static RunJournal Open(Lakehouse lake, string runId) =>
        lake.IsLocal ? new OfFolder(lake.JournalFolder, runId) : new OfStore(lake.Store, runId);

    /// <summary>All segments of a lake, those that are still written among them, in order.</summary>
    public static async Task<IReadOnlyList<RunSegment>> ListAsync(
        Lakehouse lake, CancellationToken cancellationToken) =>
        lake.IsLocal
            ? [.. RecordSegments.In(lake.JournalFolder, Extension).Select(segment => new RunSegment.OfFile(segment))]
            : await OfStore.ListAsync(lake.Store, cancellationToken);

    /// <summary>Adds records: all of them, durable when it returns, or none.</summary>
    /// <exception cref="FozException">The storage is full, may not be written, or fails.</exception>
    public abstract Task AppendAsync(IReadOnlyCollection<JournalRecord> records, CancellationToken cancellationToken);

    /// <summary>Closes the open segment, and gives those that the run may move.</summary>
    /// <param name="mayMove">Whether those of another run may be moved, which works no more.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public abstract Task<IReadOnlyList<RunSegment>> CloseAsync(
        Func<string, ValueTask<bool>> mayMove, CancellationToken cancellationToken);

    /// <summary>The segments of a run, and of those that work no more.</summary>
    static async Task<IReadOnlyList<RunSegment>> ChooseAsync(
        IEnumerable<RunSegment> segments, string runId, Func<string, ValueTask<bool>> mayMove)
    {
        var chosen = new List<RunSegment>();
        foreach (var ofRun in segments.GroupBy(segment => segment.RunId))
            if (ofRun.Key == runId || await mayMove(ofRun.Key)) chosen.AddRange(ofRun);
        return chosen;
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>In a folder of this machine: files that are synced after each group of records.</summary>
    sealed class OfFolder(string folder, string runId) : RunJournal
    {
        readonly RecordSegments segments = new(folder, runId, Extension);

        public override Task AppendAsync(
            IReadOnlyCollection<JournalRecord> records, CancellationToken cancellationToken)
        {
            segments.Append(records);
            return Task.CompletedTask;
        }

        public override Task<IReadOnlyList<RunSegment>> CloseAsync(
            Func<string, ValueTask<bool>> mayMove, CancellationToken cancellationToken)
        {
            segments.Close();
            return ChooseAsync(segments.Closed().Select(segment => new RunSegment.OfFile(segment)), runId, mayMove);
        }

        public override void Dispose() => segments.Dispose();
    }

    /// <summary>In an object store, which outlives the machine: an object for each group of records.</summary>
    sealed class OfStore(IObjectStore store, string runId) : RunJournal
    {
        const string Folder = Lakehouse.SystemFolder + "/journal";
        long number;

        /// <summary>How many records the next object may hold already: of a write whose outcome is unknown.</summary>
        int unsure;

        public static async Task<IReadOnlyList<RunSegment>> ListAsync(
            IObjectStore store, CancellationToken cancellationToken)
        {
            var segments = new List<RunSegment>();
            await foreach (var info in store.ListAsync(Folder, startAfter: null, cancellationToken))
                if (info.Path[(Folder.Length + 1)..].Split('.') is [var writer, var count, Extension]
                    && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    segments.Add(new RunSegment.OfObject(store, info.Path, writer, number));
            return segments;
        }

        public override async Task AppendAsync(
            IReadOnlyCollection<JournalRecord> records, CancellationToken cancellationToken)
        {
            try
            {
                if (unsure > 0 && await store.GetInfoAsync(PathOf(number + 1), cancellationToken) is not null)
                {
                    number++;
                    records = [.. records.Skip(unsure)];
                    unsure = 0;
                    if (records.Count == 0) return;
                }
                unsure = records.Count;
                await store.TryCreateAsync(PathOf(number + 1), JournalSegment.Write(records), cancellationToken);
                number++;
                unsure = 0;
            }
            catch (StorageException e)
            {
                throw new FozException(
                    ErrorKind.Storage, $"the journal in {store.Root}/{Folder} cannot be written: {e.Message}", e);
            }
        }

        public override async Task<IReadOnlyList<RunSegment>> CloseAsync(
            Func<string, ValueTask<bool>> mayMove, CancellationToken cancellationToken) =>
            await ChooseAsync(await ListAsync(store, cancellationToken), runId, mayMove);

        public override void Dispose()
        {
            // No process holds an object.
        }

        string PathOf(long segment) =>
            string.Create(CultureInfo.InvariantCulture, $"{Folder}/{runId}.{segment:D10}.{Extension}");
    }
}

/// <summary>A segment of a run's journal.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Number">Which of the run's, from 1 on.</param>
public abstract record RunSegment(string RunId, long Number)
{
    /// <summary>Returns the JSON of its records, in order; none where they were moved to the tables.</summary>
    public abstract Task<IEnumerable<ReadOnlyMemory<byte>>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Deletes it; to be called when all of its records are in their tables.</summary>
    public abstract Task DeleteAsync(CancellationToken cancellationToken);

    /// <summary>A file.</summary>
    public sealed record OfFile(RecordSegments.Segment Segment) : RunSegment(Segment.Instance, Segment.Number)
    {
        /// <inheritdoc/>
        public override Task<IEnumerable<ReadOnlyMemory<byte>>> ReadAsync(CancellationToken cancellationToken)
        {
            try
            {
                return Task.FromResult(JournalSegment.Read(Segment.Path));
            }
            catch (FileNotFoundException)
            {
                return Task.FromResult(Enumerable.Empty<ReadOnlyMemory<byte>>());
            }
        }

        /// <inheritdoc/>
        public override Task DeleteAsync(CancellationToken cancellationToken)
        {
            File.Delete(Segment.Path);
            return Task.CompletedTask;
        }
    }

    /// <summary>An object.</summary>
    public sealed record OfObject(IObjectStore Store, string Path, string RunId, long Number)
        : RunSegment(RunId, Number)
    {
        /// <inheritdoc/>
        public override async Task<IEnumerable<ReadOnlyMemory<byte>>> ReadAsync(CancellationToken cancellationToken) =>
            await Store.GetAsync(Path, cancellationToken) is { } stored ? JournalSegment.Read(stored.Content) : [];

        /// <inheritdoc/>
        public override Task DeleteAsync(CancellationToken cancellationToken) =>
            Store.DeleteAsync(Path, cancellationToken).AsTask();
    }
}
