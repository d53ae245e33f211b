using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary><c>foz test --unit</c> on a project whose lake has nothing.</summary>
public sealed class UnitTestCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public UnitTestCommandTests()
    {
        foz.Write("foz.yml", "name: shop\nlake: lake\n");
        foz.Write(
            "models/bronze/orders.sql",
            "select 1::bigint as id, 'Ana' as customer, 10.5::decimal(9,2) as amount, date "
                + "'2026-01-01' as day, ['a'] as marks");
        foz.Write("models/bronze/people.sql", "select 'Ana' as name, true as active");
        foz.Write("models/gold/sales.sql", """
            select customer, count(*) as orders, sum(amount) as total, max(day) as last_day
            from bronze.orders
            left join bronze.people on name = customer
            where active is not false
            group by customer
            """);
        foz.Write("models/silver/kept.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: [id]}
            columns: {id: bigint, amount: 'decimal(9,2)'}
            @foz */
            select id, amount from STREAM(bronze.orders)
            where id not in (select id from silver.kept)
            """);
        foz.Write(
            "models/silver/recent.sql",
            "select id, current_date as today, now() as at from bronze.orders where day >= current_date - 7");
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Models_make_of_given_rows_what_is_expected_and_nothing_of_the_lake_is_read()
    {
        foz.Write("tests/units.yml", """
            unit_tests:
              - name: totals_add_up
                model: gold.sales
                tags: [fast]
                given:
                  - input: bronze.orders
                    rows:
                      - {customer: Ana, amount: 10.5, day: 2026-01-02}
                      - {customer: Ana, amount: 1, day: 2026-01-01}
                      - {customer: Bia, amount: 3}
                      - {customer: Caio, amount: 99}
                  - input: ref('people')
                    format: csv
                    rows: |
                      name,active
                      Caio,false
                      "Bia",
                expect:
                  rows:
                    - {total: 11.5, customer: Ana, orders: 2, last_day: 2026-01-02}
                    - {customer: Bia, orders: 1, total: 3.00, last_day: null}
              - name: nothing_of_nothing
                model: sales
                expect: {rows: []}
              - name: only_new_ones
                model: silver.kept
                given:
                  - {input: "source('x', 'orders')", format: sql, rows: "select 1 as id, 2.5 as amount union all select 2, 3"}
                  - {input: this, rows: [{id: 1}]}
                expect: {format: csv, fixture: kept}
              - name: a_week
                model: silver.recent
                overrides: {now: 2026-03-05 12:30:00}
                given: [{input: orders, rows: [{id: 1, day: 2026-02-20}, {id: 2, day: 2026-02-26}]}]
                expect: {rows: [{id: 2, today: 2026-03-05, at: 2026-03-05 12:30:00+00}]}
              - {name: later, model: sales, enabled: false, expect: {rows: []}}
            """);
        foz.Write("tests/fixtures/kept.csv", "id,amount\r\n2,3.00\r\n");

        var result = await foz.RunAsync("test", "--unit");
        Assert.True(result.ExitCode == 0, result.Out + result.Error);
        Assert.Contains("4 unit tests: 4 passed, 0 failed", result.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "lake", "bronze")));
        Assert.Contains(
            "1 unit test:", (await foz.RunAsync("test", "--unit", "tag:fast")).Out, StringComparison.Ordinal);
        Assert.Contains(
            "2 unit tests:", (await foz.RunAsync("test", "--unit", "gold.sales")).Out, StringComparison.Ordinal);
        Assert.Equal(
            "a_week\nnothing_of_nothing\nonly_new_ones\ntotals_add_up\n",
            (await foz.RunAsync("ls", "test_type:unit", "-o", "name")).Out);
        Assert.Contains("0 checks", (await foz.RunAsync("test")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_differ_stand_beside_each_other()
    {
        foz.Write("tests/units.yml", """
            unit_tests:
              - name: wrong
                model: gold.sales
                given:
                  - input: bronze.orders
                    rows: [{customer: Ana, amount: 10.5}, {customer: Bia, amount: 3}, {customer: Caio}, {customer: Davi, amount: 7}]
                expect:
                  rows:
                    - {customer: Ana, orders: 2, total: 10.5}
                    - {customer: Bia, orders: 1, total: 4}
                    - {customer: Eva, orders: 9, total: null}
                    - {customer: Davi, orders: 1, total: 7}
              - name: broken
                model: gold.sales
                given: [{input: bronze.orders, rows: [{amount: much}]}]
                expect: {rows: []}
              - name: unknown_column
                model: gold.sales
                given: [{input: bronze.orders, rows: [{custmer: Ana}]}]
                expect: {rows: []}
              - name: unknown_expected
                model: gold.sales
                expect: {rows: [{totel: 1}]}
            """);

        var result = await foz.RunAsync("test", "--unit");
        Assert.Equal(1, result.ExitCode);
        Expect.File("unit-tests.txt", result.Out);
        var rows = JsonDocument.Parse((await foz.RunAsync("test", "--unit", "wrong", "-o", "json")).Out).RootElement;
        Assert.Equal(3, rows[0].GetProperty("missing").GetArrayLength());
        Assert.Equal(3, rows[0].GetProperty("unexpected").GetArrayLength());
        var build = await foz.RunAsync("build");
        Assert.Equal(1, build.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "lake", "bronze")));
    }

    [Fact]
    public async Task What_is_wrong_with_unit_tests_is_told_with_its_place()
    {
        foz.Write("tests/units.yml", """
            unit_tests:
              - {name: a, model: gold.sale, expect: {rows: []}}
              - name: b
                model: gold.sales
                given: [{input: bronze.order, rows: []}, {rows: []}, {input: bronze.people, rows: 1}]
              - {name: c, model: gold.sales, expect: {fixture: nothing}, overrides: {vars: {x: 1}, now: soon}}
              - {name: c, model: gold.sales, exepct: {rows: []}, expect: {rows: [], format: cvs}}
            """);

        var result = await foz.RunAsync("validate");
        Assert.Equal(2, result.ExitCode);
        Expect.File("unit-test-errors.txt", result.Error);
    }
}
