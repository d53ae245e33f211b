namespace Foz.Serving.Governance;

/// <summary>A right that the files of <c>policies/</c> give from now on, or do not give any more.</summary>
/// <param name="Right">The right, as people read it.</param>
/// <param name="IsGranted">Whether it is there from now on.</param>
public readonly record struct PolicyChange(string Right, bool IsGranted)
{
    /// <summary>What changed from some rights to others.</summary>
    internal static IReadOnlyList<PolicyChange> Between(
        IReadOnlyCollection<string> before, IReadOnlyCollection<string> after) =>
    [
        .. before.Except(after, StringComparer.Ordinal).Select(right => new PolicyChange(right, IsGranted: false)),
        .. after.Except(before, StringComparer.Ordinal).Select(right => new PolicyChange(right, IsGranted: true)),
    ];
}
