using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Connectors;

/// <summary>A project whose sources are run into a lake of its own.</summary>
public sealed class SourceProject : IDisposable
{
    readonly EnginePool engines = new(new()
    {
        MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Ingestion, Workload.Models],
    });

    readonly Lakehouse lake;

    /// <summary>A project with these connections.</summary>
    /// <param name="connections">What stands below <c>connections:</c>, in YAML.</param>
    public SourceProject(string connections)
    {
        lake = new(Path.Combine(Folder, "lake"), engines, TimeProvider.System);
        Write("foz.yml",
            $"name: t\nlake: "
                + $"lake\nconnections:\n{string.Concat(connections.Split('\n').Select(line => $"  {line}\n"))}");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-source-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    public List<RunEvent> Events { get; } = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public IEnumerable<string> Warnings => Events.OfType<RunEvent.Warned>().Select(w => w.Warning.Message);

    public SourceProject Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return this;
    }

    public ProjectResult TryLoad() => ProjectLoader.TryLoad(
        Folder,
        new()
        {
            EnvironmentVariables = Variables,
            ExistsInLake = name => Directory.Exists(Path.Combine(lake.Folder, name.Schema, name.Name)),
        }, engines, Cancel);

    public async Task<RunResult> RunAsync(bool isFullRefresh = false)
    {
        Events.Clear();
        var project = TryLoad() switch
        {
            ProjectResult.Loaded { Project: var loaded } => loaded,
            ProjectResult.Refused { Errors: var errors } =>
                throw new InvalidOperationException(string.Join('\n', errors.Select(e => e.Describe()))),
            _ => throw new InvalidOperationException(),
        };
        return await new RunService(lake).Start(
            new() { Project = project, IsFullRefresh = isFullRefresh }, Events.Add, Cancel).Result;
    }

    /// <summary>Runs, and fails the test with what went wrong if anything did.</summary>
    public async Task<RunResult> RunWellAsync(bool isFullRefresh = false)
    {
        var result = await RunAsync(isFullRefresh);
        Assert.All(result.Steps, step => Assert.True(step.Error is null, step.Error?.ToString()));
        return result;
    }

    /// <summary>The error of the one step that failed.</summary>
    public async Task<string> FailAsync() =>
        (await RunAsync()).Steps.Single(step => step.Error is not null).Error!.Describe();

    /// <summary>The rows of a statement, in order, values between bars.</summary>
    public async Task<List<string>> RowsAsync(string sql)
    {
        using var session = engines.Open(Workload.Models);
        using var bound = await new StatementBinder(session,
            new LakeNameResolver(lake, lake.Tables, _ => null)).BindAsync(
            sql, Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return
        [
            .. rows.Rows(Cancel)
                .Select(row => string.Join('|', row.Select(v => v is bool flag ? (flag ? "true" : "false") : $"{v}")))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Changes a table beside its step.</summary>
    public async Task ChangeAsync(
        string name, Func<TableWriter, LakeTable, CancellationToken, Task<TableChange>> change)
    {
        using var session = engines.Open(Workload.Models);
        await using var made = await change(
            new(session), await lake.OpenTableAsync(TableName.Parse(name), Cancel), Cancel);
        await made.CommitAsync(Cancel);
    }

    /// <summary>Puts the files of a table together.</summary>
    public async Task OptimizeAsync(string name)
    {
        using var session = engines.Open(Workload.Models);
        await new TableOptimizer(session).OptimizeAsync(
            await lake.OpenTableAsync(TableName.Parse(name), Cancel), new(), null, Cancel);
    }

    /// <summary>Gives a table another name.</summary>
    public async Task RenameAsync(string from, string to) =>
        await lake.Catalog.RenameAsync(
            (await lake.Catalog.FindAsync(TableName.Parse(from), Cancel))!, TableName.Parse(to), Cancel);

    /// <summary>The rows of a Parquet file of the project, in order, values between bars.</summary>
    public List<string> ParquetRows(string path)
    {
        using var session = engines.Open(Workload.Models);
        using var rows = session.Query(
            $"SELECT * FROM read_parquet({SqlText.Literal(Path.Combine(Folder, path))})", Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row)).Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
