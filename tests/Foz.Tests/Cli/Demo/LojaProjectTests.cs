using Foz.Cli.Demo;
using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Tests.Connectors;

namespace Foz.Tests.Cli.Demo;

/// <summary>The example's project, and what its source brings of the generated files.</summary>
[Collection<LojaCollection>]
public sealed class LojaProjectTests(LojaData data)
{
    [Fact]
    public void The_project_is_in_order()
    {
        var project = Load();
        Assert.Equal(5, Assert.Single(project.Sources).Streams.Count);
        Assert.Equal(10, project.Models.Count);
    }

    [Fact]
    public async Task The_program_writes_the_project_whole_and_over_nothing()
    {
        var ct = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("foz-loja-").FullName;
        try
        {
            var own = Path.Combine(folder, "loja");
            await LojaProject.WriteAsync(own, ct);
            var example = Path.Combine(Repository.Root, "examples", "loja");
            foreach (var file in Directory.GetFiles(own, "*", SearchOption.AllDirectories))
                Assert.Equal(
                    await File.ReadAllTextAsync(Path.Combine(example, Path.GetRelativePath(own, file)), ct),
                    await File.ReadAllTextAsync(file, ct));
            Assert.Equal(Load().Models.Count, Directory.GetFiles(Path.Combine(own, "models"), "*.sql",
                SearchOption.AllDirectories).Length);
            var error = await Assert.ThrowsAsync<FozException>(() => LojaProject.WriteAsync(own, ct));
            Assert.Contains("already exists", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("customers")]
    [InlineData("products")]
    [InlineData("orders")]
    [InlineData("order_items")]
    [InlineData("payments")]
    public async Task A_stream_brings_all_rows_and_sets_the_malformed_ones_aside(string name)
    {
        var ct = TestContext.Current.CancellationToken;
        var definition = Assert.Single(Load().Sources).Definition;
        var stream = definition.Streams.Single(s => s.Name == name);
        await using var source = ConnectorRegistry.Find("files")!.Open(definition, data.Project);
        var plan = await source.PlanAsync(stream, [], ct);
        Assert.Equal(
            data.Facts.Files.Keys.Count(f => f.StartsWith($"{name}/", StringComparison.Ordinal)),
            plan.Files().Length);

        var work = Directory.CreateTempSubdirectory("foz-work-").FullName;
        var context = new ReadContext { Engine = data.Engine, WorkFolder = work };
        await using var rows = (StreamRows.Selected)await source.ReadAsync(stream, plan.Inputs!, context, ct);
        using var session = data.Engine.Open(Workload.Ingestion);
        var (count, rejected) = await CountAsync(session, rows, ct);
        Assert.Equal(data.Facts.Rows[name], count);
        Assert.Equal(data.Facts.MalformedRows[name], rejected);
        Directory.Delete(work, recursive: true);
    }

    static async Task<(long Rows, long Rejected)> CountAsync(
        EngineSession session, StreamRows.Selected rows, CancellationToken ct)
    {
        try
        {
            // Every value is made, so that one that cannot be is an error.
            session.Execute($"CREATE OR REPLACE TEMP TABLE arrived AS {rows.Sql}", ct);
        }
        catch (FozException e) when (rows.Recover is not null)
        {
            return await CountAsync(session, (await rows.Recover(e, ct))!, ct);
        }
        return (
            session.QueryScalar<long>("SELECT count(*) FROM arrived", ct),
            rows.RejectedSql is null ? 0 : session.QueryScalar<long>($"SELECT count(*) FROM ({rows.RejectedSql})", ct));
    }

    Project Load() =>
        ProjectLoader.Load(data.Project, new ProjectOptions(), data.Engine, TestContext.Current.CancellationToken);
}
