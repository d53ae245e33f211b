using Foz.Benchmarks.Tables;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Benchmarks.Projects;

/// <summary>
/// The readers of plain YAML and plain SELECTs, each against the parser that knows all of the language, over the
/// models of the example.
/// </summary>
sealed class FastReaderBenchmark : IBenchmark
{
    const int Rounds = 9;
    const int YamlTimes = 2_000;
    const int SelectTimes = 200;
    const int SelectsAtOnce = 200;
    const string Start = "/* @foz";
    const string End = "@foz */";

    public string Name => "fast-readers";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var models = Directory.GetFiles(
                Path.Combine(Checkout.Root, "examples", "loja", "models"), "*.sql", SearchOption.AllDirectories)
            .Select(File.ReadAllText).Where(text => text.StartsWith(Start, StringComparison.Ordinal)).ToList();
        var place = new Place("x.yml", 1, 1);
        string[] yaml =
        [
            .. models.Select(text => text[Start.Length..text.IndexOf(End, StringComparison.Ordinal)])
                .Where(text => FastYamlReader.Read(text, place) is not null),
        ];
        string[] selects =
        [
            .. Enumerable.Repeat(
                models.Select(text => text[(text.IndexOf(End, StringComparison.Ordinal) + End.Length)..])
                    .Where(sql => TableFinder.FindPlain(sql) is not null), SelectTimes)
                .SelectMany(all => all),
        ];
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var errors = new ErrorList();
        return
        [
            await CompareAsync(
                "front matter of a model read as plain YAML", "YamlDotNet", YamlTimes * yaml.Length,
                () => Repeat(yaml, text => FastYamlReader.Read(text, place)),
                () => Repeat(yaml, text => YamlReader.ReadAny(text, "x.yml", errors))),
            await CompareAsync(
                "tables of a model's SELECT found by the plain reader", "DuckDB's parser", selects.Length,
                () =>
                {
                    foreach (var sql in selects) TableFinder.FindPlain(sql);
                },
                () =>
                {
                    foreach (var chunk in selects.Chunk(SelectsAtOnce))
                        foreach (var (analysis, error) in session.AnalyzeMany(chunk, default))
                            TableFinder.UsesOf(analysis, error);
                }),
        ];
    }

    static void Repeat(string[] texts, Action<string> read)
    {
        for (var i = 0; i < YamlTimes; i++)
            foreach (var text in texts) read(text);
    }

    static async Task<Figure> CompareAsync(string work, string against, int count, Action ours, Action theirs)
    {
        var (oursMs, theirsMs, ratio) = await Pair.RunAsync(Rounds, () => Task.Run(ours), () => Task.Run(theirs));
        return new(work, against, Each(oursMs, count), Each(theirsMs, count), Pair.Times(ratio), "≤ 0.25×");
    }

    static string Each(double ms, int count) => Pair.Text($"{ms * 1_000 / count:0.#} µs");
}
