using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;
using Foz.Streams;

namespace Foz.Benchmarks.Sources;

/// <summary>A project in a folder, run into a lake that is new each time.</summary>
sealed class RunProject(string folder) : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions { Workloads = [Workload.Ingestion, Workload.Models] });

    string LakeFolder => Path.Combine(folder, "lake");

    public void Dispose() => engines.Dispose();

    public RunProject Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return this;
    }

    /// <summary>Runs the selected steps; all without a selection.</summary>
    public Task RunAsync(params string[] select)
    {
        WorkFolder.Empty(LakeFolder);
        return ContinueAsync(select);
    }

    /// <summary>Runs all steps into the lake as it is.</summary>
    public Task ContinueAsync() => ContinueAsync([]);

    /// <summary>Keeps the lake as it is now for <see cref="Restore"/>.</summary>
    public void Keep() => WorkFolder.Copy(LakeFolder, $"{LakeFolder}.kept");

    /// <summary>Makes the lake what it was.</summary>
    public void Restore()
    {
        WorkFolder.Empty(LakeFolder);
        WorkFolder.Copy($"{LakeFolder}.kept", LakeFolder);
    }

    async Task ContinueAsync(string[] select)
    {
        var project = ProjectLoader.Load(folder, new(), engines, default);
        var lake = new Lakehouse(LakeFolder, engines, TimeProvider.System);
        var request = new RunRequest { Project = project, Changes = new ChangeReader() };
        var result = await new RunService(lake).Start(
            select.Length == 0 ? request : request with { Selection = new() { Select = select } }, static _ => { },
            default).Result;
        if (result.Steps.FirstOrDefault(step => step.Error is not null) is { } failed) throw failed.Error!;
    }
}
