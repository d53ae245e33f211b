using System.Text.Json.Nodes;

namespace Foz.AcceptanceTests.Browser;

/// <summary>The documentation of a project as people see it, in a browser.</summary>
public sealed class DocumentationSiteTests : IDisposable
{
    const int Many = 450;

    readonly string folder = Directory.CreateTempSubdirectory("foz-site-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Tables_are_found_and_their_pages_graphs_and_diagrams_are_drawn()
    {
        await using var browser = await ChromiumPage.OpenAsync();
        WriteShop();
        (await FozProcess.RunAsync(folder, "run")).Expect(0);
        (await FozProcess.RunAsync(folder, "docs", "generate", "--folder", "site")).Expect(0);

        await browser.GoAsync(Url("index.html"));
        Assert.Equal(["bronze", "silver", "gold"], await browser.TextsAsync("nav summary"));
        await SearchAsync(browser, "daily amount");
        Assert.Equal(["silver.orders"], await browser.TextsAsync(".found a"));
        await browser.FollowAsync("document.querySelector('.found a').click()");

        Assert.EndsWith(
            "/tables/silver.orders.html", $"{await browser.EvaluateAsync("location.href")}", StringComparison.Ordinal);
        Assert.Equal(["silver.orders table"], await browser.TextsAsync("h1"));
        Assert.Equal(["id", "customer_id", "amount"], (await browser.TextsAsync("main tr[id] td:first-child")));
        Assert.Contains("unique(id)", await browser.TextsAsync("main td code"));
        Assert.Equal(
            "silver.orders",
            $"{await browser.EvaluateAsync("document.querySelector('nav a[aria-current]').textContent.trim() && document.title.split(' ')[0]")}");
        Assert.Contains("2.5", string.Join(' ', await browser.TextsAsync("pre")), StringComparison.Ordinal);
        // The picture names what it is made from, and leads there.
        Assert.Equal(["bronze.orders", "gold.sales", "silver.orders"], await DrawnAsync(browser));
        await browser.FollowAsync(
            "[...document.querySelectorAll('main svg a')].find(a => "
                + "a.textContent.includes('gold.sales')).dispatchEvent(new MouseEvent('click', {bubbles: true}))");
        Assert.Equal(["gold.sales view"], await browser.TextsAsync("h1"));

        await browser.GoAsync(Url("lineage.html"));
        Assert.Equal(
            ["bronze.customers", "bronze.orders", "gold.sales", "silver.customers", "silver.orders"],
            await DrawnAsync(browser));
        await browser.GoAsync(Url("relationships.html"));
        Assert.Equal(["silver.customers", "silver.orders"], await DrawnAsync(browser));
        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Of_many_tables_the_side_shows_schemas_and_what_is_asked_for()
    {
        await using var browser = await ChromiumPage.OpenAsync();
        Write("foz.yml", "name: many\nlake: lake\n");
        for (var i = 0; i < Many; i++)
            Write($"models/{(i % 3 == 0 ? "gold" : "silver")}/table_{i:D4}.sql", $"select {i} as number");
        (await FozProcess.RunAsync(folder, "docs", "generate", "--folder", "site")).Expect(0);

        await browser.GoAsync(Url("tables/silver.table_0448.html"));
        Assert.Equal(["silver 300", "gold 150"], await browser.TextsAsync("nav summary"));
        Assert.True(new FileInfo(Path.Combine(folder, "site", "tables", "silver.table_0448.html")).Length < 10_000);
        // Its own schema is open, with a bounded list in which it stands.
        Assert.Equal(101, (await WaitForAsync(browser, "nav details[data-schema=silver] li")).Count);
        Assert.Equal(["table_0448"], await browser.TextsAsync("nav a[aria-current]"));

        await browser.EvaluateAsync(
            "{ const f = document.querySelector('.filter input'); f.value = '_044'; "
                + "f.dispatchEvent(new Event('input')); }");
        Assert.Equal(["silver 7 of 300", "gold 3 of 150"], await browser.TextsAsync("nav summary"));
        Assert.Equal(10, (await browser.TextsAsync("nav details li a")).Count);
        await browser.FollowAsync("document.querySelector('nav details[data-schema=gold] li a').click()");
        Assert.Equal(["gold.table_0441 table"], await browser.TextsAsync("h1"));
        Assert.Empty(browser.Faults);
    }

    /// <summary>Returns the names of the elements that are drawn on the page with a size.</summary>
    static async Task<List<string>> DrawnAsync(ChromiumPage browser) =>
    [
        .. (await browser.EvaluateAsync(
            "[...document.querySelectorAll('main svg a')].filter(a => a.getBoundingClientRect().width > 20).map(a => "
                + "a.querySelector('text').textContent.trim())"))!
            .AsArray().Select(name => (string)name!).Order(StringComparer.Ordinal),
    ];

    static Task<JsonNode?> SearchAsync(ChromiumPage browser, string text) => browser.EvaluateAsync(
        $"{{ const s = document.querySelector('.search input'); s.value = '{text}'; "
            + $"s.dispatchEvent(new Event('input')); }}");

    /// <summary>What a selector finds, as soon as it finds something.</summary>
    static async Task<List<string>> WaitForAsync(ChromiumPage browser, string selector)
    {
        await browser.EvaluateAsync(
            $"new Promise(done => {{ const look = () => document.querySelector('{selector}') ? done(true) : "
                + $"requestAnimationFrame(look); look(); }})");
        return await browser.TextsAsync(selector);
    }

    string Url(string page) => new Uri(Path.Combine(folder, "site", page)).AbsoluteUri;

    void WriteShop()
    {
        Write("foz.yml", "name: shop\nlake: lake\nconnections: {files: {type: files, path: data}}\n");
        Write("data/orders.csv", "id,customer_id,amount\n1,7,10\n");
        Write("data/customers.csv", "id,name\n7,Ana\n");
        Write("sources/files.yml",
            "connection: files\nstreams: {orders: {path: orders.csv}, customers: {path: customers.csv}}\n");
        Write("models/silver/customers.sql", "select id::int as id, name from bronze.customers");
        Write("models/silver/orders.sql", """
            /* @foz
            description: Orders as they are
            tags: [daily]
            columns:
              id: {checks: [unique]}
              customer_id: {checks: [{relationships: {to: silver.customers, field: id}}]}
            @foz */
            select id::int as id, customer_id::int as customer_id, amount::decimal(9,2) * 2.5 as amount from bronze.orders
            """);
        Write("models/gold/sales.sql",
            "/* @foz\nmaterialization: view\n@foz */\nselect sum(amount) as total from silver.orders");
    }

    void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
