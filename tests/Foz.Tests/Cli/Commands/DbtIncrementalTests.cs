namespace Foz.Tests.Cli.Commands;

/// <summary>
/// Incremental models of dbt whose SELECT is another one once their table is there, or reads it: dbt runs them each
/// time, and so their rows are those of dbt, although nothing that they read is new.
/// </summary>
public sealed class DbtIncrementalTests : IDisposable
{
    readonly CommandRunner foz = new();

    public DbtIncrementalTests()
    {
        foz.Write("dbt_project.yml", "name: shop\nmodels: {+materialized: table}\n");
        foz.Write("models/numbers.sql", "select range as id from range(1, 6)");
    }

    public void Dispose() => foz.Dispose();

    async Task<string> RunAsync(params string[] arguments)
    {
        var output = await foz.RunAsync(arguments);
        Assert.True(output.ExitCode == 0, $"foz {string.Join(' ', arguments)}\n{output.Out}{output.Error}");
        return output.Out;
    }

    async Task<string> IdsAsync() => string.Join(
        ' ',
        (await RunAsync("query", "select id from shop.m order by id", "--output", "csv")).Split(
            '\n', StringSplitOptions.RemoveEmptyEntries)[1..]);

    [Theory]
    // The first run takes some rows, the next the rest: is_incremental() alone, of each strategy.
    [InlineData(
        "{% if is_incremental() %}where id > 3{% else %}where id <= 3{% endif %}",
        "unique_key='id', incremental_strategy='merge'", "1 2 3", "1 2 3 4 5", "1 2 3 4 5")]
    [InlineData(
        "{% if is_incremental() %}where id > 3{% else %}where id <= 3{% endif %}",
        "unique_key='id', incremental_strategy='delete+insert'", "1 2 3", "1 2 3 4 5", "1 2 3 4 5")]
    [InlineData(
        "{% if is_incremental() %}where id > 4{% else %}where id <= 2{% endif %}", "incremental_strategy='append'",
        "1 2", "1 2 5", "1 2 5 5")]
    // Two more rows in each run, by the table itself.
    [InlineData(
        "{% if is_incremental() %}where id > (select max(id) from {{ this }}) order by id limit 2{% else %}where id = 1{% endif %}", "incremental_strategy='append'", "1", "1 2 3", "1 2 3 4 5")]
    public async Task Rows_that_a_run_leaves_to_the_next_are_there_behind_it(
        string rest, string config, string first, string second, string third)
    {
        foz.Write(
            "models/m.sql",
            $"{{{{ config(materialized='incremental', {config}) }}}}\nselect id from {{{{ ref('numbers') }}}} {rest}");

        await RunAsync("run");
        Assert.Equal(first, await IdsAsync());
        Assert.Contains("shop.m", await RunAsync("plan"), StringComparison.Ordinal);
        await RunAsync("run");
        Assert.Equal(second, await IdsAsync());
        await RunAsync("run");
        Assert.Equal(third, await IdsAsync());
    }

    [Fact]
    public async Task A_run_that_would_bring_no_other_row_makes_no_commit()
    {
        foz.Write("models/m.sql", """
            {{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }}
            select id from {{ ref('numbers') }} {% if is_incremental() %}where id >= (select max(id) from {{ this }}){% endif %}
            """);

        await RunAsync("run");

        Assert.Contains("nothing new", await RunAsync("run"), StringComparison.Ordinal);
        Assert.Contains("nothing new", await RunAsync("plan"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weeks_between_dates_are_counted_as_dbts_adapters_do()
    {
        // dbt-duckdb's and dbt-postgres' datediff: weeks begin on Sunday; backwards, whole weeks and the one begun.
        foz.Write("models/m.sql", """
            select {{ dbt.datediff("date '2024-01-06'", "date '2024-01-07'", 'week') }} as over_sunday,
            {{ dbt.datediff("date '2024-01-07'", "date '2024-01-08'", 'week') }} as over_monday,
            {{ dbt.datediff("date '2024-01-01'", "date '2024-02-01'", 'week') }} as of_a_month,
            {{ dbt.datediff("date '2024-01-14'", "date '2024-01-07'", 'week') }} as backwards,
            {{ dbt.datediff("timestamp '2024-01-01 10:00:00'", "timestamp '2024-01-01 09:00:00'", 'week') }} as an_hour_back,
            {{ dbt.datediff("date '2024-01-31'", "date '2024-02-01'", 'month') }} as of_months,
            {{ dbt.datediff("cast(null as date)", "date '2024-02-01'", 'week') }} as of_null,
            {{ dbt.dateadd('quarter', 1, "date '2024-01-31'") }} as added, {{ dbt.date_trunc('week', "date '2024-01-07'") }} as cut,
            {{ dbt.last_day("date '2024-02-10'", 'quarter') }} as of_quarter, {{ dbt.last_day("date '2024-02-10'", 'month') }} as of_month
            """);

        await RunAsync("run");

        Assert.Equal(
            "1,0,4,-2,-1,1,,2024-04-30 00:00:00,2024-01-01 00:00:00,2024-03-31,2024-02-29",
            (await RunAsync("query", "select * from shop.m", "--output", "csv")).Split(
                '\n', StringSplitOptions.TrimEntries)[1]);
    }
}
