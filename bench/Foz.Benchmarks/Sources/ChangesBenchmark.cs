using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql;
using Foz.Connectors.PostgreSql.Changes;
using Npgsql;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// Changes of PostgreSQL decoded into columns, against <c>pg_recvlogical</c>, which only throws the same bytes away. Each
/// run reads the same log by a copy of one slot.
/// </summary>
sealed class ChangesBenchmark : IBenchmark
{
    const int Rounds = 5;

    public string Name => "changes of PostgreSQL";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = PostgreSqlServer.Start(
            folder, "-c wal_level=logical -c max_replication_slots=40 -c synchronous_commit=off");
        server.Psql("CREATE TABLE t (id int PRIMARY KEY, a int, b bigint, c text, d numeric(12,2), e timestamptz)");
        server.Psql("CREATE PUBLICATION pub FOR ALL TABLES");
        var one = await MeasureAsync(
            server,
            "large",
            "INSERT INTO t SELECT i, i % 100, i * 7, 'some text ' || i, i / 100.0, now() FROM generate_series(1, 1000000) i",
            1_000_000);
        server.Psql("CREATE TABLE account (id int PRIMARY KEY, balance bigint)");
        server.Psql("INSERT INTO account SELECT i, 0 FROM generate_series(1, 100000) i");
        server.Psql("CREATE TABLE history (id bigint, account int, amount int, at timestamptz)");
        var small = await MeasureAsync(
            server,
            "small",
            """
            DO $$ BEGIN FOR i IN 1..200000 LOOP
              UPDATE account SET balance = balance + i WHERE id = i % 100000 + 1;
              UPDATE account SET balance = balance - i WHERE id = i % 99999 + 2;
              INSERT INTO history VALUES (i, i % 100000, i, now());
              INSERT INTO history VALUES (-i, i % 99999, -i, now());
              COMMIT;
            END LOOP; END $$
            """,
            800_000);
        return
        [
            Figure("changes of PostgreSQL, 1 M inserts × 6 of one transaction, decoded into columns", one, "≥ 1.5×"),
            Figure("the same, 800,000 changes of 200,000 transactions", small, "≥ 2×"),
        ];
    }

    static Figure Figure(string work, Measured measured, string goal) => new(
        work,
        "`pg_recvlogical -f /dev/null` on the same log",
        Pair.Ms(measured.OursMs),
        Pair.Ms(measured.TheirsMs),
        $"{Pair.Times(1 / measured.Ratio)} changes/s, {Pair.Times(measured.ServerCpu)} of the server's CPU",
        goal);

    static async Task<Measured> MeasureAsync(
        PostgreSqlServer server, string name, string sql, long changes)
    {
        await using var database = NpgsqlDataSource.Create(server.ClientOptions);
        var number = 0;
        var slot = $"base_{name}";
        server.Psql($"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')");
        server.Psql(sql);
        server.Psql("SELECT pg_logical_emit_message(true, 'bench.end', ''); CHECKPOINT");
        var end = await TextAsync("SELECT pg_current_wal_flush_lsn()::text");
        var from = await TextAsync(
            "SELECT format('postgresql:%s/%s:%s:0', s.system_identifier, c.timeline_id, r.confirmed_flush_lsn) "
            + "FROM pg_control_system() s, pg_control_checkpoint() c, pg_replication_slots r "
            + $"WHERE r.slot_name = '{slot}'");
        var cpu = (Ours: new List<double>(), Theirs: new List<double>());
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds, () => WithCpuAsync(cpu.Ours, OursAsync), () => WithCpuAsync(cpu.Theirs, TheirsAsync), Copy);
        server.Psql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        return new Measured(ours, theirs, ratio, Pair.Median([.. cpu.Ours.Zip(cpu.Theirs, (x, y) => x / y)]));

        // The server's process for a reader ends with it, and counts then.
        async Task WithCpuAsync(List<double> ticks, Func<Task> work)
        {
            var before = server.EndedClientsTicks;
            await work();
            await Task.Delay(TimeSpan.FromMilliseconds(300));
            ticks.Add(server.EndedClientsTicks - before);
            Console.Error.WriteLine($"    {ticks[^1] * 10} ms of the server's CPU");
        }

        void Copy()
        {
            number++;
            foreach (var reader in new[] { "ours", "theirs" })
                server.Psql($"SELECT pg_copy_logical_replication_slot('{slot}', '{reader}_{name}_{number}')");
        }

        async Task OursAsync()
        {
            await using var source = new PgChangeSource(
                new PgOptions
                {
                    Host = "127.0.0.1", Port = server.Port, User = "postgres", Database = "postgres",
                    SslMode = Connectors.PostgreSql.SslMode.Disable,
                },
                new PgChangeOptions($"ours_{name}_{number}", "pub"));
            var opening = await source.OpenAsync(source.ParsePosition(from), CancellationToken.None);
            await using var stream = ((ChangeOpening.Opened)opening).Stream;
            long count = 0;
            for (var isOver = false; !isOver;)
                await foreach (var part in stream.ReadBatchAsync(new ChangeLimits(), CancellationToken.None))
                {
                    if (part is ChangePart.Rows rows) count += rows.Changes.Rows.RowCount;
                    isOver |= part is ChangePart.Message;
                }
            if (count != changes) throw new InvalidOperationException($"{count} changes instead of {changes}");
        }

        Task TheirsAsync()
        {
            server.RunClient(
                "pg_recvlogical", "-d", "postgres", "--slot", $"theirs_{name}_{number}", "--start", "--no-loop",
                "-f", "/dev/null", "--endpos", end, "-o", "proto_version=2", "-o", "streaming=on", "-o",
                "messages=true", "-o", "publication_names=pub");
            return Task.CompletedTask;
        }

        async Task<string> TextAsync(string query)
        {
            await using var command = database.CreateCommand(query);
            return (string)(await command.ExecuteScalarAsync())!;
        }
    }

    /// <summary>Medians of times, and of the ratios round by round.</summary>
    sealed record Measured(double OursMs, double TheirsMs, double Ratio, double ServerCpu);
}
