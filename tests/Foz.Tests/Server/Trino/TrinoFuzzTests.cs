using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Foz.Tests.Server.PgWire;
using Foz.Tests.Server.PgWire.Fuzz;

namespace Foz.Tests.Server.Trino;

/// <summary>
/// Requests that no client of Trino's sends: an error or a closed connection, never a crash, a hang or a leak.
/// </summary>
[Collection(nameof(FuzzCollection))]
public sealed class TrinoFuzzTests
{
    const int Requests = 600;
    const int SoakRequests = 60_000;
    const int Workers = 3;
    const int SessionsMax = 32;
    const int LookEvery = 20;

    static readonly TimeSpan idleMax = TimeSpan.FromMinutes(6);

    static readonly string[] Statements =
    [
        "SELECT 1", "SELECT * FROM lake.silver.orders", "SELECT * FROM lake.silver.nope", "SELEC", "'",
        "USE lake.silver", "USE \"a\u00e7\".b",
        "PREPARE q FROM SELECT ?", "EXECUTE q USING 1", "EXECUTE IMMEDIATE 'SELECT ?' USING 'a'",
        "DEALLOCATE PREPARE q", "DESCRIBE INPUT q",
        "SHOW TABLES LIKE '%'", "START TRANSACTION", "COMMIT", "ROLLBACK", "SET SESSION query_max_run_time = '1s'",
        "SET TIME ZONE 'UTC'",
        "SELECT range, repeat('x', 1000) FROM range(20000)",
        "SELECT count(*) FROM range(20000) a, range(5000) b WHERE a.range * b.range % 7 = 3",
        "CALL system.runtime.kill_query(query_id => 'x', message => 'y')", "SELECT * FROM system.runtime.queries",
        "SET SESSION \"a\r\nb\" = 'c'",
    ];

    static readonly string[] Names =
    [
        "X-Trino-User", "X-Trino-Catalog", "X-Trino-Schema", "X-Trino-Session", "X-Trino-Prepared-Statement",
        "X-Trino-Transaction-Id",
        "X-Trino-Time-Zone", "X-Trino-Client-Capabilities", "X-Trino-Source", "X-Presto-User", "Authorization",
        "X-Forwarded-Proto",
        "X-Forwarded-Host", "X-Forwarded-Port", "Accept-Encoding", "Content-Type", "Content-Encoding",
    ];

    static readonly string[] Values =
    [
        "", "ana", "lake", "silver", "q=SELECT+1", "q=SELECT%", "q=%00%ff%zz", "=", ",,,", "a=b=c,d", "NONE",
        "no-such-transaction", "Nowhere/City", "UTC",
        "PARAMETRIC_DATETIME", "Basic %%%", "Basic YW5h", "Basic YW5hOg==", "Bearer x", "Bearer a.b.c", "https", "a, b",
        "evil.example.com/x?y", "99999999", "-1",
        "gzip, br;q=x", "\u00e7\u00e3o", "q=" + "%28", "join_max=1",
    ];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mutated_requests_end_in_an_answer_or_a_closed_connection_and_leave_nothing()
    {
        var seed = Soak.Seed();
        var clock = new AheadTime();
        await using var server = await PgTestServer.StartAsync(isOpen: true, sessionsMax: SessionsMax, clock: clock);
        using var steady = new TrinoTestClient(server, password: null);
        var usage = new ProcessUsage(server.Lake);
        var sent = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(WorkAsync));
        TestContext.Current.TestOutputHelper?.WriteLine($"{sent} requests");

        // Statements that no client asks for any more, and transactions that were left open, are given up.
        clock.Advance(idleMax);
        await server.WaitUntilIdleAsync();
        await usage.CheckAsync();
        Assert.Equal(["5"], await steady.RowsAsync("SELECT count(*) FROM lake.silver.orders"));
        var log = server.Log.ToString();
        Assert.False(log.Contains("failed inside of Foz", StringComparison.Ordinal), log);

        async Task WorkAsync(int worker)
        {
            var random = new Random(seed + worker);
            using var http = new HttpClient(
                new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All })
            {
                BaseAddress = server.Server.TrinoAddress, Timeout = Soak.HangAfter,
            };
            var requestsMax = (Soak.Is ? SoakRequests : Requests) / Workers;
            for (var i = 0; i < requestsMax; i++)
            {
                if (random.Next(3) == 0)
                    await RawAsync(server.Server.TrinoAddress, RequestOf(random)).WaitAsync(Soak.HangAfter, Cancel);
                else await TalkAsync(http, random);
                Interlocked.Increment(ref sent);
                if (worker != 0 || i % LookEvery != 0) continue;
                // Too many statements may run at the moment: those that no client asks for any more are canceled first.
                // Transactions that were left open end after a time.
                await EndAsync(steady);
                while (server.Lake.Service.Sessions.Count > SessionsMax / 2)
                {
                    clock.Advance(idleMax);
                    await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
                }
                Assert.Equal(["5"], await steady.RowsAsync("SELECT count(*) FROM lake.silver.orders"));
                if (i < requestsMax / 4) usage.Begin();
            }
        }
    }

    /// <summary>
    /// Begins a statement with any headers, asks for pages in any order, with wrong tokens and slugs; cancels, or
    /// leaves it.
    /// </summary>
    static async Task TalkAsync(HttpClient http, Random random)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/statement")
        {
            Content = new StringContent(Statements[random.Next(Statements.Length)]),
        };
        if (random.Next(10) > 0) request.Headers.TryAddWithoutValidation("X-Trino-User", "ana");
        for (var i = random.Next(4); i > 0; i--)
            if (Values[random.Next(Values.Length)] is var value && Ascii.IsValid(value))
                request.Headers.TryAddWithoutValidation(Names[random.Next(Names.Length)], value);
        using var begun = await http.SendAsync(request, Cancel);
        Assert.True((int)begun.StatusCode is < 500 or 503, $"{begun.StatusCode}");
        if (begun.StatusCode is not HttpStatusCode.OK) return;
        var next = NextOf(await begun.Content.ReadAsStringAsync(Cancel));
        for (var i = random.Next(6); i > 0 && next is not null; i--)
        {
            var address = new Uri(next).PathAndQuery;
            using var asked = new HttpRequestMessage(
                random.Next(12) == 0 ? HttpMethod.Delete : HttpMethod.Get,
                random.Next(4) == 0 ? Mutated(address, random) : address);
            using var answer = await http.SendAsync(asked, Cancel);
            Assert.True((int)answer.StatusCode is < 500 or 503, $"{asked}: {answer.StatusCode}");
            if (answer.StatusCode is HttpStatusCode.OK && random.Next(3) > 0)
                next = NextOf(await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    static string? NextOf(string text)
    {
        var json = JsonElement.Parse(text);
        return json.ValueKind is JsonValueKind.Object && json.TryGetProperty("nextUri", out var next)
            && Uri.TryCreate(next.GetString(), UriKind.Absolute, out var uri)
                ? uri.ToString()
                : null;
    }

    static string Mutated(string address, Random random)
    {
        var parts = address.Split('/');
        parts[^random.Next(1, 4)] = random.Next(5) switch
        {
            0 => "9223372036854775807",
            1 => "-1",
            2 => "0",
            3 => "99999999999999999999999",
            _ => "x%2F%00..",
        };
        return string.Join('/', parts);
    }

    /// <summary>A request with some bytes changed.</summary>
    static byte[] RequestOf(Random random)
    {
        var body = Statements[random.Next(Statements.Length)];
        var text = new StringBuilder()
            .Append(random.Next(4) == 0 ? "GET /v1/query" : "POST /v1/statement")
            .Append(" HTTP/1.1\r\nHost: localhost\r\nX-Trino-User: ana\r\nConnection: close\r\n");
        for (var i = random.Next(5); i > 0; i--)
            text.Append($"{Names[random.Next(Names.Length)]}: {Values[random.Next(Values.Length)]}\r\n");
        if (random.Next(20) == 0)
            text.Append($"X-Trino-Prepared-Statement: q={new string('a', random.Next(700_000))}\r\n");
        text.Append(
            $"Content-Length: "
                + $"{random.Next(4) switch { 0 => -1, 1 => int.MaxValue, _ => Encoding.UTF8.GetByteCount(body) }}"
                + "\r\n\r\n").Append(body);
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        for (var changes = random.Next(4); changes > 0; changes--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    static async Task RawAsync(Uri server, byte[] bytes)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Host, server.Port, Cancel);
            await using var stream = client.GetStream();
            await stream.WriteAsync(bytes, Cancel);
            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[1 << 14];
            while (await stream.ReadAsync(buffer, Cancel) > 0)
            {
                // Whatever it says: it has to end.
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Closed ahead of the last byte.
        }
    }

    /// <summary>Cancels statements that no client asks for any more.</summary>
    static async Task EndAsync(TrinoTestClient client)
    {
        using var list = await client.SendAsync(HttpMethod.Get, "/v1/query");
        foreach (var query in JsonElement.Parse(await list.Content.ReadAsStringAsync(Cancel)).EnumerateArray())
            if (query.GetProperty("state").GetString() is not ("FINISHED" or "FAILED"))
                (await client.SendAsync(HttpMethod.Delete, $"/v1/query/{query.GetProperty("queryId").GetString()}"))
                    .Dispose();
    }
}
