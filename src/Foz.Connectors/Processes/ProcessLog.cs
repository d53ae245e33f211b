using System.Text;

namespace Foz.Connectors.Processes;

/// <summary>What a program writes: a file up to a size, and its last lines. Safe for use by many threads.</summary>
sealed class ProcessLog : IDisposable
{
    const int LastLinesMax = 20;

    readonly Lock gate = new();
    readonly Queue<string> last = new(LastLinesMax);
    readonly StreamWriter? file;
    string? lastLine;
    string? lastError;
    long bytesLeft;
    long linesDropped;

    public ProcessLog(string? path, long bytesMax)
    {
        bytesLeft = bytesMax;
        if (path is null) return;
        if (Path.GetDirectoryName(path) is { } folder) Directory.CreateDirectory(folder);
        // Lines are seen by who follows the file while the program runs.
        file = new(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
    }

    /// <summary>The last lines.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (gate) return [.. last];
        }
    }

    /// <summary>The last line of its errors, else the last of all; null where it wrote none.</summary>
    public string? LastWord
    {
        get
        {
            lock (gate) return lastError ?? lastLine;
        }
    }

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="isError">Whether it is of the program's errors.</param>
    public void Add(string line, bool isError)
    {
        lock (gate)
        {
            lastLine = line;
            if (isError) lastError = line;
            if (last.Count == LastLinesMax) last.Dequeue();
            last.Enqueue(line);
            if (file is null || !file.BaseStream.CanWrite) return;
            var bytes = Encoding.UTF8.GetByteCount(line) + 1;
            if (linesDropped > 0 || bytes > bytesLeft)
            {
                linesDropped++;
                return;
            }
            bytesLeft -= bytes;
            file.WriteLine(line);
        }
    }

    /// <summary>Closes the file, and says in it what was dropped.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (file is null || !file.BaseStream.CanWrite) return;
            if (linesDropped > 0)
                file.WriteLine(FormattableString.Invariant($"… {linesDropped} more lines were not kept"));
            file.Dispose();
        }
    }
}
