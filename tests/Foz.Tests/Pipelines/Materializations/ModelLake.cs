using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;

namespace Foz.Tests.Pipelines.Materializations;

/// <summary>
/// A project in a folder of its own whose tables of the schema bronze a test writes, and a clock that it sets.
/// </summary>
sealed class ModelLake : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions
    {
        MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Ingestion, Workload.Models],
    });

    public ModelLake()
    {
        Lake = new(Path.Combine(Folder, "lake"), engines, Clock);
        Write("foz.yml", "name: t\nlake: lake\n");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-models-").FullName;

    public Lakehouse Lake { get; }

    /// <summary>Stands still until a test moves it.</summary>
    public SetClock Clock { get; } = new();

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    public void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    /// <summary>Writes a model <c>silver.m</c>.</summary>
    public void Model(string materialization, string select) =>
        Write("models/silver/m.sql", $"/* @foz\nmaterialization: {materialization}\n@foz */\n{select}");

    public Project Load() => ProjectLoader.Load(
        Folder,
        new() { ExistsInLake = name => Directory.Exists(Path.Combine(Lake.Folder, name.Schema, name.Name)) },
        engines, Cancel);

    public async Task<RunResult> RunAsync(bool isFullRefresh = false, IntervalRequest? intervals = null)
    {
        Clock.Now += TimeSpan.FromSeconds(1);
        return await new RunService(Lake).Start(
            new() { Project = Load(), IsFullRefresh = isFullRefresh, Intervals = intervals }, static _ => { }, Cancel)
            .Result;
    }

    /// <summary>Runs; nothing may fail.</summary>
    public async Task<RunResult> RunWellAsync(bool isFullRefresh = false)
    {
        var run = await RunAsync(isFullRefresh);
        Assert.Empty(run.Steps.Select(step => step.Error?.Describe()).OfType<string>());
        return run;
    }

    /// <summary>Runs, and gives the error of the one step that fails.</summary>
    public async Task<FozException> FailAsync() =>
        (await RunAsync()).Steps.Single(step => step.Error is not null).Error!;

    public Task AppendAsync(string select, string name = "bronze.t") =>
        WriteAsync(name, (writer, table) => writer.AppendAsync(table, select, new(), Cancel));

    public Task ReplaceAsync(string select, string name = "bronze.t") =>
        WriteAsync(name, (writer, table) => writer.OverwriteAsync(table, select, new(), Cancel));

    /// <summary>The rows of a model's table, in order, values apart by <c>|</c>.</summary>
    public Task<List<string>> RowsAsync(string name = "silver.m") => QueryAsync($"SELECT * FROM {name} ORDER BY ALL");

    public async Task<List<string>> QueryAsync(string sql)
    {
        using var session = engines.Open(Workload.Models);
        var names = new LakeNameResolver(Lake, Lake.Tables, _ => null);
        using var bound = await new StatementBinder(session, names).BindAsync(sql, Cancel);
        using var rows = session.Query($"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({bound.Sql})", Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row))];
    }

    /// <summary>Sets a property of a table.</summary>
    public async Task AlterAsync(string name, string property, string value)
    {
        using var session = engines.Open(Workload.Models);
        var table = await Lake.OpenTableAsync(TableName.Parse(name), Cancel);
        await new TableAlterer(session).AlterAsync(
            table, new TableAlteration.SetProperties(new Dictionary<string, string> { [property] = value }), Cancel);
    }

    /// <summary>A table's newest version.</summary>
    public async Task<TableSnapshot> SnapshotAsync(string name = "silver.m") =>
        await (await Lake.OpenTableAsync(TableName.Parse(name), Cancel)).LatestAsync(Cancel);

    async Task WriteAsync(string name, Func<TableWriter, LakeTable, Task<TableChange>> write)
    {
        using var session = engines.Open(Workload.Models);
        var table = await Lake.DefineTableAsync(TableName.Parse(name), null, null, Cancel);
        await using var change = await write(new(session), table);
        await change.CommitAsync(Cancel);
    }
}

/// <summary>A clock that shows what it is set to.</summary>
sealed class SetClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
