using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>
/// A vector of our own, to be filled in the place of one that DuckDB lends to a callback. DuckDB counts texts and
/// elements that are set in a lent one, and throws an exception of C++ where its memory is used up. That cannot pass
/// through .NET's code, and would end the process.
/// </summary>
sealed class OwnVector : IDisposable
{
    readonly nint lent;
    readonly VectorHandle vector;

    /// <summary>Makes a vector for <see cref="DataChunk.RowsMax"/> values.</summary>
    /// <param name="lent">DuckDB's vector.</param>
    /// <param name="type">Its type, which <see cref="LogicalType.IsOfAnySize"/>.</param>
    public OwnVector(nint lent, LogicalType type)
    {
        this.lent = lent;
        using var native = type.ToNative();
        vector = new(NativeMethods.duckdb_create_vector(native, (ulong)DataChunk.RowsMax));
    }

    public nint Pointer => vector.DangerousGetHandle();

    /// <summary>Makes the values those of DuckDB's vector, without a copy.</summary>
    public void HandOver() => NativeMethods.duckdb_vector_reference_vector(lent, Pointer);

    public void Dispose() => vector.Dispose();
}
