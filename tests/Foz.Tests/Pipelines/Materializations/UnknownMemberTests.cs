namespace Foz.Tests.Pipelines.Materializations;

/// <summary>The row of a dimension for unknown values.</summary>
public sealed class UnknownMemberTests : IDisposable
{
    const string Member = "unknown_member: {id: -1, name: unknown}";

    readonly ModelLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("table")]
    [InlineData("{type: incremental, strategy: merge, unique_key: id}")]
    [InlineData("{type: incremental, strategy: append}")]
    [InlineData("{type: incremental, strategy: delete+insert, unique_key: id}")]
    [InlineData("{type: incremental, strategy: truncate+insert}")]
    public async Task A_table_has_it_once_however_often_it_is_made(string materialization)
    {
        var isStream = materialization.Contains("merge", StringComparison.Ordinal)
            || materialization.Contains("append", StringComparison.Ordinal)
            || materialization.Contains("delete", StringComparison.Ordinal);
        Write(materialization, Member, $"SELECT id, name, d FROM {(isStream ? "STREAM(bronze.t)" : "bronze.t")}");
        await lake.AppendAsync("SELECT 1 AS id, 'a' AS name, DATE '2026-01-01' AS d");
        await lake.RunWellAsync();
        Assert.Equal(["-1|unknown|", "1|a|2026-01-01"], await lake.RowsAsync());
        await lake.AppendAsync("SELECT 2 AS id, 'b' AS name, DATE '2026-01-02' AS d");
        await lake.RunWellAsync();
        Assert.Equal(["-1|unknown|", "1|a|2026-01-01", "2|b|2026-01-02"], await lake.RowsAsync());
        await lake.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["-1|unknown|", "1|a|2026-01-01", "2|b|2026-01-02"], await lake.RowsAsync());
    }

    [Fact]
    public async Task A_history_keeps_it_although_what_is_gone_ends()
    {
        Write(
            "{type: snapshot, strategy: scd2_by_column, unique_key: k, hard_deletes: invalidate}",
            "unknown_member: {k: \"surrogate_key('unknown')\", name: unknown}",
            "SELECT surrogate_key(id) AS k, name FROM bronze.t");
        await lake.AppendAsync("SELECT 1 AS id, 'a' AS name");
        await lake.RunWellAsync();
        await lake.AppendAsync("SELECT 2 AS id, 'b' AS name");
        await lake.RunWellAsync();
        Assert.Equal(
            ["a|true", "b|true", "unknown|true"],
            await lake.QueryAsync("SELECT name, is_current FROM silver.m ORDER BY name"));
        Assert.Equal(["true"], await lake.QueryAsync("SELECT k = md5('unknown') FROM silver.m WHERE name = 'unknown'"));
    }

    [Fact]
    public async Task What_the_SELECT_does_not_give_is_told_with_its_place()
    {
        Write("table", "unknown_member: {id: -1, nam: unknown}", "SELECT id, name FROM bronze.t");
        await lake.AppendAsync("SELECT 1 AS id, 'a' AS name");
        var error = (await lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains("names a column 'nam'", error.Message, StringComparison.Ordinal);
        Assert.Equal(("did you mean 'name'?", 3), (error.Hint, error.Place!.Value.Line));
    }

    [Fact]
    public async Task A_history_by_time_is_told_which_row_lacks_the_time()
    {
        const string history = "{type: incremental, strategy: scd2_by_time, unique_key: id, updated_at: since}";
        Write(history, Member, "SELECT id, name, since FROM bronze.t");
        await lake.AppendAsync("SELECT 1 AS id, 'a' AS name, TIMESTAMP '2026-01-01' AS since");
        var error = (await lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains(
            "'unknown_member' of silver.m says no since, which tells versions apart", error.Message,
            StringComparison.Ordinal);
        Write(history, "unknown_member: {id: -1, name: unknown, since: '1900-01-01'}",
            "SELECT id, name, since FROM bronze.t");
        await lake.RunWellAsync();
        Assert.Equal(["a", "unknown"], await lake.QueryAsync("SELECT name FROM silver.m ORDER BY name"));
    }

    [Theory]
    [InlineData("view", "a view has no rows of its own")]
    [InlineData("{type: incremental, strategy: insert_overwrite, partition_by: id}", "replaces rows by what they hold")]
    [InlineData(
        "{type: incremental, strategy: microbatch, event_time: d, begin: '2026-01-01'}",
        "replaces rows by what they hold")]
    public async Task Only_tables_can_have_it(string materialization, string why)
    {
        await lake.AppendAsync("SELECT 1 AS id, 'a' AS name, DATE '2026-01-01' AS d");
        Write(materialization, Member, "SELECT id, name, d FROM bronze.t");
        Assert.Contains(why, Assert.Throws<Foz.Lake.FozException>(() => lake.Load()).Message, StringComparison.Ordinal);
    }

    void Write(string materialization, string member, string select) =>
        lake.Write("models/silver/m.sql", $"/* @foz\nmaterialization: {materialization}\n{member}\n@foz */\n{select}");
}
