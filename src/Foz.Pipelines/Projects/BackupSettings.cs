using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>Where the lake is backed up to, and for how long.</summary>
/// <param name="To">A folder, or the address of an object store.</param>
/// <param name="Retention">For how long a backup is kept; the newest is always kept.</param>
public sealed record BackupSettings(LakeLocation To, TimeSpan Retention);
