using Foz.Lake.Engine.Plans;

namespace Foz.Lake.Engine;

/// <summary>What an instance of DuckDB is opened for. Instances share nothing but files.</summary>
public enum Workload
{
    /// <summary>Reading sources into bronze.</summary>
    Ingestion,

    /// <summary>Running models and checks, and changing tables.</summary>
    Models,

    /// <summary>Queries of people and the reading of checkpoints.</summary>
    Query,

    /// <summary>
    /// Finding out what statements need (<see cref="BoundPlan"/>), over empty tables: small, and outside of the
    /// budget's parts.
    /// </summary>
    Binding,

    /// <summary>
    /// Binding the statements that others send, and running those that read no table: without access to files; small,
    /// and outside of the budget's parts.
    /// </summary>
    Serving,
}

/// <summary>What all instances together may use.</summary>
public sealed record EngineOptions
{
    /// <summary>The threads of a machine where their number is not set.</summary>
    public static int ThreadsDefault => Math.Max(1, Environment.ProcessorCount);

    /// <summary>
    /// The memory of a process where it is not set: a quarter of what the machine or container has. A server and a run
    /// next to it may each take half as much again, which leaves a quarter to everything else.
    /// </summary>
    public static long MemoryBytesDefault => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>The budget of the process in bytes: engine, indexes and buffers.</summary>
    public long MemoryBytes { get; init; } = MemoryBytesDefault;

    /// <summary>How many threads each instance uses.</summary>
    public int Threads { get; init; } = ThreadsDefault;

    /// <summary>Where what does not fit into memory is spilled; a folder of its own is made there.</summary>
    public string TempFolder { get; init; } = Path.GetTempPath();

    /// <summary>The instances that share the budget; each gets an equal part.</summary>
    public IReadOnlyCollection<Workload> Workloads { get; init; } = [Workload.Query];
}
