using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Server.Logging;
using Foz.Serving.Governance;
using Foz.Wire;
using Microsoft.Extensions.Logging;

namespace Foz.Server.Auth;

/// <summary>
/// Logs clients in, for all protocols: it slows down clients that guess, and audits accepted and refused log-ins. Safe
/// for use by many threads.
/// </summary>
/// <param name="logIns">The users that may log in.</param>
/// <param name="audit">Where log-ins are audited; null for nowhere.</param>
/// <param name="clock">The time.</param>
/// <param name="log">Where refusals are logged.</param>
/// <param name="keys">The keys of the issuers of tokens.</param>
sealed class Authenticator(LogIns logIns, AuditLog? audit, TimeProvider clock, ILogger log, IssuerKeys keys)
{
    const int SeenMax = 10_000;

    /// <summary>Each HTTP request logs in on its own: the audit records only the first within this time.</summary>
    static readonly TimeSpan seenTime = TimeSpan.FromMinutes(10);

    readonly LoginRateLimiter throttle = new(clock);
    readonly FailedLoginLimiter refusals = new(clock);
    readonly PasswordCheck passwords = new();
    readonly OidcTokens tokens = new(() => logIns.Issuers, keys, clock);
    readonly Lock gate = new();
    readonly Dictionary<LogInAttempt, DateTimeOffset> seen = [];

    /// <summary>Gets the users that may log in.</summary>
    public LogIns LogIns => logIns;

    /// <summary>Logs a user in by a password.</summary>
    /// <exception cref="LogInRefusedException">
    /// Thrown when the password is wrong, or there is no user of the name; both take the same time.
    /// </exception>
    /// <exception cref="FozException">Thrown when it cannot be audited.</exception>
    public Task<SessionUser> EnterAsync(LogInAttempt attempt, string password, CancellationToken cancellationToken) =>
        EnterAsync(
            attempt, attempt.Name,
            async (turn, _) =>
            {
                await turn();
                return passwords.Fits(logIns.VerifierOf(attempt.Name), password) ? logIns.Find(attempt.Name) : null;
            },
            cancellationToken);

    /// <summary>Logs a user in by a key or by a token of an issuer.</summary>
    /// <exception cref="LogInRefusedException">Thrown when it is no user's, or not valid now.</exception>
    /// <exception cref="FozException">Thrown when it cannot be audited.</exception>
    public Task<SessionUser> EnterByTokenAsync(LogInAttempt attempt, string token, CancellationToken cancellationToken)
    {
        if (ApiKey.NameOf(token) is { } key)
            return EnterAsync(attempt with { Name = key, Method = "key" }, token, cancellationToken);
        // The token says whose it is: the name that the client sends besides neither clears failures nor causes a wait.
        return EnterAsync(
            attempt with { Method = "oidc" }, "",
            async (turn, cancel) =>
            {
                await turn();
                return await tokens.FindAsync(token, cancel);
            },
            cancellationToken);
    }

    /// <summary>Logs a user in whose proof depends on the protocol.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="prove">
    /// Checks the proof and returns the user; null for none. It is not called where every client is let in. Before it
    /// looks at a secret it awaits its turn. A <see cref="WireException"/> of authentication means a wrong proof.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="LogInRefusedException">Thrown when the proof is wrong.</exception>
    /// <exception cref="FozException">Thrown when it cannot be audited.</exception>
    public Task<SessionUser> EnterAsync(
        LogInAttempt attempt, Func<Func<Task>, CancellationToken, Task<SessionUser?>> prove,
        CancellationToken cancellationToken) =>
        EnterAsync(attempt, attempt.Name, prove, cancellationToken);

    // secretOf: the name whose secret is checked; empty for none.
    async Task<SessionUser> EnterAsync(
        LogInAttempt attempt, string secretOf, Func<Func<Task>, CancellationToken, Task<SessionUser?>> prove,
        CancellationToken cancellationToken)
    {
        if (logIns.IsOpen)
        {
            await AuditAsync(
                attempt with { Method = "none" }, AuditDecision.Granted, "everybody on this machine is let in",
                cancellationToken);
            return logIns.Find(attempt.Name)!;
        }
        IDisposable? turn = null;
        try
        {
            var user = await prove(TakeTurnAsync, cancellationToken)
                ?? throw new LogInRefusedException(attempt.Name, "wrong password, or no such user");
            throttle.Succeeded(attempt.Address, secretOf);
            await AuditAsync(attempt with { Name = user.Name }, AuditDecision.Granted, reason: null, cancellationToken);
            return user;
        }
        catch (Exception e) when (e is LogInRefusedException or WireException { Kind: WireErrorKind.Authentication })
        {
            var refused = e as LogInRefusedException
                ?? new LogInRefusedException(attempt.Name, "wrong password, or no such user");
            if (!refused.IsBusy) throttle.Failed(attempt.Address, secretOf);
            await NoteRefusedAsync(attempt, refused.Reason);
            throw refused;
        }
        finally
        {
            turn?.Dispose();
        }

        async Task TakeTurnAsync() => turn = await throttle.TakeAsync(attempt.Address, secretOf, cancellationToken)
            ?? throw new LogInRefusedException(attempt.Name, "too many log-ins of the address wait already")
            {
                IsBusy = true,
            };
    }

    /// <summary>Records a refusal before any proof: it counts as a failure of the address.</summary>
    public Task RefuseAsync(LogInAttempt attempt, string reason)
    {
        throttle.Failed(attempt.Address, "");
        return NoteRefusedAsync(attempt, reason);
    }

    /// <summary>Records the refusal of a client that has proven to be another user.</summary>
    public Task DenyAsync(LogInAttempt attempt, string reason) => NoteRefusedAsync(attempt, reason);

    /// <summary>Writes how many refusals were left out so far.</summary>
    public Task FlushAsync() => NoteLeftOutAsync(isEnd: true);

    async Task NoteRefusedAsync(LogInAttempt attempt, string reason)
    {
        await NoteLeftOutAsync(isEnd: false);
        if (!refusals.Admits(attempt.Address)) return;
        log.LogInRefused(
            LogInAttempt.Shortened(attempt.Name), attempt.Address.ToString(), LogInAttempt.Shortened(reason));
        await AuditAsync(attempt, AuditDecision.Denied, reason, CancellationToken.None);
    }

    async Task NoteLeftOutAsync(bool isEnd)
    {
        foreach (var (address, count) in refusals.TakeLeftOut(isEnd))
        {
            var attempt = new LogInAttempt("", address, "", "");
            var reason = FormattableString.Invariant($"{count} more within a minute");
            log.LogInRefused(attempt.Name, address.ToString(), reason);
            await AuditAsync(attempt, AuditDecision.Denied, reason, CancellationToken.None);
        }
    }

    bool IsSeen(LogInAttempt attempt)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (seen.TryGetValue(attempt, out var last) && now - last < seenTime) return true;
            if (seen.Count >= SeenMax) seen.Clear();
            seen[attempt] = now;
            return false;
        }
    }

    async Task AuditAsync(
        LogInAttempt attempt, AuditDecision decision, string? reason, CancellationToken cancellationToken)
    {
        if (audit is null
            || (decision is AuditDecision.Granted
                && attempt.Protocol is HttpLogIn.TrinoProtocol or HttpLogIn.HttpProtocol && IsSeen(attempt)))
            return;
        await audit.AddDurablyAsync(
            new()
            {
                RunId = audit.RunId, RecordedAt = clock.GetUtcNow(), Event = AuditEvent.Login, Decision = decision,
                User = LogInAttempt.Shortened(attempt.Name), Protocol = attempt.Protocol,
                Address = attempt.Address.ToString(),
                Method = attempt.Method, Reason = reason is null ? null : LogInAttempt.Shortened(reason),
            },
            cancellationToken);
    }
}
