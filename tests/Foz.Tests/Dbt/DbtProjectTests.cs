using Foz.Dbt;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Selection;

namespace Foz.Tests.Dbt;

/// <summary>How dbt projects are read, without a lake.</summary>
public sealed class DbtProjectTests : IDisposable
{
    readonly EnginePool engines = new(
        new EngineOptions { MemoryBytes = 1L << 28, Threads = 1, Workloads = [Workload.Query, Workload.Models] });
    readonly string folder = Directory.CreateTempSubdirectory("foz-dbt-").FullName;

    public DbtProjectTests()
    {
        Write("dbt_project.yml", "name: shop\nmodels:\n  shop:\n    marts: {+materialized: table, +schema: mart}\n");
        Write("models/orders.sql", "select 1 as id, 'a' as status");
    }

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    Project Load(string? target = null, string? vars = null) =>
        ProjectLoader.Load(folder, Options(target, vars), engines, TestContext.Current.CancellationToken);

    static ProjectOptions Options(string? target, string? vars) =>
        new()
        {
            Readers = [DbtReader.Instance], Target = target, Vars = vars,
            EnvironmentVariables = new Dictionary<string, string> { ["STAGE"] = "test" },
        };

    IReadOnlyList<FozException> Errors() =>
        ProjectLoader.TryLoad(
            folder, Options(null, null), engines,
            TestContext.Current.CancellationToken) is ProjectResult.Refused refused ? refused.Errors : [];

    Model Model(string name) => Load().Models.Single(model => model.Name.ToString() == name);

    [Fact]
    public void Names_and_materializations_follow_the_project_file_the_yaml_beside_and_config_in_this_order()
    {
        Write("models/marts/a.sql", "select * from {{ ref('orders') }}");
        Write("models/marts/b.sql",
            "{{ config(materialized='view', alias='bee', tags='own') }}select * from {{ ref('a') }}");
        Write("models/marts/c.sql", "select * from {{ ref('b') }}");
        Write("models/marts/x.yml",
            "models:\n- name: b\n  config: {materialized: incremental, tags: [said]}\n- name: c\n  config: {schema: "
                + "other}\n  description: What c is\n");

        var project = Load();

        Assert.Equal(
            ["shop.orders view", "shop_mart.a table", "shop_mart.bee view", "shop_other.c table"],
            project.Models.Select(model => $"{model.Name} {model.Materialization.Name}"));
        Assert.Equal(["said", "own"], project.Models[2].Tags);
        Assert.Equal("What c is", project.Models[3].Description);
        Assert.Equal(["shop_mart.bee"], project.Models[3].References.Select(reference => reference.Name.ToString()));
    }

    [Fact]
    public void A_project_may_name_schemas_by_its_own_macro()
    {
        Write("macros/names.sql",
            "{% macro generate_schema_name(custom_schema_name, node) %}{{ "
                + "custom_schema_name or 'base' }}{% endmacro %}");
        Write("models/marts/a.sql", "select 1 as x");

        Assert.Equal(["base.orders", "mart.a"], Load().Models.Select(model => model.Name.ToString()));
    }

    [Fact]
    public void The_profile_says_where_the_lake_is_and_which_schema_counts()
    {
        Write("profiles.yml", """
            shop:
              target: "{{ env_var('STAGE') }}"
              outputs:
                test: {type: duckdb, schema: main, lake: here, threads: 3}
                prod: {type: foz, schema: prod, lake: /srv/lake}
                old: {type: snowflake, schema: x}
            """);

        Assert.Equal(
            ("test", Path.Combine(folder, "here"), "shop.orders", 3),
            (Load().Environment, Load().LakePath, Load().Models[0].Name.ToString(), Load().Threads));
        Assert.Equal(("/srv/lake", "prod.orders"), (Load("prod").LakePath, Load("prod").Models[0].Name.ToString()));
        var error = Assert.Throws<FozException>(() => Load("old"));

        Assert.Equal("profiles.yml:6:17", error.Place.ToString());
        Assert.Contains("of type 'snowflake'", error.Message, StringComparison.Ordinal);
        Assert.Contains("type: duckdb", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "select * from {{ ref('ordrs') }}", "models/wrong.sql:1:18", "there is no model, seed or snapshot 'ordrs'",
        "did you mean 'orders'?")]
    [InlineData(
        "select 1\nfrom {{ source('till', 'x') }}", "models/wrong.sql:2:9", "there is no source table 'till.x'",
        "declare it under")]
    [InlineData("select {{ centss('a') }}", "models/wrong.sql:1:11", "'centss' is undefined", "did you mean 'cents'?")]
    [InlineData(
        "select {{ dbt_utils.stra(ref('orders')) }}", "models/wrong.sql:1:21",
        "'stra' of the package 'dbt_utils' is undefined", "did you mean 'star'?")]
    [InlineData(
        "select {{ var('nothing') }}", "models/wrong.sql:1:11", "the variable 'nothing' is not set", "by --vars")]
    [InlineData(
        "select {{ env_var('NOTHING') }}", "models/wrong.sql:1:11", "the environment variable 'NOTHING' is not set",
        "with a default")]
    [InlineData(
        "{{ config(materialized='tabel') }}select 1 as x", "models/wrong.sql:1:1", "unknown type 'tabel'",
        "did you mean 'table'?")]
    [InlineData("{{ exceptions.raise_compiler_error('no such day') }}", "models/wrong.sql:1:15", "no such day", null)]
    [InlineData(
        "select * from {{ ref('orders', v=2) }}", "models/wrong.sql:1:18", "'orders' has no version 2",
        "it has no versions: leave the version out")]
    [InlineData(
        "{% call set_sql_header(config) %}set x = 1;{% endcall %}select 1 as x", "models/wrong.sql:1:1",
        "'sql_header' of dbt is not supported", "a Jinja macro in macros/")]
    [InlineData(
        "{% include 'a.sql' %}", "models/wrong.sql:1:4", "the Jinja block 'include' is not supported",
        "a macro in macros/")]
    [InlineData(
        "{# a #}\n\nselect\n  1 as x,\n  from {{ ref('orders') }} were id = 1 1", "models/wrong.sql:5:", "", null)]
    [InlineData(
        "select * from {{ dbt_date.today() }}", "models/wrong.sql:1:27", "the package 'dbt_date' is undefined",
        "it is not in dbt_packages/: run dbt deps")]
    public void What_is_wrong_is_told_with_its_place_in_the_template(
        string sql, string place, string message, string? hint)
    {
        Write("macros/cents.sql", "{% macro cents(a) %}{{ a }}{% endmacro %}");
        Write("packages.yml", "packages:\n- package: calogica/dbt_date\n  version: 0.10.0\n");
        Write("models/wrong.sql", sql);

        var error = Errors()[0];

        Assert.StartsWith(place, error.Place.ToString());
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        if (hint is not null) Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("modles: []", "unknown key 'modles'")]
    [InlineData("models:\n- name: ordres", "there is no model 'ordres'")]
    [InlineData("models:\n- name: orders\n  columns: [{name: id, tests: [uniqe]}]", "unknown test 'uniqe'")]
    [InlineData(
        "models:\n- name: orders\n  columns: [{name: id, tests: [dbt_expectations.expect_x]}]",
        "unknown test 'dbt_expectations.expect_x'")]
    [InlineData(
        "models:\n- name: orders\n  versions: [{v: 1}, {v: 2}]",
        "there is no file of version 1 of the model 'orders'\n  call it orders_v1.sql")]
    [InlineData(
        "models:\n- name: orders\n  latest_version: 3\n  versions: [{v: 1}]", "'orders' has no version 3\n  it has 1")]
    [InlineData(
        "models:\n- name: orders\n  versions: [{defined_in: orders}]",
        "a version of 'orders' needs its number\n  write '- v: 1'")]
    public void What_is_wrong_with_a_file_of_properties_is_told(string yaml, string message)
    {
        Write("models/x.yml", yaml);

        Assert.Contains(
            message, string.Join('\n', Errors().Select(error => error.Describe())), StringComparison.Ordinal);
    }

    [Fact]
    public void Tests_become_checks_of_the_table_or_tests_in_sql()
    {
        Write("macros/tests.sql",
            "{% test is_even(model, column_name, of=2) %}select * from {{ model }} where {{ column_name "
                + "}} % {{ of }} <> 0{% endtest %}");
        Write("models/x.yml", """
            models:
            - name: orders
              data_tests:
              - dbt_utils.unique_combination_of_columns: {combination_of_columns: [id, status]}
              columns:
              - name: id
                data_tests:
                - unique
                - not_null: {config: {severity: warn, where: "status = 'a'"}}
                - is_even: {of: 3, name: thirds}
                - is_even:
                    arguments: {of: 4}
                    config: {where: id > 1, severity: warn, warn_if: '> 10', tags: [slow]}
                - relationships: {to: ref('orders'), field: id}
                - accepted_values: {values: [1, 2], quote: false}
                - not_null: {config: {enabled: false}}
            """);

        var project = Load();
        var model = project.Models.Single();

        Assert.Equal(["unique(id)", "not_null(id)", "unique(id, status)"], model.Checks.Select(check => check.Title));
        Assert.Equal((OnViolation.Warn, "status = 'a'"), (model.Checks[1].OnViolation, model.Checks[1].Where));
        Assert.Equal(
            [
                "accepted_values_orders_id__False__1__2", "is_even_orders_id__4",
                "relationships_orders_id__id__ref_orders_", "thirds",
            ],
            project.SqlTests.Select(test => test.Name));
        var even = project.SqlTests[1];
        Assert.Contains(
            "from (select * from \"shop\".\"orders\" where id > 1) as dbt_subquery", even.Sql,
            StringComparison.Ordinal);
        Assert.Equal(["> 10"], even.Queries().Select(query => query.Query.Text[^4..]));
        Assert.Equal((OnViolation.Warn, "slow"), (even.OnViolation, even.Tags.Single()));
        Assert.Equal(["shop.orders"], even.References.Select(reference => reference.Name.ToString()));
    }

    [Fact]
    public void A_test_that_keeps_what_it_finds_is_one_in_sql_with_a_table_of_its_own()
    {
        Write("dbt_project.yml", """
            name: shop
            data_tests:
              +severity: warn
              shop:
                marts: {+store_failures: true}
                late_orders: {+store_failures_as: view, +schema: late}
            """);
        Write("models/marts/a.sql", "select 1 as id, 'x' as status");
        Write("models/marts/a.yml", """
            models:
            - name: a
              columns:
              - name: id
                data_tests:
                - unique
                - not_null: {config: {store_failures: false}}
                - not_null: {name: no id, config: {alias: nothing, store_failures_as: table}}
                - relationships: {to: ref('orders'), field: id}
              - name: status
                data_tests: [{accepted_values: {values: [one, two, three, four, five, six, seven, eight]}}]
            """);
        Write("models/x.yml", "models: [{name: orders, columns: [{name: id, data_tests: [unique]}]}]");
        Write("tests/late_orders.sql", "select * from {{ ref('orders') }}");

        var project = Load();

        Assert.Equal(
            ["a_ not_null(id)", "orders_ unique(id)"],
            project.Models.SelectMany(model => model.Checks.Select(check => $"{model.Name.Name}_ {check.Title}")));
        Assert.Equal(
            [
                "accepted_values_a_status__one__two__three__four__five__six__seven__eight "
                    + "shop_dbt_test__audit.accepted_values_a_status__one__57a44573b59ab84ee85cbfd34f37262c",
                "late_orders shop_late.late_orders", "no id shop_dbt_test__audit.nothing",
                "relationships_a_id__id__ref_orders_ shop_dbt_test__audit.relationships_a_id__id__ref_orders_",
                "unique_a_id shop_dbt_test__audit.unique_a_id",
            ],
            project.SqlTests.Select(test => $"{test.Name} {test.Failures?.Table}").Order(StringComparer.Ordinal));
        Assert.All(project.SqlTests, test => Assert.Equal(OnViolation.Warn, test.OnViolation));
        Assert.Equal(["late_orders"], project.SqlTests.Where(test => test.Failures!.IsView).Select(test => test.Name));
    }

    [Fact]
    public void A_test_fails_above_one_limit_and_warns_above_another()
    {
        Write("tests/a.sql",
            "{{ config(error_if='> 100', warn_if='> 10', limit=500, fail_calc='sum(id)') "
                + "}}select * from {{ ref('orders') }}");
        Write("tests/b.sql", "{{ config(error_if='> 3') }}select * from {{ ref('orders') }}");
        Write("tests/c.sql", "{{ config(store_failures_as='tabel') }}select * from {{ ref('orders') }}");

        Assert.Contains(
            Errors(),
            error =>
                error.Describe()
                    == "tests/c.sql:1:1: 'store_failures_as' cannot be 'tabel'\n  write table, view or ephemeral");
        Write("tests/c.sql", "select * from {{ ref('orders') }}");
        var tests = Load().SqlTests;

        Assert.Equal(["Fail > 100", "Warn > 10"], tests[0].Queries().Select(EndOf));
        Assert.Contains("LIMIT 500", tests[0].Found.Text, StringComparison.Ordinal);
        Assert.Equal(["Fail > 3", "Warn " + tests[1].Sql], tests[1].Queries().Select(EndOf));
        Assert.Equal(["Fail " + tests[2].Sql], tests[2].Queries().Select(EndOf));

        static string EndOf((OnViolation OnViolation, SqlBody Query) query) =>
            $"{query.OnViolation} {query.Query.Text.Split(")) ")[^1]}";
    }

    [Fact]
    public void Macros_of_packages_are_dispatched_and_can_be_replaced()
    {
        Write("dbt_packages/tools/dbt_project.yml", "name: tools\nmodels: {tools: {+materialized: table}}\n");
        Write("dbt_packages/tools/macros/a.sql", """
            {% macro wide(x) %}{{ return(adapter.dispatch('wide', 'tools')(x)) }}{% endmacro %}
            {% macro default__wide(x) %}{{ inner(x) }}{% endmacro %}
            {% macro duckdb__narrow(x) %}narrow_{{ x }}{% endmacro %}
            {% macro narrow(x) %}{{ return(adapter.dispatch('narrow', 'tools')(x)) }}{% endmacro %}
            {% macro inner(x) %}package_{{ x }}_{{ var('size', 3) }}{% endmacro %}
            """);
        Write("dbt_packages/tools/models/days.sql", "select 1 as day");
        Write("macros/a.sql",
            "{% macro inner(x) %}project_{{ x }}{% endmacro %}{% macro default__narrow(x) %}project{% endmacro %}");
        Write("models/m.sql",
            "select 1 as {{ tools.wide('a') }}, 2 as {{ inner('b') }}, 3 as {{ tools.narrow('c') }}, day "
                + "from {{ ref('tools', 'days') }}");

        Assert.Equal(
            "select 1 as package_a_3, 2 as project_b, 3 as project, day from \"shop\".\"days\"", Model("shop.m").Sql);
        Assert.Equal("table", Model("shop.days").Materialization.Name);
        Assert.Equal(["shop.days"], Selected("package:tools"));
        Assert.Equal(["shop.m", "shop.orders"], Selected("package:this"));
        Assert.Equal(Selected("package:this"), Selected("package:shop"));

        IEnumerable<string> Selected(string selector) =>
            new SelectionRequest { Select = [selector] }
                .Find(Load(), SelectionFacts.None).Tables.Select(table => $"{table}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public void A_merge_takes_the_columns_that_stay_and_other_strategies_pass_them_over()
    {
        Write("models/a.sql",
            "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', "
                + "merge_exclude_columns=['made_at']) }}select 1 as id");
        Write("models/b.sql",
            "{{ config(materialized='incremental', unique_key='id', "
                + "merge_exclude_columns=['made_at']) }}select 1 as id");

        Assert.True(
            Model("shop.a").Materialization.Strategy is IncrementalStrategy.Merge { ExcludeColumns: ["made_at"] });
        Assert.IsType<IncrementalStrategy.DeleteInsert>(Model("shop.b").Materialization.Strategy);
    }

    [Fact]
    public void What_is_built_in_of_dbt_utils_says_what_the_package_does()
    {
        Write("models/m.sql", """
            select {{ dbt_utils.generate_surrogate_key(['a', 'b']) }} as key, {{ dbt_utils.safe_add(['a', 'b']) }} as total,
              {{ dbt_utils.safe_divide('a', 'b') }} as part, {{ dbt_utils.width_bucket('a', 0, 10, 5) }} as bucket,
              '{{ dbt_utils.slugify('Já é 1 Name!') }}' as slug, {{ dbt.dateadd('day', 3, "date '2026-01-01'") }} as later,
              {{ dbt_utils.pivot('c', ['x', 'y'], agg='count') }}
            from (select 1 as a, 2 as b, 'x' as c)
            {{ dbt_utils.group_by(2) }}
            """);
        Write("models/spine.sql",
            "{{ dbt_utils.date_spine('day', \"cast('2026-01-01' as date)\", \"cast('2026-01-04' as date)\") }}");
        Write("models/deduplicated.sql",
            "{{ dbt_utils.deduplicate(ref('orders'), partition_by='id', order_by='status') }}");

        var sql = Model("shop.m").Sql;

        Assert.Contains("coalesce(a, 0) + coalesce(b, 0)", sql, StringComparison.Ordinal);
        Assert.Contains("( a ) / nullif( ( b ), 0)", sql, StringComparison.Ordinal);
        Assert.Contains("'j__1_name' as slug", sql, StringComparison.Ordinal);
        Assert.Contains("date '2026-01-01' + cast(3 as bigint) * interval 1 day", sql, StringComparison.Ordinal);
        Assert.Contains("group by 1, 2", sql, StringComparison.Ordinal);
        using var session = engines.Open(Workload.Query);
        using var rows = session.Query(Model("shop.spine").Sql, TestContext.Current.CancellationToken);
        Assert.Equal(3, rows.CountRest(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Sources_may_be_tables_of_the_lake_or_files()
    {
        Write("models/x.yml", """
            sources:
            - name: till
              schema: bronze
              tables:
              - {name: sales, identifier: till_sales}
              - {name: rates, config: {meta: {external_location: 'data/{name}.csv'}}}
            """);
        Write("models/m.sql", "select * from {{ source('till', 'sales') }}, {{ source('till', 'rates') }}");

        var model = Model("shop.m");

        Assert.Equal(
            $"select * from \"bronze\".\"till_sales\", read_csv('{Path.Combine(folder, "data/rates.csv")}')",
            model.Sql);
        Assert.Equal(
            [(ReferenceKind.Lake, "bronze.till_sales")],
            model.References.Select(reference => (reference.Kind, reference.Name.ToString())));
    }

    [Fact]
    public void Snapshots_are_blocks_or_yaml()
    {
        Write("snapshots/a.sql", """
            {% snapshot a %}{{ config(unique_key='id', strategy='timestamp', updated_at='changed_at', target_schema='past') }}
            select id, changed_at from {{ ref('orders') }}{% endsnapshot %}
            {% snapshot b %}{{ config(unique_key=['id', 'n'], strategy='check', check_cols='all', invalidate_hard_deletes=true) }}select 1 as id, 2 as n{% endsnapshot %}
            """);
        Write("snapshots/c.yml", """
            snapshots:
            - name: c
              relation: ref('orders')
              config: {unique_key: id, strategy: check, check_cols: [status], schema: kept}
            - name: d
              relation: source('till', 'sales')
              config:
                unique_key: id
                strategy: timestamp
                updated_at: sold_at
                hard_deletes: new_record
                dbt_valid_to_current: "cast('9999-12-31' as timestamp)"
                snapshot_meta_column_names: {dbt_valid_from: since, dbt_is_deleted: gone, dbt_scd_id: scd}
            sources: [{name: till, schema: bronze, tables: [{name: sales}]}]
            """);

        var found = Load().Models.Where(model => model.Materialization is Materialization.Snapshot)
            .ToDictionary(model => model.Name.ToString(), model => (Materialization.Snapshot)model.Materialization);

        Assert.Equal(["past.a", "shop.b", "shop.d", "shop_kept.c"], found.Keys.Order(StringComparer.Ordinal));
        var named = found["shop.d"].Strategy;
        Assert.Equal(("since", "dbt_valid_to", "scd", "dbt_updated_at", "gone"),
            (named.Columns.ValidFrom, named.Columns.ValidTo, named.Columns.VersionId, named.Columns.VersionAt,
                named.Columns.IsDeleted));
        Assert.Equal(
            (HardDeletes.NewRecord, "cast('9999-12-31' as timestamp)"), (named.HardDeletes, named.ValidToCurrent));
        Assert.Equal(["bronze.sales"], Model("shop.d").References.Select(reference => reference.Name.ToString()));
        var byTime = Assert.IsType<IncrementalStrategy.Scd2ByTime>(found["past.a"].Strategy);
        Assert.Equal(
            ("changed_at", "dbt_valid_from", "dbt_valid_to"),
            (byTime.UpdatedAt, byTime.Columns.ValidFrom, byTime.Columns.ValidTo));
        Assert.True(
            found["shop.b"].Strategy is IncrementalStrategy.Scd2ByColumn { EndsDeleted: true, CheckColumns: [], UniqueKey: ["id", "n"] });
        Assert.True(found["shop_kept.c"].Strategy is IncrementalStrategy.Scd2ByColumn { CheckColumns: ["status"] });
        Assert.Equal(
            ("dbt_scd_id", "dbt_updated_at"),
            (found["shop.b"].Strategy.Columns.VersionId, found["shop.b"].Strategy.Columns.VersionAt));
        Assert.Equal(
            ("dbt_scd_id", "dbt_updated_at", null),
            (byTime.Columns.VersionId, byTime.Columns.VersionAt, byTime.Columns.IsDeleted));
    }

    [Fact]
    public void What_asks_the_lake_may_be_no_sql_before_it_can_be_asked()
    {
        Write("macros/a.sql", """
            {% macro values(relation) %}
              {%- if not execute -%}{{ return('') }}{%- endif -%}
              {%- if relation is mapping and relation.get('metadata', {}).get('type', '').endswith('Relation') and not relation.is_cte -%}
                {%- call statement('found', fetch_result=true) -%}
                  {%- if load_relation(relation) is none -%}{{ exceptions.raise_compiler_error(relation ~ ' does not exist') }}{%- endif -%}
                  select 1
                {%- endcall -%}
                {{ return(load_result('found')['data'] | map(attribute=0) | list) }}
              {%- endif -%}
            {% endmacro %}
            {% test as_many(model, to) %}{{ config(fail_calc='sum(difference)') }}
              {%- if not execute -%}{{ return('') }}{%- endif -%}
              select 0 as difference from {{ model }}, {{ to }} where {{ adapter.get_columns_in_relation(model) | length }} = 0
            {% endtest %}
            """);
        Write("models/m.sql",
            "select id {%- for value in values(ref('orders')) %}, {{ value }} as v_{{ value }}{% endfor %}, "
                + "from where {{ ref('orders') }}");
        Write("models/x.yml", "models: [{name: orders, data_tests: [{as_many: {to: ref('orders')}}]}]");

        var project = Load();

        Assert.Equal(["shop.orders"], project.Models[0].References.Select(reference => reference.Name.ToString()));
        var test = Assert.Single(project.SqlTests);
        Assert.Equal(
            ("select 1 as nothing where false", "shop.orders"), (test.Sql, test.References.Single().Name.ToString()));
        Assert.StartsWith(
            "select 0 as difference", test.Template!.Render(false, null, TestContext.Current.CancellationToken).Text,
            StringComparison.Ordinal);
        Assert.Contains(
            "(SELECT sum(difference) FROM", Assert.Single(test.Queries()).Query.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_switched_off_is_known_and_not_read()
    {
        Write("models/off.sql", "{{ config(enabled=false) }}select {{ nothing() }}");
        Write("models/m.sql", "select * from {{ ref('off') }}");

        Assert.Contains(
            Errors(),
            error => error.Message.Contains("the model 'shop.off' is switched off", StringComparison.Ordinal));
    }

    [Fact]
    public void Variables_stand_over_each_other_by_where_they_stand()
    {
        Write("dbt_project.yml", "name: shop\nvars:\n  a: 1\n  b: 2\n  shop: {b: 3}\n");
        Write("models/m.sql",
            "select {{ var('a') }} as a, {{ var('b') }} as b, {{ var('c', 4) }} as c, {{ var.has_var('d') }} as d");

        Assert.Equal("select 1 as a, 3 as b, 4 as c, False as d", Model("shop.m").Sql);
        Assert.Equal(
            "select 9 as a, 3 as b, 4 as c, False as d",
            Load(vars: "{a: 9}").Models.Single(model => model.Name.Name == "m").Sql);
    }

    [Fact]
    public void A_model_that_is_made_of_rows_of_the_lake_stops_no_project_before_there_are_some()
    {
        Write("models/m.sql", """
            {% set rows = run_query("select 1 as n where false") %}
            {% if execute %}{% for row in rows.rows %}select {{ row[0] }} as n{% endfor %}{% endif %}
            """);

        Assert.NotNull(Model("shop.m").Template);
        Assert.Empty(Errors());
    }

    [Fact]
    public void Variables_that_are_templates_are_rendered_where_they_are_asked_for()
    {
        Write("dbt_project.yml", """
            name: shop
            vars: {t: "{{ source('raw', 't') }}", o: "{{ ref('orders') }}", both: "{{ var('t') }}", me: "{{ var('me') }}"}

            """);
        Write("models/s.yml", "sources:\n- name: raw\n  tables: [{name: t}]\n");
        Write("models/m.sql", "select * from {{ var('both') }} join {{ var('o') }} using (id)");

        var model = ProjectLoader.Load(
            folder, Options(null, null) with { ExistsInLake = static _ => true }, engines,
            TestContext.Current.CancellationToken)
            .Models.Single(model => model.Name.Name == "m");

        Assert.Equal("select * from \"raw\".\"t\" join \"shop\".\"orders\" using (id)", model.Sql);
        Assert.Equal(
            ["raw.t", "shop.orders"],
            model.References.Select(reference => reference.Name.ToString()).Order(StringComparer.Ordinal));

        Write("models/m.sql", "select {{ var('me') }}");
        Assert.Equal("the variable 'me' is made of itself", Assert.Single(Errors()).Message);
    }

    [Fact]
    public void What_the_project_says_of_a_packages_variables_holds_in_the_packages_yaml()
    {
        Write("dbt_project.yml", "name: shop\nvars:\n  shop: {raw: own}\n  tools: {raw: theirs, kind: table}\n");
        Write("models/s.yml", "sources:\n- name: near\n  schema: \"{{ var('raw') }}\"\n  tables: [{name: t}]\n");
        Write("models/near.sql", "select * from {{ source('near', 't') }}");
        Write("dbt_packages/tools/dbt_project.yml",
            "name: tools\nvars: {raw: unset, kind: view}\nmodels: {tools: {+materialized: \"{{ var('kind') }}\"}}\n");
        Write("dbt_packages/tools/models/s.yml",
            "sources:\n- name: far\n  schema: \"{{ var('raw') }}\"\n  tables: [{name: t}]\nmodels:\n- name: far\n  "
                + "description: \"of {{ var('raw') }}\"\n");
        Write("dbt_packages/tools/models/far.sql", "select * from {{ source('far', 't') }}");

        var models = ProjectLoader.Load(
            folder, Options(null, null) with { ExistsInLake = static _ => true }, engines,
            TestContext.Current.CancellationToken).Models;

        Assert.Equal("select * from \"own\".\"t\"", models.Single(model => model.Name.Name == "near").Sql);
        var far = models.Single(model => model.Name.Name == "far");
        Assert.Equal(
            ("select * from \"theirs\".\"t\"", "of theirs", "table"),
            (far.Sql, far.Description, far.Materialization.Name));
    }

    [Fact]
    public void The_definition_of_an_incremental_model_is_the_same_in_each_run()
    {
        Write("models/m.sql", """
            {{ config(materialized='incremental', unique_key='id') }}
            select *, '{{ run_started_at }}' as run_at from {{ ref('orders') }}{% if is_incremental() %} where id > (select max(id) from {{ this }}){% endif %}
            """);

        var model = Model("shop.m");

        Assert.Equal("select *, '1970-01-01 00:00:00+00:00' as run_at from \"shop\".\"orders\"", model.Definition);
        Assert.NotNull(model.Template);
        Assert.Contains(
            "(select max(id) from \"shop\".\"m\")",
            model.Template.Render(true, null, TestContext.Current.CancellationToken).Text, StringComparison.Ordinal);
        Assert.IsType<IncrementalStrategy.DeleteInsert>(model.Materialization.Strategy);
        Assert.Equal(OnSchemaChange.Ignore, model.Materialization.OnSchemaChange);
    }
}
