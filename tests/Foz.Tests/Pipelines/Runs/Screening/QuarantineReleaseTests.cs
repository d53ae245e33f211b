using Foz.Lake;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Runs.Screening;

namespace Foz.Tests.Pipelines.Runs.Screening;

/// <summary>How rows go back from quarantine.</summary>
public sealed class QuarantineReleaseTests : IDisposable
{
    readonly LakeProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Rows_go_back_once_they_keep_the_checks_and_stay_noted()
    {
        await MakeAsync("[paid]");
        Assert.Equal(new(0, 3, 0, 0), await ReleaseAsync());

        WriteModel("[paid, new]");
        Assert.Equal(new(1, 2, 0, 0), await ReleaseAsync());
        Assert.Equal(new(0, 2, 0, 0), await ReleaseAsync());

        Assert.Equal(["1|paid", "2|new"], await project.RowsAsync("silver.orders"));
        Assert.Equal(
            ["2|true|keeps its checks|1", "3|false||", "4|false||"],
            await project.QueryAsync(
                "SELECT id, _released_at IS NOT NULL, _release_reason, _release FROM "
                    + "silver.orders__quarantine ORDER BY 1"));
        Assert.Equal(
            ["silver.orders accepted_values(status) 2 1"],
            (await new Quarantine(project.Lake).ListAsync(project.Load().Graph.Nodes, Cancel))
                .Select(entry => $"{entry.Table} {entry.Checks} {entry.Rows} {entry.Released}"));
        // The next batch is of what is new alone, and knows nothing of what went back.
        await project.AppendAsync("bronze.orders", "SELECT 5 AS id, 'paid' AS status");
        await project.RunAsync();
        Assert.Equal(["1", "2", "5"], await project.QueryAsync("SELECT id FROM silver.orders ORDER BY 1"));
    }

    [Fact]
    public async Task With_a_reason_rows_that_are_named_go_back_although_they_break_a_check()
    {
        await MakeAsync("[paid]");
        var id = (await project.QueryAsync("SELECT _quarantine_id FROM silver.orders__quarantine WHERE id = 3"))[0];
        Assert.Equal(new(1, 0, 0, 0), await ReleaseAsync(request => request with { Ids = [id], Reason = "agreed" }));
        Assert.Equal(
            new(1, 0, 0, 0),
            await ReleaseAsync(request => request with { Where = "status = 'new'", Reason = "it's new" }));
        Assert.Equal(["1|paid", "2|new", "3|lost"], await project.RowsAsync("silver.orders"));
        Assert.Equal(
            ["2|it's new|2", "3|agreed|1", "4||"],
            await project.QueryAsync("SELECT id, _release_reason, _release FROM silver.orders__quarantine ORDER BY 1"));
    }

    [Fact]
    public async Task A_release_that_was_cut_off_between_its_commits_is_ended_once()
    {
        await MakeAsync("[paid]");
        // The mark is there and the table has nothing of it, as after a crash.
        using (var session = project.OpenSession())
        {
            var quarantine = await project.Lake.OpenTableAsync(new("silver", "orders__quarantine"), Cancel);
            await using var mark = await new TableWriter(session).UpdateAsync(
                quarantine, new Dictionary<string, string> { ["_release"] = "1", ["_release_reason"] = "'agreed'" },
                "id = 4", new(), Cancel);
            await mark.CommitAsync(Cancel);
        }
        Assert.Equal(new(0, 2, 0, 1), await ReleaseAsync());
        Assert.Equal(new(0, 2, 0, 0), await ReleaseAsync());
        Assert.Equal(["1", "4"], await project.QueryAsync("SELECT id FROM silver.orders ORDER BY 1"));
    }

    [Fact]
    public async Task A_row_whose_key_the_table_has_by_now_waits()
    {
        await MakeAsync("[paid]", "merge, unique_key: id");
        await project.AppendAsync("bronze.orders", "SELECT 2 AS id, 'paid' AS status");
        await project.RunAsync();
        WriteModel("[paid, new, lost]", "merge, unique_key: id");
        Assert.Equal(new(2, 0, 1, 0), await ReleaseAsync());
        Assert.Equal(["1|paid", "2|paid", "3|lost", "4|lost"], await project.RowsAsync("silver.orders"));
    }

    [Fact]
    public async Task A_key_comes_once_however_many_of_its_rows_are_let_out()
    {
        await MakeAsync("[paid]", "merge, unique_key: id");
        await project.AppendAsync("bronze.orders", "SELECT * FROM (VALUES (3, 'late'), (NULL, 'none')) v(id, status)");
        await project.RunAsync();
        // Of key 3 the row of the later batch goes back; one without a key never does, whatever the reason.
        Assert.Equal(
            new(3, 0, 1, 0) { WithoutKey = 1 }, await ReleaseAsync(request => request with { Reason = "agreed" }));
        Assert.Equal(["1|paid", "2|new", "3|late", "4|lost"], await project.RowsAsync("silver.orders"));

        await project.AppendAsync("bronze.orders", "SELECT * FROM (VALUES (5, 'lost'), (5, 'new')) v(id, status)");
        await project.RunAsync();
        var error =
            await Assert.ThrowsAsync<FozException>(() => ReleaseAsync(request => request with { Reason = "both" }));
        Assert.Equal(ErrorKind.Data, error.Kind);
        Assert.Contains("silver.orders have the key id = 5: [3-1, 3-2]", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            new(1, 0, 0, 0), await ReleaseAsync(request => request with { Ids = ["3-2"], Reason = "this one" }));
        Assert.Equal(["1", "2", "3", "4", "5"], await project.QueryAsync("SELECT id FROM silver.orders ORDER BY 1"));
    }

    [Fact]
    public async Task A_check_that_fails_runs_forbids_the_release_and_nothing_is_marked()
    {
        await MakeAsync("[paid]");
        project.Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            checks: [row_count: {max: 2}]
            @foz */
            SELECT id, status FROM STREAM(bronze.orders)
            """);
        var error = await Assert.ThrowsAsync<FozException>(() => ReleaseAsync());
        Assert.Contains("row_count: 4 rows, 2 too many", error.Message, StringComparison.Ordinal);
        Assert.Equal(["0"], await project.QueryAsync("SELECT count(_release) FROM silver.orders__quarantine"));
    }

    [Fact]
    public async Task What_cleaning_could_not_read_needs_a_reason()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id, 'x' AS status");
        project.Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            columns: [{name: status, clean: [{cast: {type: int, on_invalid: quarantine}}]}]
            @foz */
            SELECT id, status FROM STREAM(bronze.orders)
            """);
        await project.RunAsync();
        Assert.Equal(new(0, 1, 0, 0), await ReleaseAsync());
        Assert.Equal(new(1, 0, 0, 0), await ReleaseAsync(request => request with { Reason = "unknown is fine" }));
        Assert.Equal(["1|"], await project.RowsAsync("silver.orders"));
    }

    [Fact]
    public async Task A_row_without_a_key_stays_and_is_counted_as_that_whatever_the_reason()
    {
        await project.AppendAsync(
            "bronze.orders", "SELECT * FROM (VALUES (1, 'paid'), (NULL, 'paid'), (3, 'lost')) v(id, status)");
        WriteModel("[paid]", "merge, unique_key: [id]");
        await project.RunAsync();
        Assert.Equal(new(0, 1, 0, 0) { WithoutKey = 1 }, await ReleaseAsync());
        Assert.Equal(
            new(1, 0, 0, 0) { WithoutKey = 1 }, await ReleaseAsync(request => request with { Reason = "agreed" }));
        Assert.Equal(["1|paid", "3|lost"], await project.RowsAsync("silver.orders"));
    }

    [Fact]
    public async Task A_table_that_is_made_anew_takes_its_rows_in_by_itself()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id, 'x' AS status");
        project.Write("models/silver/orders.sql", "SELECT id, status FROM bronze.orders");
        await project.RunAsync();
        var error = await Assert.ThrowsAsync<FozException>(() => ReleaseAsync());
        Assert.Equal(ErrorKind.Usage, error.Kind);
    }

    async Task MakeAsync(string accepted, string strategy = "append")
    {
        await project.AppendAsync(
            "bronze.orders", "SELECT * FROM (VALUES (1, 'paid'), (2, 'new'), (3, 'lost'), (4, 'lost')) v(id, status)");
        WriteModel(accepted, strategy);
        await project.RunAsync();
    }

    void WriteModel(string accepted, string strategy = "append") => project.Write("models/silver/orders.sql", $$"""
        /* @foz
        materialization: {type: incremental, strategy: {{strategy}}}
        columns:
          - name: status
            checks:
              - accepted_values: {{accepted}}
                on_violation: quarantine
        @foz */
        SELECT id, status FROM STREAM(bronze.orders)
        """);

    Task<ReleaseResult> ReleaseAsync(Func<ReleaseRequest, ReleaseRequest>? change = null)
    {
        var request = new ReleaseRequest
        {
            Node = project.Load().Graph.Find(new("silver", "orders"))!, Environment = "default",
        };
        return new Quarantine(project.Lake).ReleaseAsync(change?.Invoke(request) ?? request, Cancel);
    }
}
