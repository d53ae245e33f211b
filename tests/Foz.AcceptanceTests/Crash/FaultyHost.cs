using System.Collections.Concurrent;
using System.Diagnostics;

namespace Foz.AcceptanceTests.Crash;

/// <summary>What happens to a host.</summary>
enum HostFault
{
    /// <summary>It is killed (kill -9).</summary>
    Killed,

    /// <summary>It stands still (SIGSTOP).</summary>
    Stopped,

    /// <summary>Its connections to the store break, and it gets no others.</summary>
    Cut,

    /// <summary>The store does not answer it.</summary>
    Unanswered,
}

/// <summary>A <c>foz serve</c> with a wire of its own to the store.</summary>
sealed class FaultyHost : IDisposable
{
    const int LinesMax = 400;

    readonly CutProxy wire;
    readonly Process process;
    readonly ConcurrentQueue<string> lines = new();
    volatile bool isWaiting;

    /// <summary>Starts it.</summary>
    /// <param name="project">The project's folder; its store is at the port <c>PORT</c>.</param>
    /// <param name="temporary">Where its temporary files are.</param>
    /// <param name="storePort">The store's port.</param>
    public FaultyHost(string project, string temporary, int storePort)
    {
        wire = new(storePort);
        var start = FozProcess.Command(
            project, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0");
        start.Environment["PORT"] = $"{wire.Port}";
        start.Environment["TMPDIR"] = temporary;
        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, data) => Note(data.Data);
        process.OutputDataReceived += (_, data) => Note(data.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>Its process.</summary>
    public int Id => process.Id;

    /// <summary>Whether it is ready to take another host's place.</summary>
    public bool IsWaiting => isWaiting;

    /// <summary>What it last wrote.</summary>
    public string Text => string.Join('\n', lines);

    /// <summary>Does something to it.</summary>
    public void Harm(HostFault fault)
    {
        if (fault is HostFault.Killed) process.Kill();
        else if (fault is HostFault.Stopped) Signal("-STOP");
        else if (fault is HostFault.Cut) wire.Cut();
        else wire.Silence();
    }

    /// <summary>Ends the fault; a host that was killed stays so.</summary>
    public void Mend(HostFault fault)
    {
        if (fault is HostFault.Stopped) Signal("-CONT");
        else wire.Mend();
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
        process.Dispose();
        wire.Dispose();
    }

    void Signal(string signal) => Process.Start("kill", [signal, $"{process.Id}"]).WaitForExit();

    void Note(string? line)
    {
        if (line is null) return;
        lines.Enqueue(line);
        if (lines.Count > LinesMax) lines.TryDequeue(out _);
        if (line.EndsWith("; waiting", StringComparison.Ordinal)) isWaiting = true;
        else if (line.Contains(" for other processes", StringComparison.Ordinal)) isWaiting = false;
    }
}
