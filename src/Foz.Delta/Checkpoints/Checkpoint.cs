using Foz.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>A complete checkpoint in the log folder; several may exist for one version.</summary>
/// <param name="Version">The version whose state it holds.</param>
/// <param name="Files">The file, or all parts of a multi-part checkpoint in order; sidecars are not among them.</param>
sealed record Checkpoint(long Version, IReadOnlyList<ObjectInfo> Files)
{
    /// <summary>The size of <see cref="Files"/> in bytes.</summary>
    public long SizeBytes => Files.Sum(file => file.SizeBytes);

    /// <summary>When the last of <see cref="Files"/> was written.</summary>
    public DateTimeOffset LastModified => Files.Max(file => file.LastModified);
}
