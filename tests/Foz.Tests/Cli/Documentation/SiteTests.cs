using System.Text.RegularExpressions;
using System.Xml.Linq;
using Foz.Cli.Documentation;
using Foz.Pipelines.Projects;
using Foz.Tests.Pipelines;

namespace Foz.Tests.Cli.Documentation;

public sealed partial class SiteTests : IDisposable
{
    readonly RunningProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Folder => Path.Combine(project.Folder, "site");

    public void Dispose() => project.Dispose();

    async Task<Site> WriteAsync(params CheckState[] checks)
    {
        var site = await Site.ReadAsync(project.Load(), project.Lake, checks, SchemaLock.Empty, orphans: [], Cancel);
        site.Write(Folder);
        return site;
    }

    string Read(string page) => File.ReadAllText(Path.Combine(Folder, page));

    async Task WriteShopAsync()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id, 7 AS customer_id, 2.5 AS amount");
        await project.AppendAsync("bronze.customers", "SELECT 7 AS id");
        project["models/silver/customers.sql"] = "SELECT id FROM bronze.customers";
        project["models/silver/orders.sql"] = """
            /* @foz
            description: Orders <b>as they are</b> & so on
            owner: sales
            tags: [daily]
            columns:
              id: {description: "its number", tags: [key], checks: [unique]}
              customer_id: {checks: [{relationships: {to: silver.customers, field: id}}]}
            @foz */
            SELECT id, customer_id, amount * 2 AS amount FROM bronze.orders WHERE amount < 3
            """;
        project["models/gold/totals.sql"] =
            "/* @foz\nmaterialization: view\n@foz */\nSELECT sum(amount) AS total FROM silver.orders";
        await project.RunAsync();
    }

    [Fact]
    public async Task A_page_says_all_that_is_known_of_a_table()
    {
        await WriteShopAsync();
        var site = await WriteAsync(
            new CheckState("silver.orders", "unique(id)", "", Passed: false, 3, 1_200, Actual: null));

        Assert.Equal(3, site.TableCount);
        var page = Read("tables/silver.orders.html");
        Assert.Contains("Orders &lt;b&gt;as they are&lt;/b&gt; &amp; so on", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Owner</dt><dd>sales</dd>", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Rows</dt><dd>1</dd>", page, StringComparison.Ordinal);
        Assert.Contains("✗ 3 of 1,200 rows", page, StringComparison.Ordinal);
        Assert.Contains("relationships(customer_id)", page, StringComparison.Ordinal);
        Assert.Contains("title=\"transformation\">bronze.orders.amount", page, StringComparison.Ordinal);
        Assert.Contains("WHERE amount &lt; 3", page, StringComparison.Ordinal);
        Assert.Contains(
            "<a href=\"../tables/silver.orders.html#amount\">silver.orders.amount</a>", Read("tables/gold.totals.html"),
            StringComparison.Ordinal);
        Assert.Contains(
            "silver.orders.customer_id → silver.customers.id", Read("relationships.html"), StringComparison.Ordinal);
        Assert.Contains("✗ 1 broken", Read("index.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checks_of_one_name_have_results_of_their_own_and_those_that_are_no_more_do_not_count()
    {
        project["models/silver/m.sql"] = """
            /* @foz
            checks: [{row_count: {min: 5}}, {row_count: 4}, {mean: {column: a, min: 7}}]
            @foz */
            SELECT 1 AS a
            """;
        await WriteAsync(
            new CheckState("silver.m", "row_count", "min: 5", Passed: false, 1, 4, Actual: null),
            new CheckState("silver.m", "row_count", "4", Passed: true, 0, 4, Actual: null),
            new CheckState("silver.m", "mean(a)", "min: 7", Passed: false, 1, 4, Actual: "2.5"),
            new CheckState("silver.m", "unique(a)", "", Passed: false, 3, 4, Actual: null));

        var page = Read("tables/silver.m.html");
        Assert.Matches("min: 5.*✗ 1 of 4 rows", page);
        Assert.Matches("<code>4</code>.*✓ 4 rows", page);
        Assert.Contains("✗ 2.5<", page, StringComparison.Ordinal);
        Assert.DoesNotContain("unique(a)", page, StringComparison.Ordinal);
        Assert.Contains("✗ 2 broken", Read("index.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_page_is_well_formed_and_every_link_leads_somewhere()
    {
        await WriteShopAsync();
        await WriteAsync();
        var pages = Directory.GetFiles(Folder, "*.html", SearchOption.AllDirectories);
        Assert.Equal(6, pages.Length);
        foreach (var page in pages)
        {
            var text = File.ReadAllText(page);
            // As XML, with the elements closed that HTML leaves open.
            XDocument.Parse(
                VoidElement.Replace(text, "<${name}${rest}/>").Replace("<!doctype html>", "", StringComparison.Ordinal)
                    .Replace(" defer", "", StringComparison.Ordinal).Replace(" hidden", "", StringComparison.Ordinal)
                    .Replace("<details open>", "<details>", StringComparison.Ordinal));
            foreach (var link in Link.Matches(text).Select(match => match.Groups["to"].Value))
            {
                var parts = link.Split('#');
                var target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, parts[0]));
                Assert.True(File.Exists(target), $"{page} names {link}");
                if (parts.Length > 1)
                    Assert.Contains($"id=\"{parts[1]}\"", File.ReadAllText(target), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_model_that_does_not_bind_has_a_page_that_says_so_and_old_pages_go()
    {
        await WriteShopAsync();
        await WriteAsync();
        project["models/gold/totals.sql"] = "SELECT nothere FROM silver.orders";
        File.Move(
            Path.Combine(project.Folder, "models/silver/customers.sql"),
            Path.Combine(project.Folder, "models/silver/clients.sql"));
        project["models/silver/orders.sql"] = "SELECT id FROM bronze.orders";

        await WriteAsync();

        Assert.Contains("models/gold/totals.sql:1:8", Read("tables/gold.totals.html"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Folder, "tables/silver.clients.html")));
        Assert.False(File.Exists(Path.Combine(Folder, "tables/silver.customers.html")));
    }

    [GeneratedRegex("<(?<name>meta|link|input)(?<rest>[^>]*)>", RegexOptions.ExplicitCapture)]
    private static partial Regex VoidElement { get; }

    [GeneratedRegex("(href|src)=\"(?<to>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Link { get; }
}
