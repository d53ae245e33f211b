using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.Transactions;

/// <summary>Which versions transactions read, whatever the times of files say.</summary>
public sealed class TransactionVersionTests : IAsyncLifetime
{
    const string Count = "SELECT count(*) FROM silver.orders";

    readonly ShiftedTime clock = new();
    ServedLake lake = null!;
    SqlSession session = null!;
    SqlSession other = null!;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync(clock: clock);
        (session, other) = (lake.Open(), lake.Open("bia"));
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await other.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Theory]
    [InlineData("INSERT INTO silver.orders VALUES (6, 'f', 6)", false)]
    [InlineData("DELETE FROM silver.orders WHERE id = 1", true)]
    [InlineData("BEGIN; UPDATE silver.orders SET amount = 0; DELETE FROM silver.orders WHERE id = 1; COMMIT", true)]
    [InlineData("CREATE OR REPLACE TABLE silver.orders AS SELECT 1 AS id", true)]
    [InlineData("ALTER TABLE silver.orders ADD COLUMN z int; INSERT INTO silver.orders VALUES (6, 'f', 6, 6)", true)]
    public async Task What_a_session_commits_behind_BEGIN_is_not_seen_though_the_clock_is_ahead(
        string statements, bool conflicts)
    {
        clock.Shift = TimeSpan.FromHours(1);
        await session.RunAsync("BEGIN");
        clock.Shift = default;
        foreach (var statement in statements.Split("; ")) await other.RunAsync(statement);
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync(Count));
        Assert.Equal(["UPDATE 5"], await session.RunAsync("UPDATE silver.orders SET name = 'x'"));
        if (conflicts) Assert.Equal("40001", await session.FailAsync("COMMIT"));
        else await session.RunAsync("COMMIT");
        Assert.NotEqual(["5", "SELECT 1"], await session.RunAsync(Count));
    }

    [Fact]
    public async Task What_a_session_committed_before_BEGIN_is_seen_though_the_clock_is_behind()
    {
        await other.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        await other.RunAsync("CREATE TABLE silver.made AS SELECT 1 AS a");
        clock.Shift = TimeSpan.FromHours(-1);
        await session.RunAsync("BEGIN");
        Assert.Equal(["6", "SELECT 1"], await session.RunAsync(Count));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT a FROM silver.made"));
        Assert.Equal(["UPDATE 6"], await session.RunAsync("UPDATE silver.orders SET amount = 0"));
        Assert.Equal(["COMMIT"], await session.RunAsync("COMMIT"));
    }

    [Fact]
    public async Task A_table_that_is_made_behind_BEGIN_is_not_there()
    {
        clock.Shift = TimeSpan.FromHours(1);
        await session.RunAsync("BEGIN");
        clock.Shift = default;
        await other.RunAsync("CREATE TABLE silver.made AS SELECT 1 AS a");
        Assert.Equal("42P01", await session.FailAsync("SELECT a FROM silver.made"));
    }

    [Fact]
    public async Task A_table_stays_at_the_version_that_was_read_first_whoever_commits()
    {
        clock.Shift = TimeSpan.FromHours(1);
        await session.RunAsync("BEGIN");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync(Count));
        clock.Shift = default;
        // No session commits this: by its time alone it would be seen.
        await lake.ChangeAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync(Count));
        Assert.Equal(["UPDATE 5"], await session.RunAsync("UPDATE silver.orders SET amount = 0"));
    }

    /// <summary>A clock that can be wrong.</summary>
    sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
