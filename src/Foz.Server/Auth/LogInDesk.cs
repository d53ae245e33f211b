using Foz.Core;
using Foz.Core.Governance;
using Foz.Core.Journal;
using Foz.Core.Serving;
using Foz.Wire;
using Microsoft.Extensions.Logging;

namespace Foz.Server.Auth;

/// <summary>
/// The one way in, whatever the protocol: who guesses is slowed, who is let in and who is not is audited. Safe for use by many
/// threads.
/// </summary>
/// <param name="logIns">Who may log in.</param>
/// <param name="audit">Where it is written who did; null for nowhere.</param>
/// <param name="clock">The time.</param>
/// <param name="log">Where it is told who was refused.</param>
/// <param name="keys">The keys of those who issue tokens.</param>
sealed class LogInDesk(LogIns logIns, AuditLog? audit, TimeProvider clock, ILogger log, IssuerKeys keys)
{
    const int SeenMax = 10_000;

    /// <summary>Requests of HTTP log in each by itself: within this time the first stands for them in the audit.</summary>
    static readonly TimeSpan seenTime = TimeSpan.FromMinutes(10);

    readonly LogInThrottle throttle = new(clock);
    readonly PasswordCheck passwords = new();
    readonly OidcTokens tokens = new(() => logIns.Issuers, keys, clock);
    readonly Lock gate = new();
    readonly Dictionary<LogInAttempt, DateTimeOffset> seen = [];

    /// <summary>Who may log in.</summary>
    public LogIns LogIns => logIns;

    /// <summary>Lets somebody in by a password.</summary>
    /// <exception cref="LogInRefusedException">It is not right, or there is nobody of the name; which of them takes the same time.</exception>
    /// <exception cref="FozException">It cannot be audited.</exception>
    public Task<SessionUser> EnterAsync(LogInAttempt attempt, string password, CancellationToken cancellationToken) => EnterAsync(
        attempt,
        _ => passwords.Fits(logIns.VerifierOf(attempt.Name), password)
            ? Task.FromResult(logIns.Find(attempt.Name))
            : throw new LogInRefusedException(attempt.Name, "wrong password, or no such user"),
        cancellationToken);

    /// <summary>Lets somebody in by a key or by a token of an issuer.</summary>
    /// <exception cref="LogInRefusedException">It is nobody's, or not valid now.</exception>
    /// <exception cref="FozException">It cannot be audited.</exception>
    public Task<SessionUser> EnterByTokenAsync(LogInAttempt attempt, string token, CancellationToken cancellationToken)
    {
        if (ApiKey.NameOf(token) is { } key) return EnterAsync(attempt with { Name = key, Method = "key" }, token, cancellationToken);
        attempt = attempt with { Method = "oidc" };
        return EnterAsync(attempt, async cancel => await tokens.FindAsync(token, cancel), cancellationToken);
    }

    /// <summary>Lets somebody in whose proof is a matter of the protocol.</summary>
    /// <param name="attempt">Who.</param>
    /// <param name="prove">
    /// Proves it, and says who it is; null for nobody. It is not called where everybody is let in. A
    /// <see cref="WireException"/> of authentication is a proof that is wrong.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="LogInRefusedException">The proof is not right.</exception>
    /// <exception cref="FozException">It cannot be audited.</exception>
    public async Task<SessionUser> EnterAsync(
        LogInAttempt attempt, Func<CancellationToken, Task<SessionUser?>> prove, CancellationToken cancellationToken)
    {
        if (logIns.IsOpen)
        {
            await AuditAsync(attempt with { Method = "none" }, AuditDecision.Granted, "everybody on this machine is let in", cancellationToken);
            return logIns.Find(attempt.Name)!;
        }
        var (delay, isDone) = (throttle.Begin(attempt.Address, attempt.Name), false);
        try
        {
            // Whoever guesses waits for each attempt; more connections wait just as long.
            await Task.Delay(delay, clock, cancellationToken);
            var user = await prove(cancellationToken) ?? throw new LogInRefusedException(attempt.Name, "no such user");
            isDone = true;
            throttle.Succeeded(attempt.Address, attempt.Name);
            await AuditAsync(attempt with { Name = user.Name }, AuditDecision.Granted, reason: null, cancellationToken);
            return user;
        }
        catch (Exception e) when (e is LogInRefusedException or WireException { Kind: WireErrorKind.Authentication })
        {
            isDone = true;
            throttle.Failed(attempt.Address, attempt.Name);
            var refused = e as LogInRefusedException ?? new LogInRefusedException(attempt.Name, "wrong password, or no such user");
            log.LogInRefused(attempt.Name, attempt.Address.ToString(), refused.Reason);
            await AuditAsync(attempt, AuditDecision.Denied, refused.Reason, CancellationToken.None);
            throw refused;
        }
        finally
        {
            if (!isDone) throttle.GivenUp(attempt.Address, attempt.Name);
        }
    }

    /// <summary>Notes that somebody was refused before anything was proven.</summary>
    public Task RefuseAsync(LogInAttempt attempt, string reason) => AuditAsync(attempt, AuditDecision.Denied, reason, CancellationToken.None);

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

    async Task AuditAsync(LogInAttempt attempt, AuditDecision decision, string? reason, CancellationToken cancellationToken)
    {
        if (audit is null || (decision is AuditDecision.Granted && attempt.Protocol == HttpLogIn.TrinoProtocol && IsSeen(attempt))) return;
        await audit.AddDurablyAsync(
            new()
            {
                RunId = audit.RunId, RecordedAt = clock.GetUtcNow(), Event = AuditEvent.Login, Decision = decision, User = attempt.Name,
                Protocol = attempt.Protocol, Address = attempt.Address.ToString(), Method = attempt.Method, Reason = reason,
            },
            cancellationToken);
    }
}
