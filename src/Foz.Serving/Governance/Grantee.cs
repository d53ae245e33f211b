namespace Foz.Serving.Governance;

/// <summary>To whom grants are, as far as it is known of a log-in.</summary>
/// <param name="Name">The user.</param>
public sealed record Grantee(string Name)
{
    /// <summary>Roles from the issuer of the user's token, in addition to those of <c>policies/</c>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>
    /// The roles to which the log-in is limited, of those that the user has; null for all that the user may.
    /// </summary>
    public IReadOnlyList<string>? Scope { get; init; }
}
