using System.Net;

namespace Foz.Server.Auth;

/// <summary>An attempt of a client to log in.</summary>
/// <param name="Name">The name that the client gave.</param>
/// <param name="Address">Where the client is.</param>
/// <param name="Protocol">The protocol, as the audit names it: <c>postgresql</c>, <c>trino</c> or <c>http</c>.</param>
/// <param name="Method">
/// How the client proves its identity: <c>scram-sha-256</c>, <c>password</c>, <c>key</c>, <c>oidc</c>.
/// </param>
sealed record LogInAttempt(string Name, IPAddress Address, string Protocol, string Method)
{
    const int NameLengthMax = 128;

    /// <summary>As much of a name as is kept and written.</summary>
    public static string Shortened(string name) => name.Length <= NameLengthMax
        ? name
        : name[..(char.IsHighSurrogate(name[NameLengthMax - 1]) ? NameLengthMax - 1 : NameLengthMax)];
}

/// <summary>
/// Thrown when a log-in is refused. The client may get its message: it does not say which names exist.
/// </summary>
/// <param name="name">The name that the client gave.</param>
/// <param name="reason">The reason, for the audit and the log only.</param>
sealed class LogInRefusedException(string name, string reason)
    : Exception($"password authentication failed for user \"{name}\"")
{
    /// <summary>Why, for the audit and the log alone.</summary>
    public string Reason { get; } = reason;

    /// <summary>Whether it was not even checked: too many attempts of its address wait already.</summary>
    public bool IsBusy { get; init; }
}
