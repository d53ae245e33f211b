using System.Buffers.Text;

namespace Foz.Serving.Workloads;

/// <summary>
/// The thread of a <see cref="MemoryWatch"/>: one of its own, as those of the pool may all wait for statements. It
/// sleeps while no statement works, so that an idle server takes no time.
/// </summary>
sealed class MemoryWatcher : IDisposable
{
    static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(20);

    // Not to be disposed: a statement of a session that ends late still wakes it.
    readonly ManualResetEventSlim wake = new();
    readonly ManualResetEventSlim isOver = new();
    readonly Thread thread;

    public MemoryWatcher(MemoryWatch watch)
    {
        thread = new(() =>
        {
            while (true)
            {
                // Before the look: a statement that begins after it wakes the thread again.
                wake.Reset();
                if (isOver.IsSet) return;
                if (watch.Look())
                {
                    isOver.Wait(lookEvery);
                    continue;
                }
                wake.Wait();
                watch.Forget();
            }
        })
        {
            IsBackground = true, Name = "memory watch", Priority = ThreadPriority.AboveNormal,
        };
        thread.Start();
    }

    /// <summary>Looks again from now on: a statement works.</summary>
    public void Wake() => wake.Set();

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
        wake.Set();
        thread.Join();
        isOver.Dispose();
    }
}
