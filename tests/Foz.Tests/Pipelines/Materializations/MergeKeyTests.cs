using Foz.Lake;
using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Materializations;

/// <summary>
/// A merged table has one row of each key, on whatever way rows come into it, and none without a key.
/// </summary>
public sealed class MergeKeyTests : IDisposable
{
    const string Merge = "{type: incremental, strategy: merge, unique_key: id}";

    readonly ModelLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData(Merge, "STREAM(bronze.t)")]
    [InlineData(Merge, "bronze.t")]
    [InlineData("{type: incremental, strategy: merge, unique_key: id, sequence_by: d}", "STREAM(bronze.t)")]
    [InlineData("{type: incremental, strategy: scd2_by_column, unique_key: id}", "STREAM(bronze.t)")]
    public async Task A_key_that_a_batch_has_twice_fails_it_be_it_the_first_a_later_one_or_a_full_refresh(
        string materialization, string input)
    {
        lake.Model(materialization, $"SELECT * FROM {input}");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a', 1), (1, 'b', 1)) v(id, v, d)");
        await FailsAsync("id = 1");

        await lake.ReplaceAsync("SELECT 1 AS id, 'a' AS v, 1 AS d");
        await lake.RunWellAsync(isFullRefresh: true);
        var rows = await lake.RowsAsync();
        await lake.AppendAsync("SELECT * FROM (VALUES (2, 'c', 1), (2, 'd', 1)) v(id, v, d)");
        await FailsAsync("id = 2");
        await FailsAsync("id = 2", isFullRefresh: true);
        Assert.Equal(rows, await lake.RowsAsync());
    }

    [Theory]
    [InlineData("", "BIGINT")]
    [InlineData("", "VARCHAR")]
    [InlineData(", merge_update_columns: [v, d]", "BIGINT")]
    public async Task A_key_of_two_loads_that_one_batch_reads_is_refused_until_the_model_says_which_row_counts(
        string others, string type)
    {
        var materialization = $"{{type: incremental, strategy: merge, unique_key: id{others}";
        lake.Model(materialization + "}", "SELECT * FROM STREAM(bronze.t)");
        // From the second merge on keys are looked up in indexes.
        for (var id = 1; id <= 4; id++)
        {
            await LoadAsync($"{id}", "a", 1);
            await lake.RunWellAsync();
        }
        string[] before = ["1|a|1", "2|a|1", "3|a|1", "4|a|1"];
        await LoadAsync("3", "newer", 3);
        await LoadAsync("3", "older", 2);
        await LoadAsync("9", "new", 1);
        await LoadAsync("9", "newest", 2);
        await FailsAsync("2 rows to merge into silver.m have the key id = ");
        await FailsAsync("2 rows to merge into silver.m have the key id = ");
        Assert.Equal(before, await lake.RowsAsync());

        lake.Model(materialization + ", sequence_by: d}", "SELECT * FROM STREAM(bronze.t)");
        await lake.RunWellAsync();
        Assert.Equal(["1|a|1", "2|a|1", "3|newer|3", "4|a|1", "9|newest|2"], await lake.RowsAsync());

        Task LoadAsync(string id, string v, int d) =>
            lake.AppendAsync($"SELECT {id}::{type} AS id, '{v}' AS v, {d} AS d");
    }

    [Theory]
    [InlineData("STREAM(bronze.t)", "")]
    [InlineData("bronze.t", "")]
    [InlineData("STREAM(bronze.t)", ", sequence_by: v")]
    [InlineData("STREAM(bronze.t)", ", merge_update_columns: [v]")]
    public async Task Rows_without_a_key_wait_in_quarantine_and_the_table_stays_the_same(string input, string others)
    {
        lake.Model($"{{type: incremental, strategy: merge, unique_key: [id, part]{others}}}", $"SELECT * FROM {input}");
        await lake.AppendAsync(
            "SELECT * FROM (VALUES (1, 'p', 'a'), (NULL, 'p', 'no id'), (2, NULL, 'no part')) v(id, part, v)");
        var first = await lake.RunWellAsync();
        var step = first.Steps.Single();
        Assert.Equal((Outcome.Warned, 1L, 2L), (step.Outcome, step.RowsWritten, step.RowsQuarantined));
        Assert.Equal(["1|p|a"], await lake.RowsAsync());
        Assert.Equal(
            ["1|not_null(part)", "1|not_null(id)"],
            await lake.QueryAsync(
                "SELECT _quarantine_batch, array_to_string(_quarantine_checks, ', ') FROM "
                    + "silver.m__quarantine ORDER BY id NULLS LAST"));

        await lake.AppendAsync("SELECT * FROM (VALUES (3, 'p', 'b'), (NULL, 'q', 'more')) v(id, part, v)");
        await lake.RunWellAsync();
        Assert.Equal(["1|p|a", "3|p|b"], await lake.RowsAsync());
        Assert.Equal(["3"], await lake.QueryAsync("SELECT count(*) FROM silver.m__quarantine"));
        Assert.All((await lake.RunWellAsync()).Steps, idle => Assert.Equal(Outcome.Skipped, idle.Outcome));

        await lake.ReplaceAsync("SELECT * FROM (VALUES (5, 'p', 'a'), (NULL, 'p', 'no id')) v(id, part, v)");
        await lake.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["5|p|a"], await lake.RowsAsync());
        Assert.Equal(["no id"], await lake.QueryAsync("SELECT v FROM silver.m__quarantine"));
    }

    [Fact]
    public async Task Rows_without_a_key_fail_the_step_where_the_model_says_so()
    {
        lake.Model(
            "{type: incremental, strategy: merge, unique_key: id, null_keys: fail}", "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a'), (NULL, 'b')) v(id, v)");
        await FailsAsync("silver.m was not changed: 1 row has NULL in the unique_key id");
        await FailsAsync("silver.m was not changed: 1 row has NULL in the unique_key id", isFullRefresh: true);

        lake.Model("{type: incremental, strategy: append, null_keys: fail}", "SELECT * FROM STREAM(bronze.t)");
        Assert.Contains(
            "'null_keys' has a use with", Assert.Throws<FozException>(lake.Load).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not_null", "not_null(id): 1 of 2 rows")]
    [InlineData("{not_null: {on_violation: drop}}", null)]
    [InlineData("{not_null: {on_violation: warn}}", null)]
    public async Task A_check_of_ones_own_decides_where_it_keeps_NULL_out(string check, string? error)
    {
        lake.Model($"{Merge}\ncolumns: [{{name: id, checks: [{check}]}}]", "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a'), (NULL, 'b')) v(id, v)");
        if (error is not null)
        {
            await FailsAsync(error);
            return;
        }
        var step = (await lake.RunWellAsync()).Steps.Single();
        Assert.Equal(["1|a"], await lake.RowsAsync());
        Assert.Equal(
            check.Contains("drop", StringComparison.Ordinal) ? (1, 0) : (0, 1),
            (step.RowsDropped, step.RowsQuarantined));
    }

    [Fact]
    public async Task A_table_that_has_a_key_twice_is_not_merged_by_it()
    {
        lake.Model("{type: incremental, strategy: append}", "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a'), (1, 'b'), (2, 'c')) v(id, v)");
        await lake.RunWellAsync();
        lake.Model(Merge, "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT 1 AS id, 'd' AS v");
        await FailsAsync("silver.m cannot be merged by id: 2 rows have 1 key, such as id = 1");
        await FailsAsync("silver.m cannot be merged by id: 2 rows have 1 key, such as id = 1");
        Assert.Equal(["1|a", "1|b", "2|c"], await lake.RowsAsync());

        lake.Model("{type: incremental, strategy: merge, unique_key: v}", "SELECT * FROM STREAM(bronze.t)");
        await lake.RunWellAsync();
        Assert.Equal(["1|a", "1|b", "1|d", "2|c"], await lake.RowsAsync());
    }

    async Task FailsAsync(string message, bool isFullRefresh = false)
    {
        var error = (await lake.RunAsync(isFullRefresh)).Steps.Single(step => step.Error is not null).Error!;
        Assert.Equal(ErrorKind.Data, error.Kind);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
