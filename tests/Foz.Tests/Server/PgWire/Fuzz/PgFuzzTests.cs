using System.Net;
using System.Net.Sockets;

namespace Foz.Tests.Server.PgWire.Fuzz;

/// <summary>Nothing else runs beside them, so that what is left of memory, handles and connections is theirs.</summary>
[CollectionDefinition(nameof(FuzzCollection), DisableParallelization = true)]
public sealed class FuzzCollection;

/// <summary>
/// Mutations of real conversations: an error or a closed connection, never a crash, a hang or a leak.
/// </summary>
[Collection(nameof(FuzzCollection))]
public sealed class PgFuzzTests
{
    const int Messages = 6_000;
    const int SoakMessages = 1_000_000;
    const int LogInMessages = 600;
    const int SoakLogInMessages = 10_000;
    const int Workers = 3;
    const int LookEvery = 20;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mutated_conversations_end_in_an_error_or_a_closed_connection_and_leave_nothing()
    {
        await using var server = await PgTestServer.StartAsync(isOpen: true, sessionsMax: 16);
        await server.Lake.ChangeAsync($"CREATE TABLE {Corpus.Table} (id bigint, name string)");
        // No conversation names it.
        await server.Lake.ChangeAsync("CREATE TABLE silver.steady AS SELECT range AS id FROM range(5)");
        using var victim = await PgTestClient.LogInAsync(server.EndPoint, "ana", password: null);
        List<Conversation> corpus =
        [
            .. await Corpus.OfNpgsqlAsync(server.EndPoint), .. Corpus.Written(), Corpus.CancelOf(victim.Key!),
        ];
        Assert.Contains(corpus, c => c is { Name: "npgsql", Messages.Count: > 30 });
        using var steady = await PgTestClient.LogInAsync(server.EndPoint, "ana", password: null);

        var usage = await FuzzAsync(server, corpus, Soak.Is ? SoakMessages : Messages, CheckAsync);

        await EndsAsync(server, sessions: 2);
        await usage.CheckAsync();
        await CheckAsync();

        async Task CheckAsync()
        {
            var rows = await steady.QueryAsync("select count(*) from silver.steady");
            Assert.True(rows is [_, "D 5", ..], string.Join('\n', rows));
            // Now and then another connection cancels what it runs.
            var answers = await victim.QueryAsync("select 1");
            Assert.True(
                answers.Contains("D 1") || answers.Any(a => a.StartsWith("E ERROR 57014", StringComparison.Ordinal)),
                string.Join('\n', answers));
        }
    }

    [Fact]
    public async Task Mutated_log_ins_let_nobody_in()
    {
        await using var server = await PgTestServer.StartAsync(sessionsMax: 16);
        var corpus = await Corpus.OfLogInAsync(server.EndPoint, PgTestServer.Password);
        Assert.Contains(corpus, c => c.Messages.Count >= 4);
        await server.WaitUntilIdleAsync();
        var sessions = 0;

        var usage = await FuzzAsync(server, corpus, Soak.Is ? SoakLogInMessages : LogInMessages, CheckAsync);

        Assert.Equal(0, sessions);
        await EndsAsync(server, sessions: 0);
        await usage.CheckAsync();

        Task CheckAsync()
        {
            sessions += server.Lake.Service.Sessions.Count;
            return Task.CompletedTask;
        }
    }

    /// <summary>
    /// Sends mutations by several clients at once, and looks between them whether others are still served.
    /// </summary>
    /// <returns>What the process held when it was warm.</returns>
    static async Task<ProcessUsage> FuzzAsync(
        PgTestServer server, IReadOnlyList<Conversation> corpus, int messagesMax, Func<Task> lookAsync)
    {
        var seed = Soak.Seed();
        var usage = new ProcessUsage(server.Lake);
        var (sent, connections) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(WorkAsync));
        TestContext.Current.TestOutputHelper?.WriteLine($"{sent} messages over {connections} connections");
        return usage;

        async Task WorkAsync(int worker)
        {
            var random = new Random(seed + worker);
            var mutator = new Mutator(random, corpus);
            for (var (i, own) = (0, 0); own < messagesMax / Workers; i++)
            {
                var mutation = mutator.Next();
                try
                {
                    await TalkAsync(server.EndPoint, mutation.Bytes, random).WaitAsync(Soak.HangAfter, Cancel);
                }
                catch (TimeoutException)
                {
                    Assert.Fail(
                        $"FOZ_SEED={seed}: conversation {i} of worker {worker}, made from '{mutation.Name}', hangs: "
                            + $"{Convert.ToHexString(mutation.Bytes)}");
                }
                own += mutation.Messages;
                Interlocked.Add(ref sent, mutation.Messages);
                Interlocked.Increment(ref connections);
                if (worker != 0 || i % LookEvery != 0) continue;
                await lookAsync();
                // What is kept for good, such as compiled code, is there by then.
                if (own < messagesMax / Workers / 4) usage.Begin();
            }
        }
    }

    /// <summary>
    /// Sends bytes from an address of its own, in pieces, and reads what comes until the server closes, or goes away.
    /// </summary>
    static async Task TalkAsync(IPEndPoint server, byte[] bytes, Random random)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // All of 127.0.0.0/8 is this machine on Linux: who guesses passwords is slowed down by its address.
        if (OperatingSystem.IsLinux())
            socket.Bind(
                new IPEndPoint(
                    new IPAddress([127, (byte)random.Next(1, 255), (byte)random.Next(256), (byte)random.Next(1, 255)]),
                    0));
        var (cut, goes) = (random.Next(bytes.Length + 1), random.Next(3) == 0);
        try
        {
            await socket.ConnectAsync(server, Cancel);
            var reading = ReadAsync(socket);
            await socket.SendAsync(bytes.AsMemory(0, cut), Cancel);
            await socket.SendAsync(bytes.AsMemory(cut), Cancel);
            if (goes)
            {
                socket.LingerState = new(enable: true, seconds: 0);
                socket.Close();
            }
            else
            {
                socket.Shutdown(SocketShutdown.Send);
            }
            await reading;
        }
        catch (SocketException)
        {
            // The server closes ahead of the last byte.
        }
    }

    static async Task ReadAsync(Socket socket)
    {
        var buffer = new byte[1 << 14];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancel) > 0)
            {
                // Whatever it says: it has to end.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed, by either side.
        }
    }

    /// <summary>Waits until at most so many sessions are left, and checks that the server had no fault.</summary>
    static async Task EndsAsync(PgTestServer server, int sessions)
    {
        while (server.Lake.Service.Sessions.Count > sessions) await Task.Delay(TimeSpan.FromMilliseconds(20), Cancel);
        var log = server.Log.ToString();
        Assert.False(log.Contains("failed inside of Foz", StringComparison.Ordinal), log);
    }
}
