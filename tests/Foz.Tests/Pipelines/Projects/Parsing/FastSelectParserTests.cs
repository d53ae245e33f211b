using System.Text.RegularExpressions;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Tests.Pipelines.Projects.Parsing;

/// <summary>What is read of a SELECT without DuckDB is what DuckDB's parser says of it, or nothing.</summary>
public sealed partial class FastSelectParserTests : IDisposable
{
    const int Mutations = 6000, MutationsAtOnce = 200;

    readonly EnginePool engines = new(
        new EngineOptions { MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Query] });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => engines.Dispose();

    [Theory]
    [InlineData("select a, b.c as d from bronze.orders b", "bronze.orders@24")]
    [InlineData(
        "with o as (select * from STREAM(bronze.orders)), p as (select id from o) select * from p join silver.x using (id)", "stream(bronze.orders)@25 silver.x@94")]
    [InlineData(
        "select count(*) filter (where a > 1), sum(x) over (partition by y order by z desc) from lake.s.t where not a = 'b''c' -- x", "lake.s.t@88")]
    [InlineData(
        "select case when a in (select b from s.t) then 1 else -2.5 end::decimal(9, 2) from range(10) r(i)", "s.t@37")]
    [InlineData(
        "select 1 as x from \"S\".\"t u\" union all by name select cast(y as varchar) from s.b order by 1 limit 3;",
        "S.t u@19 s.b@78")]
    public void Plain_statements_are_read(string sql, string uses)
    {
        Assert.Equal(uses, Text(TableFinder.FindPlain(sql)!));
        AssertAsDuckDb([sql]);
    }

    [Theory]
    [InlineData("select a < b < c from s.t")]
    [InlineData("select a from t")]
    [InlineData("select a from s.t at (version => 1)")]
    [InlineData("select a ? b from s.t")]
    [InlineData("select 'a from s.t")]
    [InlineData("select a from s.t limit")]
    [InlineData("select coalesce() from s.t")]
    [InlineData("select a /* from s.t")]
    [InlineData("select a from s.t; select b from s.u")]
    [InlineData("pivot s.t on a")]
    [InlineData("select a from count() c, s.t")]
    public void What_is_not_certain_is_left_to_DuckDB(string sql) => Assert.Null(TableFinder.FindPlain(sql));

    [Fact]
    public void What_is_read_of_the_repositorys_SQL_is_what_DuckDB_reads()
    {
        var statements = Corpus();
        var plain = AssertAsDuckDb(statements);
        Assert.True(plain > 30, $"{plain} of {statements.Count} are plain");
    }

    [Fact]
    public void What_is_read_of_spoilt_SQL_is_what_DuckDB_reads()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var corpus = Corpus().Where(sql => TableFinder.FindPlain(sql) is not null).Concat(
        [
            "with a as (select id, max(x) as x from s.t where y between 1 and 2 group by id having count(*) > 1 "
                + "qualify row_number() over (order by id) = 1), "
                + "b as (select distinct * from a cross join s.u) select a.*, nullif(b.x, 'q') as z from a "
                + "left outer join b on a.id = b.id "
                + "where b.x is not null and not exists (select 1 from s.v) or -a.id + 1 <= 3 order "
                + "by z desc nulls last limit 10",
            "select cast(a as decimal(9, 2)) as b, c::varchar, interval '1 day' + d as e, case f when 1 then 2 end as "
                + "g from (select * from s.t) q, range(3) r(i)",
        ]).ToList();
        var plain = 0;
        for (var i = 0; i < Mutations / MutationsAtOnce; i++)
            plain += AssertAsDuckDb(
                [.. Enumerable.Range(0, MutationsAtOnce).Select(_ => Spoil(corpus[random.Next(corpus.Count)], random))],
                $"seed {seed}");
        Assert.True(plain > Mutations / 50, $"only {plain} of {Mutations} are plain");
    }

    /// <summary>Takes words out, puts in or exchanges them.</summary>
    static string Spoil(string sql, Random random)
    {
        var words = Words.Matches(sql).Select(match => match.Value).ToList();
        for (var changes = random.Next(1, 3); changes > 0 && words.Count > 1; changes--)
        {
            var (from, to) = (random.Next(words.Count), random.Next(words.Count));
            switch (random.Next(4))
            {
                case 0: words.RemoveAt(from); break;
                case 1: words.Insert(to, words[from]); break;
                case 2: words[to] = words[from]; break;
                default: (words[from], words[to]) = (words[to], words[from]); break;
            }
        }
        return string.Join(random.Next(4) == 0 ? "" : " ", words);
    }

    [GeneratedRegex("""'[^']*'|"[^"]*"|\w+|--[^\n]*\n|[^\s\w]""")]
    private static partial Regex Words { get; }

    static List<string> Corpus() =>
    [
        .. new[] { "examples", "bench", "tests/Foz.AcceptanceTests" }.SelectMany(folder =>
                Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.sql", SearchOption.AllDirectories))
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal)).Select(File.ReadAllText)
            .Select(text =>
                text.Contains("@foz */", StringComparison.Ordinal)
                    ? text[(text.IndexOf("@foz */", StringComparison.Ordinal) + 7)..]
                    : text)
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
                .SelectMany(file => SqlBlock.Matches(File.ReadAllText(file)))
                .Select(match => match.Groups["sql"].Value)),
    ];

    [GeneratedRegex("""```sql\n(/\*.*?\*/)?(?<sql>.*?)```""", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex SqlBlock { get; }

    /// <summary>Asserts that plain statements are read correctly, and returns how many are plain.</summary>
    int AssertAsDuckDb(IReadOnlyList<string> statements, string where = "")
    {
        var plain = statements.Select(sql => (Sql: sql, Uses: TableFinder.FindPlain(sql)))
            .Where(read => read.Uses is not null).ToList();
        using var session = engines.Open(Workload.Query);
        foreach (var (read, analysis) in plain.Zip(session.AnalyzeMany([.. plain.Select(read => read.Sql)], Cancel)))
        {
            var expected = TableFinder.UsesOf(analysis.Analysis, analysis.Error);
            Assert.True(
                expected.Error is null && Text(expected) == Text(read.Uses!),
                $"{where}\n{read.Sql}\nis read as: {Text(read.Uses!)}\nDuckDB: "
                    + $"{expected.Error?.Message ?? Text(expected)}");
        }
        return plain.Count;
    }

    static string Text(TableUses uses) => string.Join(' ', uses.Uses.Select(use =>
        use.IsStream
            ? $"stream({string.Join('.', use.Parts)})@{use.Index}"
            : $"{string.Join('.', use.Parts)}@{use.Index}"));
}
