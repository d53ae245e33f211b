using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;

namespace Foz.Benchmarks.Sources;

/// <summary>A project in a folder, run into a lake that is new each time.</summary>
sealed class RunProject(string folder) : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions { Workloads = [Workload.Ingestion, Workload.Models] });

    public void Dispose() => engines.Dispose();

    public RunProject Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return this;
    }

    /// <summary>Runs the selected steps; all without a selection.</summary>
    public async Task RunAsync(params string[] select)
    {
        WorkFolder.Empty(Path.Combine(folder, "lake"));
        var project = ProjectLoader.Load(folder, new(), engines, default);
        var lake = new Lakehouse(Path.Combine(folder, "lake"), engines, TimeProvider.System);
        var request = new RunRequest { Project = project };
        var result = await new RunService(lake).Start(
            select.Length == 0 ? request : request with { Selection = new() { Select = select } }, static _ => { },
            default).Result;
        if (result.Steps.FirstOrDefault(step => step.Error is not null) is { } failed) throw failed.Error!;
    }
}
