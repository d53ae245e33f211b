using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>
/// Up to <see cref="RowsMax"/> rows by columns. A chunk of a result or of one's own is to be disposed; one that a
/// function is given is valid during that call only.
/// </summary>
public sealed class DataChunk : IDisposable
{
    readonly DataChunkHandle handle;
    readonly ChunkCopy? copy;
    readonly LogicalType?[] types;
    OwnVector?[]? own;

    internal DataChunk(nint native, bool isOwned, ReadOnlySpan<LogicalType> types)
    {
        handle = new(native, isOwned);
        this.types = new LogicalType?[NativeMethods.duckdb_data_chunk_get_column_count(native)];
        for (var i = 0; i < Math.Min(types.Length, this.types.Length); i++) this.types[i] = types[i];
    }

    /// <summary>A chunk of DuckDB's to fill, by way of <see cref="OwnVector"/> where it must be.</summary>
    internal static DataChunk ToFill(nint native, ReadOnlySpan<LogicalType> types)
    {
        var chunk = new DataChunk(native, isOwned: false, types);
        for (var i = 0; i < chunk.ColumnCount; i++)
        {
            if (!chunk.TypeOf(i).IsOfAnySize) continue;
            chunk.own ??= new OwnVector?[chunk.ColumnCount];
            chunk.own[i] = new(chunk.VectorAt(i), chunk.TypeOf(i));
        }
        return chunk;
    }

    DataChunk(ChunkCopy copy, LogicalType?[] types) =>
        (handle, this.copy, this.types) = (new(0, isOwned: false), copy, types);

    /// <summary>An empty chunk of the types, to fill.</summary>
    public static unsafe DataChunk Create(params ReadOnlySpan<LogicalType> types)
    {
        using var native = new NativeTypeArray(types.ToArray());
        fixed (nint* pointers = native.Pointers)
            return new(NativeMethods.duckdb_create_data_chunk(pointers, (ulong)types.Length), isOwned: true, types);
    }

    /// <summary>The most rows of a chunk: DuckDB's vector size.</summary>
    public static int RowsMax { get; } = (int)NativeMethods.duckdb_vector_size();

    /// <summary>Set where the chunk is a function's arguments, and the statement that calls it is to stop.</summary>
    internal InterruptFlag? Flag { get; init; }

    /// <summary>
    /// Ends a function's call where its statement is to stop; the function is
    /// <see cref="ScalarFunction.IsInterruptible"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">It is.</exception>
    public void ThrowIfInterrupted()
    {
        if (Flag is { IsSet: true }) throw new OperationCanceledException("Interrupted!");
    }

    /// <summary>The number of columns.</summary>
    public int ColumnCount => types.Length;

    /// <summary>The number of rows; set it after the columns are written.</summary>
    public int RowCount
    {
        get => copy?.RowCount ?? (int)NativeMethods.duckdb_data_chunk_get_size(Pointer);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, RowsMax);
            NativeMethods.duckdb_data_chunk_set_size(Pointer, (ulong)value);
        }
    }

    /// <summary>A column, to read.</summary>
    public Vector this[int column] => new(VectorAt(column), TypeOf(column), RowCount);

    /// <summary>A column, to write.</summary>
    public VectorWriter Writer(int column) => new(VectorAt(column), TypeOf(column), RowsMax);

    /// <summary>The type of a column.</summary>
    public LogicalType TypeOf(int column) =>
        types[column] ??= LogicalType.Take(NativeMethods.duckdb_vector_get_column_type(VectorAt(column)));

    /// <summary>A row as objects: <see cref="Vector.GetValue"/> of each column.</summary>
    public object?[] GetRow(int row)
    {
        var values = new object?[ColumnCount];
        for (var i = 0; i < values.Length; i++) values[i] = this[i].GetValue(row);
        return values;
    }

    /// <summary>All rows as objects: <see cref="Vector.GetValue"/> of each column.</summary>
    public object?[][] GetRows()
    {
        var rows = new object?[RowCount][];
        for (var row = 0; row < rows.Length; row++) rows[row] = new object?[ColumnCount];
        for (var column = 0; column < ColumnCount; column++)
        {
            var vector = this[column];
            for (var row = 0; row < rows.Length; row++) rows[row][column] = vector.GetValue(row);
        }
        return rows;
    }

    /// <summary>
    /// Copies rows into memory of their own, as much as they need: a chunk of a result holds on to all that its texts
    /// lie in, such as pages of files. The copy is only to be read, by any number of threads; its types are not nested
    /// ones.
    /// </summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many rows: one or more.</param>
    /// <exception cref="InvalidOperationException">A column is of a nested type.</exception>
    public DataChunk Copy(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, RowCount - start);
        for (var i = 0; i < ColumnCount; i++)
            if (!CanCopy(TypeOf(i))) throw new InvalidOperationException($"values of {TypeOf(i)} are not copied");
        return new(ChunkCopy.Of(this, start, count), types);
    }

    /// <summary>Whether <see cref="Copy"/> takes values of a type: it is not nested.</summary>
    public static bool CanCopy(LogicalType type) =>
        type.Id is not (TypeId.List or TypeId.Map) && Physical.SizeOf(type) > 0;

    /// <summary>The bytes of the values, where no type is nested.</summary>
    public long ByteCount
    {
        get
        {
            var bytes = 0L;
            for (var i = 0; i < ColumnCount; i++) bytes += this[i].ByteCount;
            return bytes;
        }
    }

    /// <summary>
    /// Gives DuckDB the values of a chunk that was made <see cref="ToFill"/>: nothing may be set afterwards.
    /// </summary>
    internal void HandOver()
    {
        foreach (var vector in own ?? []) vector?.HandOver();
    }

    /// <summary>Empties the chunk, to fill it again.</summary>
    public void Reset() => NativeMethods.duckdb_data_chunk_reset(Pointer);

    /// <inheritdoc/>
    public void Dispose()
    {
        handle.Dispose();
        copy?.Dispose();
        foreach (var vector in own ?? []) vector?.Dispose();
    }

    internal nint Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(handle.IsClosed, this);
            return handle.DangerousGetHandle();
        }
    }

    internal nint VectorAt(int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)ColumnCount, nameof(column));
        return copy?[column] ?? own?[column]?.Pointer
            ?? NativeMethods.duckdb_data_chunk_get_vector(Pointer, (ulong)column);
    }
}
