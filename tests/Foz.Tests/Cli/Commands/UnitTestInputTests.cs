namespace Foz.Tests.Cli.Commands;

/// <summary>
/// What unit tests may give: seeds and ephemeral models of a fresh checkout, values of their types, and batches.
/// </summary>
public sealed class UnitTestInputTests : IDisposable
{
    const string Ephemeral = "/* @foz\nmaterialization: ephemeral\n@foz */\n";

    readonly CommandRunner foz = new();

    public UnitTestInputTests() => foz.Write("foz.yml", "name: shop\nlake: lake\n");

    public void Dispose() => foz.Dispose();

    async Task<string> TestAsync(int exitCode = 0)
    {
        var result = await foz.RunAsync("test", "--unit");
        Assert.True(result.ExitCode == exitCode, result.Out + result.Error);
        return result.Out;
    }

    [Fact]
    public async Task An_ephemeral_model_is_given_or_made_from_what_is_given()
    {
        foz.Write("seeds/s.csv", "id,v\n1,a\n");
        foz.Write("models/silver/e0.sql", Ephemeral + "select id, upper(v) as v from seeds.s -- shouts");
        foz.Write(
            "models/silver/e1.sql",
            Ephemeral + "with seeds as (select 1) select e.id, e.v || '!' as v from silver.e0 as e");
        foz.Write("models/gold/g.sql", "select e1.id, max(v) as v from silver.e1 group by all");
        foz.Write("tests/units.yml", """
            unit_tests:
              - name: from_the_seed
                model: gold.g
                given: [{input: seeds.s, rows: [{id: 7, v: x}]}]
                expect: {rows: [{id: 7, v: X!}]}
              - name: from_what_is_between
                model: gold.g
                given: [{input: ref('e0'), rows: [{id: 7, v: y}]}]
                expect: {rows: [{id: 7, v: y!}]}
              - name: from_the_nearest
                model: gold.g
                given: [{input: silver.e1, rows: [{id: 7, v: z}]}]
                expect: {rows: [{id: 7, v: z}]}
              - name: of_the_ephemeral_model
                model: silver.e1
                given: [{input: e0, rows: [{id: 7, v: z}]}]
                expect: {rows: [{id: 7, v: z!}]}
            """);

        Assert.Contains("4 unit tests: 4 passed, 0 failed", await TestAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_columns_of_a_seed_are_those_of_its_file()
    {
        foz.Write("seeds/s.csv", "code,name,amt\n01310,Centro,10.50\n");
        foz.Write("seeds/s.yml", "columns: {name: varchar}\n");
        foz.Write(
            "models/silver/v.sql",
            "/* @foz\nmaterialization: view\n@foz */\nselect code, sum(amt) as total from seeds.s group by code");
        foz.Write("models/gold/g.sql", "select code || '.' as code, total * 2 as total from silver.v");
        foz.Write("tests/units.yml", """
            unit_tests:
              - name: of_the_view
                model: silver.v
                given: [{input: seeds.s, rows: [{code: '00001', amt: 120.55}, {code: '00001', amt: 1}]}]
                expect: {rows: [{code: '00001', total: 121.55}]}
              - name: behind_it
                model: gold.g
                given: [{input: silver.v, rows: [{code: '00001', total: 1.25}]}]
                expect: {rows: [{code: '00001.', total: 2.5}]}
            """);
        var build = await foz.RunAsync("build");
        Assert.True(build.ExitCode == 0, build.Out + build.Error);

        // A column that the table has not yet.
        foz.Write("seeds/s.csv", "code,name,amt,rate\n01310,Centro,10.50,2\n");
        foz.Write(
            "models/silver/v.sql",
            "/* @foz\nmaterialization: view\n@foz */\nselect code, sum(amt * rate) as "
                + "total from seeds.s group by code");
        foz.Write("tests/units.yml", """
            unit_tests:
              - name: of_the_view
                model: silver.v
                given: [{input: seeds.s, rows: [{code: '00001', amt: 120.55, rate: 2}]}]
                expect: {rows: [{code: '00001', total: 241.1}]}
            """);
        build = await foz.RunAsync("build");
        Assert.True(build.ExitCode == 0, build.Out + build.Error);

        foz.Write("seeds/t.csv", "a,b\n1,2,3\n");
        foz.Write("models/gold/t.sql", "select a from seeds.t");
        foz.Write("tests/units.yml", "unit_tests: [{name: t, model: gold.t, expect: {rows: []}}]");
        Assert.Contains(
            "seeds/t.csv:2: this line of seeds/t.csv cannot be read", await TestAsync(exitCode: 1),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_its_column_does_not_hold_is_an_error_or_a_difference()
    {
        foz.Write(
            "models/bronze/t.sql",
            "select 1::bigint as n, 3.0::decimal(10,1) as a, date '2026-01-31' as d, 1.25 as amt");
        foz.Write("models/gold/g.sql", "select n, a, d from bronze.t");
        foz.Write("tests/fixtures/rows.csv", "n,a\n1,2\n2,\"2\n\"\n3.6,4\n");
        foz.Write("tests/units.yml", """
            unit_tests:
              - name: expected
                model: gold.g
                given: [{input: bronze.t, rows: [{n: 1, a: 3.0, d: 2026-01-31}, {n: 2}]}]
                expect: {rows: [{n: 1.4, a: 3.04, d: '2026-01-31 23:00:00'}, {n: 2, a: null}]}
              - name: expected_as_it_is
                model: gold.g
                given: [{input: bronze.t, rows: [{n: 1, a: 3.0, d: 2026-01-31}]}]
                expect: {rows: [{n: 1.0, a: 3.000, d: '2026-01-31 00:00:00'}]}
              - name: given
                model: gold.g
                given: [{input: bronze.t, rows: [{n: 1}, {n: 3.6}]}]
                expect: {rows: [{n: 4}]}
              - name: given_in_a_block
                model: gold.g
                given:
                  - input: bronze.t
                    format: csv
                    rows: |
                      n,a
                      1,
                      2,2.25
                expect: {rows: []}
              - name: given_in_a_file
                model: gold.g
                given: [{input: bronze.t, format: csv, fixture: rows}]
                expect: {rows: []}
            """);

        Expect.File("unit-test-values.txt", await TestAsync(exitCode: 1));
    }

    [Fact]
    public async Task A_model_in_intervals_is_made_of_all_of_time_or_of_the_batch_that_is_said()
    {
        foz.Write("models/bronze/t.sql", "select 1 as id, timestamp '2026-01-01' as ts");
        foz.Write("models/silver/m.sql", """
            /* @foz
            materialization: {type: incremental, strategy: microbatch, event_time: ts, begin: '2026-01-01', batch_size: day}
            @foz */
            select id, ts, batch_start() as since from bronze.t where ts >= batch_start() - interval 1 day and ts < batch_end()
            """);
        const string Given =
            "given: [{input: bronze.t, rows: [{id: 1, ts: 2026-03-01 23:00:00}, {id: 2, ts: 2026-03-02}, {id: "
                + "3, ts: 1999-12-31}, {id: 4}]}]";
        foz.Write("tests/units.yml", $$"""
            unit_tests:
              - name: all_of_time
                model: silver.m
                {{Given}}
                expect: {rows: [{id: 1}, {id: 2}, {id: 3}]}
              - name: a_day
                model: silver.m
                {{Given}}
                overrides: {batch_start: 2026-03-02, batch_end: 2026-03-03}
                expect: {rows: [{id: 2, since: 2026-03-02}]}
              - name: from_a_day_on
                model: silver.m
                {{Given}}
                overrides: {batch_start: '2026-03-01 12:00:00'}
                expect: {rows: [{id: 1}, {id: 2}]}
            """);
        Assert.Contains("3 unit tests: 3 passed, 0 failed", await TestAsync(), StringComparison.Ordinal);

        foz.Write("tests/units.yml", """
            unit_tests:
              - {name: a, model: bronze.t, overrides: {batch_start: 2026-03-02}, expect: {rows: []}}
              - {name: b, model: silver.m, overrides: {batch_start: 2026-03-02, batch_end: 2026-03-01}, expect: {rows: []}}
            """);
        var error = (await foz.RunAsync("validate")).Error;
        Assert.Contains(
            "tests/units.yml:2:57: bronze.t is not made in batches\n  'batch_start' and 'batch_end' are of "
                + "models with 'strategy: microbatch'",
            error, StringComparison.Ordinal);
        Assert.Contains(
            "tests/units.yml:3:57: 'batch_end' must be after 'batch_start'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_models_own_table_may_be_given_before_it_is_there()
    {
        foz.Write("models/bronze/t.sql", "select 1 as id, 'a' as v");
        foz.Write("models/silver/m.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: [id]}
            columns: {id: bigint}
            @foz */
            select id, v from bronze.t where id > coalesce((select max(id) from silver.m where v <> 'old'), 0)
            """);
        foz.Write("tests/units.yml", """
            unit_tests:
              - name: only_new_ones
                model: silver.m
                given:
                  - {input: this, rows: [{id: 1, v: b}, {id: 9, v: old}]}
                  - {input: bronze.t, rows: [{id: 1, v: a}, {id: 2, v: b}]}
                expect: {rows: [{id: 2, v: b}]}
              - name: only_new_ones_by_sql
                model: silver.m
                given:
                  - {input: this, format: sql, rows: "select 1 as id, 'b' as v"}
                  - {input: bronze.t, rows: [{id: 1, v: a}, {id: 2, v: b}]}
                expect: {rows: [{id: 2, v: b}]}
            """);

        Assert.Contains("2 unit tests: 2 passed, 0 failed", await TestAsync(), StringComparison.Ordinal);
    }
}
