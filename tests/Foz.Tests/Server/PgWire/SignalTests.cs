using Foz.Lake;
using Foz.Server.Trino;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Server.PgWire;

/// <summary>What clients see when other sessions stop them.</summary>
public sealed class SignalTests
{
    const string Endless = "SELECT count(*) FROM silver.orders o, range(1000000000000) r WHERE o.id + r.range < 0";

    [Fact]
    public async Task A_statement_is_canceled_and_a_connection_is_ended_by_another_session()
    {
        await using var server = await PgTestServer.StartAsync();
        using var first = await server.ConnectAsync();
        using var second = await server.ConnectAsync();
        await first.SendAsync(w => w.WriteQuery(Endless));
        while (server.Lake.Service.Host.Workloads.All.Single().Slots.Held == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        var canceled = await second.QueryAsync(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'active'");
        Assert.Contains("D t", canceled);
        Assert.Contains(
            await first.AnswersAsync(), answer => answer.StartsWith("E ERROR 57014", StringComparison.Ordinal));
        Assert.Contains("D 1", await first.QueryAsync("SELECT 1"));
        var ended = await second.QueryAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
        Assert.Contains("D t", ended);
        Assert.Equal(["E FATAL 57P01 terminating connection due to administrator command"], await first.AnswersAsync());
    }

    [Fact]
    public async Task A_statement_whose_client_goes_is_noted_as_that()
    {
        await using var server = await PgTestServer.StartAsync(notesQueries: true);
        using (var client = await server.ConnectAsync())
        {
            await client.SendAsync(w => w.WriteQuery(Endless));
            while (server.Lake.Service.Host.Workloads.All.Single().Slots.Held == 0)
                await Task.Delay(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        }
        await server.WaitUntilIdleAsync();
        var record = Assert.Single(await server.Lake.QueriesAsync(), record => record.SqlState is not null);
        Assert.Equal(
            ("08006", "the client has gone: it closed its connection before the statement ended"),
            (record.SqlState, record.Error));
    }

    [Theory]
    [InlineData(ErrorKind.Resource, "53300", "QUERY_QUEUE_FULL")]
    [InlineData(ErrorKind.Resource, "57014", "EXCEEDED_TIME_LIMIT")]
    [InlineData(ErrorKind.Canceled, "57014", "USER_CANCELED")]
    [InlineData(ErrorKind.Resource, "53100", "EXCEEDED_SPILL_LIMIT")]
    [InlineData(ErrorKind.Resource, "53200", "EXCEEDED_LOCAL_MEMORY_LIMIT")]
    public void Limits_of_workloads_have_the_names_of_Trino(ErrorKind kind, string sqlState, string name) =>
        Assert.Equal(name, TrinoError.Of(new FozException(kind, "x") { SqlState = sqlState }, "SELECT 1").Name);
}
