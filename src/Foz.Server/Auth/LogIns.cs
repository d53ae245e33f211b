using System.Security.Cryptography;
using System.Text;
using Foz.Serving.Governance;
using Foz.Wire.PostgreSql;

namespace Foz.Server.Auth;

/// <summary>The users that may log in, and how they prove it. Safe for use by many threads.</summary>
public sealed class LogIns
{
    const int SaltBytes = 16;

    readonly Func<UserList>? users;
    readonly byte[] secret = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    readonly TimeProvider clock;

    LogIns(Func<UserList>? users, TimeProvider clock) => (this.users, this.clock) = (users, clock);

    /// <summary>Whether clients need no proof of identity.</summary>
    public bool IsOpen => users is null;

    /// <summary>Gets the log-ins that accept every client as owner, under any name: for this machine only.</summary>
    public static LogIns Open { get; } = new(users: null, TimeProvider.System);

    /// <summary>Returns the log-ins of a list of users, which is read again at each attempt.</summary>
    public static LogIns Of(Func<UserList> users) => Of(users, TimeProvider.System);

    /// <summary>Returns the log-ins of a list of users, whose keys expire by a clock.</summary>
    public static LogIns Of(Func<UserList> users, TimeProvider clock) => new(users, clock);

    /// <summary>Gets the issuers whose tokens are accepted.</summary>
    internal IReadOnlyList<TokenIssuer> Issuers => users?.Invoke().Issuers ?? [];

    /// <summary>What a user's password is checked with.</summary>
    /// <param name="name">
    /// The user; one that does not exist gets a verifier that no password fits, always the same.
    /// </param>
    internal ScramVerifier VerifierOf(string name)
    {
        if ((users?.Invoke().Find(name)?.Verifier ?? users?.Invoke().FindKey(name)?.Verifier) is { } verifier)
            return verifier;
        var hash = HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(name));
        // Iterations of users differ by when their verifiers were made: an unknown name gets those of some user.
        var known = users?.Invoke().All.Select(user => user.Verifier?.Iterations).OfType<int>().ToList() ?? [];
        var iterations = known.Count == 0 ? ScramVerifier.IterationsDefault : known[hash[^1] % known.Count];
        return new(
            iterations, hash[..SaltBytes], RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));
    }

    /// <summary>Returns the user of a session; null if there is none of the name.</summary>
    internal SessionUser? Find(string name) => users is null
        ? new SessionUser(name, IsOwner: true)
        : users().Find(name) is { } user ? new SessionUser(user.Name, user.IsOwner) : FindByKey(name);

    /// <summary>Returns the user of a key; null if no key has the name, or it has expired.</summary>
    SessionUser? FindByKey(string name)
    {
        var list = users!();
        if (list.FindKey(name) is not { } key || key.ExpiresAt <= clock.GetUtcNow()) return null;
        return new(key.User, list.Find(key.User)!.IsOwner && key.Roles is null) { Scope = key.Roles };
    }
}
