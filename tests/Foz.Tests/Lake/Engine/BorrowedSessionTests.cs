using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine;

public sealed class BorrowedSessionTests : IDisposable
{
    const string Utc = EngineSession.TimeZoneDefault;
    const string Noon = "SELECT strftime(TIMESTAMPTZ '2024-07-01 12:00:00+00', '%H:%M')";

    readonly EnginePool engines = new(new() { MemoryBytes = 512 << 20, Threads = 2 });

    static CancellationToken Token => TestContext.Current.CancellationToken;

    EngineInstance Instance => engines.Find(Workload.Query);

    public void Dispose() => engines.Dispose();

    [Fact]
    public void A_connection_is_lent_again_that_was_asked_only()
    {
        using (var first = Instance.Borrow(Utc, Token))
        {
            Assert.Equal(0, Instance.IdleCount);
            Assert.Equal(["a"], Texts(first, "SELECT 'a'"));
            first.Describe("SELECT 1", Token);
        }
        Assert.Equal(1, Instance.IdleCount);
        using var second = Instance.Borrow(Utc, Token);
        Assert.Equal(0, Instance.IdleCount);
        using var third = Instance.Borrow(Utc, Token);
        Assert.Equal(["c", "b"], [.. Texts(third, "SELECT 'c'"), .. Texts(second, "SELECT 'b'")]);
    }

    [Theory]
    [InlineData("CREATE TEMP TABLE left_behind AS SELECT 1 AS x")]
    [InlineData("SET VARIABLE left_behind = 1")]
    [InlineData("SET threads = 1")]
    [InlineData("BEGIN")]
    [InlineData("PREPARE left_behind AS SELECT 1")]
    public void A_connection_is_closed_on_which_anything_else_ran(string sql)
    {
        using (var changed = Instance.Borrow(Utc, Token)) changed.Query(sql, Token).Dispose();
        using (var changed = Instance.Borrow(Utc, Token)) changed.Execute(sql, Token);
        Assert.Equal(0, Instance.IdleCount);
    }

    [Theory]
    [InlineData("SELECT nothing_of_the_kind")]
    [InlineData("SELECT 'x'::INT")]
    [InlineData("SELECT error('mine') FROM range(10)")]
    public void A_connection_is_closed_on_which_a_query_failed(string sql)
    {
        using (var failed = Instance.Borrow(Utc, Token))
            Assert.Throws<FozException>(() => failed.Query(sql, Token).Rows(Token).Count());
        Assert.Equal(0, Instance.IdleCount);
        using var next = Instance.Borrow(Utc, Token);
        Assert.Equal(["fine"], Texts(next, "SELECT 'fine'"));
    }

    [Fact]
    public async Task A_connection_is_closed_whose_query_was_canceled()
    {
        using var canceled = new CancellationTokenSource();
        using (var session = Instance.Borrow(Utc, Token))
        {
            var running = Task.Run(
                () => session.Query("SELECT count(*) FROM range(1000000000) a, range(1000000000) b", canceled.Token)
                    .Rows(canceled.Token).Count(), Token);
            await canceled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }
        Assert.Equal(0, Instance.IdleCount);
        using var next = Instance.Borrow(Utc, Token);
        Assert.Equal(["fine"], Texts(next, "SELECT 'fine'"));
    }

    [Fact]
    public void A_connection_is_lent_again_whose_rows_were_not_all_read_but_not_one_that_still_gives_some()
    {
        using (var session = Instance.Borrow(Utc, Token))
        {
            using var rows = session.Query("SELECT * FROM range(1000000)", Token);
            rows.Fetch(Token)!.Dispose();
        }
        Assert.Equal(1, Instance.IdleCount);
        var left = Instance.Borrow(Utc, Token);
        var open = left.Query("SELECT * FROM range(1000000)", Token);
        left.Dispose();
        Assert.Equal(0, Instance.IdleCount);
        Assert.Throws<ObjectDisposedException>(() => open.Fetch(Token));
        open.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_that_waits_holds_nothing_of_what_it_read(bool isReadToItsEnd)
    {
        using var owner = Instance.Open();
        var before = BytesUsed();
        owner.Execute(
            "CREATE TABLE wide AS SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS t FROM range(200000) r(i)", Token);
        Assert.True(BytesUsed() > before + (4 << 20));
        using (var session = Instance.Borrow(Utc, Token))
        using (var rows = session.Query("SELECT t FROM wide", Token))
        {
            rows.Fetch(Token)!.Dispose();
            if (isReadToItsEnd) rows.CountRest(Token);
        }
        Assert.Equal(1, Instance.IdleCount);
        owner.Execute("DROP TABLE wide", Token);
        Assert.InRange(BytesUsed(), 0, before + (1 << 20));

        long BytesUsed() =>
            owner.QueryScalar<long>("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()", Token);
    }

    [Fact]
    public void Who_gave_a_connection_back_has_it_no_more()
    {
        var first = Instance.Borrow(Utc, Token);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, Instance.IdleCount);
        Assert.Throws<ObjectDisposedException>(() => first.Query("SELECT 1", Token));
        Assert.Throws<ObjectDisposedException>(() => first.Execute("SET VARIABLE x = 1", Token));
        Assert.Throws<ObjectDisposedException>(() => first.UseTimeZone("Asia/Tokyo", Token));
    }

    [Fact]
    public void Everybody_has_a_time_zone_of_their_own_whoever_had_the_connection_before()
    {
        foreach (var (zone, hour) in new[]
        {
            (Utc, "12:00"), ("America/Sao_Paulo", "09:00"), ("Asia/Tokyo", "21:00"), (Utc, "12:00"),
            ("Asia/Tokyo", "21:00"),
        })
        {
            using var session = Instance.Borrow(zone, Token);
            Assert.Equal([hour], Texts(session, Noon));
        }
        Assert.Equal(1, Instance.IdleCount);
        Assert.Throws<FozException>(() => Instance.Borrow("No/Where", Token));
        Assert.Equal(0, Instance.IdleCount);
    }

    [Fact]
    public void Connections_that_come_back_to_a_closed_instance_are_closed()
    {
        EngineSession session;
        EngineInstance instance;
        using (var own = new EnginePool(new() { MemoryBytes = 512 << 20, Threads = 2 }))
        {
            instance = own.Find(Workload.Query);
            session = instance.Borrow(Utc, Token);
            instance.Borrow(Utc, Token).Dispose();
            Assert.Equal(1, instance.IdleCount);
        }
        Assert.Equal(0, instance.IdleCount);
        session.Dispose();
        Assert.Equal(0, instance.IdleCount);
    }

    static IEnumerable<string> Texts(EngineSession session, string sql)
    {
        using var rows = session.Query(sql, Token);
        return [.. rows.Rows(Token).Select(row => (string)row[0]!)];
    }
}
