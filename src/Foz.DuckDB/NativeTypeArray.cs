using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>Logical types as an array of pointers.</summary>
sealed class NativeTypeArray : IDisposable
{
    readonly LogicalTypeHandle[] handles;

    public NativeTypeArray(IEnumerable<LogicalType> types)
    {
        handles = [.. types.Select(type => type.ToNative())];
        Pointers = [.. handles.Select(handle => handle.DangerousGetHandle())];
    }

    public nint[] Pointers { get; }

    public void Dispose()
    {
        foreach (var handle in handles) handle.Dispose();
    }
}
