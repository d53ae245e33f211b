using System.Runtime.InteropServices;

namespace Foz.DuckDB.Connections;

/// <summary>Objects that DuckDB keeps for us and gives back to our functions.</summary>
static class ManagedData
{
    /// <summary>Keeps an object alive until DuckDB calls <see cref="Release"/>.</summary>
    public static nint Hold(object value) => GCHandle.ToIntPtr(GCHandle.Alloc(value));

    /// <summary>The object.</summary>
    public static T Get<T>(nint pointer)
        where T : class => (T)GCHandle.FromIntPtr(pointer).Target!;

    /// <summary>Releases the object, and disposes it.</summary>
    [UnmanagedCallersOnly]
    public static void Release(nint pointer)
    {
        var handle = GCHandle.FromIntPtr(pointer);
        try
        {
            (handle.Target as IDisposable)?.Dispose();
        }
        catch (Exception)
        {
            // DuckDB has no way to take an error here, and an exception would end the process.
        }
        handle.Free();
    }
}
