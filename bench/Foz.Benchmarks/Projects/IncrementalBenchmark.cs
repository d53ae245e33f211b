using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;

namespace Foz.Benchmarks.Projects;

/// <summary>
/// A run that loads 10,000 rows with random keys, half of them known, into an incremental model: a table of 10 M rows
/// compared with one of a tenth.
/// </summary>
/// <param name="strategy">The model's strategy.</param>
/// <param name="goal">The required ratio.</param>
sealed class IncrementalBenchmark(string strategy, string goal) : IBenchmark
{
    const int Rounds = 7;
    const int SmallRows = 1_000_000;
    const int Times = 10;
    const int NewRows = 10_000;

    public string Name => $"incremental-{strategy.Replace('+', '-')}";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var small = await Side.CreateAsync(folder.Sub($"{Name}-small"), strategy, SmallRows);
        using var large = await Side.CreateAsync(folder.Sub($"{Name}-large"), strategy, SmallRows * Times);
        // The first notes the key, the second makes the indexes.
        for (var round = -2; round < 0; round++)
        {
            foreach (var side in (Side[])[small, large])
            {
                await side.BringAsync(round);
                await side.RunAsync();
            }
        }
        var next = 0;
        var (mine, theirs, ratio) = await Pair.RunAsync(
            Rounds, large.RunAsync, small.RunAsync, () =>
            {
                large.BringAsync(next).GetAwaiter().GetResult();
                small.BringAsync(next++).GetAwaiter().GetResult();
            });
        return
        [
            new(
                Pair.Text(
                    $"run of an incremental model, `{strategy}`: {NewRows:#,0} new rows into {SmallRows * Times:#,0}"),
                Pair.Text($"the same into {SmallRows:#,0}"), Pair.Ms(mine), Pair.Ms(theirs), Pair.Times(ratio), goal),
        ];
    }

    /// <summary>A project, its lake, and the table that it reads.</summary>
    sealed class Side : IDisposable
    {
        readonly EnginePool engines = new(new EngineOptions { Workloads = [Workload.Models] });
        readonly string folder;
        readonly Lakehouse lake;
        readonly int rows;

        Side(string folder, int rows)
        {
            (this.folder, this.rows) = (folder, rows);
            lake = new(Path.Combine(folder, "lake"), engines, TimeProvider.System);
        }

        public static async Task<Side> CreateAsync(string folder, string strategy, int rows)
        {
            var side = new Side(folder, rows);
            File.WriteAllText(
                Path.Combine(folder, "foz.yml"), "name: bench\nlake: lake\nmaintenance: {optimize: off}\n");
            var models = Directory.CreateDirectory(Path.Combine(folder, "models", "silver"));
            var more = strategy == "scd2_by_time" ? ", updated_at: sold_at" : "";
            File.WriteAllText(
                Path.Combine(models.FullName, "sales.sql"),
                $"/* @foz\nmaterialization: {{type: incremental, strategy: {strategy}, "
                    + $"unique_key: id{more}}}\n@foz */\n"
                + "SELECT * FROM STREAM(bronze.sales)");
            await side.AppendAsync(
                $"SELECT i AS id, i % 1000 AS customer, 'note ' || i AS note, TIMESTAMP '2026-01-01' AS "
                    + $"sold_at FROM range({rows}) r(i)");
            await side.RunAsync();
            return side;
        }

        public Task BringAsync(int round) => AppendAsync(
            $"""
            SELECT (hash(i * 7919 + {round}) % {rows * 2L})::BIGINT AS id, 1::BIGINT AS customer, 'new' AS note,
                TIMESTAMP '2026-02-01' + to_seconds({round}) AS sold_at
            FROM range({NewRows}) r(i) QUALIFY row_number() OVER (PARTITION BY id) = 1
            """);

        public async Task RunAsync()
        {
            var project = ProjectLoader.Load(
                folder, new() { ExistsInLake = name => name.Schema == "bronze" }, engines, CancellationToken.None);
            var run = await new RunService(lake).Start(
                new() { Project = project }, static _ => { }, CancellationToken.None).Result;
            if (run.Outcome is not Outcome.Succeeded)
                throw new InvalidOperationException(
                    run.Steps.FirstOrDefault(step => step.Error is not null)?.Error?.Describe());
        }

        public void Dispose() => engines.Dispose();

        async Task AppendAsync(string select)
        {
            using var session = engines.Open(Workload.Models);
            var table = await lake.DefineTableAsync(
                new TableName("bronze", "sales"), null, null, CancellationToken.None);
            await using var change = await new TableWriter(session).AppendAsync(
                table, select, new(), CancellationToken.None);
            await change.CommitAsync(CancellationToken.None);
        }
    }
}
