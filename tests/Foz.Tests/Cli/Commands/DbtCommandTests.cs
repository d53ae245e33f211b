using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>Commands of Foz in the folder of a dbt project, that of <c>examples/padaria</c>.</summary>
public sealed class DbtCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public DbtCommandTests() => DbtExample.Write(foz);

    public void Dispose() => foz.Dispose();

    async Task<string> RunAsync(params string[] arguments)
    {
        var output = await foz.RunAsync(arguments);
        Assert.True(output.ExitCode == 0, $"foz {string.Join(' ', arguments)}\n{output.Out}{output.Error}");
        return output.Out;
    }

    async Task<string[]> QueryAsync(string sql) =>
        (await RunAsync("query", sql, "--output", "csv")).Split(
            '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1..];

    [Fact]
    public async Task A_dbt_project_runs_as_it_is_and_the_second_run_brings_what_is_new()
    {
        await RunAsync("build");

        Assert.Equal(
            [
                "1,2026-01-01,completed,10.00", "2,2026-01-02,completed,30.00", "3,2026-01-04,returned,8.00",
                "4,2026-01-05,shipped,19.99",
            ],
            await QueryAsync("select order_id, order_date, status, amount from bakery.orders order by 1"));
        Assert.Equal(
            ["Ana Alves,2,18.00", "Bruno Barros,1,19.99", "Carla Costa,1,30.00", "Davi Dias,0,0.00"],
            await QueryAsync("select name, orders, lifetime_value from bakery.customers order by 1"));
        Assert.Equal(
            ["01310"], await QueryAsync("select postcode from bakery_staging.stg_customers where customer_id = 1"));
        Assert.Contains("nothing new", await RunAsync("run"), StringComparison.Ordinal);

        foz.Write("seeds/raw_orders.csv", """
            id,customer,ordered_at,status
            1,1,2026-01-01 08:10:00,returned
            2,3,2026-01-02 09:00:00,completed
            3,1,2026-01-04 07:45:00,returned
            4,2,2026-01-05 10:20:00,completed
            5,2,2026-01-06 11:00:00,placed

            """);
        await RunAsync("run");

        // The filter of is_incremental() leaves the first order out, though it changed.
        Assert.Equal(
            ["1,completed", "2,completed", "3,returned", "4,completed", "5,placed"],
            await QueryAsync("select order_id, status from bakery.orders order by 1"));
        Assert.Equal(
            ["1,completed,false", "1,returned,true", "4,completed,true", "4,shipped,false"],
            await QueryAsync(
                "select id, status, dbt_valid_to is null as is_last from bakery_history.orders_history "
                    + "where id in (1, 4) order by 1, 2"));
        var failed = await foz.RunAsync("run", "--full-refresh", "--select", "bakery.orders");

        Assert.Equal(0, failed.ExitCode);
        Assert.Equal(["returned"], await QueryAsync("select status from bakery.orders where order_id = 1"));
    }

    [Fact]
    public async Task What_a_template_asks_the_lake_is_asked_once_what_it_reads_is_there()
    {
        await RunAsync("run");

        Assert.Equal(
            ["card_amount", "cash_amount", "pix_amount", "voucher_amount"],
            await QueryAsync(
                "select column_name from (describe select * exclude (status) from "
                    + "bakery.payments_by_status) order by 1"));

        foz.Write(
            "seeds/raw_payments.csv", "id,order_id,payment_method,amount_cents\n1,1,card,1000\n2,2,voucher,500\n");
        await RunAsync("run");

        Assert.Equal(
            ["card_amount", "voucher_amount"],
            await QueryAsync(
                "select column_name from (describe select * exclude (status) from "
                    + "bakery.payments_by_status) order by 1"));
    }

    [Fact]
    public async Task Tests_of_dbt_tell_what_is_wrong_and_fail_the_build()
    {
        foz.Write(
            "seeds/raw_payments.csv", "id,order_id,payment_method,amount_cents\n1,1,card,1000\n1,99,barter,500\n");

        Assert.Equal(0, (await foz.RunAsync("run")).ExitCode);
        var output = await foz.RunAsync("test", "--output", "json");

        Assert.Equal(1, output.ExitCode);
        using var rows = JsonDocument.Parse(output.Out);
        var broken = rows.RootElement.EnumerateArray().Where(row => !row.GetProperty("passed").GetBoolean())
            .Select(row => $"{row.GetProperty("name")}").Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "accepted_values_stg_payments_payment_method___var_payment_methods_", "payments_are_of_orders",
                "unique_source_bakery_raw_payments_id",
            ],
            broken);
    }

    [Fact]
    public async Task What_tests_find_is_kept_where_they_say_so_and_where_the_command_does()
    {
        foz.Write(
            "seeds/raw_payments.csv",
            "id,order_id,payment_method,amount_cents\n1,1,card,1000\n1,99,barter,500\n2,2,barter,100\n");
        foz.Write(
            "tests/payments_are_paid.sql",
            "{{ config(store_failures=true, limit=1) }}select id, order_id from {{ ref('raw_payments') }} where "
                + "payment_method = 'barter'");
        await RunAsync("run");
        var told = await foz.RunAsync("test");

        Assert.Contains(
            "all of them: select * from bakery_dbt_test__audit.payments_are_paid", told.Out, StringComparison.Ordinal);
        Assert.Equal(["1"], await QueryAsync("select count(*) from bakery_dbt_test__audit.payments_are_paid"));
        Assert.NotEqual(
            0, (await foz.RunAsync(
                "query", "select * from bakery_dbt_test__audit.unique_source_bakery_raw_payments_id")).ExitCode);

        Assert.Equal(1, (await foz.RunAsync("test", "--store-failures")).ExitCode);
        Assert.Equal(
            ["1,2"], await QueryAsync("select * from bakery_dbt_test__audit.unique_source_bakery_raw_payments_id"));
        Assert.Equal(
            ["0"], await QueryAsync("select count(*) from bakery_dbt_test__audit.not_null_stg_customers_customer_id"));

        foz.Write(
            "tests/payments_are_paid.sql",
            "{{ config(store_failures_as='view') }}select id, order_id from {{ ref('raw_payments') }} where "
                + "payment_method = 'barter'");
        await foz.RunAsync("test", "payments_are_paid");
        foz.Write("seeds/raw_payments.csv", "id,order_id,payment_method,amount_cents\n1,1,card,1000\n");
        await RunAsync("run");

        Assert.Equal(["0"], await QueryAsync("select count(*) from bakery_dbt_test__audit.payments_are_paid"));
        Assert.Equal(0, (await foz.RunAsync("test", "payments_are_paid")).ExitCode);
    }

    [Fact]
    public async Task A_check_that_is_broken_keeps_the_table_as_it_was()
    {
        await RunAsync("run");
        foz.Write(
            "seeds/raw_orders.csv",
            "id,customer,ordered_at,status\n9,1,2026-01-09 08:10:00,completed\n9,1,2026-01-09 08:10:00,completed\n");

        var output = await foz.RunAsync("run");

        Assert.Equal(1, output.ExitCode);
        Assert.Contains("unique(order_id)", output.Out, StringComparison.Ordinal);
        Assert.Equal(["4"], await QueryAsync("select count(*) from bakery.orders"));
    }

    [Fact]
    public async Task Variables_and_targets_are_those_of_the_command_line()
    {
        await RunAsync("run", "--target", "prod", "--vars", "{first_day: '2026-01-04'}");

        Assert.Equal(["2"], await QueryAsync("select count(*) from bakery_prod.orders"));
        var output = await foz.RunAsync("run", "--target", "tset");

        Assert.Equal(2, output.ExitCode);
        Assert.Contains("unknown environment 'tset'", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_commands_know_the_project()
    {
        await RunAsync("run");

        Assert.Contains("bakery.orders checks", await RunAsync("ls", "--output", "name"), StringComparison.Ordinal);
        Assert.Contains(
            "sum(case when payment_method = 'card'", await RunAsync("render", "bakery.orders"),
            StringComparison.Ordinal);
        Assert.Contains(
            "raw_payments.amount_cents", await RunAsync("lineage", "bakery.customers.lifetime_value"),
            StringComparison.Ordinal);
        Assert.Contains("up to date", await RunAsync("plan"), StringComparison.Ordinal);
        Assert.Contains("1 passed", await RunAsync("test", "--unit"), StringComparison.Ordinal);
        Assert.Contains("11 pages", await RunAsync("docs", "generate"), StringComparison.Ordinal);
        Assert.Equal(
            ["bakery.customers", "bakery.orders"],
            (await RunAsync("ls", "--select", "exposure:sales_report,resource_type:model", "--output", "name"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(name =>
                    !name.Contains(' ', StringComparison.Ordinal)
                        && name.StartsWith("bakery.", StringComparison.Ordinal)).Order());
        Assert.Contains(
            "bakery.payments_by_status", await RunAsync("ls", "--select", "source:bakery+", "--output", "name"),
            StringComparison.Ordinal);
        Assert.Contains(
            "'sales_report'", (await foz.RunAsync("ls", "--select", "exposure:sales_reprot")).Error,
            StringComparison.Ordinal);
        Assert.Contains(
            "bakery.customers", await RunAsync("ls", "--select", "tag:daily", "--output", "name"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hooks_are_run_around_what_has_something_to_do()
    {
        foz.Write("dbt_project.yml", File.ReadAllText(Path.Combine(foz.Folder, "dbt_project.yml")) + """

            on-run-start: "create table if not exists {{ target.schema }}.audit (what string, who string)"
            on-run-end:
              - "insert into {{ target.schema }}.audit values ('end', '{{ schemas | join(' ') }}'); grant select on all tables to someone"
            """);
        foz.Write("models/marts/hooked.sql", """
            {{ config(materialized='table',
              pre_hook="insert into {{ target.schema }}.audit values ('before', '{{ this.name }}')",
              post_hook=["insert into {{ target.schema }}.audit select 'after', cast(count(*) as varchar) from {{ this }}"]) }}
            select * from {{ ref('stg_orders') }}
            """);
        await RunAsync("run");
        var again = await foz.RunAsync("run");

        Assert.Equal(
            [
                "after,4", "before,hooked", "end,bakery bakery_staging bakery_raw bakery_history",
                "end,bakery bakery_staging bakery_raw bakery_history",
            ],
            await QueryAsync("select * from bakery.audit order by 1, 2"));
        Assert.Contains(
            "'grant' in a hook has no meaning in a lake", again.Out + again.Error, StringComparison.Ordinal);

        foz.Write(
            "models/marts/hooked.sql",
            "{{ config(materialized='table', post_hook='insert into nowhere.at_all values (1)') }}select 1 as x");
        var failed = await foz.RunAsync("run");

        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("a hook failed", failed.Out, StringComparison.Ordinal);

        // The table is made, and what its hook was to do is done when it can be: once.
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
        await foz.RunAsync("query", "create table nowhere.at_all (x integer)");
        await RunAsync("run");
        await RunAsync("run");
        Assert.Equal(["1"], await QueryAsync("select count(*) from nowhere.at_all"));
    }

    [Fact]
    public async Task What_is_run_at_the_end_is_told_how_the_steps_ended()
    {
        foz.Write("dbt_project.yml", File.ReadAllText(Path.Combine(foz.Folder, "dbt_project.yml")) + """

            on-run-start: "create table if not exists {{ target.schema }}.ended (name string, status string, command string)"
            on-run-end: "{% for r in results if r.node.resource_type == 'snapshot' or r.status != 'success' %}insert into {{ target.schema }}.ended values ('{{ r.node.name }}', '{{ r.status }}', '{{ flags.WHICH }}'); {% endfor %}"
            """);
        foz.Write(
            "models/marts/wrong.sql",
            "{{ config(materialized='table') }}select cast('x' as integer) as x from {{ ref('stg_orders') }}");

        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
        Assert.Equal(
            ["orders_history,success,run", "wrong,error,run"],
            await QueryAsync("select * from bakery.ended order by 1"));
    }

    [Fact]
    public async Task Unit_tests_of_dbt_override_what_templates_ask()
    {
        foz.Write("models/marts/newest.sql", """
            {{ config(materialized='incremental', unique_key='order_id') }}
            select order_id, {{ var('mark', "'a'") }} as mark from {{ ref('stg_orders') }}
            {% if is_incremental() %}where order_id > (select max(order_id) from {{ this }}){% endif %}
            """);
        foz.Write("models/marts/newest.yml", """
            unit_tests:
            - name: only_new_ones
              model: newest
              overrides: {macros: {is_incremental: true}, vars: {mark: "'b'"}}
              given:
              - {input: ref('stg_orders'), format: csv, rows: "order_id\n1\n2\n"}
              - {input: this, rows: [{order_id: 1}]}
              expect: {format: sql, rows: "select 2 as order_id"}
            - name: all_of_them
              model: newest
              given: [{input: ref('stg_orders'), format: sql, rows: "select 1 as order_id"}]
              expect: {rows: [{order_id: 1, mark: a}]}
            """);

        Assert.Contains("3 passed, 0 failed", await RunAsync("test", "--unit"), StringComparison.Ordinal);
        await RunAsync("run");
        Assert.Contains("3 passed, 0 failed", await RunAsync("test", "--unit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analyses_are_compiled_and_stand_in_the_manifest()
    {
        foz.Write("analyses/best.sql", "select * from {{ ref('customers') }} order by lifetime_value desc");

        Assert.Equal(
            "select * from \"bakery\".\"customers\" order by lifetime_value desc",
            (await RunAsync("compile", "--select", "resource_type:analysis")).Trim());
        Assert.DoesNotContain("best", await RunAsync("run"), StringComparison.Ordinal);
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(foz.Folder, "target", "manifest.json")));
        var node = manifest.RootElement.GetProperty("nodes").GetProperty("analysis.padaria.best");
        Assert.Equal("model.padaria.customers", node.GetProperty("depends_on").GetProperty("nodes")[0].GetString());
    }

    [Fact]
    public async Task Models_in_Python_are_handed_what_they_ask_dbt_for()
    {
        foz.Write("models/marts/scores.py", """
            # dbt.ref('nothing') and dbt.config(materialized='nothing') stand in a comment.
            def model(dbt, session):
                dbt.config(
                    materialized="incremental", incremental_strategy="append",  # so that rows stay (all of them)
                    packages=["numpy==1.26"], tags=["ml"],
                )
                orders = [order for order in dbt.ref("stg_orders") if order["order_id"] < 3]
                seen = list(dbt.source("bakery", "raw_payments"))
                return [
                    {"id": o["order_id"], "payments": len(seen), "factor": dbt.config.get("factor", 0), "into": str(dbt.this), "again": dbt.is_incremental}
                    for o in orders
                ]
            """);
        foz.Write(
            "models/marts/scores.yml",
            "models: [{name: scores, config: {factor: 2}, columns: [{name: id, data_tests: [not_null]}]}]");
        foz.Write("models/marts/best.sql", "select max(id) as id from {{ ref('scores') }}");
        await RunAsync("run");

        Assert.Equal(
            ["1,5,2,\"\"\"bakery\"\".\"\"scores\"\"\",false", "2,5,2,\"\"\"bakery\"\".\"\"scores\"\"\",false"],
            await QueryAsync("select * from bakery.scores order by 1"));
        Assert.Equal(["2"], await QueryAsync("select id from bakery.best"));
        Assert.Contains("nothing new", await RunAsync("run"), StringComparison.Ordinal);
        Assert.Equal(
            "bakery.scores\nbakery.scores checks",
            (await RunAsync("ls", "--select", "tag:ml,resource_type:model", "--output", "name")).Trim());

        foz.Write("models/marts/scores.yml", "models: [{name: scores, config: {factor: 3}}]");
        await RunAsync("run");

        Assert.Equal(
            ["2,false,2", "3,true,2"],
            await QueryAsync("select factor, again, count(*) from bakery.scores group by all order by all"));
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(foz.Folder, "target", "manifest.json")));
        var node = manifest.RootElement.GetProperty("nodes").GetProperty("model.padaria.scores");
        Assert.Equal(
            ("python", 2),
            (node.GetProperty("language").GetString(), node.GetProperty("depends_on").GetProperty("nodes")
                .GetArrayLength()));
    }

    [Fact]
    public async Task Where_the_package_of_DuckDB_is_installed_models_in_Python_get_and_give_its_relations()
    {
        foz.Write("duckdb.py", """
            import shutil

            class Relation:
                def __init__(self, path):
                    self.path = path

                def to_parquet(self, path):
                    shutil.copyfile(self.path, path)

            class Connection:
                def read_parquet(self, path):
                    return Relation(path)

            connect = Connection
            """);
        foz.Write("models/marts/copied.py", "def model(dbt, session):\n    return dbt.ref('raw_customers')\n");
        await RunAsync("run");

        Assert.Equal(["4"], await QueryAsync("select count(*) from bakery.copied"));
    }

    [Theory]
    [InlineData("    return dbt.ref('ordrs')", "models/m.py:2:12", "there is no model, seed or snapshot 'ordrs'")]
    [InlineData(
        "    name = 'orders'\n    return dbt.ref(name)", "models/m.py:3:12",
        "ref() is handed something that is undefined")]
    [InlineData("    dbt.config(materialized='ephemeral')", "models/m.py:1:1", "a program cannot be a ephemeral")]
    [InlineData("    dbt.config(materialized=", "models/m.py:2:", "")]
    public async Task What_a_model_in_Python_asks_wrongly_is_told_with_its_place(
        string body, string place, string message)
    {
        foz.Write("models/m.py", $"def model(dbt, session):\n{body}\n");

        var output = await foz.RunAsync("validate");

        Assert.NotEqual(0, output.ExitCode);
        Assert.Contains(place, output.Out + output.Error, StringComparison.Ordinal);
        Assert.Contains(message, output.Out + output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Macros_see_the_tables_and_columns_that_the_lake_has()
    {
        foz.Write("models/marts/asking.sql", """
            {%- set tables = dbt_utils.get_relations_by_prefix(target.schema ~ '_raw', 'raw_') -%}
            select {{ dbt_utils.star(ref('raw_orders'), except=['status'], prefix='o_') }},
              '{{ tables | map(attribute='identifier') | sort | join(' ') }}' as tables,
              {{ dbt_utils.get_single_value('select max(id) from ' ~ ref('raw_payments'), default=0) }} as highest
            from {{ ref('raw_orders') }} where id = 1
            """);
        foz.Write("models/marts/both.sql", """
            {{ dbt_utils.union_relations([ref('raw_customers'), ref('raw_orders')], include=['id', 'status'], source_column_name='of') }}
            """);

        await RunAsync("run");

        Assert.Equal(
            [
                "o_id,o_customer,o_ordered_at,tables,highest",
                "1,1,2026-01-01 08:10:00,raw_customers raw_orders raw_payments,5",
            ],
            (await RunAsync("query", "select * from bakery.asking", "--output", "csv")).Split(
                '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal(
            ["\"\"\"bakery_raw\"\".\"\"raw_customers\"\"\",4,0", "\"\"\"bakery_raw\"\".\"\"raw_orders\"\"\",4,4"],
            await QueryAsync("select \"of\", count(id), count(status) from bakery.both group by 1 order by 1"));
    }
}
