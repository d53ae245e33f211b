using Foz.Lake;
using Foz.Pipelines.Selection;
using Foz.Tests.Pipelines.Projects;

namespace Foz.Tests.Pipelines.Selectors;

/// <summary>What selectors mean, on one project with something for each method.</summary>
public sealed class SelectorTests : IDisposable
{
    readonly ProjectFolder folder = new();

    public SelectorTests()
    {
        folder["foz.yml"] = ProjectFolder.FozYml;
        folder["sources/shop.yml"] = """
            connection: shop
            tags: [raw]
            streams: {orders: {table: o, checks: [{row_count: {min: 1}}]}, items: {table: i}}
            """;
        folder["models/silver/orders.sql"] = """
            /* @foz
            tags: [daily, core]
            group: sales
            owner: ana
            materialization: {type: incremental, strategy: merge, unique_key: [id]}
            columns: [{name: id, checks: [unique]}]
            @foz */
            select * from bronze.orders
            """;
        folder["models/silver/items.sql"] = "/* @foz\ntags: [daily]\n@foz */\nselect * from bronze.items";
        folder["models/gold/reports/sales.sql"] =
            "/* @foz\nmaterialization: view\n@foz */\nselect * from silver.orders, silver.items";
        folder["models/gold/top.sql"] = "/* @foz\nmeta: {team: {name: front}}\n@foz */\nselect * from gold.sales";
        folder["tests/no_orphans.sql"] = "select * from silver.orders, silver.items";
        folder["tests/top_ten.sql"] = "/* @foz\ntags: [daily]\n@foz */\nselect * from gold.top";
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("orders", "bronze.orders silver.orders")]
    [InlineData("silver.orders", "silver.orders")]
    [InlineData("SILVER.Orders", "silver.orders")]
    [InlineData("silver", "silver.items silver.orders")]
    [InlineData("silver.*", "silver.items silver.orders")]
    [InlineData("*s", "bronze.items bronze.orders gold.sales silver.items silver.orders")]
    [InlineData("gold.reports.sales", "gold.sales")]
    [InlineData("gold.reports", "gold.sales")]
    [InlineData("models.gold", "gold.sales gold.top")]
    [InlineData("loja.models.gold.top", "gold.top")]
    [InlineData("loja.silver.*", "silver.items silver.orders")]
    [InlineData("fqn:gold.t[a-p]p", "gold.top")]
    [InlineData("+gold.sales", "bronze.items bronze.orders gold.sales silver.items silver.orders")]
    [InlineData("1+gold.top", "gold.sales gold.top")]
    [InlineData("2+gold.top", "gold.sales gold.top silver.items silver.orders")]
    [InlineData("bronze.orders+1", "bronze.orders silver.orders")]
    [InlineData("1+silver.orders+1", "bronze.orders gold.sales silver.orders")]
    [InlineData("bronze.items+", "bronze.items gold.sales gold.top silver.items")]
    [InlineData("@silver.items", "bronze.items bronze.orders gold.sales gold.top silver.items silver.orders")]
    [InlineData("99999999999+gold.sales", "bronze.items bronze.orders gold.sales silver.items silver.orders")]
    [InlineData("0+gold.sales+0", "gold.sales")]
    [InlineData("tag:daily", "silver.items silver.orders")]
    [InlineData("tag:daily,tag:core", "silver.orders")]
    [InlineData("tag:raw,items", "bronze.items")]
    [InlineData("tag:core silver.items", "silver.items silver.orders")]
    [InlineData("path:models/gold", "gold.sales gold.top")]
    [InlineData("models/silver/orders.sql", "silver.orders")]
    [InlineData("./models/gold/", "gold.sales gold.top")]
    [InlineData("path:models/*/reports", "gold.sales")]
    [InlineData("file:orders.sql", "silver.orders")]
    [InlineData("top.sql", "gold.top")]
    [InlineData("file:top", "gold.top")]
    [InlineData("source:shop", "bronze.items bronze.orders")]
    [InlineData("source:shop.orders+1", "bronze.orders silver.orders")]
    [InlineData("source:*", "bronze.items bronze.orders")]
    [InlineData("config.materialized:view", "gold.sales")]
    [InlineData("config.materialized:table", "gold.top silver.items")]
    [InlineData("config.materialization:incremental", "silver.orders")]
    [InlineData("config.incremental_strategy:merge", "silver.orders")]
    [InlineData("config.unique_key:id", "silver.orders")]
    [InlineData("config.meta.team.name:front", "gold.top")]
    [InlineData("config.owner:a*", "silver.orders")]
    [InlineData("config.schema:gold", "gold.sales gold.top")]
    [InlineData("config.mode:snapshot", "bronze.items bronze.orders")]
    [InlineData("config.owner:nobody", "")]
    [InlineData("resource_type:source", "bronze.items bronze.orders")]
    [InlineData("resource_type:model,gold", "gold.sales gold.top")]
    [InlineData("group:sales", "silver.orders")]
    [InlineData("package:this,group:sales", "silver.orders")]
    [InlineData("tag:daily,gold", "")]
    public void A_selector_means_tables(string selector, string expected) => Assert.Equal(expected, TablesOf(selector));

    [Theory]
    [InlineData("silver.orders", "no_orphans silver.orders checks")]
    [InlineData("no_orphans", "no_orphans")]
    [InlineData("tag:daily", "no_orphans silver.orders checks top_ten")]
    [InlineData("test_type:singular", "no_orphans top_ten")]
    [InlineData("test_type:generic", "bronze.orders checks silver.orders checks")]
    [InlineData("test_type:data,gold.top+", "top_ten")]
    [InlineData("resource_type:test", "bronze.orders checks no_orphans silver.orders checks top_ten")]
    [InlineData("path:tests/top_ten.sql", "top_ten")]
    [InlineData("gold.top", "top_ten")]
    public void Tests_go_with_the_tables_that_they_look_at(string selector, string expected) => Assert.Equal(
        expected,
        string.Join(
            ' ',
            Find(new() { Select = [selector] }).Items.Where(item => item is not Resource.Table)
                .Select(item => item.Name).Order(StringComparer.Ordinal)));

    [Fact]
    public void What_is_excluded_is_left_out_with_its_tests()
    {
        var selected = Find(new() { Select = ["silver", "gold"], Exclude = ["silver.items+"] });

        Assert.Equal("silver.orders", Names(selected));
        Assert.Equal(
            ["silver.orders checks"],
            selected.Items.Where(item => item is not Resource.Table).Select(item => item.Name));
        Assert.Equal(
            "gold.sales gold.top silver.items silver.orders", Names(Find(new() { Exclude = ["source:shop"] })));
    }

    [Theory]
    [InlineData("silver.order", "'silver.order' selects nothing of the project", "did you mean 'silver.orders'?")]
    [InlineData("sales,silver.ordrs", "'silver.ordrs' selects nothing of the project", "did you mean 'silver.orders'?")]
    [InlineData(
        "tga:daily", "the selector 'tga:daily' has no meaning: there is no method 'tga'", "did you mean 'tag'?")]
    [InlineData("tag:dialy", "'tag:dialy' selects nothing of the project", "did you mean 'daily'?")]
    [InlineData(
        "source:shop.order", "'source:shop.order' selects nothing of the project", "did you mean 'shop.orders'?")]
    [InlineData(
        "path:models/sliver", "'path:models/sliver' selects nothing of the project", "did you mean 'models/silver'?")]
    [InlineData("package:dbt_utils", "'package:dbt_utils' selects nothing of the project", "known: loja")]
    [InlineData("group:sale", "'group:sale' selects nothing of the project", "did you mean 'sales'?")]
    [InlineData("tag:", "the selector 'tag:' has no meaning: nothing follows 'tag:'", null)]
    [InlineData(" ", "the selector '' has no meaning: it names nothing", "leave it out to mean all")]
    [InlineData("+", "the selector '+' has no meaning: it names nothing", null)]
    [InlineData(
        "a,,b", "the selector 'a,,b' has no meaning: a comma stands between two selectors, and means what both do",
        null)]
    [InlineData(
        "@top+",
        "the selector '@top+' has no meaning: @ takes all that needs a name, and all that this needs: no + can stand beside it", null)]
    [InlineData("a+b", "the selector 'a+b' has no meaning: + goes before or after a name, @ before it", null)]
    [InlineData(
        "config:view", "the selector 'config:view' has no meaning: 'config' needs a key: config.materialized:view",
        null)]
    [InlineData("tag.x:y", "the selector 'tag.x:y' has no meaning: 'tag' takes nothing after a dot", "write tag:y")]
    [InlineData(
        "resource_type:modle", "the selector 'resource_type:modle' has no meaning: 'resource_type' cannot be 'modle'",
        "did you mean 'model'?")]
    [InlineData("exposure:board", "'exposure:board' selects nothing of the project", "a project has no exposures yet")]
    [InlineData("metric:revenue", "'metric:revenue' selects nothing of the project", "a project has no metrics yet")]
    [InlineData("selector:nightly", "the project has no selector 'nightly'", "state it in selectors.yml")]
    public void What_means_nothing_is_an_error_with_the_nearest_name(string selector, string message, string? hint)
    {
        var error = Assert.Throws<FozException>(() => Find(new() { Select = [selector] }));

        Assert.Equal((ErrorKind.Usage, message, hint), (error.Kind, error.Message, error.Hint));
    }

    [Fact]
    public void Selectors_of_the_project_are_those_of_dbt()
    {
        folder["selectors.yml"] = """
            selectors:
              - name: nightly
                description: what the night makes
                default: true
                definition:
                  union:
                    - method: tag
                      value: daily
                      children: true
                      children_depth: 1
                    - intersection: ['path:models/gold', 'config.materialized:table']
                    - exclude: ['silver.items']
              - name: short
                definition: 'tag:core'
              - {name: keyed, definition: {tag: core}}
              - name: wider
                definition: {method: selector, value: short, parents: true}
              - name: less
                definition: {method: fqn, value: silver, exclude: [{method: selector, value: short}]}
            """;

        Assert.Equal("gold.sales gold.top silver.orders", Names(Find(SelectionRequest.All)));
        Assert.Equal("gold.sales gold.top silver.orders", Names(Find(new() { Selector = "nightly" })));
        Assert.Equal("bronze.orders silver.orders", Names(Find(new() { Selector = "wider" })));
        Assert.Equal("silver.items", Names(Find(new() { Selector = "less" })));
        Assert.Equal("silver.orders", TablesOf("selector:keyed"));
        Assert.Equal("bronze.orders silver.orders", TablesOf("1+selector:short"));
        Assert.Equal("silver.items", TablesOf("silver.items"));
        Assert.Throws<FozException>(() => Find(new() { Selector = "short", Select = ["gold"] }));
        var error = Assert.Throws<FozException>(() => Find(new() { Selector = "nigthly" }));
        Assert.Equal("did you mean 'nightly'?", error.Hint);
    }

    [Fact]
    public void What_is_wrong_with_stated_selectors_is_told_with_its_place()
    {
        folder["selectors.yml"] = """
            selectors:
              - name: a
                definition: {method: tga, value: x}
              - name: b
                definition: {method: tag, value: x, chlidren: true}
              - {name: c}
              - {name: d, definition: {union: tag}}
              - {name: e, definition: 'a,', deflaut: true}
              - {name: f, definition: 'x'}
              - {name: f, definition: 'y'}
              - {name: g, definition: {method: tag, value: x, indirect_selection: cautious}}
            """;

        Assert.Equal(
            [
                "selectors.yml:3:17: the selector 'tga:x' has no meaning: there is no "
                    + "method 'tga'\n  did you mean 'tag'?",
                "selectors.yml:5:41: unknown key 'chlidren'\n  did you mean 'children'?",
                "selectors.yml:6:5: the selector 'c' has no 'definition'\n  write definition: 'tag:nightly'",
                "selectors.yml:7:35: 'union' must be a list of definitions, not 'tag'",
                "selectors.yml:8:27: the selector 'a,' has no meaning: a comma stands between two "
                    + "selectors, and means what both do",
                "selectors.yml:8:33: unknown key 'deflaut'\n  did you mean 'default'?",
                "selectors.yml:10:12: the selector 'f' is there twice\n  first at selectors.yml:9:5",
                "selectors.yml:11:71: 'indirect_selection: cautious' is not supported\n  known: eager",
            ],
            folder.Errors());
    }

    [Fact]
    public void A_selector_that_is_made_of_itself_is_told()
    {
        folder["foz.yml"] = ProjectFolder.FozYml + """
            selectors:
              - {name: a, definition: 'selector:b'}
              - {name: b, definition: {union: ['selector:a', 'silver']}}

            """;

        var error = Assert.Throws<FozException>(() => TablesOf("selector:a"));
        Assert.Equal("the selector 'a' is made of itself", error.Message);
        Assert.Equal("foz.yml", error.Place?.File);
    }

    static string Names(SelectedResources selected) =>
        string.Join(' ', selected.Tables.Select(name => $"{name}").Order(StringComparer.Ordinal));

    string TablesOf(string selector) => Names(Find(new() { Select = [selector] }));

    SelectedResources Find(SelectionRequest request) => request.Find(folder.Load(), SelectionFacts.None);
}
