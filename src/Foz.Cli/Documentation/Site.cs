using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Documentation;

/// <summary>
/// The documentation of a project as a site of files: a page for each table, with columns, checks, lineage and SQL, and
/// the graphs of all. It needs no server, and loads nothing from elsewhere.
/// </summary>
sealed class Site
{
    const int GraphNodesMax = 400;

    // More of them are too much for the side of every page.
    const int LinksMax = 200;

    readonly Project project;
    readonly IReadOnlyDictionary<TableName, SiteTable> tables;
    readonly SiteGraph graph;
    readonly IReadOnlyList<TableName> orphans;
    readonly DateTimeOffset madeAt;

    Site(Project project, IReadOnlyDictionary<TableName, SiteTable> tables, IReadOnlyList<TableName> orphans,
        DateTimeOffset madeAt) =>
        (this.project, this.tables, this.orphans, this.madeAt, graph) = (project, tables, orphans, madeAt, new(tables));

    /// <summary>How many tables have a page.</summary>
    public int TableCount => tables.Count;

    /// <summary>Reads what there is to say of a project.</summary>
    /// <param name="project">The project.</param>
    /// <param name="lake">Its lake.</param>
    /// <param name="checks">What checks found last.</param>
    /// <param name="schemas">The columns of streams that have no tables yet.</param>
    /// <param name="orphans">The tables of the lake that nothing in the project makes any more.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<Site> ReadAsync(
        Project project, Lakehouse lake, IReadOnlyList<CheckState> checks, SchemaLock schemas,
        IReadOnlyList<TableName> orphans,
        CancellationToken cancellationToken)
    {
        using var lineage = new ProjectLineage(project, lake) { Schemas = schemas };
        var byTable = checks.ToLookup(check => check.Table, StringComparer.OrdinalIgnoreCase);
        var found = new Dictionary<TableName, SiteTable>();
        foreach (var node in project.Graph.Nodes)
        {
            found[node.Table] = new()
            {
                Node = node,
                Lineage = await lineage.FindAsync(node.Table, cancellationToken),
                Snapshot = await FindAsync(lake, node, cancellationToken),
                // What was checked once and is not any more says nothing of the table.
                Checks = [.. byTable[node.Table.ToString()].DistinctBy(check => (check.Title, check.Arguments))
                    .IntersectBy(
                        node.Checks.Select(check => (check.Title, check.Arguments)),
                        check => (check.Title, check.Arguments))],
            };
        }
        return new(project, found, orphans, lake.Clock.GetUtcNow());
    }

    /// <summary>Writes the site; pages of tables that are no more are deleted.</summary>
    /// <param name="folder">Where to; it is made if need be.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Write(string folder)
    {
        var pages = Path.Combine(folder, "tables");
        if (Directory.Exists(pages)) Directory.Delete(pages, recursive: true);
        Directory.CreateDirectory(pages);
        Put("index.html", "Overview", Overview(), "");
        Put("lineage.html", "Lineage", Graph(), "");
        Put("relationships.html", "Relationships", Relationships(), "");
        foreach (var table in tables.Values)
            Put(SitePage.PathOf(table.Name), table.Name.ToString(), new SitePage(tables, graph, table).Content(),
                "../");
        foreach (var name in new[] { "site.css", "site.js" }) Copy(name, Path.Combine(folder, name));
        File.WriteAllText(Path.Combine(folder, "search.js"), $"const pages = {SearchIndex()};\n");

        void Put(string path, string title, Html content, string root) =>
            File.WriteAllText(Path.Combine(folder, path), Page(title, content, root).Text, new UTF8Encoding(false));
    }

    static async Task<TableSnapshot?> FindAsync(Lakehouse lake, GraphNode node, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(node.Table, cancellationToken) is { Kind: DefinitionKind.View }
            ? null
            : await (await lake.OpenTableAsync(node.Table, cancellationToken)).FindLatestAsync(cancellationToken);

    static void Copy(string name, string to)
    {
        using var resource = typeof(Site).Assembly.GetManifestResourceStream(name)!;
        using var file = File.Create(to);
        resource.CopyTo(file);
    }

    Html Page(string title, Html content, string root) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title} · {project.Name}</title>
        <link rel="stylesheet" href="{root}site.css">
        <script src="{root}search.js" defer></script>
        <script src="{root}site.js" defer></script>
        </head>
        <body data-root="{root}">
        <nav>
        <a class="brand" href="{root}index.html">{project.Name}</a>
        <label class="search"><span>Search</span><input type="search" placeholder="Table, column, tag…" autocomplete="off"></label>
        <ul class="found" hidden></ul>
        <ul class="views"><li><a href="{root}index.html">Overview</a></li><li><a href="{root}lineage.html">Lineage</a></li><li><a href="{root}relationships.html">Relationships</a></li></ul>
        {Schemas(root)}
        </nav>
        <main>
        {content}
        <footer>Made by Foz from the project's files and its lake, {madeAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC</footer>
        </main>
        </body>
        </html>

        """);

    /// <summary>
    /// The tables by schema. Of many, each page only has the names of the schemas, and the script fills in what is
    /// opened: a page is as large as its table, however many there are.
    /// </summary>
    Html Schemas(string root) => tables.Count <= LinksMax
        ? Html.Join(BySchema().Select(schema => Html.Of($"""
            <details open><summary>{schema.Key}</summary><ul>{schema.Select(table => Html.Of($"<li><a href=\"{root}{SitePage.PathOf(table.Name)}\">{table.Name.Name}</a></li>"))}</ul></details>

            """)))
        : Html.Of($"""
            <label class="filter"><span>Filter</span><input type="search" placeholder="Filter the tables" autocomplete="off"></label>
            {BySchema().Select(schema => Html.Of($"""
                <details data-schema="{schema.Key}"><summary>{schema.Key} <span class="count">{schema.Count():N0}</span></summary><ul></ul><p class="more"><a href="{root}index.html#{schema.Key}">all of {schema.Key}</a></p></details>

                """))}
            """);

    Html Overview()
    {
        var failing = tables.Values.Where(table => table.Checks.Any(check => !check.Passed)).ToList();
        return Html.Of($"""
            <h1>{project.Name}</h1>
            <dl class="facts">
            <div><dt>Sources</dt><dd>{project.Sources.Count}</dd></div><div><dt>Models</dt><dd>{project.Models.Count}</dd></div>
            <div><dt>Checks</dt><dd>{tables.Values.Sum(table => table.Node.Checks.Count)}</dd></div>
            <div><dt>Tables with broken checks</dt><dd>{failing.Count}</dd></div>
            </dl>
            {BySchema().Select(schema => Html.Of($"""
                <h2 id="{schema.Key}">{schema.Key}</h2>
                <div class="wide"><table><thead><tr><th>Table</th><th>Kind</th><th>Description</th><th class="number">Rows</th><th>Checks</th></tr></thead><tbody>
                {schema.Select(Row)}</tbody></table></div>

                """))}
            {Orphans()}
            """);
    }

    Html Orphans() => orphans.Count == 0 ? Html.None : Html.Of($"""
        <h2 id="orphans">Orphans</h2>
        <p>Tables that runs made, and that no model and no source of the project makes any more.</p>
        <ul>{orphans.Select(table => Html.Of($"<li>{table.ToString()}</li>"))}</ul>
        """);

    static Html Row(SiteTable table)
    {
        var failed = table.Checks.Count(check => !check.Passed);
        var checks = table.Node.Checks.Count == 0 ? Html.None
            : failed > 0 ? Html.Of($"""<span class="failed">✗ {failed} broken</span>""")
            : table.Checks.Count > 0 ? Html.Of($"""<span class="passed">✓ {table.Checks.Count}</span>""")
            : Html.Of($"""<span class="unknown">not made yet</span>""");
        return Html.Of($"""
            <tr><td><a href="{SitePage.PathOf(table.Name)}">{table.Name.ToString()}</a></td><td><span class="kind {table.Kind}">{table.Kind}</span></td><td>{table.Description}</td><td class="number">{(table.Snapshot?.RowCount is { } rows ? Html.Of($"{rows:N0}") : Html.None)}</td><td>{checks}</td></tr>

            """);
    }

    Html Graph() => tables.Count > GraphNodesMax
        ? Html.Of(
            $"<h1>Lineage</h1><p>With {tables.Count:N0} tables one drawing of all shows nothing: each "
                + $"table's page has its own.</p>")
        : Html.Of(
            $"<h1>Lineage</h1>\n<div class=\"wide\">{graph.Draw("Lineage of all tables", [.. tables.Keys], "")}</div>");

    Html Relationships() =>
        tables.Values.Any(table =>
            table.Node.Checks.OfType<Foz.Pipelines.Quality.CheckDefinition.Relationships>().Any())
            ? Html.Of($"<h1>Relationships</h1>\n<div class=\"wide\">{graph.DrawRelationships()}</div>")
            : Html.Of(
                $"<h1>Relationships</h1><p>No check <code>relationships</code> says yet "
                    + $"which tables belong together.</p>");

    IEnumerable<IGrouping<string, SiteTable>> BySchema() => tables.Values
        .OrderBy(table => LayerOf(table.Name.Schema))
        .ThenBy(table => table.Name.ToString(), StringComparer.OrdinalIgnoreCase)
        .GroupBy(table => table.Name.Schema, StringComparer.OrdinalIgnoreCase);

    static int LayerOf(string schema) => schema.ToLowerInvariant() switch
    {
        var name when name.EndsWith("bronze", StringComparison.Ordinal) => 0,
        var name when name.EndsWith("silver", StringComparison.Ordinal) => 1,
        var name when name.EndsWith("gold", StringComparison.Ordinal) => 2,
        _ => 3,
    };

    /// <summary>What can be searched for, with the page that has it.</summary>
    string SearchIndex() => new JsonArray(
    [
        .. tables.Values.Select(table => new JsonObject
        {
            ["name"] = table.Name.ToString(),
            ["page"] = SitePage.PathOf(table.Name),
            ["text"] = string.Join(
                ' ', table.Columns.Select(c => c.Name).Concat(table.Tags).Append(table.Description ?? "")),
        }),
    ]).ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.Default });
}
