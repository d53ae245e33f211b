using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Lake;
using Foz.Tests;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Changes of a real server, over TLS and SCRAM.</summary>
public sealed class ChangeStreamTests(PostgreSqlServer server)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_operation_gives_the_rows_of_the_server()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (id int PRIMARY KEY, v text, big text);
            ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
            CREATE TABLE whole (a int, b text); ALTER TABLE whole REPLICA IDENTITY FULL;
            CREATE TABLE indexed (id int PRIMARY KEY, code text NOT NULL, v text);
            CREATE UNIQUE INDEX by_code ON indexed (code); ALTER TABLE indexed REPLICA IDENTITY USING INDEX by_code;
            CREATE TABLE added (id int, v text); ALTER TABLE added REPLICA IDENTITY NOTHING;
            CREATE TABLE "Odd, Name" ("Id" bigint PRIMARY KEY, "é ç" text);
            CREATE TABLE part (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
            CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
            CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
            """);
        string[] tables = ["public.t", "public.whole", "public.indexed", "public.added", "public.\"Odd, Name\"", "public.part"];
        await using var reader = await ChangeReader.StartAsync(database, tables: tables);
        await database.ExecuteAsync("""
            INSERT INTO t SELECT i, 'v' || i, repeat(md5(i::text), 200) FROM generate_series(1, 20) i;
            INSERT INTO whole SELECT i % 3, 'b' FROM generate_series(1, 9) i;
            INSERT INTO indexed SELECT i, 'c' || i, 'v' FROM generate_series(1, 9) i;
            INSERT INTO added SELECT i, 'v' FROM generate_series(1, 9) i;
            INSERT INTO "Odd, Name" VALUES (1, 'ü, "quoted"'), (2, NULL), (3, '');
            INSERT INTO part SELECT i, '2024-01-01'::date + i * 30, 'p' FROM generate_series(1, 11) i;
            """);
        await database.ExecuteAsync("UPDATE t SET v = v || '!' WHERE id < 5");
        await database.ExecuteAsync("UPDATE t SET id = id + 100 WHERE id < 3; DELETE FROM t WHERE id = 4");
        await database.ExecuteAsync("UPDATE whole SET b = 'c' WHERE a = 1; DELETE FROM whole WHERE a = 2");
        await database.ExecuteAsync("UPDATE indexed SET code = 'x' || code, v = NULL WHERE id < 4; "
            + "UPDATE indexed SET id = id + 50 WHERE id = 5; DELETE FROM indexed WHERE id = 6");
        await database.ExecuteAsync("UPDATE part SET day = '2024-12-01' WHERE id = 1; DELETE FROM part WHERE id = 2");
        await database.ExecuteAsync("""
            BEGIN; INSERT INTO t VALUES (500, 'in'); SAVEPOINT s; INSERT INTO t VALUES (501, 'out');
            ALTER TABLE t ADD lost int; INSERT INTO t VALUES (502, 'out', '', 1); ROLLBACK TO s;
            INSERT INTO t VALUES (503, 'in'); ALTER TABLE t ADD more int; INSERT INTO t VALUES (504, 'in', 'b', 7);
            UPDATE t SET more = 8 WHERE id = 7; COMMIT; BEGIN; DELETE FROM t; ROLLBACK;
            """);
        await database.ExecuteAsync("UPDATE \"Odd, Name\" SET \"Id\" = 10 - \"Id\" WHERE \"Id\" < 3");
        await reader.ReadToNowAsync(database);

        await reader.AssertSameAsync(database, "t", "id", "v", "big", "more");
        await reader.AssertSameAsync(database, "whole", "a", "b");
        await reader.AssertSameAsync(database, "indexed", "id", "code", "v");
        await reader.AssertSameAsync(database, "added", "id", "v");
        Assert.Equal(
            ["1", "8", "9"], reader.Tables.Rows("Odd, Name").Select(r => r["Id"] == "3" ? "1" : r["Id"]!).Order());
        Assert.Contains(reader.Changes, c => c.Operation == ChangeOperation.MoveIn && c.Table.Name == "t" && c.IsAbsent[2]);
        Assert.Contains(reader.Changes, c => c.Table.Name == "part");
        Assert.DoesNotContain(reader.Changes, c => c.Table.Name is "part_1" or "part_2");

        await database.ExecuteAsync("TRUNCATE t, whole; INSERT INTO t VALUES (1, 'after')");
        await reader.ReadToNowAsync(database);
        await reader.AssertSameAsync(database, "t", "id", "v", "big", "more");
        Assert.Empty(reader.Tables.Rows("whole"));
        Assert.True(reader.Changes.Select(c => c.Mark).Distinct().Count() == reader.Changes.Count);
    }

    [Fact]
    public async Task Large_transactions_wait_in_files_and_are_dropped_if_they_are_rolled_back()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text)");
        await using var reader = await ChangeReader.StartAsync(database, remembers: false, "public.t");
        await database.ExecuteAsync("""
            BEGIN; INSERT INTO t SELECT i, 'dropped' FROM generate_series(1, 100000) i; ROLLBACK;
            BEGIN; INSERT INTO t SELECT i, 'kept ' || i FROM generate_series(1, 150000) i;
            SAVEPOINT s; INSERT INTO t SELECT i, 'dropped' FROM generate_series(200001, 250000) i; ROLLBACK TO s;
            INSERT INTO t SELECT i, 'kept ' || i FROM generate_series(150001, 200000) i; COMMIT;
            INSERT INTO t VALUES (0, 'small');
            """);
        await reader.ReadToNowAsync(database);
        Assert.Equal(200_001, reader.ChangeCount);
        await reader.AssertSameAsync(database, "t", "id", "v");
    }

    [Fact]
    public async Task Snapshot_and_changes_meet_without_a_gap_under_load()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v int)");
        await ChangeReader.PrepareAsync(database, "t");
        using var ending = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !ending.IsCancellationRequested; i++)
                await database.ExecuteAsync(
                    $"INSERT INTO t VALUES ({i % 50 * 3 + writer}, {i}) ON CONFLICT (id) DO UPDATE SET v = excluded.v; "
                    + $"DELETE FROM t WHERE id = {(i + 7) % 50 * 3 + writer}");
        })).ToArray();

        var source = ChangeReader.Source(database, "public.t");
        await using var start = await source.StartAsync(Stop);
        await using (var copy = await PgConnection.OpenAsync(ChangeReader.Options(database), Stop))
        {
            var rows = await copy.QueryAsync(
                $"BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '{start.Snapshot}'; SELECT id, v FROM t",
                Stop);
            await using var reader = new ChangeReader(
                source, source.ParsePosition($"{start.Position}"),
                rows.ToLookup(_ => "t", row => new Dictionary<string, string?> { ["id"] = row[0], ["v"] = row[1] }));
            await start.DisposeAsync();
            for (var batch = 0; batch < 20; batch++) await reader.ReadAsync();
            await ending.CancelAsync();
            await Task.WhenAll(writers);
            await reader.ReadToNowAsync(database);
            await reader.AssertSameAsync(database, "t", "id", "v");
        }
    }

    [Fact]
    public async Task Kill_of_the_server_and_cut_connections_lose_and_repeat_nothing()
    {
        await using var own = new PostgreSqlServer();
        var database = await own.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text)");
        await using var reader = await ChangeReader.StartAsync(database, tables: "public.t");
        var random = new Random(Soak.Seed());
        for (var round = 0; round < 4 * Soak.Factor; round++)
        {
            for (var i = 0; i < 10; i++)
                await database.ExecuteAsync(string.Create(
                    CultureInfo.InvariantCulture, $"INSERT INTO t VALUES ({round * 10 + i}, 'v'); UPDATE t SET v = '{i}'"));
            // A batch that was kept but not confirmed comes again from the server, and not to the reader.
            if (random.Next(2) == 0) await reader.ReadAsync();
            else await reader.ReadUnconfirmedAsync();
            await database.ExecuteAsync("INSERT INTO t SELECT -i - 1 - 5000 * "
                + string.Create(CultureInfo.InvariantCulture, $"{round}, 'large' FROM generate_series(1, 5000) i"));
            if (round % 2 == 0)
            {
                own.Kill();
                await own.RestartAsync();
            }

            await reader.CloseAsync();
            await reader.ReadToNowAsync(database);
            await reader.AssertSameAsync(database, "t", "id", "v");
        }

        Assert.True(reader.Changes.Select(c => c.Mark).Distinct().Count() == reader.Changes.Count);
    }

    [Fact]
    public async Task A_connection_that_is_cut_in_a_frame_is_an_error_that_can_be_tried_again()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text)");
        await using var reader = await ChangeReader.StartAsync(database, tables: "public.t");
        await database.ExecuteAsync("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i");
        await using var proxy = new Proxy(server.Port) { BytesMax = 1_500_000, RefusesTls = true };
        await using var source = new PgChangeSource(
            ChangeReader.Options(database) with { Port = proxy.Port },
            new PgChangeOptions($"slot_{database.Name}", "pub"));
        await using (var stream = Assert.IsType<ChangeOpening.Opened>(await source.OpenAsync(reader.Position, Stop)).Stream)
        {
            var error = await Assert.ThrowsAsync<FozException>(async () =>
            {
                await foreach (var part in stream.ReadBatchAsync(new ChangeLimits(), Stop))
                    Assert.IsNotType<ChangePart.End>(part);
            });
            Assert.True(error.IsTransient);
            Assert.Contains("reading changes after ", error.Message, StringComparison.Ordinal);
        }

        await reader.ReadToNowAsync(database);
        await reader.AssertSameAsync(database, "t", "id", "v");
        Assert.Equal(3_000, reader.ChangeCount);
    }

    [Fact]
    public async Task A_gap_is_refused_by_its_name()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await using var reader = await ChangeReader.StartAsync(database, tables: "public.t");
        await database.ExecuteAsync("INSERT INTO t VALUES (1)");
        await reader.ReadToNowAsync(database);
        await reader.CloseAsync();
        var source = ChangeReader.Source(database, "public.t");
        var position = Assert.IsType<LogPosition>(reader.Position);
        var history = position.History;

        Assert.Equal(ChangeGapKind.OtherServer, await RefuseAsync(position with { History = history with { SystemId = 1 } }));
        Assert.Equal(ChangeGapKind.ServerBehind, await RefuseAsync(position with { History = history with { Timeline = 9 } }));
        Assert.Equal(ChangeGapKind.ServerBehind, await RefuseAsync(position with { Lsn = new Lsn(1UL << 50) }));
        Assert.Equal(ChangeGapKind.SlotAhead, await RefuseAsync(position with { Lsn = new Lsn(1) }));
        var exists = await Assert.ThrowsAsync<FozException>(() => source.StartAsync(Stop));
        Assert.Equal(ErrorKind.Conflict, exists.Kind);

        await source.StopAsync(Stop);
        Assert.Null(await source.FindLagAsync(reader.Position, Stop));
        Assert.Equal(ChangeGapKind.SlotMissing, await RefuseAsync(position));
        await database.ExecuteAsync("INSERT INTO t VALUES (2)");
        await using (var again = await source.StartAsync(Stop))
            Assert.NotEqual(position, again.Position);
        Assert.Equal(ChangeGapKind.SlotAhead, await RefuseAsync(position));
        await source.StopAsync(Stop);
        await source.StopAsync(Stop);

        async Task<ChangeGapKind> RefuseAsync(ChangePosition from)
        {
            var gap = Assert.IsType<ChangeOpening.Refused>(await source.OpenAsync(from, Stop)).Gap;
            Assert.NotEmpty(gap.Message);
            return gap.Kind;
        }
    }

    [Fact]
    public async Task A_slot_whose_log_is_gone_is_refused()
    {
        await using var own = new PostgreSqlServer();
        var database = await own.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, v text)");
        await using var reader = await ChangeReader.StartAsync(database, tables: "public.t");
        var source = ChangeReader.Source(database, "public.t");
        Assert.Null((await source.FindLagAsync(reader.Position, Stop))!.RetainedBytesMax);
        await database.ExecuteAsync("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
        await database.ExecuteAsync("SELECT pg_reload_conf()");
        for (var i = 0; i < 4; i++)
            await database.ExecuteAsync("INSERT INTO t VALUES (1, repeat('x', 1000)) ON CONFLICT (id) DO UPDATE SET v = t.v; "
                + "SELECT pg_switch_wal()");
        await database.ExecuteAsync("CHECKPOINT");
        var lag = (await source.FindLagAsync(reader.Position, Stop))!;
        Assert.Equal((true, 1 << 20), (lag.IsLost, lag.RetainedBytesMax));
        Assert.Equal(
            ChangeGapKind.SlotLost,
            Assert.IsType<ChangeOpening.Refused>(await source.OpenAsync(reader.Position, Stop)).Gap.Kind);
    }

    [Fact]
    public async Task An_idle_slot_advances_while_others_write()
    {
        var database = await server.CreateDatabaseAsync();
        var other = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await other.ExecuteAsync("CREATE TABLE busy (v text)");
        await using var reader = await ChangeReader.StartAsync(database, tables: "public.t");
        var idle = new ChangeLimits { WaitMax = TimeSpan.Zero, IdleMax = TimeSpan.FromMilliseconds(200) };
        await reader.ReadAsync(idle);
        await other.ExecuteAsync("INSERT INTO busy SELECT repeat('x', 1000) FROM generate_series(1, 5000)");
        var busyAt = await other.ScalarAsync("SELECT pg_current_wal_lsn()");
        Assert.True(Lsn.TryParse(busyAt, out var lsn));
        await reader.BeatAsync();
        for (var tries = 0; ((LogPosition)reader.Position).Lsn < lsn && tries < 100; tries++)
            Assert.True((await reader.ReadAsync(idle)).IsIdle);
        Assert.True(((LogPosition)reader.Position).Lsn >= lsn);
        Assert.Empty(reader.Messages);
        var confirmed = await database.ScalarAsync(
            $"SELECT confirmed_flush_lsn >= '{busyAt}' FROM pg_replication_slots WHERE slot_name = 'slot_{database.Name}'");
        for (var tries = 0; confirmed != "t" && tries < 100; tries++)
        {
            await Task.Delay(100, Stop);
            confirmed = await database.ScalarAsync(
                $"SELECT confirmed_flush_lsn >= '{busyAt}' FROM pg_replication_slots WHERE slot_name = 'slot_{database.Name}'");
        }

        Assert.Equal("t", confirmed);
        // The position of an idle slot is as good as one of a commit.
        await reader.CloseAsync();
        await database.ExecuteAsync("INSERT INTO t VALUES (1)");
        await reader.ReadToNowAsync(database);
        Assert.Equal(1, reader.ChangeCount);
    }

    [Fact]
    public async Task What_a_user_may_not_do_is_said_with_what_to_change()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await ChangeReader.PrepareAsync(database);
        var error = await Assert.ThrowsAsync<FozException>(
            () => ChangeReader.Source(database, "public.t").StartAsync(Stop));
        Assert.Contains("must be owner of table t", error.Message, StringComparison.Ordinal);
        Assert.Contains("CREATE PUBLICATION \"pub\" FOR TABLE \"public\".\"t\"", error.Hint, StringComparison.Ordinal);
        Assert.Contains("ALTER ROLE \"foz\" REPLICATION", error.Hint, StringComparison.Ordinal);
        await database.ExecuteAsync("CREATE PUBLICATION pub FOR TABLE t WITH (publish = 'insert')");
        error = await Assert.ThrowsAsync<FozException>(
            () => ChangeReader.Source(database, "public.t").StartAsync(Stop));
        Assert.Contains("publishes not all of", error.Message, StringComparison.Ordinal);
    }
}
