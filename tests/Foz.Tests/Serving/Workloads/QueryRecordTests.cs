using Foz.Lake.Configuration;
using Foz.Lake.Journal;
using Foz.Serving.Changes;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Workloads;

/// <summary>What <c>foz.queries</c> records of statements.</summary>
public sealed class QueryRecordTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-queries-").FullName;
    ServedLake lake = null!;
    SqlSession owner = null!;
    SqlSession bia = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var directory = new AccessDirectory(project);
        lake = await ServedLake.CreateAsync(() => directory.Current, choose: options => options with
        {
            Price = new(5),
            Workloads = [new() { Name = "analysts", Users = ["bia"] }],
            SessionsMax = 10,
        });
        owner = lake.Service.Open(new("ana", IsOwner: true), new()
        {
            ClientAddress = "10.0.0.7", Settings = new Dictionary<string, string> { ["application_name"] = "psql" },
        });
        bia = lake.Open("bia", isOwner: false);
    }

    public async ValueTask DisposeAsync()
    {
        await owner.DisposeAsync();
        await bia.DisposeAsync();
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    void Grant(string yaml)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "access.yml"), yaml);
    }

    long FilesBytes() =>
        Directory.EnumerateFiles(
            Path.Combine(lake.Lake.Folder, "silver", "orders"), "*.parquet").Sum(file => new FileInfo(file).Length);

    [Fact]
    public async Task What_is_nested_too_deep_is_told_of_and_so_is_what_follows()
    {
        Assert.Equal(
            "54001", await owner.FailAsync($"SELECT 'hidden', {new string('(', 2_000)}1{new string(')', 2_000)}"));
        await owner.RunAsync("SELECT name FROM silver.orders");
        Assert.Equal(
            [("(cannot be divided into words)", "54001"), ("SELECT name FROM silver.orders", null)],
            (await lake.QueriesAsync()).Select(record => (record.Statement, record.SqlState)));
    }

    [Fact]
    public async Task A_query_is_told_of_with_all_that_is_known_of_it()
    {
        await owner.RunAsync("SELECT name /* hidden */ FROM silver.orders WHERE id > 1 AND name <> 'hidden'");
        var record = Assert.Single(await lake.QueriesAsync());
        Assert.Equal(
            ("ana", "postgresql", "10.0.0.7", "psql", (long)owner.Id, "default"),
            (record.User, record.Protocol, record.Address, record.Application, record.Session, record.Workload));
        Assert.Equal("SELECT name FROM silver.orders WHERE id > ? AND name <> ?", record.Statement);
        Assert.Equal(64, record.StatementHash.Length);
        Assert.Equal(["silver.orders"], record.Tables);
        // Three columns have the file's bytes, of which two are named.
        Assert.Equal((3, FilesBytes() * 2 / 3, 0.00005m), (record.Rows, record.BytesRead, record.Cost));
        Assert.Equal((null, null, lake.Queries!.RunId), (record.SqlState, record.Error, record.RunId));
        Assert.InRange(record.StartedAt, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow());
        Assert.True(record.QueuedMs >= 0 && record.DurationMs >= 0);
    }

    [Fact]
    public async Task Each_statement_that_works_on_tables_or_fails_is_one_row_and_no_other()
    {
        Grant("grants:\n  - {to: [bia], on: [silver.orders], columns: [id]}");
        await owner.RunAsync("SELECT 1");
        await owner.RunAsync("SHOW TimeZone");
        await owner.RunAsync("SELECT count(*) FROM pg_class");
        await owner.RunAsync("SELECT * FROM silver.orders LIMIT 2");
        await owner.RunAsync("INSERT INTO silver.orders (id) VALUES (6), (7)");
        await owner.RunAsync("UPDATE silver.orders SET name = 'x' WHERE id = 7");
        await owner.RunAsync("DELETE FROM silver.orders WHERE id > 5");
        await owner.RunAsync("COPY silver.orders TO STDOUT");
        await using (var load = await (await owner.PrepareAsync("COPY silver.orders FROM STDIN", [], Cancel))
            .BeginLoadAsync(Cancel))
            load.Write("8\t"u8, Cancel);
        await owner.RunAsync("BEGIN");
        await owner.RunAsync("DECLARE c CURSOR FOR SELECT id FROM silver.orders");
        await owner.RunAsync("FETCH 4 FROM c");
        await owner.RunAsync("COMMIT");
        await owner.RunAsync("EXPLAIN ANALYZE SELECT id FROM silver.orders WHERE id = 1");
        await owner.FailAsync("SELECT * FROM nowhere");
        await owner.FailAsync("SELEC 'hidden'");
        await owner.FailAsync("SELECT CAST(name AS INTEGER) FROM silver.orders WHERE id = 1");
        await bia.RunAsync("SELECT id FROM silver.orders");
        await bia.FailAsync("SELECT amount FROM silver.orders");
        var records = await lake.QueriesAsync();
        Assert.Equal(
            [
                "default|SELECT * FROM silver.orders LIMIT ?|silver.orders|2|",
                "default|INSERT INTO silver.orders (id) VALUES (?), (?)|silver.orders|2|",
                "default|UPDATE silver.orders SET name = ? WHERE id = ?|silver.orders|1|",
                "default|DELETE FROM silver.orders WHERE id > ?|silver.orders|2|",
                "default|SELECT * FROM silver.orders|silver.orders|5|",
                "default|COPY silver.orders FROM STDIN|silver.orders|0|57014",
                "default|SELECT id FROM silver.orders|silver.orders|4|",
                "default|SELECT id FROM silver.orders WHERE id = ?|silver.orders|1|",
                "default|SELECT * FROM nowhere||0|42P01",
                "default|SELEC ?||0|42601",
                "default|SELECT CAST(name AS INTEGER) FROM silver.orders WHERE id = ?|silver.orders|0|22P02",
                "analysts|SELECT id FROM silver.orders|silver.orders|5|",
                "analysts|SELECT amount FROM silver.orders|silver.orders|0|42703",
            ],
            records.Select(r =>
                $"{r.Workload}|{r.Statement.Replace("\"silver\".\"orders\"", "silver.orders", StringComparison.Ordinal)}|{string.Join(' ', r.Tables)}|{r.Rows}|{r.SqlState}"));
        Assert.All(records, r => Assert.DoesNotContain("hidden", r.Error ?? "", StringComparison.Ordinal));
        // What fails costs nothing, what reads does.
        Assert.All(records, r => Assert.Equal(r.SqlState is null && r.BytesRead > 0, r.Cost > 0));
        Assert.Equal(
            "a value is not one of the type, out of its range, or breaks a rule",
            records.Single(r => r.SqlState == "22P02").Error);
    }

    [Fact]
    public async Task What_RETURNING_reads_is_of_its_statement_and_class()
    {
        Grant("grants:\n  - {to: [bia], on: [silver.orders]}\n  - {to: [bia], on: "
            + "[silver.orders], privileges: [update]}");
        Assert.Equal(
            ["1|x", "2|x", "UPDATE 2"],
            await bia.RunAsync("UPDATE silver.orders SET name = 'x' WHERE id < 3 RETURNING id, name"));
        Assert.Equal(
            "22P02",
            await bia.FailAsync("UPDATE silver.orders SET amount = 1 WHERE id < 3 RETURNING CAST(name AS int)"));
        Assert.Equal(
            [("analysts", 2, null), ("analysts", 0, "22P02")],
            (await lake.QueriesAsync()).Select(record => (record.Workload, record.Rows, record.SqlState)));
    }

    [Fact]
    public async Task Owners_and_who_is_granted_its_name_read_it_with_what_is_on_its_way()
    {
        await owner.RunAsync("SELECT id FROM silver.orders");
        await lake.Queries!.CommitAsync(Cancel);
        await owner.RunAsync("SELECT name FROM silver.orders WHERE id = 1");
        await lake.Queries!.FlushAsync(Cancel);
        lake.Pending[new("foz", "queries")] = () => new JournalWriter(lake.Lake).SelectPendingAsync(QueryRecord.Table);
        Assert.Equal(
            ["ana|[silver.orders]|5|NULL|0.000050000", "ana|[silver.orders]|1|NULL|0.000050000", "SELECT 2"],
            await owner.RunAsync(
                "SELECT \"user\", tables, rows, sql_state, cost FROM foz.queries ORDER BY started_at"));
        foreach (var on in new[] { "'*'", "foz" })
        {
            Grant($"grants:\n  - {{to: [bia], on: [{on}]}}");
            Assert.Equal("42P01", await bia.FailAsync("SELECT * FROM foz.queries"));
        }
        Grant("grants:\n  - {to: [bia], on: [foz.queries]}");
        Assert.Equal(
            ["2", "SELECT 1"],
            await bia.RunAsync(
                "SELECT count(*) FROM foz.queries WHERE list_contains(tables, 'silver.orders') AND session > 0"));
    }

    [Theory]
    [InlineData(0L, 10_000_000L, "0.00005")]
    [InlineData(10_000_001L, 10_000_000L, "0.000055")]
    [InlineData(1_000_000_000_000L, 10_000_000L, "5")]
    [InlineData(1L, 1L, "0.000005")]
    [InlineData(null, 10_000_000L, "0")]
    public void Whole_megabytes_are_charged_and_a_minimum(long? bytes, long min, string cost) =>
        Assert.Equal(
            decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture),
            new QueryPrice(5) { BytesMin = min }.Of(bytes));
}
