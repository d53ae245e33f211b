using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.Sessions;

/// <summary>Texts without a time zone are in the session's, whatever is done with them.</summary>
public sealed class SessionZoneTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open(settings: ("TimeZone", "America/Sao_Paulo"));
        await session.RunAsync("CREATE TABLE silver.events (id int, seen timestamptz)");
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Fact]
    public async Task Rows_are_added_changed_and_deleted_in_the_sessions_zone()
    {
        await session.RunAsync("INSERT INTO silver.events VALUES (1, '2026-01-01 10:00'), (2, '2025-12-31 23:30')");
        await using var other = lake.Open();
        Assert.Equal(
            ["2026-01-01 13:00:00+00", "2026-01-01 02:30:00+00", "SELECT 2"],
            await other.RunAsync("SELECT seen::text FROM silver.events ORDER BY id"));
        Assert.Equal(
            ["UPDATE 1"],
            await session.RunAsync("UPDATE silver.events SET seen = '2026-01-02 00:00' WHERE seen >= '2026-01-01'"));
        Assert.Equal(["DELETE 1"], await session.RunAsync("DELETE FROM silver.events WHERE seen < '2026-01-01'"));
        Assert.Equal(
            ["1|2026-01-02 03:00:00+00", "SELECT 1"], await other.RunAsync("SELECT id, seen::text FROM silver.events"));
        await session.RunAsync("CREATE TABLE silver.kept AS SELECT '2026-01-01 00:00'::timestamptz AS seen");
        Assert.Equal(
            ["2026-01-01 03:00:00+00", "SELECT 1"], await other.RunAsync("SELECT seen::text FROM silver.kept"));
    }

    [Fact]
    public async Task Files_are_left_out_by_instants_in_the_sessions_zone()
    {
        // One file each, and one in the hours between midnight there and here.
        for (var i = 0; i < 8; i++)
            await lake.ChangeAsync($"INSERT INTO silver.events VALUES ({i}, TIMESTAMPTZ '2026-01-01 0{i}:30:00+00')");
        Assert.Equal(
            ["3", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.events WHERE seen < '2026-01-01'"));
        Assert.Equal(
            ["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.events WHERE seen >= '2026-01-01'"));
        await using var other = lake.Open();
        Assert.Equal(
            ["0", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.events WHERE seen < '2026-01-01'"));
        Assert.Equal(["DELETE 3"], await session.RunAsync("DELETE FROM silver.events WHERE seen < '2026-01-01'"));
    }

    /// <summary>As PostgreSQL 15 answers, also where a day begins at one o'clock.</summary>
    [Fact]
    public async Task Dates_are_truncated_to_instants_in_the_sessions_zone()
    {
        const string Sql =
            "SELECT date_trunc('day', d)::text, date_trunc('hour', d)::text, date_trunc('century', d)::text FROM "
                + "(VALUES (date '2018-11-04')) v(d)";
        Assert.Equal(
            ["2018-11-04 01:00:00-02|2018-11-04 01:00:00-02|2001-01-01 00:00:00-02", "SELECT 1"],
            await session.RunAsync(Sql));
        await using var other = lake.Open();
        Assert.Equal(
            ["2018-11-04 00:00:00+00|2018-11-04 00:00:00+00|2001-01-01 00:00:00+00", "SELECT 1"],
            await other.RunAsync(Sql));
    }
}
