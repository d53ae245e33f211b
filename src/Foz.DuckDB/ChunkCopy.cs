using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>
/// The vectors of a chunk's rows in memory of their own, as much as they need: chunks of results hold on to all that
/// their texts lie in, such as pages of files.
/// </summary>
sealed unsafe class ChunkCopy : IDisposable
{
    static readonly nint everyRow = SelectAll();

    readonly VectorHandle[] vectors;

    ChunkCopy(VectorHandle[] vectors, int rowCount) => (this.vectors, RowCount) = (vectors, rowCount);

    /// <summary>The number of rows.</summary>
    public int RowCount { get; }

    /// <summary>The vector of a column.</summary>
    public nint this[int column] => vectors[column].IsClosed
        ? throw new ObjectDisposedException(nameof(DataChunk))
        : vectors[column].DangerousGetHandle();

    /// <summary>Copies rows of a chunk.</summary>
    public static ChunkCopy Of(DataChunk chunk, int start, int count)
    {
        var copies = new VectorHandle[chunk.ColumnCount];
        try
        {
            for (var i = 0; i < copies.Length; i++)
            {
                using var type = chunk.TypeOf(i).ToNative();
                copies[i] = new(NativeMethods.duckdb_create_vector(type, (ulong)count));
                NativeMethods.duckdb_vector_copy_sel(
                    chunk.VectorAt(i), copies[i].DangerousGetHandle(), everyRow, (ulong)(start + count), (ulong)start,
                    0);
            }
            return new(copies, count);
        }
        catch
        {
            foreach (var vector in copies) vector?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var vector in vectors) vector.Dispose();
    }

    /// <summary>The numbers of all rows of a chunk, once for the process.</summary>
    static nint SelectAll()
    {
        var selection = NativeMethods.duckdb_create_selection_vector((ulong)DataChunk.RowsMax);
        var rows = NativeMethods.duckdb_selection_vector_get_data_ptr(selection);
        for (var i = 0; i < DataChunk.RowsMax; i++) rows[i] = (uint)i;
        return selection;
    }
}
