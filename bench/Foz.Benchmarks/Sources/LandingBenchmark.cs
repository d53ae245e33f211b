using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;
using Foz.Streams;
using Npgsql;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// Changes of PostgreSQL landed in bronze, with all that makes them durable, against <c>pg_recvlogical</c>, which only
/// throws the same bytes away. Each round starts from the same lake, and reads the same log by a copy of one slot.
/// </summary>
sealed class LandingBenchmark : IBenchmark
{
    const int Rounds = 5;

    public string Name => "changes landed in bronze";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = PostgreSqlServer.Start(
            folder, "-c wal_level=logical -c max_replication_slots=40 -c synchronous_commit=off");
        server.Psql("CREATE TABLE t (id int PRIMARY KEY, a int, b bigint, c text, d numeric(12,2), e timestamptz)");
        server.Psql("CREATE TABLE account (id int PRIMARY KEY, balance bigint)");
        server.Psql("INSERT INTO account SELECT i, 0 FROM generate_series(1, 100000) i");
        server.Psql("CREATE TABLE history (id bigint PRIMARY KEY, account int, amount int, at timestamptz)");
        using var bronze = new Landing(server, folder, "");
        using var silver = new Landing(server, folder, "silver: current\n");
        var one = await bronze.MeasureAsync(
            "INSERT INTO t SELECT i, i % 100, i * 7, 'some text ' || i, i / 100.0, now() FROM generate_series(1, 1000000) i",
            1_000_000);
        var small = await bronze.MeasureAsync(SmallTransactions, 800_000);
        server.Psql("TRUNCATE history");
        var merged = await silver.MeasureAsync(SmallTransactions, 800_000);
        return
        [
            Figure("changes of PostgreSQL, 1 M inserts × 6 of one transaction, landed in bronze", one),
            Figure("the same, 800,000 changes of 200,000 transactions", small),
            new(
                "the same, landed in bronze and merged into silver by its current rows", Peer, Pair.Ms(merged.OursMs),
                Pair.Ms(merged.TheirsMs), Pair.Text($"{800_000 / merged.OursMs * 1000:#,0} changes/s"),
                "≥ 40,000 changes/s"),
        ];
    }

    const string Peer = "`pg_recvlogical -f /dev/null` on the same log";

    const string SmallTransactions = """
        DO $$ BEGIN FOR i IN 1..200000 LOOP
          UPDATE account SET balance = balance + i WHERE id = i % 100000 + 1;
          UPDATE account SET balance = balance - i WHERE id = i % 99999 + 2;
          INSERT INTO history VALUES (i, i % 100000, i, now());
          INSERT INTO history VALUES (-i, i % 99999, -i, now());
          COMMIT;
        END LOOP; END $$
        """;

    static Figure Figure(string work, (double OursMs, double TheirsMs, double Ratio) measured) => new(
        work, Peer, Pair.Ms(measured.OursMs), Pair.Ms(measured.TheirsMs), $"{Pair.Times(1 / measured.Ratio)} changes/s",
        "≥ 0.8×");

    /// <summary>A project whose streams read the server's log.</summary>
    sealed class Landing : IDisposable
    {
        readonly PostgreSqlServer server;
        readonly string root, lake, kept;
        readonly EnginePool engines = new(new EngineOptions { Workloads = [Workload.Ingestion, Workload.Models] });

        public Landing(PostgreSqlServer server, WorkFolder folder, string settings)
        {
            this.server = server;
            (root, kept) = (folder.Sub(Path.GetRandomFileName()), folder.Sub(Path.GetRandomFileName()));
            lake = Path.Combine(root, "lake");
            Write("foz.yml", $"name: shop\nconnections:\n  shop: {{type: postgresql, url: '{server.Url}'}}\n");
            Write(
                "sources/shop.yml",
                $"connection: shop\n{settings}streams:\n  t: {{mode: cdc}}\n  account: {{mode: cdc}}\n  history: {{mode: cdc}}\n");
        }

        public void Dispose() => engines.Dispose();

        public async Task<(double OursMs, double TheirsMs, double Ratio)> MeasureAsync(string sql, long changes)
        {
            WorkFolder.Empty(lake);
            await RunAsync();
            var slot = await TextAsync("SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'foz_shop_%'");
            server.Psql($"SELECT pg_copy_logical_replication_slot('{slot}', 'base')");
            WorkFolder.Empty(kept);
            WorkFolder.Copy(lake, kept);
            server.Psql(sql);
            server.Psql("CHECKPOINT");
            var end = await TextAsync("SELECT pg_current_wal_flush_lsn()::text");
            var measured = await Pair.RunAsync(
                Rounds, OursAsync,
                () =>
                {
                    server.RunClient(
                        "pg_recvlogical", "-d", "postgres", "--slot", "theirs", "--start", "--no-loop", "-f",
                        "/dev/null", "--endpos", end, "-o", "proto_version=2", "-o", "streaming=on", "-o",
                        $"publication_names={slot}");
                    return Task.CompletedTask;
                },
                () =>
                {
                    server.Psql(
                        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name <> 'base'");
                    foreach (var copy in new[] { slot, "theirs" })
                        server.Psql($"SELECT pg_copy_logical_replication_slot('base', '{copy}')");
                    WorkFolder.Empty(lake);
                    WorkFolder.Copy(kept, lake);
                });
            server.Psql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
            server.Psql($"DROP PUBLICATION {slot}");
            return measured;

            async Task OursAsync()
            {
                var rows = await RunAsync();
                if (rows != changes) throw new InvalidOperationException($"{rows} changes instead of {changes}");
            }
        }

        async Task<long> RunAsync()
        {
            var request = new RunRequest
            {
                Project = ProjectLoader.Load(root, new(), engines, default), Changes = ChangeReader.OfProcess,
            };
            var result = await new RunService(new Lakehouse(lake, engines, TimeProvider.System)).Start(
                request, static _ => { }, default).Result;
            if (result.Steps.FirstOrDefault(step => step.Error is not null) is { } failed) throw failed.Error!;
            return result.Steps.Where(step => step.IsStream).Sum(step => step.RowsWritten);
        }

        void Write(string path, string text)
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        async Task<string> TextAsync(string query)
        {
            await using var database = NpgsqlDataSource.Create(server.ClientOptions);
            await using var command = database.CreateCommand(query);
            return (string)(await command.ExecuteScalarAsync())!;
        }
    }
}
