using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.AcceptanceTests;

/// <summary>A project in a folder of its own, and its lake in the folder <c>lake</c> of it.</summary>
public sealed class TestLake : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions
    {
        MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Ingestion, Workload.Models],
    });

    /// <summary>A project.</summary>
    /// <param name="folder">Its folder; null for a new one, which goes with it.</param>
    /// <param name="lakeFolder">The lake's folder; null for <c>lake</c> in the project's.</param>
    /// <param name="clock">The time; null for the system's.</param>
    public TestLake(string? folder = null, string? lakeFolder = null, TimeProvider? clock = null)
    {
        IsOwner = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("foz-acceptance-").FullName;
        Lake = new(lakeFolder ?? Path.Combine(Folder, "lake"), engines, clock ?? TimeProvider.System);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    bool IsOwner { get; }

    /// <summary>The project's folder.</summary>
    public string Folder { get; }

    /// <summary>Its lake.</summary>
    public Lakehouse Lake { get; }

    /// <summary>Opens a session of models.</summary>
    public EngineSession Open() => engines.Open(Workload.Models);

    /// <summary>Writes a file of the project.</summary>
    public void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    /// <summary>Runs the project.</summary>
    public async Task<RunResult> RunAsync(bool isFullRefresh = false, Action<RunEvent>? onEvent = null) =>
        await new RunService(Lake).Start(
            new() { Project = Load(), IsFullRefresh = isFullRefresh, Changes = new Foz.Streams.ChangeReader() }, onEvent ?? (_ => { }), Cancel).Result;

    /// <summary>What a run of the project would do.</summary>
    public async Task<IReadOnlyList<PlannedStep>> PlanAsync() =>
        (await new RunPlanner(Lake).PlanAsync(new() { Project = Load() }, Cancel)).Steps;

    /// <summary>Runs the project; it must not fail.</summary>
    public async Task<RunResult> RunWellAsync()
    {
        var run = await RunAsync();
        Assert.True(
            run.Outcome is not Outcome.Failed,
            string.Join(
                '\n', run.Steps.Where(s => s.Error is not null).Select(s => $"{s.Step}: {s.Error!.Describe()}")));
        return run;
    }

    /// <summary>A table of the lake.</summary>
    public Task<LakeTable> TableAsync(string name) =>
        Lake.OpenTableAsync(TableName.Parse(name), Cancel).AsTask();

    /// <summary>Appends the rows of a SELECT to a table of the lake.</summary>
    public async Task AppendAsync(string name, string select, WriteOptions? options = null)
    {
        using var session = Open();
        var table = await Lake.DefineTableAsync(TableName.Parse(name), null, null, Cancel);
        await (await new TableWriter(session).AppendAsync(table, select, options ?? new(), Cancel)).CommitAsync(Cancel);
    }

    /// <summary>Replaces the rows of a table by those of a SELECT.</summary>
    public async Task OverwriteAsync(string name, string select)
    {
        using var session = Open();
        var table = await Lake.DefineTableAsync(TableName.Parse(name), null, null, Cancel);
        await using var change = await new TableWriter(session).OverwriteAsync(table, select, new(), Cancel);
        await change.CommitAsync(Cancel);
    }

    /// <summary>The rows of a query, values parted by bars.</summary>
    public async Task<List<string>> QueryAsync(string sql)
    {
        using var session = Open();
        var names = new LakeNameResolver(Lake, Lake.Tables, _ => null);
        using var bound = await new StatementBinder(session, names).BindAsync(sql, Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row))];
    }

    /// <summary>All rows of a table, in an order that depends on nothing but them.</summary>
    public Task<List<string>> RowsAsync(string name) => QueryAsync($"SELECT * FROM {name} ORDER BY ALL");

    /// <summary>The project as its files are now.</summary>
    public Project Load() => ProjectLoader.Load(
        Folder,
        new() { ExistsInLake = name => Directory.Exists(Path.Combine(Lake.Folder, name.Schema, name.Name)) },
        engines, Cancel);

    public void Dispose()
    {
        engines.Dispose();
        if (IsOwner) Directory.Delete(Folder, recursive: true);
    }
}
