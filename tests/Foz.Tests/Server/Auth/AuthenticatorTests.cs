using System.Net;
using Foz.Lake.Journal;
using Foz.Server.Auth;
using Foz.Serving.Governance;
using Foz.Tests.Serving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Foz.Tests.Server.Auth;

public sealed class AuthenticatorTests : IAsyncLifetime
{
    static readonly IPAddress Address = IPAddress.Parse("192.0.2.1"), Other = IPAddress.Parse("192.0.2.2");

    readonly string project = Directory.CreateTempSubdirectory("foz-desk-").FullName;
    readonly Clock clock = new();
    ServedLake lake = null!;
    Authenticator desk = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        new UserFile(project).Add("ana", "secret", isOwner: true, replaces: false);
        var users = new UserDirectory(project, clock);
        lake = await ServedLake.CreateAsync(isAudited: true);
        desk = new(LogIns.Of(() => users.Current, clock), lake.Audit, clock, NullLogger.Instance, new(new(), clock));
    }

    public async ValueTask DisposeAsync()
    {
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    IReadOnlyList<AuditRecord> Refused() =>
        [.. lake.Audited().Where(r => r.Event is AuditEvent.Login && r.Decision is AuditDecision.Denied)];

    [Fact]
    public async Task Who_is_refused_often_fills_neither_the_audit_nor_a_record()
    {
        var attempt = new LogInAttempt(new string('é', 70_000), Address, "trino", "bearer");
        for (var i = 0; i < 50; i++) await desk.RefuseAsync(attempt, "a request without TLS");
        Assert.Equal(20, Refused().Count);
        Assert.All(Refused(), record => Assert.Equal(128, record.User!.Length));

        await desk.RefuseAsync(attempt with { Address = Other }, "a request without TLS");
        Assert.Equal(21, Refused().Count);
        clock.Now += TimeSpan.FromMinutes(1);
        await desk.RefuseAsync(attempt with { Address = Other }, "a request without TLS");
        Assert.Equal(23, Refused().Count);
        Assert.Equal("30 more within a minute", Assert.Single(Refused(), r => r.Method == "").Reason);

        for (var i = 0; i < 25; i++) await desk.RefuseAsync(attempt, "a request without TLS");
        await desk.FlushAsync();
        Assert.Equal("5 more within a minute", Refused()[^1].Reason);
    }

    [Fact]
    public async Task What_is_refused_before_it_is_looked_at_counts_as_a_failure()
    {
        var attempt = new LogInAttempt("ana", Address, "trino", "password");
        for (var i = 0; i < 4; i++) await desk.RefuseAsync(attempt, "a request without TLS");
        await desk.EnterAsync(attempt, "secret", Cancel);
        Assert.Equal([TimeSpan.FromMilliseconds(500)], clock.Delays);
        // A user who is known at the address waits for no other user.
        await desk.EnterAsync(attempt, "secret", Cancel);
        Assert.Single(clock.Delays);
    }

    [Fact]
    public async Task Success_under_a_name_does_not_forgive_guesses_at_another()
    {
        new UserFile(project).Add("eve", "own", isOwner: false, replaces: false);
        for (var i = 0; i < 4; i++)
        {
            await Assert.ThrowsAsync<LogInRefusedException>(() =>
                desk.EnterAsync(new("ana", Address, "trino", "password"), $"{i}", Cancel));
            await desk.EnterAsync(new("eve", Address, "trino", "password"), "own", Cancel);
        }
        await Assert.ThrowsAsync<LogInRefusedException>(() =>
            desk.EnterAsync(new("ana", Address, "trino", "password"), "x", Cancel));
        Assert.Equal([250, 500], clock.Delays.Select(delay => delay.TotalMilliseconds));
    }

    /// <summary>A clock that does not wait, and that records how long it would have waited.</summary>
    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public List<TimeSpan> Delays { get; } = [];

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Delays.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
