using System.Text;
using Foz.Lake.Tables;

namespace Foz.Operations.Tasks.Work;

/// <summary>
/// What an attempt of a task writes: kept in the lake while it works, at most 1 MiB from its beginning and its last
/// lines. Safe for use by many threads.
/// </summary>
sealed class TaskLog : IAsyncDisposable
{
    const int BytesMax = 1 << 20;
    const int LastLinesMax = 20;
    const int LineCharsMax = 4000;

    // Each write replaces the whole: a long log is written less often.
    const int BytesOften = 64 << 10;

    static readonly TimeSpan often = TimeSpan.FromSeconds(1), seldom = TimeSpan.FromSeconds(15);

    readonly TaskStore store;
    readonly TaskAttempt attempt;
    readonly TimeProvider clock;
    readonly Lock gate = new();
    readonly StringBuilder text = new();
    readonly Queue<string> last = new();
    readonly CancellationTokenSource stop = new();
    readonly Task writing;
    long bytes;
    long dropped;
    bool isChanged;

    public TaskLog(TaskStore store, TaskAttempt attempt, TimeProvider clock)
    {
        (this.store, this.attempt, this.clock) = (store, attempt, clock);
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Adds a line.</summary>
    public void Add(string line)
    {
        if (line.Length > LineCharsMax) line = line[..LineCharsMax] + " …";
        lock (gate)
        {
            isChanged = true;
            var size = Encoding.UTF8.GetByteCount(line) + 1;
            if (dropped == 0 && bytes + size <= BytesMax)
            {
                bytes += size;
                text.Append(line).Append('\n');
                return;
            }
            dropped++;
            if (last.Count == LastLinesMax) last.Dequeue();
            last.Enqueue(line);
        }
    }

    /// <summary>Writes what is left, if the lake can be written: how the task ended counts without it too.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await writing;
        await PutAsync();
        stop.Dispose();
    }

    async Task WriteAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(bytes > BytesOften ? seldom : often, clock, stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await PutAsync();
        }
    }

    async Task PutAsync()
    {
        byte[] content;
        lock (gate)
        {
            if (!isChanged) return;
            isChanged = false;
            content = Encoding.UTF8.GetBytes(dropped == 0
                ? text.ToString()
                : $"{text}… {dropped - last.Count} lines are not kept; the last ones:\n{string.Join('\n', last)}\n");
        }
        try
        {
            await store.WriteLogAsync(
                attempt.Firing, attempt.Task.Name, attempt.Number, content, CancellationToken.None);
        }
        catch (Exception e) when (DeltaErrors.Find(e) is not null)
        {
            lock (gate) isChanged = true;
        }
    }
}
