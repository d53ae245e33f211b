namespace Foz.Tests.Cli.Commands;

/// <summary>Projects of other tools, taken over and run.</summary>
public sealed class ImportCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task A_pipeline_of_Bruin_is_taken_over_and_runs()
    {
        foz.Write("bruin/.bruin.yml", """
            environments:
              default:
                connections:
                  postgres: [{name: shop-db, username: me, password: secret, host: db, port: 5432, database: shop}]
            """);
        foz.Write("bruin/sales/pipeline.yml", "name: sales\nschedule: daily\nstart_date: \"2026-01-01\"\n");
        foz.Write("bruin/sales/assets/raw/cities.asset.yml", """
            name: raw.cities
            type: duckdb.seed
            parameters: {path: cities.csv}
            columns:
              - {name: code, type: integer, description: "Its code", primary_key: true, checks: [{name: not_null}, {name: unique}]}
            """);
        foz.Write("bruin/sales/assets/raw/cities.csv", "code,city\n1,Santos\n2,Natal\n");
        foz.Write("bruin/sales/assets/raw/events.sql", """
            /* @bruin
            name: raw.events
            type: duckdb.sql
            materialization: {type: table}
            depends: [raw.cities, other.pipeline]
            custom_checks:
              - {name: all there, query: "select count(*) from raw.events", value: 3}
              - {name: no old ones, query: "select * from raw.events where day < '2026-01-01'", count: 0, blocking: false}
            @bruin */
            select id, code, day::date as day from (values (1, 1, '2026-01-01'), (2, 2, '2026-01-01'), (3, 1, '2026-01-02')) t(id, code, day)
            """);
        foz.Write("bruin/sales/assets/daily.sql", """
            /* @bruin
            name: marts.daily
            type: duckdb.sql
            description: |
              Events of each day.
              By city.
            owner: us
            materialization: {type: table, strategy: time_interval, incremental_key: day, time_granularity: date}
            columns:
              - {name: day, type: date, checks: [{name: not_null, blocking: false}], owner: me}
              - {name: city, checks: [{name: accepted_values, value: [Santos, Natal]}]}
            @bruin */
            select e.day, c.city, count(*) as events
            from raw.events e join raw.cities c on c.code::int = e.code
            where e.day between '{{ start_date }}' and '{{ end_date }}'
            group by all;
            """);
        foz.Write("bruin/sales/assets/marts/cities.sql", """
            /* @bruin
            type: duckdb.sql
            tags: [dimension]
            materialization: {type: table, strategy: merge}
            columns:
              - {name: code, primary_key: true}
              - {name: city, update_on_merge: true}
            @bruin */
            select code::int as code, city from raw.cities
            """);
        foz.Write("bruin/sales/assets/raw/orders.asset.yml", """
            name: raw.orders
            type: ingestr
            parameters: {source_connection: shop-db, source_table: public.orders, destination: duckdb, incremental_key: updated_at}
            columns: [{name: id, type: integer, primary_key: true}]
            """);
        foz.Write("bruin/sales/assets/wait.asset.yml", "name: raw.wait\ntype: bq.sensor.query\n");
        foz.Write(
            "bruin/sales/assets/marts/scored.py",
            "\"\"\" @bruin\nname: marts.scored\ndepends: [marts.daily]\n@bruin \"\"\"\ndef "
                + "materialize():\n    return [{\"a\": 1}]\n");

        var dryRun = await foz.RunAsync("import", "bruin", "foz", "--dry-run");
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "foz")));
        Assert.Contains("models/marts/daily.sql", dryRun.Out, StringComparison.Ordinal);
        var result = await foz.RunAsync("import", "bruin", "foz");
        Assert.Equal(0, result.ExitCode);
        Expect.File("import-bruin.txt", Written("foz") + result.Error);
        Assert.Equal(2, (await foz.RunAsync("import", "bruin", "foz")).ExitCode);

        File.Delete(Path.Combine(foz.Folder, "foz/models/marts/scored.py"));
        Environment(("SHOP_DB_URL", "postgresql://me@localhost/shop"));
        await OkAsync("validate", "--project", "foz");
        await OkAsync("run", "--project", "foz", "--exclude", "raw.orders", "--end", "2026-01-04");
        Assert.Equal(
            "day,city,events\n2026-01-01,Natal,1\n2026-01-01,Santos,1\n2026-01-02,Santos,1\n",
            await OkAsync("query", "select * from marts.daily order by all", "--project", "foz", "-o", "csv"));
    }

    [Fact]
    public async Task A_project_of_SQLMesh_is_taken_over_and_runs()
    {
        foz.Write(
            "mesh/config.yaml", "gateways: {local: {connection: {type: duckdb}}}\nmodel_defaults: {dialect: duckdb}\n");
        foz.Write("mesh/seeds/items.csv", "id,name\n1,pen\n2,cup\n");
        foz.Write(
            "mesh/models/items.sql",
            "MODEL (\n  name shop.items,\n  kind SEED (path '../seeds/items.csv'),\n  "
                + "columns (id INT, name TEXT)\n);\n");
        foz.Write("mesh/models/sales.sql", """
            /* Sales. */
            MODEL (
              name prod.shop.sales,
              kind INCREMENTAL_BY_TIME_RANGE (time_column (day, '%Y-%m-%d'), lookback 2),
              start '2026-01-01',
              cron '@daily',
              grain (id, day),
              description 'What was sold, it''s all',
              tags ['fact', daily],
              column_descriptions (id = 'Its number', day = 'When, in UTC'),
              audits (not_null(columns := (id, day)), accepted_range(column := amount, min_v := 0), my_own, unique_values_non_blocking(columns := (id))),
            );

            SELECT id, day::date AS day, amount FROM (VALUES (1, '2026-01-01', 5), (2, '2026-01-02', 7)) AS t(id, day, amount)
            WHERE day::date BETWEEN @start_ds AND @end_ds
            """);
        foz.Write(
            "mesh/models/current.sql",
            "MODEL (name shop.current, kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns [name]), dialect "
                + "bigquery);\nSELECT id::int AS id, name FROM shop.items");
        foz.Write(
            "mesh/models/latest.sql",
            "MODEL (name shop.latest, kind INCREMENTAL_BY_UNIQUE_KEY (unique_key (id)), partitioned_by day);\nSELECT "
                + "id, max(day) AS day FROM shop.sales GROUP BY id");
        foz.Write(
            "mesh/models/v.sql",
            "MODEL (name shop.v, audits (forall(criteria := (total > 0, total < 100))));\nSELECT sum(amount) AS total, "
                + "@IF(true, 1) AS one FROM shop.sales;");
        foz.Write("mesh/models/p.py", "x = 1\n");

        var result = await foz.RunAsync("import", "mesh", "foz");
        Assert.Equal(0, result.ExitCode);
        Expect.File("import-sqlmesh.txt", Written("foz") + result.Error);

        foz.Write(
            "foz/models/shop/v.sql",
            File.ReadAllText(Path.Combine(foz.Folder, "foz/models/shop/v.sql")).Replace(
                "@IF(true, 1)", "1", StringComparison.Ordinal));
        await OkAsync("validate", "--project", "foz");
        await OkAsync("run", "--project", "foz", "--end", "2026-01-04");
        Assert.Equal(
            "total\n12\n", await OkAsync("query", "select total from shop.v", "--project", "foz", "-o", "csv"));
    }

    [Fact]
    public async Task What_would_mean_something_else_here_stays_and_is_told()
    {
        foz.Write(
            "mesh/config.yaml", "gateways: {local: {connection: {type: duckdb}}}\nmodel_defaults: {dialect: duckdb}\n");
        foz.Write("mesh/models/sales.sql", """
            MODEL (name shop.sales, kind FULL, description 'What was sold, of **/*.csv /* and */ others');
            SELECT 1 AS id WHERE 5 < @start_epoch
            """);
        var result = await foz.RunAsync("import", "mesh", "foz");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("the macro '@start_epoch' has no equivalent", result.Error, StringComparison.Ordinal);
        var file = Path.Combine(foz.Folder, "foz/models/shop/sales.sql");
        var text = File.ReadAllText(file);
        Assert.Contains("@start_epoch", text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace("@start_epoch", "6", StringComparison.Ordinal));
        await OkAsync("run", "--project", "foz");
        Assert.Equal("id\n1\n", await OkAsync("query", "select id from shop.sales", "--project", "foz", "-o", "csv"));
    }

    [Fact]
    public async Task What_SQLMesh_says_in_other_words_is_read_and_what_is_dropped_is_told()
    {
        foz.Write("mesh/config.yaml", """
            gateways: {local: {connection: {type: duckdb}}}
            variables: {country: PT}
            model_defaults: {dialect: duckdb, start: 2026-01-01, cron: '@hourly', owner: us}
            """);
        foz.Write("mesh/models/days.sql", """
            MODEL (
              name shop.days, -- the days (of all, shops
              /* one for each, and 'more' */
              kind INCREMENTAL_BY_TIME_RANGE (time_column day, -- when
                batch_concurrency 3),
              cron '@daily',
              columns (day DATE)
            );
            SELECT day::date AS day, @VAR('country') AS country, @Var('country') AS again, @EACH(x) FROM (VALUES ('2026-01-01'), ('2026-01-02')) t(day)
            WHERE day::date = @end_ds AND day::date <= '@end_ts'
            """);
        foz.Write(
            "mesh/models/hours.sql",
            "MODEL (name shop.hours, kind INCREMENTAL_BY_TIME_RANGE (time_column at));\nSELECT now() AS at;\n");
        foz.Write(
            "mesh/models/history.sql",
            "MODEL (name shop.history, kind SCD_TYPE_2 (unique_key id, valid_from_name since, valid_to_name "
                + "until));\nSELECT 1 AS id, @start_dt AS updated_at;\n");
        var result = await foz.RunAsync("import", "mesh", "foz");
        Assert.Equal(0, result.ExitCode);
        Expect.File("import-sqlmesh-dropped.txt", Written("foz") + result.Error);

        var file = Path.Combine(foz.Folder, "foz/models/shop/days.sql");
        File.WriteAllText(file, File.ReadAllText(file).Replace("@VAR('country')", "1", StringComparison.Ordinal)
            .Replace("@Var('country')", "1", StringComparison.Ordinal)
            .Replace("@EACH(x)", "1", StringComparison.Ordinal));
        await OkAsync("run", "shop.days", "--project", "foz", "--end", "2026-01-04");
        Assert.Equal(
            "day\n2026-01-01\n2026-01-02\n",
            await OkAsync("query", "select day from shop.days order by 1", "--project", "foz", "-o", "csv"));
    }

    [Fact]
    public async Task What_means_something_else_of_Bruin_is_told()
    {
        foz.Write("bruin/pipeline.yml", "name: sales\nstart_date: \"2026-01-01\"\n");
        foz.Write(
            "bruin/assets/a/x.sql",
            "/* @bruin\nname: a.x\ntype: bq.sql\nmaterialization: {type: table}\n@bruin */\nselect 1 as id where "
                + "now() >= '{{ start_date }}'\n");
        foz.Write("bruin/assets/a/y.sql",
            "/* @bruin\nname: a.y\ntype: duckdb.sql\nmaterialization: {type: table, strategy: time_interval, "
                + "incremental_key: at, time_granularity: timestamp}\n@bruin */\n"
            + "select now() as at where now() >= '{{ start_timestamp }}'\n");
        var result = await foz.RunAsync("import", "bruin", "foz");
        Assert.Equal(0, result.ExitCode);
        Expect.File("import-bruin-told.txt", Written("foz") + result.Error);
    }

    [Theory]
    [InlineData("pipeline.yml", "name: a\n", "Bruin")]
    [InlineData(".bruin.yml", "environments: {}\n", "Bruin")]
    [InlineData("config.yaml", "gateways: {}\n", "SQLMesh")]
    [InlineData("config.py", "config = None\n", "SQLMesh")]
    public async Task A_command_in_a_project_of_another_tool_tells_how_to_take_it_over(
        string file, string text, string tool)
    {
        foz.Write(file, text);
        foz.Write("models/x.sql", "MODEL (name a.x); SELECT 1 AS id");
        var result = await foz.RunAsync("validate");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"this is a project of {tool}: foz import . ../foz", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_project_is_refused_with_what_can_be_taken()
    {
        foz.Write("empty/x.txt", "");
        foz.Write("dbt/dbt_project.yml", "name: x\n");
        foz.Write("two/a/pipeline.yml", "name: a\n");
        foz.Write("two/b/pipeline.yml", "name: b\n");
        Assert.Contains("is no project that Foz can take over", await RefusedAsync("empty"), StringComparison.Ordinal);
        Assert.Contains("a dbt project runs unchanged", await RefusedAsync("dbt"), StringComparison.Ordinal);
        Assert.Contains("name one of them: a, b", await RefusedAsync("two"), StringComparison.Ordinal);
        Assert.Contains("there is no folder", await RefusedAsync("nowhere"), StringComparison.Ordinal);

        foz.Write("two/a/assets/x.sql", "/* @bruin\nname: a.x\nselect 1");
        Assert.Contains(
            "assets/x.sql:1: '@bruin' is never closed", await RefusedAsync("two/a"), StringComparison.Ordinal);
    }

    async Task<string> RefusedAsync(string folder)
    {
        var result = await foz.RunAsync("import", folder, "foz");
        Assert.Equal(2, result.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "foz")));
        return result.Error;
    }

    void Environment(params (string Name, string Value)[] variables) =>
        foz.Write("foz/.env", string.Concat(variables.Select(v => $"{v.Name}={v.Value}\n")));

    string Written(string folder)
    {
        var root = Path.Combine(foz.Folder, folder);
        return string.Concat(
            Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(path =>
                    $"=== {Path.GetRelativePath(root, path).Replace('\\', '/')}\n{File.ReadAllText(path)}"));
    }

    async Task<string> OkAsync(params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', args)}: {result.Out}{result.Error}");
        return result.Out;
    }
}
