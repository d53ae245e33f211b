using Foz.Benchmarks.Tables;
using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Sources;

/// <summary>A MariaDB table of 5 M rows × 8 columns into bronze, against <c>mariadb-dump</c> to nowhere.</summary>
sealed class MariaDbBenchmark : IBenchmark
{
    const int Rounds = 3;
    const string Table =
        """
        CREATE TABLE sales (id BIGINT NOT NULL PRIMARY KEY, customer INT NOT NULL, sold_at DATETIME(6) NOT NULL, day DATE NOT NULL,
            weight DOUBLE NOT NULL, price DECIMAL(12,2) NOT NULL, note VARCHAR(60) NOT NULL, is_paid TINYINT(1) NOT NULL);
        INSERT INTO sales SELECT seq, seq % 100000, '2024-01-01' + INTERVAL seq SECOND, '2024-01-01' + INTERVAL seq % 700 DAY,
            seq / 7e0, (seq % 1000000) / 100, CONCAT('note ', MD5(seq)), seq % 3 = 0 FROM seq_1_to_5000000;
        ANALYZE TABLE sales
        """;

    public string Name => "mariadb-snapshot";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = MariaDbServer.Start(folder);
        server.Execute(Table);
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds,
            () => LoadAsync(server, engines, session, folder),
            () =>
            {
                server.Dump("sales");
                return Task.CompletedTask;
            });
        return
        [
            new("MariaDB snapshot, 5 M rows × 8 → bronze Delta, durable", "`mariadb-dump` of the table to `/dev/null`",
                Pair.Ms(ours), Pair.Ms(theirs), Pair.Text($"{1 / ratio:0.00}× rows/s"), "≥ 2× rows/s"),
        ];
    }

    static async Task LoadAsync(MariaDbServer server, EnginePool engines, EngineSession session, WorkFolder folder)
    {
        var stream = new StreamDefinition { Name = "sales", Settings = Settings.Of(("table", "sales")) };
        var definition = new SourceDefinition
        {
            Name = "shop",
            Connection = new(
                "shop", "database",
                Settings.Of(("provider", "MySqlConnector"), ("connection_string", server.ConnectionString))),
            Streams = [stream],
        };
        await using var source = ConnectorRegistry.Find("database")!.Open(definition, folder.Path);
        var plan = await source.PlanAsync(stream, [], default);
        await using var rows = await source.ReadAsync(
            stream, plan.Inputs!, new() { Engine = engines, WorkFolder = folder.Path }, default);
        using var relation = session.Register(((StreamRows.Streamed)rows).Stream);
        var lake = folder.Sub("mariadb-lake");
        WorkFolder.Empty(lake);
        var table = new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("bronze/sales");
        var change = await new TableWriter(session).OverwriteAsync(
            table, $"SELECT * FROM {relation.Sql}", new(), default);
        await change.CommitAsync(default);
    }
}
