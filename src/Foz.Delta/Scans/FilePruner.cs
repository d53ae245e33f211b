using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Scans;

/// <summary>A file that may hold rows that fulfil a predicate.</summary>
/// <param name="File">The file.</param>
/// <param name="IsWhole">Whether all of its rows fulfil the predicate for certain.</param>
public readonly record struct MatchedFile(AddFile File, bool IsWhole);

/// <summary>
/// Finds the files that may hold rows which fulfil a predicate, by partition values and statistics; never misses one.
/// What it reads from statistics is kept with the snapshot's files. Safe for any number of threads.
/// </summary>
public sealed class FilePruner
{
    // Some 16,000 files: from here on the work outweighs the threads.
    const int ChunksParallel = 64;

    readonly BoundPredicate predicate;
    readonly string?[] partitionNames;
    readonly StatisticsColumn[] columns;
    readonly bool usesStatistics;
    readonly bool usesPartitions;

    /// <summary>Binds a predicate to the columns of a table; what names no column of it is unknown.</summary>
    public FilePruner(TableSchema schema, Predicate predicate)
    {
        var binder = new PredicateBinder(schema);
        this.predicate = binder.Bind(predicate);
        partitionNames = [.. binder.Columns.Select(column => column.PartitionName)];
        columns = [.. binder.Columns.Select(column => column.Statistics)];
        usesStatistics = partitionNames.Contains(null);
        usesPartitions = partitionNames.Any(name => name is not null);
    }

    /// <summary>Whether a file may hold rows that fulfil the predicate.</summary>
    public bool MayMatch(AddFile file) => Scan().Evaluate(file).HasFlag(PredicateOutcomes.True);

    /// <summary>The files that may hold rows that fulfil the predicate, in their order.</summary>
    public IReadOnlyList<AddFile> Prune(FileSet<AddFile> files)
    {
        var kept = new List<AddFile>();
        foreach (var (file, _) in Matches(files)) kept.Add(file);
        return kept;
    }

    /// <summary>Returns the files of <see cref="Prune"/>, with whether each holds no other rows.</summary>
    public IReadOnlyList<MatchedFile> Match(FileSet<AddFile> files) => Matches(files);

    Scanner Scan() => new(this);

    List<MatchedFile> Matches(FileSet<AddFile> files)
    {
        var chunks = files.Chunks;
        if (chunks.Count < ChunksParallel) return Matches(chunks, 0, chunks.Count);
        var parts = new List<MatchedFile>[Environment.ProcessorCount];
        Parallel.For(0, parts.Length, part => parts[part] =
            Matches(chunks, chunks.Count * part / parts.Length, chunks.Count * (part + 1) / parts.Length));
        return [.. parts.SelectMany(part => part)];
    }

    List<MatchedFile> Matches(IReadOnlyList<FileChunk<AddFile>> chunks, int from, int to)
    {
        var scanner = Scan();
        var matches = new List<MatchedFile>();
        for (var chunk = from; chunk < to; chunk++)
        {
            var places = chunks[chunk].Places;
            if (usesStatistics)
            {
                scanner.Enter(chunks[chunk]);
                if (!scanner.MayMatchAny()) continue;
            }
            for (var i = 0; i < places.Length; i++)
            {
                if (places[i] is not { } file) continue;
                var truth = scanner.Evaluate(file, i);
                if (truth.HasFlag(PredicateOutcomes.True)) matches.Add(new(file, truth == PredicateOutcomes.True));
            }
            if (usesStatistics) scanner.Leave(places);
        }
        return matches;
    }

    // The state of one pass over files.
    sealed class Scanner
    {
        readonly FilePruner pruner;
        readonly ColumnBounds[] bounds;
        readonly ColumnBounds[] read;
        readonly int[] statisticsOrdinals;
        readonly StatisticsReader reader;
        readonly ChunkStatistics.Column[] cached;
        readonly Dictionary<(int Column, string Text), ColumnBounds> partitionBounds = [];

        public Scanner(FilePruner pruner)
        {
            this.pruner = pruner;
            bounds = new ColumnBounds[pruner.columns.Length];
            statisticsOrdinals = [.. Enumerable.Range(0, bounds.Length).Where(i => pruner.partitionNames[i] is null)];
            read = new ColumnBounds[statisticsOrdinals.Length];
            cached = new ChunkStatistics.Column[statisticsOrdinals.Length];
            reader = new([.. statisticsOrdinals.Select(i => pruner.columns[i])]);
        }

        public void Enter(FileChunk<AddFile> chunk)
        {
            var statistics = ChunkStatistics.Of(chunk);
            for (var i = 0; i < cached.Length; i++)
                cached[i] = statistics.ColumnOf(pruner.columns[statisticsOrdinals[i]], chunk.Places.Length);
        }

        /// <summary>
        /// Whether a file of the chunk entered last may match, by the bounds of all its files together; true where they
        /// were not united yet.
        /// </summary>
        public bool MayMatchAny()
        {
            for (var i = 0; i < bounds.Length; i++) bounds[i] = ColumnBounds.Unknown;
            for (var i = 0; i < cached.Length; i++)
                if (!cached[i].TryGetUnion(out bounds[statisticsOrdinals[i]])) return true;
            return pruner.predicate.Evaluate(bounds).HasFlag(PredicateOutcomes.True);
        }

        /// <summary>Ends the chunk entered last: its next pass may skip it as a whole.</summary>
        public void Leave(ReadOnlySpan<AddFile?> files)
        {
            foreach (var column in cached) column.Unite(files);
        }

        /// <summary>Evaluates a file without keeping its statistics.</summary>
        public PredicateOutcomes Evaluate(AddFile file)
        {
            SetPartitionBounds(file);
            if (reader.Read(file.Stats.Utf8.Span, read) == 0) return PredicateOutcomes.None;
            for (var i = 0; i < read.Length; i++) bounds[statisticsOrdinals[i]] = read[i];
            return pruner.predicate.Evaluate(bounds);
        }

        /// <summary>Evaluates the file at a place of the chunk entered last.</summary>
        public PredicateOutcomes Evaluate(AddFile file, int place)
        {
            if (pruner.usesPartitions)
            {
                SetPartitionBounds(file);
                foreach (var ordinal in statisticsOrdinals) bounds[ordinal] = ColumnBounds.Unknown;
                // Where the partition alone decides, statistics need not be read.
                var truth = pruner.predicate.Evaluate(bounds);
                if (!pruner.usesStatistics || !truth.HasFlag(PredicateOutcomes.True)) return truth;
            }
            if (pruner.usesStatistics) SetStatisticsBounds(file, place);
            return pruner.predicate.Evaluate(bounds);
        }

        void SetStatisticsBounds(AddFile file, int place)
        {
            var isKnown = true;
            for (var i = 0; i < cached.Length && isKnown; i++)
                isKnown = cached[i].TryGet(place, out bounds[statisticsOrdinals[i]]);
            if (isKnown) return;
            var isEmpty = reader.Read(file.Stats.Utf8.Span, read) == 0;
            for (var i = 0; i < cached.Length; i++)
            {
                // Neither null nor a value: no predicate on the column holds in a file without rows.
                if (isEmpty) read[i] = new(null, null, mayBeNull: false, mayHaveValues: false, isTrusted: true);
                bounds[statisticsOrdinals[i]] = read[i];
                cached[i].Set(place, read[i]);
            }
        }

        void SetPartitionBounds(AddFile file)
        {
            for (var i = 0; i < bounds.Length; i++)
            {
                if (pruner.partitionNames[i] is not { } name) continue;
                if (!file.PartitionValues.TryGetValue(name, out var text)) bounds[i] = ColumnBounds.Unknown;
                else if (string.IsNullOrEmpty(text)) bounds[i] = ColumnBounds.OfValue(null);
                else if (!partitionBounds.TryGetValue((i, text), out bounds[i]))
                    partitionBounds[(i, text)] = bounds[i] = ParsePartition(text, pruner.columns[i].Type);
            }
        }

        static ColumnBounds ParsePartition(string text, DeltaType type) =>
            DeltaValue.TryParse(text, type, out var value) ? ColumnBounds.OfValue(value) : ColumnBounds.Unknown;
    }
}
