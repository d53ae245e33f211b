using System.Runtime;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>
/// Room on the heap for a large project: nearly all that is made of its texts stays, so that collecting while it is
/// read only stops all threads and copies.
/// </summary>
static class HeapReserve
{
    // Smaller projects are read before the first collection.
    const int FilesMin = 1_000;
    const long BytesOfFile = 40_000;
    const long BytesMax = 512 << 20;
    const int ShareOfMemory = 8;

    /// <summary>
    /// Puts collections off until as much is made as the files need; it is memory that is promised, not used. Where
    /// there is too little of it, or the process has asked for this already, nothing happens.
    /// </summary>
    public static void Reserve(int files)
    {
        if (files < FilesMin || GCSettings.LatencyMode is GCLatencyMode.NoGCRegion) return;
        var bytes = Math.Min(
            Math.Min(files * BytesOfFile, BytesMax), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory);
        try
        {
            _ = bytes > 0 && GC.TryStartNoGCRegion(bytes);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidOperationException)
        {
            // This heap cannot, or another thread was first: it is collected as always.
        }
    }
}
