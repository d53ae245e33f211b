using System.Buffers.Text;

namespace Foz.Serving.Workloads;

/// <summary>
/// The thread of a <see cref="MemoryWatch"/>: one of its own, as those of the pool may all wait for statements.
/// </summary>
sealed class MemoryWatcher : IDisposable
{
    static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(20);

    readonly ManualResetEventSlim isOver = new();
    readonly Thread thread;

    public MemoryWatcher(MemoryWatch watch)
    {
        thread = new(() =>
        {
            while (!isOver.Wait(lookEvery)) watch.Look();
        })
        {
            IsBackground = true, Name = "memory watch", Priority = ThreadPriority.AboveNormal,
        };
        thread.Start();
    }

    /// <summary>Bytes of memory that the process takes now.</summary>
    public static long Resident()
    {
        if (!OperatingSystem.IsLinux()) return Environment.WorkingSet;
        // Its second number counts pages; it is read in microseconds.
        Span<byte> text = stackalloc byte[128];
        using var file = File.OpenHandle("/proc/self/statm");
        var line = text[..RandomAccess.Read(file, text, 0)];
        var pages = line[(line.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(pages, out long count, out _)
            ? count * Environment.SystemPageSize
            : Environment.WorkingSet;
    }

    public void Dispose()
    {
        isOver.Set();
        thread.Join();
        isOver.Dispose();
    }
}
