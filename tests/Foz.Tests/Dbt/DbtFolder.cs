using Foz.Dbt;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Tests.Dbt;

/// <summary>
/// A dbt project <c>shop</c> in a folder of its own, with one model <c>orders</c>, read without a lake.
/// </summary>
sealed class DbtFolder : IDisposable
{
    readonly EnginePool engines = new(
        new EngineOptions { MemoryBytes = 1L << 28, Threads = 1, Workloads = [Workload.Query, Workload.Models] });
    readonly string folder = Directory.CreateTempSubdirectory("foz-dbt-").FullName;

    public DbtFolder()
    {
        Write("dbt_project.yml", "name: shop\n");
        Write("models/orders.sql", "select 1 as id, 'a' as status");
    }

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    public void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public Project Load(string command = "run") =>
        ProjectLoader.Load(
            folder,
            new()
            {
                Readers = [DbtReader.Instance], Command = command,
                EnvironmentVariables = new Dictionary<string, string>(),
            }, engines,
            TestContext.Current.CancellationToken);

    public IReadOnlyList<FozException> Errors() =>
        ProjectLoader.TryLoad(
            folder, new() { Readers = [DbtReader.Instance], EnvironmentVariables = new Dictionary<string, string>() },
            engines,
            TestContext.Current.CancellationToken) is ProjectResult.Refused refused ? refused.Errors : [];

    public Model Model(string name) => Load().Models.Single(model => model.Name.ToString() == name);
}
