using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selection;
using Foz.Tests.Pipelines.Projects;

namespace Foz.Tests.Pipelines.Selectors;

/// <summary>Random selectors on random projects, held against a model that counts edges one way at a time.</summary>
public sealed class SelectorPropertyTests
{
    const int Models = 14;
    static readonly string[] tags = ["red", "green", "blue"];

    [Theory]
    [InlineData(1)]
    [InlineData(20261121)]
    [InlineData(0x5eed)]
    public void Selectors_mean_what_a_naive_model_says(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 12; round++)
        {
            using var folder = new ProjectFolder();
            var project = Write(folder, random);
            for (var i = 0; i < 40; i++)
            {
                var (select, exclude) = (Texts(random), random.Next(2) == 0 ? [] : Texts(random));
                var actual = new SelectionRequest
                {
                    Select = select, Exclude = exclude,
                }.Find(project, SelectionFacts.None);
                var expected = Naive(project, select).Except(Naive(project, exclude));
                Assert.True(
                    actual.Tables.SetEquals(expected),
                    $"seed {seed}: --select {string.Join(' ', select)} --exclude {string.Join(' ', exclude)} gives "
                    + $"{string.Join(' ', actual.Tables)}, not {string.Join(' ', expected)}");
            }
        }
    }

    static Project Write(ProjectFolder folder, Random random)
    {
        folder["foz.yml"] = "name: p\n";
        for (var i = 0; i < Models; i++)
        {
            var needs = Enumerable.Range(0, i).Where(_ => random.Next(4) == 0)
                .Select(n => $"select * from s{n % 3}.m{n}");
            var sql = string.Join(" union all ", needs.Prepend("select 1 as x"));
            folder[$"models/s{i % 3}/m{i}.sql"] =
                $"/* @foz\ntags: [{tags[i % 3]}, {tags[random.Next(3)]}]\n@foz */\n{sql}";
        }
        return folder.Load();
    }

    static string[] Texts(Random random) =>
        [
            .. Enumerable.Range(
                0, random.Next(1, 3))
                .Select(_ => string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Term(random)))),
        ];

    static string Term(Random random)
    {
        var body = random.Next(4) switch
        {
            0 => $"m{random.Next(Models)}",
            1 => $"s{random.Next(3)}",
            2 => $"tag:{tags[random.Next(3)]}",
            _ => $"m*{random.Next(4)}",
        };
        if (random.Next(6) == 0) return "@" + body;
        return $"{Depth(random, before: true)}{body}{Depth(random, before: false)}";
    }

    static string Depth(Random random, bool before) => (random.Next(4), before) switch
    {
        (0, true) => $"{random.Next(4)}+",
        (0, false) => $"+{random.Next(4)}",
        (1, _) => "+",
        _ => "",
    };

    static HashSet<TableName> Naive(Project project, string[] texts) =>
        texts.Select(text =>
            text.Split(',').Select(term => Naive(project, term)).Aggregate((a, b) => [.. a.Intersect(b)]))
            .Aggregate(new HashSet<TableName>(), (all, part) => [.. all, .. part]);

    static HashSet<TableName> Naive(Project project, string term)
    {
        var graph = project.Graph;
        // Digits belong to names too: a name begins at its letter.
        var start = term.IndexOfAny(['m', 's', 't']);
        var plus = term.IndexOf('+', start);
        var end = plus < 0 ? term.Length : plus;
        var body = term[start..end];
        HashSet<TableName> found =
        [
            .. graph.Nodes.Where(node => IsMeant(project, node, body)).Select(node => node.Name),
        ];
        if (term[0] == '@')
        {
            var down = Steps(found, graph.Downstream, int.MaxValue);
            return Steps(down, graph.Upstream, int.MaxValue);
        }
        HashSet<TableName> all = [.. found];
        if (start > 0) all.UnionWith(Steps(found, graph.Upstream, DepthOf(term[..(start - 1)])));
        if (end < term.Length) all.UnionWith(Steps(found, graph.Downstream, DepthOf(term[(end + 1)..])));
        return all;
    }

    static int DepthOf(string digits) =>
        digits.Length == 0 ? int.MaxValue : int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);

    static bool IsMeant(Project project, GraphNode node, string body) => body switch
    {
        ['t', ..] => project.FindModel(node.Name)!.Tags.Contains(body[4..]),
        ['s', ..] => node.Name.Schema == body,
        ['m', '*', var last] => node.Name.Name[0] == 'm' && node.Name.Name[^1] == last,
        _ => node.Name.Name == body,
    };

    static HashSet<TableName> Steps(HashSet<TableName> from, Func<TableName, IEnumerable<TableName>> next, int steps)
    {
        HashSet<TableName> all = [.. from];
        for (var step = 0; step < steps; step++)
        {
            var grown = all.Concat(all.SelectMany(next)).ToHashSet();
            if (grown.Count == all.Count) break;
            all = grown;
        }
        return all;
    }
}
