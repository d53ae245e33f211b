using Foz.Dbt;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>A project in a folder of its own, with a lake that other programs may have written to.</summary>
sealed class LakeProject : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions
    {
        MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Ingestion, Workload.Models],
    });

    public LakeProject(TimeProvider? clock = null)
    {
        Lake = new(Path.Combine(Folder, "lake"), engines, clock ?? TimeProvider.System);
        Write("foz.yml", "name: t\nlake: lake\n");
    }

    /// <summary>One whose lake is in an object store.</summary>
    public LakeProject(LakeLocation location)
    {
        Lake = Lakehouse.Open(location, engines, TimeProvider.System);
        Write("foz.yml", "name: t\nlake: lake\n");
    }

    /// <summary>The project's folder.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-project-").FullName;

    /// <summary>The lake.</summary>
    public Lakehouse Lake { get; }

    /// <summary>What happened in its runs.</summary>
    public List<RunEvent> Events { get; } = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Lake.Close();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Opens a session for models.</summary>
    public EngineSession OpenSession() => engines.Open(Workload.Models);

    /// <summary>Reads the project.</summary>
    public Project Load() => ProjectLoader.Load(Folder, Options, engines, Cancel);

    /// <summary>What is wrong with the project.</summary>
    public IReadOnlyList<string> Errors() =>
        ProjectLoader.TryLoad(Folder, Options, engines, Cancel) is ProjectResult.Refused refused
            ? [.. refused.Errors.Select(e => e.Describe())]
            : [];

    public Task<RunResult> RunAsync(bool isFullRefresh = false) => new RunService(Lake).Start(
        new() { Project = Load(), IsFullRefresh = isFullRefresh }, Events.Add, Cancel).Result;

    /// <summary>Appends rows, as another program could.</summary>
    public async Task AppendAsync(string name, string select)
    {
        using var session = OpenSession();
        var table = await Lake.DefineTableAsync(TableName.Parse(name), null, null, Cancel);
        await using var change = await new TableWriter(session).AppendAsync(table, select, new(), Cancel);
        await change.CommitAsync(Cancel);
    }

    public Task<List<string>> RowsAsync(string name) => QueryAsync($"SELECT * FROM {name} ORDER BY ALL");

    public async Task<List<string>> QueryAsync(string sql)
    {
        using var session = OpenSession();
        using var bound = await new StatementBinder(session,
            new LakeNameResolver(Lake, Lake.Tables, _ => null)).BindAsync(
            sql, Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row.Select(Text)))];
    }

    public void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    ProjectOptions Options => new()
    {
        Readers = [DbtReader.Instance],
        ExistsInLake = name => Directory.Exists(Path.Combine(Lake.Folder, name.Schema, name.Name)),
    };

    static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => value.ToString()!,
    };
}
