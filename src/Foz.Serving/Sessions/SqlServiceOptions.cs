using Foz.Lake.Configuration;
using Foz.Lake.Journal;
using Foz.Serving.Governance;

namespace Foz.Serving.Sessions;

/// <summary>What all sessions together may use.</summary>
public sealed record SqlServiceOptions
{
    /// <summary>The most sessions at the same time.</summary>
    public int SessionsMax { get; init; } = 500;

    /// <summary>How many of them are kept for owners.</summary>
    public int SessionsOfOwners { get; init; }

    /// <summary>The most cursors that are open in a session at the same time.</summary>
    public int CursorsMax { get; init; } = 100;

    /// <summary>What each user may read; by default only owners may read anything.</summary>
    public Func<AccessList> Access { get; init; } = static () => AccessList.Empty;

    /// <summary>The key of <c>hash</c> masks; null for one that is drawn, and lost with the process.</summary>
    public string? MaskKey { get; init; }

    /// <summary>The log of who reads and changes what; null for none.</summary>
    public AuditLog? Audit { get; init; }

    /// <summary>The classes of statements, in the order in which they are looked at; one for all by default.</summary>
    public IReadOnlyList<WorkloadOptions> Workloads { get; init; } = [];

    /// <summary>The log of statements that ran; null for none.</summary>
    public BackgroundLog? Queries { get; init; }

    /// <summary>The price of reading; null if none is set.</summary>
    public QueryPrice? Price { get; init; }

    /// <summary>
    /// Folders that hold no tables of their own, as the project's and the user's home: they are never reached as a
    /// whole.
    /// </summary>
    public IReadOnlyList<string> ClosedFolders { get; init; } = [];

    /// <summary>
    /// Bytes of memory that the process was given: the largest statement is ended before the process takes half as much
    /// again. Null if the process is not watched, as where it also does other work.
    /// </summary>
    public long? ProcessBytes { get; init; }

    /// <summary>The most statements that a session keeps prepared by names.</summary>
    public int StatementsMax { get; init; } = 1000;

    /// <summary>
    /// The most bytes of results of small queries that are kept, to be given again while their tables are the same; 0
    /// for none.
    /// </summary>
    public long ResultBytesMax { get; init; } = 64_000_000;
}
