using System.Net;
using System.Text;
using Foz.Lake.Configuration;
using Foz.Server;
using Foz.Server.Auth;
using Foz.Server.Pages;
using Foz.Serving.Governance;
using Foz.Tests.Serving;

namespace Foz.Tests.Server.PgWire;

/// <summary>
/// A server over a lake with the table silver.orders, with the owner ana and the user bi, whose password is
/// <see cref="Password"/>.
/// </summary>
sealed class PgTestServer : IAsyncDisposable
{
    public const string Password = "s3nha ção";

    PgTestServer()
    {
    }

    public required ServedLake Lake { get; init; }

    public required FozServer Server { get; init; }

    public required StringBuilder Log { get; init; }

    public IPEndPoint EndPoint => Server.PgEndPoint;

    /// <summary>Starts a server.</summary>
    /// <param name="choose">Changes how it listens.</param>
    /// <param name="isOpen">Whether no log-in is needed.</param>
    /// <param name="sessionsMax">How many sessions there can be.</param>
    /// <param name="clock">The time of connections and requests.</param>
    /// <param name="notesQueries">Whether statements are recorded.</param>
    /// <param name="pages">What the HTTP port answers besides its health.</param>
    public static async Task<PgTestServer> StartAsync(
        Func<ServeOptions, ServeOptions>? choose = null, bool isOpen = false, int sessionsMax = 4,
        TimeProvider? clock = null,
        bool notesQueries = false, params IReadOnlyList<HttpPage> pages)
    {
        var users = Directory.CreateTempSubdirectory("foz-users-").FullName;
        new UserFile(users).Add("ana", Password, isOwner: true, replaces: false);
        new UserFile(users).Add("bi", Password, isOwner: false, replaces: false);
        var directory = new UserDirectory(users, TimeProvider.System);
        var lake = await ServedLake.CreateAsync(
            clock: clock, choose: notesQueries ? options => options : null, sessionsMax: sessionsMax);
        var log = new StringBuilder();
        var options = new ServeOptions { PgPort = 0, TrinoPort = 0, HttpPort = 0 };
        var server = await FozServer.StartAsync(
            new()
            {
                Serve = choose?.Invoke(options) ?? options,
                LogIns = isOpen ? LogIns.Open : LogIns.Of(() => directory.Current),
                Sql = lake.Service,
                Clock = clock ?? TimeProvider.System,
                Log = TextWriter.Synchronized(new StringWriter(log)),
                Pages = pages,
            },
            TestContext.Current.CancellationToken);
        return new() { Lake = lake, Server = server, Log = log };
    }

    public Task<PgTestClient> ConnectAsync(params (string Name, string Value)[] parameters) =>
        PgTestClient.LogInAsync(EndPoint, "ana", Password, parameters);

    /// <summary>Waits until no session is left: the server has noticed that its clients are gone.</summary>
    public async Task WaitUntilIdleAsync()
    {
        while (Lake.Service.Sessions.Count > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Lake.DisposeAsync();
    }
}
