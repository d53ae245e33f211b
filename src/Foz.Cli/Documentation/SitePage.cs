using System.Globalization;
using Foz.Lake.Data;
using Foz.Lake.Engine.Plans;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Documentation;

/// <summary>Writes what stands on the page of a table.</summary>
/// <param name="tables">All tables, by their names in the lake.</param>
/// <param name="graph">How they hang together.</param>
/// <param name="table">The table.</param>
sealed class SitePage(IReadOnlyDictionary<TableName, SiteTable> tables, SiteGraph graph, SiteTable table)
{
    const int NodesMax = 60;

    /// <summary>The path of a table's page in the site.</summary>
    public static string PathOf(TableName name) => $"tables/{name.Schema}.{name.Name}.html".ToLowerInvariant();

    /// <summary>The page's content.</summary>
    public Html Content() => Html.Of($"""
        <h1>{table.Name.ToString()} <span class="kind {table.Kind}">{table.Kind}</span></h1>
        {Html.If(table.Description is not null, $"<p class=\"lead\">{table.Description}</p>")}
        {Facts()}
        {Broken()}
        <h2>Columns</h2>
        {Columns()}
        {Checks()}
        <h2>Lineage</h2>
        {Neighbours()}
        {Code()}

        """);

    Html Facts()
    {
        List<(string Name, Html Value)> facts =
        [
            ("Owner", Text(table.Owner)),
            ("Tags", Html.Join(table.Tags.Select(tag => Html.Of($"<span class=\"tag\">{tag}</span> ")))),
            ("File", Html.Of($"<code>{table.File}</code>")),
            ("Source", table.Stream is { } stream
                ? Html.Of($"{stream.Source.Name}.{stream.Stream.Definition.Name}")
                : Html.None),
            ("Rows", table.Snapshot?.RowCount is { } rows ? Html.Of($"{rows:N0}") : Html.None),
            ("Size", table.Snapshot is { } snapshot
                ? Html.Of(
                    $"{SizeOf(snapshot.TotalBytes)} in {snapshot.FileCount:N0} "
                        + $"{(snapshot.FileCount == 1 ? "file" : "files")}")
                : Html.None),
            ("Version", table.Snapshot is { } at
                ? Html.Of($"{at.Version}, {at.Timestamp.UtcDateTime:yyyy-MM-dd HH:mm} UTC")
                : Html.None),
            .. table.Model is { } model ? model.Meta.Select(meta => (meta.Key, Text(meta.Value))) : [],
        ];
        return Html.Of($"""
            <dl class="facts">{facts.Where(fact => fact.Value.Text.Length > 0).Select(fact => Html.Of($"<div><dt>{fact.Name}</dt><dd>{fact.Value}</dd></div>"))}</dl>
            """);
    }

    /// <summary>Why its columns are not known.</summary>
    Html Broken() =>
        Html.If(table.Lineage.Error is not null, $"""<p class="broken">{table.Lineage.Error?.Describe()}</p>""");

    Html Columns()
    {
        var rows = table.Columns.Select(column => Html.Of($"""
            <tr id="{column.Name}"><td><code>{column.Name}</code></td><td class="type">{column.Type}</td><td>{column.Stated?.Description}{Tags(column.Stated)}</td><td>{From(column.Name)}</td></tr>

            """));
        return Html.Of($"""
            <div class="wide"><table><thead><tr><th>Column</th><th>Type</th><th>Description</th><th>Made from</th></tr></thead><tbody>
            {rows}</tbody></table></div>
            """);
    }

    static Html Tags(ColumnDefinition? column) =>
        Html.Join((column?.Tags ?? []).Select(tag => Html.Of($" <span class=\"tag\">{tag}</span>")));

    Html From(string column) => Html.Join((table.Lineage.Find(column)?.Inputs ?? [])
        .GroupBy(input => (input.Table, input.Column))
        .Select(group => (From: group.Key, How: string.Join(", ", group.Select(input => Word(input.Transformation)))))
        .Select(input => Html.Of(
            $"""<span class="from" title="{input.How}">{Linked(input.From.Table, input.From.Column)}</span> """)));

    Html Linked(TableName upstream, string column) => tables.ContainsKey(upstream)
        ? Html.Of($"""<a href="../{PathOf(upstream)}#{column}">{upstream.ToString()}.{column}</a>""")
        : Html.Of($"{upstream.ToString()}.{column}");

    Html Checks()
    {
        if (table.Node.Checks.Count == 0) return Html.None;
        var last = table.Checks.ToDictionary(check => (check.Title, check.Arguments));
        var rows = table.Node.Checks.Select(check => Html.Of($"""
            <tr><td><code>{check.Title}</code></td><td><code>{check.Arguments}</code></td><td>{check.Description}</td><td>{check.OnViolation.ToString().ToLowerInvariant()}</td><td>{Found(last.GetValueOrDefault((check.Title, check.Arguments)))}</td></tr>

            """));
        return Html.Of($"""
            <h2>Checks</h2>
            <div class="wide"><table><thead><tr><th>Check</th><th>Arguments</th><th>Description</th><th>On violation</th><th>Last result</th></tr></thead><tbody>
            {rows}</tbody></table></div>
            """);
    }

    static Html Found(CheckState? check) => check switch
    {
        null => Html.Of($"""<span class="unknown">not made yet</span>"""),
        { Actual: { } actual, Passed: true } => Html.Of($"""<span class="passed">✓ {actual}</span>"""),
        { Actual: { } actual } => Html.Of($"""<span class="failed">✗ {actual}</span>"""),
        { Passed: true } => Html.Of($"""<span class="passed">✓ {check.RowsChecked:N0} rows</span>"""),
        _ => Html.Of($"""<span class="failed">✗ {check.Violations:N0} of {check.RowsChecked:N0} rows</span>"""),
    };

    /// <summary>What it is made from and what is made from it, as far as there is room.</summary>
    Html Neighbours()
    {
        var shown = new List<TableName> { table.Name };
        var (up, down) = (new List<TableName> { table.Name }, new List<TableName> { table.Name });
        while (up.Count + down.Count > 0)
        {
            up = Next(up, Upstream);
            down = Next(down, graph.DownstreamOf);
        }
        return graph.Draw($"Lineage of {table.Name}", shown, "../", table.Name);

        List<TableName> Next(List<TableName> from, Func<TableName, IEnumerable<TableName>> step)
        {
            var next = from.SelectMany(step).Where(name => !shown.Contains(name)).Distinct()
                .Take(NodesMax - shown.Count).ToList();
            shown.AddRange(next);
            return next;
        }
    }

    IEnumerable<TableName> Upstream(TableName name) => SiteGraph.UpstreamOf(tables[name]).Where(tables.ContainsKey);

    Html Code() => Html.If(
        table.Model is not null,
        $"<h2>{(table.Model?.Program is null ? "SQL" : "Program")}</h2>\n<pre><code>{table.Model?.Sql}</code></pre>");

    static string SizeOf(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:N1} KB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N1} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:N1} GB"),
    };

    static Html Text(string? text) => Html.Of($"{text}");

    static string Word(Transformation transformation) =>
        System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(transformation.ToString()).Replace('_', ' ');
}
