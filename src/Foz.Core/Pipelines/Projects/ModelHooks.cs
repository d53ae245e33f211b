namespace Foz.Core.Pipelines.Projects;

/// <summary>SQL statements that are run before something, and behind it.</summary>
/// <param name="Before">Those before it, in order; each may be several statements.</param>
/// <param name="After">Those behind it.</param>
public sealed record ModelHooks(IReadOnlyList<ModelTemplate> Before, IReadOnlyList<ModelTemplate> After)
{
    /// <summary>None.</summary>
    public static ModelHooks None { get; } = new([], []);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Before.Count == 0 && After.Count == 0;
}
