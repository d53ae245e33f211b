using System.Collections;
using Foz.Delta.Log;

namespace Foz.Delta.Snapshots;

/// <summary>
/// The logical files of one snapshot: an immutable set that is keyed by <see cref="FileKey"/>, enumerated in the order
/// in which files joined, and changed at the cost of the change. Snapshots share all chunks that did not change.
/// </summary>
/// <typeparam name="TFile"><see cref="AddFile"/> or, for tombstones, <see cref="RemoveFile"/>.</typeparam>
public sealed class FileSet<TFile> : IReadOnlyCollection<TFile>, IFilePlaces
    where TFile : FileAction
{
    /// <summary>The number of places in a full chunk.</summary>
    internal const int ChunkLength = 256;

    readonly FileChunk<TFile>[] chunks;
    readonly FileIndex index;

    FileSet(FileChunk<TFile>[] chunks, FileIndex index, int count)
    {
        this.chunks = chunks;
        this.index = index;
        Count = count;
    }

    /// <summary>The set without files.</summary>
    internal static FileSet<TFile> Empty { get; } = new([], FileIndex.Empty, 0);

    /// <summary>The number of files.</summary>
    public int Count { get; }

    /// <summary>
    /// The files in blocks of at most 256, the unit in which sets share: work done per chunk, such as parsing
    /// statistics, can be kept with the chunk object for as long as it lives.
    /// </summary>
    public IReadOnlyList<FileChunk<TFile>> Chunks => chunks;

    /// <summary>The file of a key; null if the set has none.</summary>
    public TFile? Find(FileKey key) =>
        index.Find(key, this) is { } place ? chunks[place / ChunkLength].Places[place % ChunkLength] : null;

    /// <summary>The files in the order in which they joined.</summary>
    public IEnumerator<TFile> GetEnumerator()
    {
        foreach (var chunk in chunks)
            for (var i = 0; i < chunk.Places.Length; i++)
                if (chunk.Places[i] is { } file) yield return file;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Begins a change in any number of steps.</summary>
    /// <param name="dropped">Is called with each file that leaves or is replaced.</param>
    internal Edit Begin(Action<TFile>? dropped = null) => new(this, dropped);

    /// <summary>The set after removals and then additions, so that a key in both stays.</summary>
    /// <param name="removed">Keys to take out; keys that are absent are ignored.</param>
    /// <param name="added">Files to put in; of several with one key the last stays.</param>
    /// <param name="dropped">Is called with each file that left or was replaced.</param>
    internal FileSet<TFile> Change(
        IReadOnlyCollection<FileKey> removed, IReadOnlyCollection<TFile> added, Action<TFile>? dropped = null)
    {
        var edit = Begin(dropped);
        foreach (var key in removed) edit.Remove(key);
        foreach (var file in added) edit.Add(file);
        return edit.ToSet();
    }

    bool IFilePlaces.Has(int place, FileKey key) =>
        IsOf(chunks[place / ChunkLength].Places[place % ChunkLength], key);

    static bool IsOf(TFile? file, FileKey key) =>
        file is not null && file.Path.Value == key.Path && file.DeletionVector?.UniqueId == key.DeletionVectorId;

    /// <summary>A change in the making: copies a chunk at its first write.</summary>
    internal sealed class Edit : IFilePlaces
    {
        readonly FileSet<TFile> origin;
        readonly Action<TFile>? dropped;
        PlaceTable places = new();

        // The place that a path left is taken by the next file of that path: a new deletion vector keeps the order.
        readonly Dictionary<string, int> leftPlaces = new(StringComparer.Ordinal);
        List<TFile?[]?>? written;
        int end;

        // The places before this one are not in the index, as no look-up has needed it yet.
        int appended;

        internal Edit(FileSet<TFile> origin, Action<TFile>? dropped)
        {
            (this.origin, this.dropped, Count) = (origin, dropped, origin.Count);
            end = origin.chunks.Length == 0
                ? 0
                : (origin.chunks.Length - 1) * ChunkLength + origin.chunks[^1].Places.Length;
        }

        /// <summary>The number of files so far.</summary>
        public int Count { get; private set; }

        /// <summary>Whether a file of the key is there.</summary>
        public bool Contains(FileKey key) => Find(key) is not null;

        /// <summary>
        /// The files of a path, whatever their deletion vectors, at the cost of a search through all.
        /// </summary>
        public List<TFile> FindAll(string path)
        {
            var found = new List<TFile>();
            for (var place = 0; place < end; place++)
                if (At(place) is { } file && file.Path.Value == path) found.Add(file);
            return found;
        }

        /// <summary>Removes a file, if the set has it.</summary>
        public void Remove(FileKey key)
        {
            if (Find(key) is not { } place) return;
            Drop(place);
            Write(place, null);
            leftPlaces[key.Path] = place;
            Count--;
        }

        /// <summary>Puts a file in, or in the place of the one with its key.</summary>
        public void Add(TFile file)
        {
            var key = file.Key;
            if (Find(key) is { } known)
            {
                Drop(known);
                Write(known, file);
                return;
            }
            var place = leftPlaces.Count > 0 && leftPlaces.Remove(key.Path, out var left) ? left : end++;
            places.Add(key, place);
            Write(place, file);
            Count++;
        }

        /// <summary>
        /// Puts files into an empty set: those of a checkpoint. They are indexed when all are there.
        /// </summary>
        public void Append(ReadOnlySpan<TFile> files)
        {
            if (appended < end)
            {
                foreach (var file in files) Add(file);
                return;
            }
            written ??= [];
            Count += files.Length;
            for (; files.Length > 0; appended = end)
            {
                if (end % ChunkLength == 0) written.Add(new TFile?[ChunkLength]);
                var some = Math.Min(files.Length, ChunkLength - end % ChunkLength);
                files[..some].CopyTo(written[^1].AsSpan(end % ChunkLength)!);
                files = files[some..];
                end += some;
            }
        }

        /// <summary>Ends a step: places that were left in it stay empty, and appended files are indexed.</summary>
        public void EndStep()
        {
            leftPlaces.Clear();
            if (appended > 0) IndexAppended();
        }

        /// <summary>Returns the set with the changes so far; the change is not used any more.</summary>
        public FileSet<TFile> ToSet()
        {
            if (written is null) return origin;
            if (appended > 0) IndexAppended();
            if (end > 2 * ChunkLength && Count < end / 2) return Compacted();
            var index = places.Count > 0 ? origin.index.With(places) : origin.index;
            var result = new FileChunk<TFile>[written.Count];
            for (var i = 0; i < result.Length; i++)
                result[i] = written[i] is { } own
                    ? new FileChunk<TFile>(Trim(own, end - i * ChunkLength))
                    : origin.chunks[i];
            return new FileSet<TFile>(result, index, Count);
        }

        FileSet<TFile> Compacted()
        {
            var files = new List<TFile>(Count);
            for (var place = 0; place < end; place++)
                if (At(place) is { } file) files.Add(file);
            return Empty.Change([], files);
        }

        void Drop(int place)
        {
            if (dropped is not null && At(place) is { } file) dropped(file);
        }

        bool IFilePlaces.Has(int place, FileKey key) => IsOf(At(place), key);

        int? Find(FileKey key)
        {
            if (appended > 0) IndexAppended();
            return places.Find(key, this) ?? origin.index.Find(key, this);
        }

        // Some writers name a file twice in one checkpoint: the last is the one that counts.
        void IndexAppended()
        {
            var last = appended;
            (places, appended) = (new(last), 0);
            for (var place = 0; place < last; place++)
            {
                if (At(place) is not { } file) continue;
                if (places.Find(file.Key, this) is not { } known)
                {
                    places.Add(file.Key, place);
                    continue;
                }
                Drop(known);
                Write(known, file);
                Write(place, null);
                Count--;
            }
        }

        TFile? At(int place) => written?[place / ChunkLength] is { } copy
            ? copy[place % ChunkLength]
            : origin.chunks[place / ChunkLength].Places[place % ChunkLength];

        void Write(int place, TFile? file)
        {
            written ??= [.. new TFile?[]?[origin.chunks.Length]];
            var number = place / ChunkLength;
            if (number == written.Count) written.Add(new TFile?[ChunkLength]);
            var chunk = written[number] ??= Copy(origin.chunks[number]);
            chunk[place % ChunkLength] = file;
        }

        static TFile?[] Copy(FileChunk<TFile> chunk)
        {
            var copy = new TFile?[ChunkLength];
            chunk.Places.CopyTo(copy);
            return copy;
        }

        static TFile?[] Trim(TFile?[] places, int length) => length >= ChunkLength ? places : places[..length];
    }
}

/// <summary>A block of files of a <see cref="FileSet{TFile}"/>; it never changes.</summary>
/// <typeparam name="TFile">The kind of file.</typeparam>
public sealed class FileChunk<TFile>
    where TFile : FileAction
{
    readonly TFile?[] places;

    internal FileChunk(TFile?[] places) => this.places = places;

    /// <summary>The files; null where one left the set.</summary>
    public ReadOnlySpan<TFile?> Places => places;
}
