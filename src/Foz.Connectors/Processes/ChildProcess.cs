using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Foz.Lake;

namespace Foz.Connectors.Processes;

/// <summary>
/// A running program that is not of Foz: bounded in time, memory and output, and gone, with all processes that it
/// started, when this is disposed of. Its input is an open pipe that ends when Foz does.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    const int LinesMax = 1_000;
    const int LogLineCharsMax = 16 << 10;
    const int PollMs = 100;

    // Processes that it left running may hold its output open; Foz does not wait for them.
    const int ReadMsMax = 5_000;

    readonly Process process;
    readonly ProcessDefinition definition;
    readonly ProcessLog log;
    readonly TimeProvider clock;
    readonly long startedAt;
    readonly CancellationTokenSource stop = new();
    readonly Channel<string> lines = Channel.CreateBounded<string>(LinesMax);
    readonly Task reading;
    readonly Task<ProcessEnd> watching;
    FozException? fault;

    ChildProcess(Process process, ProcessDefinition definition, TimeProvider clock)
    {
        (this.process, this.definition, this.clock, startedAt) = (process, definition, clock, clock.GetTimestamp());
        log = new(definition.LogFile, definition.LogBytesMax);
        reading = Task.WhenAll(
            Task.Run(() => definition.OutputIsData
                ? ReadDataAsync()
                : ReadLogAsync(process.StandardOutput, isError: false)),
            Task.Run(() => ReadLogAsync(process.StandardError, isError: true)));
        watching = Task.Run(WatchAsync);
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="FozException">There is no such program, or it cannot be started.</exception>
    public static ChildProcess Start(ProcessDefinition definition, TimeProvider clock)
    {
        var (program, arguments) = ProcessMemory.Bound(definition);
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = definition.Folder,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            UseShellExecute = false, CreateNoWindow = true,
        };
        foreach (var (name, value) in definition.Variables)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }
        try
        {
            return new(Process.Start(start)!, definition, clock);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FozException(ErrorKind.Usage, $"{definition.Program} cannot be started: {e.Message}", e)
            {
                Hint = Path.IsPathRooted(definition.Program)
                    || definition.Program.Contains('/', StringComparison.Ordinal)
                    ? "is it there, and may it be run?"
                    : "is it installed, and on the PATH?",
            };
        }
    }

    /// <summary>The lines of data that it writes, as they come; it waits where they are not read.</summary>
    /// <exception cref="FozException">A line is longer than it may be.</exception>
    public async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in lines.Reader.ReadAllAsync(cancellationToken)) yield return line;
        if (fault is not null) throw fault;
    }

    /// <summary>Writes a line to its input.</summary>
    /// <exception cref="IOException">It does not read any more.</exception>
    public async Task WriteLineAsync(string line, CancellationToken cancellationToken)
    {
        await process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
        await process.StandardInput.FlushAsync(cancellationToken);
    }

    /// <summary>Ends its input.</summary>
    public void CloseInput() => process.StandardInput.Close();

    /// <summary>Waits until it ended and what it wrote is read, data by its reader; cancelling stops it.</summary>
    /// <exception cref="OperationCanceledException">The token was canceled; the program is gone.</exception>
    public async Task<ProcessEnd> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            var end = await watching.WaitAsync(cancellationToken);
            await Task.WhenAny(
                reading, Task.Delay(TimeSpan.FromMilliseconds(ReadMsMax), TimeProvider.System, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            return end with { LastLines = log.LastLines, LastWord = log.LastWord };
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        Kill();
        lines.Writer.TryComplete();
        await watching;
        process.Dispose();
        log.Dispose();
        stop.Dispose();
    }

    async Task<ProcessEnd> WatchAsync()
    {
        var exited = process.WaitForExitAsync(CancellationToken.None);
        while (!exited.IsCompleted && !stop.IsCancellationRequested)
        {
            if (clock.GetElapsedTime(startedAt) > definition.Timeout)
            {
                Kill();
                return new ProcessEnd.TimedOut(definition.Timeout);
            }
            if (definition.MemoryBytesMax is { } bytesMax && ProcessMemory.Of(process) is var bytes && bytes > bytesMax)
            {
                Kill();
                return new ProcessEnd.MemoryExceeded(bytes, bytesMax);
            }
            await Task.WhenAny(
                exited, Task.Delay(TimeSpan.FromMilliseconds(PollMs), TimeProvider.System, CancellationToken.None));
        }
        await exited;
        return new ProcessEnd.Exited(process.ExitCode);
    }

    async Task ReadLogAsync(StreamReader reader, bool isError)
    {
        var lineReader = new BoundedLineReader(reader, LogLineCharsMax, passesRest: true);
        while (await lineReader.ReadAsync() is { } line)
        {
            var text = definition.Mask(line.Text);
            log.Add(text, isError);
            definition.Wrote?.Invoke(text);
        }
    }

    async Task ReadDataAsync()
    {
        var lineReader = new BoundedLineReader(process.StandardOutput, definition.DataLineCharsMax, passesRest: false);
        try
        {
            while (await lineReader.ReadAsync() is { } line)
            {
                if (line.IsCut)
                {
                    fault = new(
                        ErrorKind.Data,
                        $"{definition.Program} wrote a line of more than {definition.DataLineCharsMax:N0} characters");
                    Kill();
                    break;
                }
                await lines.Writer.WriteAsync(line.Text, stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The reader is gone.
        }
        lines.Writer.TryComplete();
    }

    void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e)
            when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It has ended already.
        }
    }
}
