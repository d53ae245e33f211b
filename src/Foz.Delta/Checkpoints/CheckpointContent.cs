using Foz.Delta.Log;

namespace Foz.Delta.Checkpoints;

/// <summary>The state of a table at one version, as a checkpoint holds it.</summary>
sealed record CheckpointContent
{
    /// <summary>The version.</summary>
    public required long Version { get; init; }

    /// <summary>The protocol.</summary>
    public required Protocol Protocol { get; init; }

    /// <summary>The metadata.</summary>
    public required Metadata Metadata { get; init; }

    /// <summary>One entry per application.</summary>
    public required IReadOnlyCollection<SetTransaction> Transactions { get; init; }

    /// <summary>The domains, without removed ones.</summary>
    public required IReadOnlyCollection<DomainMetadata> Domains { get; init; }

    /// <summary>The files of the table.</summary>
    public required IReadOnlyCollection<AddFile> Files { get; init; }

    /// <summary>The tombstones that have not expired.</summary>
    public required IReadOnlyCollection<RemoveFile> Tombstones { get; init; }

    /// <summary>What is not about files.</summary>
    public IEnumerable<LogAction> TableActions => [Protocol, Metadata, .. Transactions, .. Domains];

    /// <summary>What is about files: only rearranged ones, as a checkpoint has it, and of tombstones what identifies
    /// them.</summary>
    public IEnumerable<LogAction> FileActions =>
        Files.Select(file => file with { DataChange = false }).Concat<LogAction>(
            Tombstones.Select(file => file with { DataChange = false, Stats = JsonText.None, Tags = null }));

    /// <summary>The number of <see cref="FileActions"/>.</summary>
    public int FileActionCount => Files.Count + Tombstones.Count;

    /// <summary>The number of all actions.</summary>
    public long ActionCount => 2L + Transactions.Count + Domains.Count + FileActionCount;
}
