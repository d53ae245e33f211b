namespace Foz.Serving.Governance;

/// <summary>Who a session is of.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsOwner">Whether everything is granted to it.</param>
public sealed record SessionUser(string Name, bool IsOwner)
{
    /// <summary>Roles from the issuer of the user's token.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The roles to which the log-in is limited; null for all that the user may.</summary>
    public IReadOnlyList<string>? Scope { get; init; }

    /// <summary>To whom grants are.</summary>
    internal Grantee Grantee => new(Name) { Roles = Roles, Scope = Scope };

    /// <summary>
    /// Whether the user may see what another user does, and stop it: owners may; others only for the same user with no
    /// more rights.
    /// </summary>
    public bool MayKnowOf(SessionUser other) => IsOwner || (Name == other.Name && !other.IsOwner
        && (Rights == other.Rights
            || (Scope is null && other.Roles.All(role => Roles.Contains(role, StringComparer.Ordinal)))));

    /// <summary>Whether it is the same user with the same rights.</summary>
    internal bool IsLike(SessionUser other) => IsOwner == other.IsOwner && Rights == other.Rights;

    /// <summary>A text that is the same for those who may the same.</summary>
    internal string Rights =>
        string.Join(
            '\n',
            [
                Name, .. Roles.Order(StringComparer.Ordinal), "",
                .. Scope?.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>(), Scope is null ? "all" : "scoped",
            ]);
}
