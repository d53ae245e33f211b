using Foz.Lake;

namespace Foz.AcceptanceTests.Materializations;

/// <summary>What is said of a model of events that cannot be made.</summary>
public sealed class CdcErrorTests : IDisposable
{
    readonly CdcProject project = new();

    public void Dispose() => project.Dispose();

    [Theory]
    [InlineData("keys: id, sequenceby: n", "unknown key 'sequenceby'", "did you mean 'sequence_by'?")]
    [InlineData("sequence_by: n", "'strategy: cdc' of silver.m needs 'keys'", "name the columns that identify a row")]
    [InlineData("keys: id, sequence_by: n, columns: [id], except_columns: [v]", "'except_columns' stands beside 'columns'", "state the columns of the table")]
    [InlineData("keys: id, sequence_by: n, stored_as_scd_type: 3", "unknown stored_as_scd_type '3'", "")]
    [InlineData("keys: id, sequence_by: n, track_history_columns: [v]", "'track_history_columns' has a use with 'stored_as_scd_type: 2' only", "add stored_as_scd_type: 2")]
    [InlineData("keys: id, sequence_by: n, stored_as_scd_type: 2, apply_as_truncate_when: op = 't'", "'apply_as_truncate_when' is not possible with 'stored_as_scd_type: 2'", "take it out")]
    [InlineData("keys: id, sequence_by: n, stored_as_scd_type: 2, track_history_columns: [v], track_history_except_columns: [w]", "'track_history_except_columns' stands beside", "")]
    [InlineData("keys: id, sequence_by: n, from_snapshot: true", "'sequence_by' is for events of changes", "take it out")]
    [InlineData("keys: id, from_snapshot: true", "'from_snapshot' reads all rows that there are", "FROM bronze.t")]
    [InlineData("keys: id, sequence_by: n, except_columns: [id]", "'except_columns' has the key 'id'", "take it out of them")]
    [InlineData("keys: id, sequence_by: n, columns: [v]", "'columns' leaves out the key 'id'", "add it to them")]
    [InlineData("keys: id, sequence_by: n, tombstone_retention: a while", "'tombstone_retention' must be a length of time", "7 days")]
    [InlineData("keys: id, sequence_by: n, updated_at: n", "'updated_at' has a use with 'strategy: scd2_by_time' only", "")]
    public async Task Words_that_do_not_fit_are_refused(string words, string message, string hint)
    {
        project.Model(words);
        await project.AppendAsync("(1, 'a', 'x', 10, 'u')");
        var error = await Assert.ThrowsAsync<FozException>(() => project.Lake.RunAsync());
        Assert.Contains(message, error.Describe());
        Assert.Contains(hint, error.Describe());
    }

    [Theory]
    [InlineData("keys: ids, sequence_by: n", "silver.m has no column 'ids', which its keys names", "did you mean 'id'?")]
    [InlineData("keys: id, sequence_by: m", "silver.m has no column 'm', which its sequence_by names", "")]
    [InlineData("keys: id, sequence_by: n, except_columns: [ops]", "silver.m has no column 'ops', which its except_columns names", "did you mean 'op'?")]
    [InlineData("keys: id", "'strategy: cdc' of silver.m needs 'sequence_by'", "name the columns that order the events")]
    [InlineData("keys: id, sequence_by: n, apply_as_delete_when: operation = 'd'", "operation", "")]
    public async Task Columns_that_events_do_not_have_are_named(string words, string message, string hint)
    {
        project.Model(words);
        await project.AppendAsync("(1, 'a', 'x', 10, 'u')");
        var error = (await project.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains(message, error.Describe());
        Assert.Contains(hint, error.Describe());
    }

    [Fact]
    public async Task Checks_take_no_events_out_that_rows_need()
    {
        project.Model(more: "columns: [{name: id, checks: [{unique: {on_violation: quarantine}}]}]");
        await project.AppendAsync("(1, 'a', 'x', 10, 'u')");
        var error = await Assert.ThrowsAsync<FozException>(() => project.Lake.RunAsync());
        Assert.Contains("the check unique(id) cannot take rows out with 'strategy: cdc'", error.Describe());
    }

    [Fact]
    public async Task Checks_look_at_events_that_write_a_row()
    {
        project.Model(more: "columns: [{name: v, checks: [{not_null: {on_violation: quarantine}}]}, {name: id, checks: [unique]}]");
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (2, 'b', 'x', 10, 'u'), (3, NULL, 'x', 10, 'u')");
        Assert.Equal(["1|a|x|10", "2|b|x|10"], await project.RowsAsync());
        await project.ApplyAsync("(1, NULL, NULL, 11, 'd'), (2, NULL, 'x', 11, 'u')");
        Assert.Equal(["2|b|x|10"], await project.RowsAsync());
    }

    [Theory]
    [InlineData("keys: [id, v], sequence_by: n", "silver.m was made by the keys id; SCD type 1, and is to be made by id, v; SCD type 1")]
    [InlineData("keys: id, sequence_by: n, stored_as_scd_type: 2", "is to be made by id; SCD type 2")]
    public async Task A_table_of_other_keys_is_made_again_first(string words, string message)
    {
        project.Model("keys: id, sequence_by: n");
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u')");
        project.Model(words);
        await project.AppendAsync("(1, 'b', 'x', 11, 'u')");
        var error = (await project.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains(message, error.Describe());
        Assert.Contains("foz run silver.m --full-refresh", error.Describe());
        await project.Lake.RunAsync(isFullRefresh: true);
        await project.ApplyAsync("(1, 'b', 'x', 12, 'u')");
        Assert.NotEmpty(await project.RowsAsync());
    }

    [Fact]
    public async Task A_state_that_is_gone_is_not_made_up()
    {
        project.Model();
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u')");
        Directory.Delete(Path.Combine(project.Lake.Lake.Folder, "silver", "m__cdc"), recursive: true);
        await project.AppendAsync("(1, 'b', 'x', 11, 'u')");
        var error = (await project.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains("silver.m__cdc is missing", error.Describe());
    }
}
