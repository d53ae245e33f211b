namespace Foz.Connectors.Processes;

/// <summary>A program to run, and what it may use.</summary>
public sealed record ProcessDefinition
{
    /// <summary>The program: a path, or a name that <c>PATH</c> finds.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments, each passed unchanged.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The folder that it runs in.</summary>
    public required string Folder { get; init; }

    /// <summary>Variables besides those of this process; null removes one.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; init; } = new Dictionary<string, string?>();

    /// <summary>How long it may run.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How much memory it may hold together with the programs that it starts, in bytes; null for any. It is measured
    /// ten times a second, on Linux with all its children, elsewhere without them. On Linux the kernel also refuses
    /// each of them more than twice that and 1 GiB, so that nothing can take the machine's between two measurements.
    /// </summary>
    public long? MemoryBytesMax { get; init; }

    /// <summary>
    /// Whether what it writes to its output are lines of data, for a reader; otherwise they are log.
    /// </summary>
    public bool OutputIsData { get; init; }

    /// <summary>The file that takes what it writes; null for none.</summary>
    public string? LogFile { get; init; }

    /// <summary>What a line of its log becomes before it is kept: takes secrets out.</summary>
    public Func<string, string> Mask { get; init; } = static line => line;

    /// <summary>Takes each line of its log as it comes, from several threads; null for nothing.</summary>
    public Action<string>? Wrote { get; init; }

    /// <summary>How much of what it writes is kept, in bytes: what comes then is counted and dropped.</summary>
    public long LogBytesMax { get; init; } = 10_000_000;

    /// <summary>How long a line of data may be, in characters.</summary>
    public int DataLineCharsMax { get; init; } = 64 << 20;
}

/// <summary>How a program ended.</summary>
public abstract record ProcessEnd
{
    ProcessEnd() { }

    /// <summary>The last lines that it wrote to its log, at most 20.</summary>
    public IReadOnlyList<string> LastLines { get; init; } = [];

    /// <summary>The last line of its errors, else of its log; null where it wrote neither.</summary>
    public string? LastWord { get; init; }

    /// <summary>The process ended on its own.</summary>
    /// <param name="Code">Its exit code; 128 and more for a signal.</param>
    public sealed record Exited(int Code) : ProcessEnd;

    /// <summary>The process exceeded its time limit and was stopped.</summary>
    /// <param name="Timeout">How long it may run.</param>
    public sealed record TimedOut(TimeSpan Timeout) : ProcessEnd;

    /// <summary>The process exceeded its memory limit and was stopped.</summary>
    /// <param name="Bytes">How much it held, in bytes.</param>
    /// <param name="BytesMax">How much it may hold, in bytes.</param>
    public sealed record MemoryExceeded(long Bytes, long BytesMax) : ProcessEnd;
}
