using Foz.Pipelines.Selection;

namespace Foz.Tests.Dbt;

/// <summary>Versions of models, analyses, unit tests and the graph of dbt projects, without a lake.</summary>
public sealed class DbtResourceTests : IDisposable
{
    readonly DbtFolder project = new();

    public void Dispose() => project.Dispose();

    [Fact]
    public void Versions_are_tables_of_their_own_and_the_latest_is_meant_without_one()
    {
        project.Write("models/customers_v1.sql", "select 1 as id");
        project.Write("models/customers.sql", "select 1 as id, 2 as age, 3 as size");
        project.Write("models/old/people.sql", "select 0 as id");
        project.Write(
            "models/m.sql",
            "select * from {{ ref('customers') }}, {{ ref('customers', v=1) }}, {{ "
                + "ref('shop', 'customers', version='0') }}");
        project.Write("models/customers.yml", """
            models:
            - name: customers
              description: Who buys
              latest_version: 2
              config: {materialized: table, tags: [people]}
              data_tests: [{dbt_utils.expression_is_true: {expression: id > 0}}]
              columns:
              - {name: id, data_tests: [unique]}
              - {name: age, data_tests: [not_null]}
              versions:
              - v: 0
                defined_in: people
                config: {alias: first_customers}
                data_tests: []
              - v: 1
                config: {materialized: view}
                columns: [{include: all, exclude: [age]}]
              - v: 2
                description: Who buys, and how big they are
                columns: [{name: size, data_tests: [not_null]}, {name: id, description: Who}]
            """);

        var found = project.Load();

        Assert.Equal(
            [
                "shop.customers_v1 view unique(id) expression",
                "shop.customers_v2 table not_null(age) not_null(size) expression",
                "shop.first_customers table unique(id) not_null(age)",
            ],
            found.Models.Where(model => model.Tags.Contains("people"))
                .Select(model =>
                    $"{model.Name} {model.Materialization.Name} "
                        + $"{string.Join(' ', model.Checks.Select(check => check.Title))}"));
        Assert.Equal("Who buys, and how big they are", project.Model("shop.customers_v2").Description);
        Assert.Equal(
            "select * from \"shop\".\"customers_v2\", \"shop\".\"customers_v1\", \"shop\".\"first_customers\"",
            project.Model("shop.m").Sql);
    }

    [Fact]
    public void Analyses_are_rendered_and_selected_and_never_made()
    {
        project.Write(
            "analyses/top.sql",
            "{{ config(tags='adhoc') }}select * from {{ ref('orders') }} where id = {{ var('id', 7) }}");
        project.Write("analyses/off.sql", "{{ config(enabled=false) }}select {{ nothing() }}");
        project.Write("analyses/about.yml", "analyses: [{name: top, description: The best, config: {tags: [said]}}]");

        var found = project.Load();
        var analysis = Assert.Single(found.Analyses);

        Assert.Equal(
            ("top", "The best", "analyses/top.sql", "select * from \"shop\".\"orders\" where id = 7"),
            (analysis.Name, analysis.Description, analysis.File, analysis.Body.Text));
        Assert.Equal(["said", "adhoc"], analysis.Tags);
        Assert.Equal(["shop.orders"], analysis.References.Select(reference => reference.Name.ToString()));
        Assert.Equal(["shop.orders"], found.Models.Select(model => model.Name.ToString()));
        Assert.Equal(["top"], Selected("resource_type:analysis"));
        Assert.Equal(["top"], Selected("tag:adhoc"));
        Assert.Equal(["shop.orders", "top"], Selected("+top"));

        IEnumerable<string> Selected(string selector) =>
            new SelectionRequest { Select = [selector] }
                .Find(found, SelectionFacts.None).Items.Select(item => item.Name);
    }

    [Fact]
    public void A_unit_test_has_the_model_as_it_is_with_what_it_overrides()
    {
        project.Write("macros/a.sql", "{% macro today() %}current_date{% endmacro %}");
        project.Write("models/m.sql", """
            {{ config(materialized='incremental') }}
            select id, {{ today() }} as day, {{ var('size', 1) }} as size, '{{ env_var('MODE', 'x') }}' as mode, {{ dbt_utils.safe_add(['id', 'id']) }} as twice
            from {{ ref('orders') }}{% if is_incremental() %} where id > (select max(id) from {{ this }}){% endif %}
            """);
        project.Write("models/m.yml", """
            unit_tests:
            - name: plain
              model: m
              given: [{input: ref('orders'), rows: [{id: 1}]}]
              expect: {rows: [{id: 1}]}
            - name: changed
              model: m
              config: {tags: [fast], meta: {a: 1}}
              overrides:
                macros: {is_incremental: true, today: "date '2026-01-01'", dbt_utils.safe_add: '0'}
                vars: {size: 9}
                env_vars: {MODE: y}
              given: [{input: ref('orders'), rows: [{id: 2}]}, {input: this, rows: [{id: 1}]}]
              expect: {rows: [{id: 2}]}
            """);

        var tests = project.Load().UnitTests;

        Assert.Equal(
            """
            select id, date '2026-01-01' as day, 9 as size, 'y' as mode, 0 as twice
            from "shop"."orders" where id > (select max(id) from "shop"."m")
            """,
            tests[0].Body?.Text);
        Assert.Equal(["shop.orders", "shop.m"], tests[0].Given.Keys.Select(name => name.ToString()));
        Assert.Equal(["fast"], tests[0].Tags);
        Assert.EndsWith("as twice\nfrom \"shop\".\"orders\"", tests[1].Body?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_unit_test_is_one_of_each_version_of_its_model()
    {
        project.Write("models/c_v1.sql", "select id from {{ ref('orders') }}");
        project.Write("models/c_v2.sql", "select id from {{ ref('orders') }}");
        project.Write("models/c.yml", """
            models: [{name: c, versions: [{v: 1}, {v: 2}]}]
            unit_tests:
            - {name: all, model: c, expect: {rows: []}}
            - {name: new, model: c, versions: {include: [2]}, expect: {rows: []}}
            """);

        Assert.Equal(
            ["all_v1 shop.c_v1", "all_v2 shop.c_v2", "new shop.c_v2"],
            project.Load().UnitTests.Select(test => $"{test.Name} {test.Model}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_reads_the_graph_is_another_where_the_project_is()
    {
        project.Write("models/x.yml", """
            models: [{name: orders, description: All of them, config: {meta: {owner: ana}, tags: [daily]}, columns: [{name: id, description: Which}]}]
            sources: [{name: till, schema: bronze, tables: [{name: sales}]}]
            """);
        project.Write("models/m.sql", """
            {% set found = [] %}
            {% if execute %}
              {% for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='name') %}
                {% do found.append(node.name ~ ' ' ~ node.config.materialized ~ ' ' ~ node.config.meta.get('owner', '-') ~ ' ' ~ node.depends_on.nodes | join('+')
                  ~ ' ' ~ node.columns.keys() | join('+')) %}
              {% endfor %}
              {% for source in graph.sources.values() %}{% do found.append(source.source_name ~ '.' ~ source.name ~ ' ' ~ source.schema) %}{% endfor %}
            {% endif %}
            select '{{ found | join(', ') }}' as found from {{ ref('orders') }}
            """);

        var before = project.Model("shop.m");
        Assert.Equal(
            "select 'm view - model.shop.orders , orders view ana  id, till.sales bronze' as "
                + "found from \"shop\".\"orders\"", before.Sql);
        Assert.Equal(before.Definition, project.Model("shop.m").Definition);

        project.Write("models/n.sql", "select 1 as x");

        Assert.NotEqual(before.Definition, project.Model("shop.m").Definition);
        Assert.Null(project.Model("shop.orders").Template);
    }

    [Fact]
    public void Templates_are_told_which_command_runs_and_their_definition_is_the_same_in_all()
    {
        project.Write("models/m.sql", "select '{{ flags.WHICH }} {{ flags.FULL_REFRESH }}' as x");

        var built = project.Load("build").Models.Single(model => model.Name.Name == "m");

        Assert.Equal(("select 'build False' as x", "select 'run False' as x"), (built.Sql, built.Definition));
    }
}
