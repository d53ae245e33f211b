using System.Threading.Channels;
using Foz.Delta.Log;

namespace Foz.Delta.Checkpoints;

/// <summary>The batches of a file, which are read on another thread ahead of who takes them.</summary>
sealed class ReadAhead : IAsyncDisposable
{
    const int BatchesMax = 64;

    readonly Channel<IReadOnlyList<LogAction>> batches = Channel.CreateBounded<IReadOnlyList<LogAction>>(BatchesMax);
    readonly CancellationTokenSource stop;
    readonly Task reading;

    /// <summary>Begins to read.</summary>
    public ReadAhead(
        Func<CancellationToken, IAsyncEnumerable<IReadOnlyList<LogAction>>> read, CancellationToken cancellationToken)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        reading = Task.Run(() => RunAsync(read), CancellationToken.None);
    }

    /// <summary>Returns the batches in order; a fault of the reading comes after the batches before it.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogAction>> ReadAllAsync(CancellationToken cancellationToken) =>
        batches.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Stops the reading and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await reading;
        stop.Dispose();
    }

    async Task RunAsync(Func<CancellationToken, IAsyncEnumerable<IReadOnlyList<LogAction>>> read)
    {
        try
        {
            await foreach (var batch in read(stop.Token)) await batches.Writer.WriteAsync(batch, stop.Token);
            batches.Writer.Complete();
        }
        catch (Exception error)
        {
            batches.Writer.Complete(error);
        }
    }
}
