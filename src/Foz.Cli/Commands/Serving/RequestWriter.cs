using System.Text;
using Foz.Pipelines.Runs.Requests;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// Writes both outputs of a command to its request, in pieces and in their order, at most 64 MiB. Where the lake cannot
/// be written for a while, the text waits; safe for use by many threads.
/// </summary>
sealed class RequestWriter : IAsyncDisposable
{
    const int PieceCharactersMax = 1 << 20;
    const long CharactersMax = 64 << 20;

    readonly HostRequests requests;
    readonly string id;
    readonly TimeSpan interval;
    readonly TimeProvider clock;
    readonly Lock gate = new();
    readonly Queue<RequestOutput> waiting = new();
    readonly CancellationTokenSource stop = new();
    readonly Task writing;
    StringBuilder text = new();
    bool isError;
    long written;
    int number;

    RequestWriter(HostRequests requests, string id, int number, TimeSpan interval, TimeProvider clock)
    {
        (this.requests, this.id, this.number, this.interval, this.clock) = (requests, id, number, interval, clock);
        (Out, Error) = (new Stream(this, isError: false), new Stream(this, isError: true));
        writing = WriteAsync();
    }

    /// <summary>Where results go.</summary>
    public TextWriter Out { get; }

    /// <summary>Where errors and remarks go.</summary>
    public TextWriter Error { get; }

    /// <summary>Opens the outputs of a request, after what a host before this one wrote.</summary>
    public static async Task<RequestWriter> OpenAsync(
        HostRequests requests, string id, TimeSpan interval, TimeProvider clock, CancellationToken cancellationToken)
    {
        var before = await requests.CountOutputAsync(id, cancellationToken);
        var writer = new RequestWriter(requests, id, before, interval, clock);
        if (before > 0) writer.Error.WriteLine("the host before this one has ended; the command begins again");
        return writer;
    }

    /// <summary>Writes what is left, if the lake can be written: how the command ended counts without it too.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await writing;
        try
        {
            await WriteWaitingAsync();
        }
        catch (Exception e) when (DeltaErrors.Find(e) is not null)
        {
            // The process that asked shows what was written before.
        }
        stop.Dispose();
    }

    void Append(bool toError, ReadOnlySpan<char> what)
    {
        lock (gate)
        {
            if (written > CharactersMax) return;
            written += what.Length;
            if (isError != toError || text.Length > PieceCharactersMax) EndPiece();
            isError = toError;
            if (written > CharactersMax) what = "\n… more output is not kept\n";
            text.Append(what);
        }
    }

    void EndPiece()
    {
        if (text.Length == 0) return;
        waiting.Enqueue(new(isError, text.ToString()));
        text = new();
    }

    async Task WriteAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(interval, clock, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await WriteWaitingAsync();
            }
            catch (Exception e) when (DeltaErrors.Find(e) is not null)
            {
                // It is written with the next pieces.
            }
        }
    }

    async Task WriteWaitingAsync()
    {
        while (true)
        {
            RequestOutput next;
            lock (gate)
            {
                if (waiting.Count == 0) EndPiece();
                if (!waiting.TryPeek(out next)) return;
            }
            await requests.WriteOutputAsync(id, number + 1, next, CancellationToken.None);
            number++;
            lock (gate) waiting.Dequeue();
        }
    }

    sealed class Stream(RequestWriter owner, bool isError) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => owner.Append(isError, [value]);

        public override void Write(ReadOnlySpan<char> buffer) => owner.Append(isError, buffer);

        public override void Write(char[] buffer, int index, int count) =>
            owner.Append(isError, buffer.AsSpan(index, count));

        public override void Write(string? value) => owner.Append(isError, value);
    }
}
