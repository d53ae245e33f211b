namespace Foz.Lake.Journal;

/// <summary>What a host that leads took of its machine in a minute, in <c>foz.host</c>.</summary>
public sealed record HostRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "host";

    /// <summary>When the minute ended.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The machine.</summary>
    public required string Host { get; init; }

    /// <summary>How long the minute was, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Processor time that the process took in it, in seconds.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Bytes of memory that the process has.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes that the engine has spilled.</summary>
    public required long SpillBytes { get; init; }

    /// <summary>Bytes of files that commits of the process added in it.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Bytes that are free on the disk of the lake's folder; null where that is not known.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>Bytes of that disk; null where that is not known.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>Sessions of clients that are open.</summary>
    public required int Sessions { get; init; }

    /// <summary>Statements that wait for a slot.</summary>
    public required int StatementsWaiting { get; init; }

    /// <summary>Runs that work.</summary>
    public required int Runs { get; init; }

    /// <summary>Firings of schedules that wait for their turn.</summary>
    public required int FiringsWaiting { get; init; }
}
