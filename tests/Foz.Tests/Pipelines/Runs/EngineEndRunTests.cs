using Foz.DuckDB;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>Runs in which the engine dies under a step.</summary>
public sealed class EngineEndRunTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-project-").FullName;
    readonly EnginePool engines = new(
        new() { MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Ingestion, Workload.Models] });
    readonly Lakehouse lake;

    public EngineEndRunTests()
    {
        lake = new(Path.Combine(folder, "lake"), engines, TimeProvider.System);
        Write("foz.yml", "name: t\nlake: lake\n");
        for (var i = 0; i < 4; i++)
            Write($"models/silver/fine{i}.sql", "SELECT i AS id FROM range(50000) t(i)");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_model_that_ends_the_engine_fails_and_those_beside_it_have_all_rows()
    {
        Write("models/silver/bad.sql",
            "SELECT date_part(f, t) AS p FROM (VALUES ('epoch', now()), ('julian', now())) v(f, t)");
        var result = await RunAsync();
        var bad = Assert.Single(result.Steps, step => step.Outcome is Outcome.Failed);
        Assert.Equal(("bad", "XX000"), (bad.Step.Name, bad.Error!.SqlState));
        Assert.Contains("Unsupported ICU BIGINT extractor", bad.Error.Message, StringComparison.Ordinal);
        for (var i = 0; i < 4; i++) Assert.Equal(50_000, await CountAsync($"silver.fine{i}"));
        Assert.True(engines.IsReady);
    }

    [Fact]
    public async Task A_model_under_which_the_engine_ended_once_is_made_on_the_next_one()
    {
        var calls = 0;
        engines.Find(Workload.Models).Define(engine => engine.Define(
            [
                new ScalarFunction
                {
                    Name = "some_field", Parameters = [LogicalType.Of(TypeId.BigInt)], ReturnType = LogicalType.Varchar,
                    IsVolatile = true,
                    Body = (arguments, result) =>
                    {
                        var field = Interlocked.Increment(ref calls) == 1 ? "epoch" : "year";
                        for (var row = 0; row < arguments.RowCount; row++) result.SetText(row, field);
                    },
                },
            ],
            "SELECT 1"));
        Write("models/silver/once.sql", "SELECT i AS id, date_part(some_field(i), now()) AS p FROM range(10) t(i)");
        var result = await RunAsync();
        var once = Assert.Single(result.Steps, step => step.Step.Name == "once");
        Assert.Equal(Outcome.Warned, once.Outcome);
        Assert.Contains("run again", Assert.Single(once.Warnings).Message, StringComparison.Ordinal);
        Assert.Equal(10, await CountAsync("silver.once"));
    }

    async Task<RunResult> RunAsync()
    {
        var project = ProjectLoader.Load(folder, new(), engines, Cancel);
        return await new RunService(lake).Start(new() { Project = project }, static _ => { }, Cancel).Result;
    }

    async Task<long> CountAsync(string table)
    {
        using var session = engines.Open(Workload.Models);
        using var bound = await new StatementBinder(
            session,
            new EnvironmentNameResolver(lake, prefix: "", static _ => null)).BindAsync(
                $"SELECT count(*) FROM {table}", Cancel);
        return session.QueryScalar<long>(bound.Sql, Cancel);
    }

    void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
