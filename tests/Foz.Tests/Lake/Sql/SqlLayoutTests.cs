using Foz.Lake.Sql;

namespace Foz.Tests.Lake.Sql;

/// <summary>Where lines of SQL are broken; whatever is done to its spaces, the words stay the same.</summary>
public sealed class SqlLayoutTests
{
    const int VariantsOfEach = 20;
    const int Seed = 20_260_131;

    static readonly string[] spaces = [" ", "  ", "\t", "\n", "\n\n\n", "\n    ", "\n  \t "];

    /// <summary>SQL of this checkout: files, but templates, and blocks of documents.</summary>
    static IReadOnlyList<(string Name, string Sql)> Corpus { get; } =
    [
        .. new[] { "bench", "examples", "src", "tests" }.SelectMany(folder => Directory.EnumerateFiles(
                Path.Combine(Repository.Root, folder), "*.sql", SearchOption.AllDirectories))
            .Select(file => (Path.GetRelativePath(Repository.Root, file), File.ReadAllText(file)))
            .Concat(MarkdownDocument.All.SelectMany(document => document.Blocks.Where(block => block.Language == "sql")
                .Select(block => (block.ToString(), block.Code))))
            .Where(text =>
                !text.Item2.Contains("{{", StringComparison.Ordinal)
                    && !text.Item2.Contains("{%", StringComparison.Ordinal))
            .OrderBy(text => text.Item1, StringComparer.Ordinal),
    ];

    [Fact]
    public void Lines_are_broken_as_people_do()
    {
        string[] given =
        [
            "select a, b from silver.orders where a > 1",
            "select customer_id, count(*) as orders, sum(amount) as amount from silver.orders where amount > 0 and "
                + "status = 'paid' group by 1 order by 2 desc limit 10",
            "select o.order_id, o.customer_id, c.name as customer_name, o.ordered_at::date as ordered_on, o.amount - "
                + "coalesce(o.discount, 0) as net from silver.orders o left join silver.customers c on c.customer_id = "
                + "o.customer_id and c.is_current where o.ordered_at between '2026-01-01' and '2026-12-31' and "
                + "o.status is distinct from 'canceled' or o.amount > 1000",
            "with paid as (select * from silver.orders where status = 'paid'), totals as (select customer_id, "
                + "sum(amount) as amount from paid group by customer_id) select * from totals order by amount desc",
            "select order_id, case when amount > 1000 then 'large' when amount > 100 then 'middle' when amount > 10 "
                + "then 'small' else 'tiny' end as size, row_number() over (partition by customer_id, status order by "
                + "ordered_at desc, order_id) as n from silver.orders",
            "select extract(year from ordered_at) as year, round(sum(case when status = 'paid' then amount else 0 end) "
                + "/ nullif(count(*) filter (where status <> 'canceled'), 0), 2) as share from silver.orders",
            "select id, name from silver.customers_of_the_north where name is not null union all select id, name from "
                + "silver.customers_of_the_south",
            "select a\n     , b from t\nwhere exists (select 1 from u where u.a = t.a) and a not in (select a from "
                + "silver.another_table_with_a_long_name where b = 1 and c = 2)",
            "select a -- the first\n, b /* the second */ , c, a_column_with_a_long_name_that_goes_on, "
                + "another_column_with_a_long_name_too from t",
            "select order_id, round(sum(amount_of_the_items) / nullif(count(*) filter (where status <> 'canceled'), "
                + "0), 2) || ' reais' as share from s",
            "select o.id from silver.orders as o left join silver.customers_as_they_are_now as c on c.customer_id = "
                + "o.customer_id and c.is_current and c.state = o.state",
            "select\n    [1, 2, 3] as few,\n    ['a long text number one', 'a long text number two', 'a long text "
                + "number three', 'and four'] as many\nfrom t cross join u asof join v using (a, b) where x",
        ];
        Expect.File("layout.sql", string.Join("\n\n", given.Select(SqlFormat.Of)) + "\n");
    }

    [Fact]
    public void The_example_of_the_reference_is_what_happens()
    {
        var page = MarkdownDocument.Find("docs/reference/commands.md");
        var lines = page.Lines.ToList();
        var blocks = page.Blocks.Where(block =>
            block.Language == "sql" && block.Line > lines.IndexOf("## foz format")
                && block.Line < lines.IndexOf("## foz clean")).ToList();
        Assert.Equal([SqlFormat.Of(blocks[0].Code)], blocks.Skip(1).Select(block => block.Code));
    }

    [Fact]
    public void Words_stay_the_same_whatever_the_spaces_and_twice_is_once()
    {
        Assert.True(Corpus.Count > 40, $"{Corpus.Count} texts were found");
        var random = new Random(Seed);
        foreach (var (name, sql) in Corpus)
            for (var i = 0; i <= VariantsOfEach; i++)
            {
                var given = i == 0 ? sql : Spaced(sql, i == 1 ? () => " " : () => spaces[random.Next(spaces.Length)]);
                var tidy = SqlFormat.Of(given);
                Assert.Equal(Words(given), Words(tidy));
                Assert.True(
                    tidy == SqlFormat.Of(tidy),
                    $"{name}, seed {Seed}: not tidy at once\n{tidy}\n— and then —\n{SqlFormat.Of(tidy)}");
            }
    }

    /// <summary>The SQL with other spaces where it has some; comments stay where they are.</summary>
    static string Spaced(string sql, Func<string> space)
    {
        var tokens = SqlTokens.Read(sql);
        var text = new System.Text.StringBuilder();
        var end = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            var gap = sql[end..tokens[i].Start];
            text.Append(gap.Length > 0 && string.IsNullOrWhiteSpace(gap) ? space() : gap).Append(tokens.TextOf(i));
            end = tokens[i].End;
        }
        return text.Append(sql.AsSpan(end)).ToString();
    }

    /// <summary>The words, and the comments before each.</summary>
    static List<string> Words(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        var words = new List<string>();
        var end = 0;
        for (var i = 0; i <= tokens.Count; i++)
        {
            words.AddRange(
                sql[end..(i < tokens.Count ? tokens[i].Start : sql.Length)].Split(
                    (char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            if (i == tokens.Count) break;
            words.Add(SqlFormat.IsKeyword(tokens, i)
                ? tokens.TextOf(i).ToString().ToLowerInvariant()
                : tokens.TextOf(i).ToString());
            end = tokens[i].End;
        }
        return words;
    }
}
