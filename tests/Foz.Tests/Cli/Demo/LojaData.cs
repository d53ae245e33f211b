using Foz.Cli.Demo;
using Foz.Lake.Engine;

namespace Foz.Tests.Cli.Demo;

/// <summary>The data of the example shop, generated once for all tests, and its project.</summary>
public sealed class LojaData : IAsyncLifetime
{
    /// <summary>The folder of the project.</summary>
    public string Project { get; } = Directory.CreateTempSubdirectory("foz-loja-").FullName;

    /// <summary>The folder of its data.</summary>
    public string Folder => Path.Combine(Project, "data");

    public EnginePool Engine { get; } = new(new EngineOptions { Workloads = [Workload.Ingestion] });

    public LojaFacts Facts { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var example = Path.Combine(Repository.Root, "examples", "loja");
        foreach (var file in Directory.EnumerateFiles(example, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(example, file);
            if (relative.StartsWith("data", StringComparison.Ordinal)
                || relative.StartsWith("lake", StringComparison.Ordinal))
                continue;
            var copy = Path.Combine(Project, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        Facts = await LojaGenerator.GenerateAsync(Folder, Engine, null, CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        Engine.Dispose();
        Directory.Delete(Project, recursive: true);
        return ValueTask.CompletedTask;
    }
}

[CollectionDefinition]
public sealed class LojaCollection : ICollectionFixture<LojaData>;
