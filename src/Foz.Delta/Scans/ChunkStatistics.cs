using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Scans;

/// <summary>
/// The bounds that were read for the files of a chunk, kept for as long as some snapshot has the chunk. Any number of
/// threads may read and fill it at once: they write the same.
/// </summary>
sealed class ChunkStatistics
{
    // Columns that queries filter by are few; a table of many files must not keep all of the others.
    const int ColumnsMax = 8;

    static readonly ConditionalWeakTable<FileChunk<AddFile>, ChunkStatistics> Cache = [];

    readonly ConcurrentDictionary<StatisticsColumn, Column> columns = new();

    /// <summary>The statistics of a chunk.</summary>
    public static ChunkStatistics Of(FileChunk<AddFile> chunk) => Cache.GetValue(chunk, static _ => new());

    /// <summary>The bounds of a column in the files of the chunk.</summary>
    public Column ColumnOf(StatisticsColumn column, int fileCount)
    {
        if (columns.TryGetValue(column, out var known)) return known;
        if (columns.Count >= ColumnsMax) columns.Clear();
        return columns.GetOrAdd(column, c => new(c.Type, fileCount));
    }

    /// <summary>The bounds of one column in each file, packed.</summary>
    public sealed class Column
    {
        readonly State[] states;
        readonly long[]? numbers;
        readonly DeltaValue[]? values;
        Union? union;

        public Column(DeltaType type, int fileCount)
        {
            states = new State[fileCount];
            // Each file takes two places: its lower bound, then its upper one.
            if (type is DecimalType or PrimitiveType { Kind: PrimitiveKind.String })
                values = new DeltaValue[2 * fileCount];
            else numbers = new long[2 * fileCount];
        }

        /// <summary>Returns the bounds of a file if they are known.</summary>
        public bool TryGet(int file, out ColumnBounds bounds)
        {
            var state = (State)Volatile.Read(ref Unsafe.As<State, byte>(ref states[file]));
            bounds = new(
                state.HasFlag(State.HasMin) ? Get(2 * file) : null,
                state.HasFlag(State.HasMax) ? Get(2 * file + 1) : null,
                state.HasFlag(State.MayBeNull),
                state.HasFlag(State.MayHaveValues),
                state.HasFlag(State.IsTrusted));
            return state.HasFlag(State.IsKnown);
        }

        /// <summary>Keeps the bounds of a file.</summary>
        public void Set(int file, in ColumnBounds bounds)
        {
            var state = State.IsKnown;
            if (bounds.MayBeNull) state |= State.MayBeNull;
            if (bounds.MayHaveValues) state |= State.MayHaveValues;
            if (bounds.IsTrusted) state |= State.IsTrusted;
            if (bounds.Min is { } min && TrySet(2 * file, min)) state |= State.HasMin;
            if (bounds.Max is { } max && TrySet(2 * file + 1, max)) state |= State.HasMax;
            Volatile.Write(ref Unsafe.As<State, byte>(ref states[file]), (byte)state);
        }

        /// <summary>Returns the bounds of all files together, if each one's were known when they were united.</summary>
        public bool TryGetUnion(out ColumnBounds bounds)
        {
            bounds = union?.Bounds ?? ColumnBounds.Unknown;
            return union is not null;
        }

        /// <summary>Unites the bounds of the chunk's files, once each one's are known.</summary>
        public void Unite(ReadOnlySpan<AddFile?> files)
        {
            if (union is not null) return;
            var all = ColumnBounds.Nothing;
            for (var file = 0; file < files.Length; file++)
            {
                if (files[file] is null) continue;
                if (!TryGet(file, out var bounds)) return;
                all = all.With(bounds);
            }
            union = new(all);
        }

        DeltaValue Get(int place) => values is not null ? values[place] : new((Int128)numbers![place]);

        // A number beyond 64 bits is beyond its type: no bound is lost that could be right.
        bool TrySet(int place, DeltaValue value)
        {
            if (values is not null) values[place] = value;
            else if (value.Number < long.MinValue || value.Number > long.MaxValue) return false;
            else numbers![place] = (long)value.Number;
            return true;
        }

        sealed record Union(ColumnBounds Bounds);

        [Flags]
        enum State : byte
        {
            None = 0,
            IsKnown = 1,
            HasMin = 2,
            HasMax = 4,
            MayBeNull = 8,
            MayHaveValues = 16,
            IsTrusted = 32,
        }
    }
}
