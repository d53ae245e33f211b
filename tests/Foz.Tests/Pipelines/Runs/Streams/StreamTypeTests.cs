using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Streams;

namespace Foz.Tests.Pipelines.Runs.Streams;

/// <summary>Columns that come with another type than the project or the table says.</summary>
public sealed class StreamTypeTests : IDisposable
{
    readonly RunningProject project = new();
    readonly List<string> warnings = [];

    public StreamTypeTests() =>
        project["foz.yml"] = "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n";

    public void Dispose() => project.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("bigint", null)]
    [InlineData(
        "long long", "bronze.orders: column 'id' is declared as 'long long', which is no type: it comes as BIGINT")]
    [InlineData("date", "bronze.orders: column 'id' is declared as 'date', and comes as BIGINT")]
    public async Task A_declared_type_that_is_none_or_does_not_come_is_a_warning(string type, string? warning)
    {
        Declare($"[{{name: id, type: {type}}}]");
        await RunAsync(new([new("id", DataType.Long)], "SELECT 1::BIGINT AS id"));
        if (warning is null) Assert.Empty(warnings);
        else Assert.StartsWith(warning, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hint_of_a_changed_type_names_columns_and_a_full_refresh()
    {
        Declare("[id]");
        await RunAsync(new([new("id", DataType.Long)], "SELECT 1::BIGINT AS id"));
        var error = await Assert.ThrowsAsync<FozException>(() =>
            RunAsync(new([new("id", DataType.String)], "SELECT 'x' AS id")));
        Assert.Equal("sources/shop.yml", error.Place?.File);
        Assert.Contains("columns: [{name: …, type: …}]", error.Hint, StringComparison.Ordinal);
        Assert.Contains("foz run bronze.orders --full-refresh", error.Hint, StringComparison.Ordinal);
    }

    void Declare(string columns) => project["sources/shop.yml"] =
        $"connection: files\nstreams: {{orders: {{path: o.csv, mode: incremental, columns: {columns}}}}}\n";

    async Task RunAsync(OneTable source)
    {
        var node = project.Load().Graph.Nodes.OfType<GraphNode.OfStream>().Single();
        await new StreamStep(
            new(project.Lake, "r", IsFullRefresh: false, warning => warnings.Add(warning.Describe())), node,
            source).RunAsync(Cancel);
    }

    /// <summary>A source with rows of one table, that are new each time.</summary>
    sealed class OneTable(IReadOnlyList<Field> fields, string sql) : ISource
    {
        public Task<string> CheckAsync(CancellationToken cancellationToken) => Task.FromResult("");

        public Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<DiscoveredStream>>([]);

        public Task<BatchPlan> PlanAsync(
            StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken) =>
            Task.FromResult(new BatchPlan(new StreamInputs.OfAll(), []));

        public Task<StreamRows> ReadAsync(
            StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken) =>
            Task.FromResult<StreamRows>(
                new StreamRows.Selected($"{sql}, CAST(NULL AS TIMESTAMPTZ) AS _cdc_commit_ts, 'x' AS _cdc_source")
                {
                    Fields = fields,
                });

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
