using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Serving.Governance;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Statements;

/// <summary>What is audited of statements.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-audit-").FullName;
    ServedLake lake = null!;
    SqlSession owner = null!;
    SqlSession bia = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var directory = new AccessDirectory(project);
        lake = await ServedLake.CreateAsync(() => directory.Current, isAudited: true);
        await lake.ChangeAsync("CREATE TABLE gold.sales (day date, total double)");
        owner = lake.Open();
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

    async Task<IReadOnlyList<AuditRecord>> AuditedAsync()
    {
        await lake.Audit!.FlushAsync(Cancel);
        return lake.Audited();
    }

    [Theory]
    [InlineData("SELECT name FROM silver.orders WHERE id = 1", "silver.orders.id silver.orders.name")]
    [InlineData("SELECT * FROM silver.orders", "silver.orders.id silver.orders.name silver.orders.amount")]
    [InlineData("SELECT o::text FROM silver.orders o", "silver.orders.id silver.orders.name silver.orders.amount")]
    [InlineData("SELECT count(*) FROM silver.orders", "")]
    [InlineData(
        "SELECT a.id FROM silver.orders a JOIN silver.orders b USING (id)",
        "silver.orders.id silver.orders.name silver.orders.amount")]
    public async Task A_read_is_audited_with_its_tables_and_columns(string sql, string columns)
    {
        await owner.RunAsync(sql);
        var record = Assert.Single(await AuditedAsync());
        Assert.Equal(
            (AuditEvent.Read, AuditDecision.Granted, "ana", "postgresql"),
            (record.Event, record.Decision, record.User, record.Protocol));
        Assert.Equal(["silver.orders"], record.Tables);
        Assert.Equal(columns, string.Join(' ', record.Columns));
    }

    [Theory]
    [InlineData("INSERT INTO gold.sales SELECT NULL, amount FROM silver.orders", "gold.sales silver.orders")]
    [InlineData("CREATE TABLE gold.copy AS SELECT name FROM silver.orders", "gold.copy silver.orders")]
    [InlineData(
        "MERGE INTO gold.sales s USING silver.orders o ON s.total = o.amount WHEN MATCHED THEN DELETE",
        "gold.sales silver.orders")]
    [InlineData("UPDATE gold.sales SET total = (SELECT max(amount) FROM silver.orders)", "gold.sales silver.orders")]
    [InlineData("DELETE FROM gold.sales WHERE total IN (SELECT amount FROM silver.orders)", "gold.sales silver.orders")]
    [InlineData("SELECT * FROM table_changes('silver.orders', 0)", "silver.orders")]
    public async Task What_a_change_reads_is_audited_too(string sql, string tables)
    {
        await owner.RunAsync(sql);
        Assert.Equal(
            tables, string.Join(' ', Assert.Single(await AuditedAsync()).Tables.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task No_literal_or_comment_is_kept()
    {
        await owner.RunAsync(
            "SELECT name /* hidden1 */ FROM silver.orders WHERE name = 'hidden2' OR name = "
                + "$$hidden3$$ OR id = 987654321 -- hidden4");
        await owner.FailAsync(
            "SELECT read_text('hidden5') FROM silver.orders WHERE id = 987654321 AND name = 'hidden6");
        var records = await AuditedAsync();
        Assert.Equal("SELECT name FROM silver.orders WHERE name = ? OR name = ? OR id = ?", records[0].Statement);
        Assert.All(records, record =>
        {
            Assert.DoesNotContain("hidden", $"{record.Statement} {record.Reason}", StringComparison.Ordinal);
            Assert.DoesNotContain("987654321", $"{record.Statement} {record.Reason}", StringComparison.Ordinal);
        });
        await owner.RunAsync("select name from silver.orders where id = 1");
        await owner.RunAsync("select name from silver.orders where id = 2");
        var same = (await AuditedAsync()).TakeLast(2).Select(record => record.StatementHash).ToList();
        Assert.Equal(same[0], same[1]);
    }

    [Fact]
    public async Task What_reads_no_table_is_not_audited()
    {
        await owner.RunAsync("SELECT 1");
        await owner.RunAsync("SELECT count(*) FROM pg_class");
        await owner.RunAsync("SET TimeZone = 'UTC'");
        await owner.FailAsync("SELECT * FROM silver.no_such_table");
        await owner.FailAsync("SELECT no_such_column FROM silver.orders");
        Assert.Empty(await AuditedAsync());
    }

    [Fact]
    public async Task A_denied_access_is_on_the_disk_before_the_client_knows()
    {
        Grant("grants:\n  - {to: [bia], on: [silver.orders], columns: [id]}");
        foreach (var (sql, reason) in new[]
        {
            ("SELECT * FROM gold.sales", "no grant on gold.sales"),
            ("SELECT amount FROM silver.orders", "no grant on the column amount of silver.orders"),
            ("INSERT INTO silver.orders VALUES (1, 'a', 1)", "no insert on silver.orders"),
            ("EXPLAIN SELECT * FROM gold.sales", "no grant on gold.sales"),
            ("PREPARE p AS SELECT * FROM gold.sales", "no grant on gold.sales"),
            ("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM gold.sales", "no grant on gold.sales"),
            ("COPY gold.sales TO STDOUT", "no grant on gold.sales"),
        })
        {
            await bia.FailAsync(sql);
            var record = lake.Audited()[^1];
            Assert.Equal((AuditDecision.Denied, "bia"), (record.Decision, record.User));
            Assert.Contains(reason, record.Reason, StringComparison.Ordinal);
        }
        Assert.Equal(7, lake.Audited().Count);
    }

    [Fact]
    public async Task An_execution_that_is_refused_is_audited_once_with_its_tables()
    {
        Grant("grants:\n  - {to: [bia], on: [gold.sales]}");
        await bia.RunAsync("PREPARE p AS SELECT * FROM gold.sales");
        await bia.RunAsync("EXECUTE p");
        Grant("grants:\n  - {to: [bia], on: [silver.orders]}");
        var before = (await AuditedAsync()).Count;
        await bia.FailAsync("EXECUTE p");
        var record = Assert.Single((await AuditedAsync()).Skip(before));
        Assert.Equal((AuditDecision.Denied, "no grant on gold.sales"), (record.Decision, record.Reason));
        Assert.Equal("SELECT * FROM gold.sales", record.Statement);
    }

    [Fact]
    public async Task What_is_refused_while_rows_are_fetched_is_audited_too()
    {
        var run = await StatementRun.BeginAsync(new(owner, "SELECT 'hidden'"), takesSlot: false, Cancel);
        await using var cursor = run.Follow(new RefusedCursor(), named: null);
        await Assert.ThrowsAsync<FozException>(async () => await cursor.FetchAsync(1, Cancel));
        var record = Assert.Single(lake.Audited());
        Assert.Equal(
            (AuditDecision.Denied, "not this row", "SELECT ?"), (record.Decision, record.Reason, record.Statement));
    }

    sealed class RefusedCursor : SqlCursor
    {
        public override IReadOnlyList<ServedColumn>? Columns => [];

        public override string Tag => "SELECT 0";

        public override ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken) =>
            throw new FozException(ErrorKind.Denied, "not this row");
    }

    [Fact]
    public async Task A_change_is_audited_with_its_table()
    {
        await owner.RunAsync("DELETE FROM silver.orders WHERE id = 1");
        var record = (await AuditedAsync())[0];
        Assert.Equal((AuditEvent.Change, AuditDecision.Granted), (record.Event, record.Decision));
        Assert.Equal(["silver.orders"], record.Tables);
    }

    [Fact]
    public async Task Only_who_is_granted_its_name_reads_the_audit()
    {
        await owner.RunAsync("SELECT id FROM silver.orders");
        await lake.Audit!.CommitAsync(Cancel);
        foreach (var on in new[] { "'*'", "foz" })
        {
            Grant($"grants:\n  - {{to: [bia], on: [{on}]}}");
            Assert.Equal("42P01", await bia.FailAsync("SELECT * FROM foz.audit"));
        }
        Grant("grants:\n  - {to: [bia], on: [foz.audit], where: user = current_user}");
        Assert.Equal(
            ["0", "SELECT 1"], await bia.RunAsync("SELECT count(*) FROM foz.audit WHERE decision = 'Granted'"));
        Grant("grants:\n  - {to: [bia], on: [foz.audit]}");
        Assert.Equal(
            ["ana|[silver.orders]|[silver.orders.id]", "SELECT 1"],
            await bia.RunAsync(
                "SELECT \"user\", tables, columns FROM foz.audit WHERE decision = 'Granted' AND \"user\" = 'ana'"));
    }

    [Fact]
    public async Task What_cannot_be_audited_is_not_done()
    {
        await lake.Audit!.DisposeAsync();
        Assert.Equal("53000", await owner.FailAsync("SELECT * FROM silver.orders"));
        Assert.Equal("53000", await owner.FailAsync("SELECT * FROM read_text('x')"));
        Assert.Equal("53000", await owner.FailAsync("DELETE FROM silver.orders"));
        Assert.Equal(["1", "SELECT 1"], await owner.RunAsync("SELECT 1"));
    }

    [Fact]
    public void What_changes_in_policies_is_told_before_it_holds()
    {
        var told = new List<PolicyChange>();
        var fails = false;
        var directory = new AccessDirectory(project)
        {
            Changed = changes =>
            {
                if (fails) throw new FozException(ErrorKind.Resource, "full");
                told.AddRange(changes);
            },
        };
        Grant("roles:\n  - {name: analysts, members: [bia]}\ngrants:\n  - {to: [analysts], on: [gold]}");
        Assert.NotNull(directory.Current.Of("bia", new("gold", "sales")));
        Assert.Equal(
            [
                new("role analysts to bia", IsGranted: true),
                new PolicyChange("grant on gold to analysts", IsGranted: true),
            ], told);
        told.Clear();
        Grant("grants:\n  - {to: [bia], on: [gold.sales], columns: [day], masks: {day: redact}}");
        fails = true;
        Assert.Throws<FozException>(() => directory.Current);
        fails = false;
        Assert.True(directory.Current.Of("bia", new("gold", "sales"))!.Shows(new("day", Foz.Lake.Data.DataType.Date)));
        Assert.Equal(
            [
                "False role analysts to bia", "False grant on gold to analysts",
                "True grant on gold.sales to bia columns day masks day redact",
            ],
            told.Select(change => $"{change.IsGranted} {change.Right}"));
    }
}
