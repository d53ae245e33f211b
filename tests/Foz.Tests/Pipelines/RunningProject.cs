using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Pipelines;

/// <summary>A project in a folder of its own with a lake, whose bronze tables the test writes.</summary>
sealed class RunningProject : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions
    {
        MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Ingestion, Workload.Models],
    });

    /// <summary>A project.</summary>
    /// <param name="clock">The lake's clock; null for the system's.</param>
    public RunningProject(TimeProvider? clock = null)
    {
        Lake = new(Path.Combine(Folder, "lake"), engines, clock ?? TimeProvider.System);
        this["foz.yml"] = "name: t\nlake: lake\n";
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-project-").FullName;

    public Lakehouse Lake { get; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Writes a file of the project.</summary>
    public string this[string path]
    {
        set
        {
            var file = Path.Combine(Folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, value);
        }
    }

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Reads it.</summary>
    /// <param name="cacheFolder">Where what can be found out again is kept; null for nowhere.</param>
    public Project Load(string? cacheFolder = null) => ProjectLoader.Load(
        Folder,
        new()
        {
            CacheFolder = cacheFolder,
            ExistsInLake = name => Directory.Exists(Path.Combine(Lake.Folder, name.Schema, name.Name)),
        }, engines, Cancel);

    /// <summary>What runs warned of.</summary>
    public List<string> Warnings { get; } = [];

    public Task<RunResult> RunAsync(string? cacheFolder = null) =>
        new RunService(Lake).Start(new() { Project = Load(cacheFolder) }, Note, Cancel).Result;

    void Note(RunEvent what)
    {
        if (what is RunEvent.Warned warned) Warnings.Add(warned.Warning.Describe());
    }

    /// <summary>Appends rows to a table, making it if need be.</summary>
    public async Task AppendAsync(string name, string select)
    {
        using var session = engines.Open(Workload.Models);
        var table = await Lake.DefineTableAsync(TableName.Parse(name), null, null, Cancel);
        var change = await new TableWriter(session).AppendAsync(table, select, new(), Cancel);
        await change.CommitAsync(Cancel);
    }

    /// <summary>The rows of a query, their values with bars between.</summary>
    public async Task<List<string>> QueryAsync(string sql)
    {
        using var session = engines.Open(Workload.Models);
        var names = new LakeNameResolver(Lake, Lake.Tables, _ => null);
        using var bound = await new StatementBinder(session, names).BindAsync(sql, Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row.Select(value => $"{value ?? "null"}")))];
    }
}
