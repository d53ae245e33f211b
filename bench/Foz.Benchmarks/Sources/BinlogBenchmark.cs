using Foz.Connectors.Changes;
using Foz.Connectors.MySql.Changes;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// Changes of MariaDB decoded into columns, and landed in bronze by a run, against <c>mariadb-binlog --raw</c>, which
/// only copies the same logs to files.
/// </summary>
sealed class BinlogBenchmark : IBenchmark
{
    const int Rounds = 5;
    const long Changes = 1_000_000;

    public string Name => "changes of MariaDB";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = MariaDbServer.Start(
            folder, "--log-bin=binlog", "--server-id=1", "--binlog-format=ROW", "--binlog-row-metadata=FULL",
            "--max-binlog-size=1G");
        server.Execute("GRANT ALL ON *.* TO foz@localhost");
        server.Execute("CREATE TABLE t (id INT PRIMARY KEY, a INT, b BIGINT, c TEXT, d DECIMAL(12,2), e TIMESTAMP(6))");
        using var project = new RunProject(folder.Sub("landing"));
        project.Write("foz.yml", $$"""
                name: bench
                connections:
                  db: {type: mariadb, host: 127.0.0.1, port: {{server.Port}}, database: bench, user: foz, ssl_mode: disabled}
                """)
            .Write("sources/db.yml", "connection: db\nstreams: {t: {mode: cdc}}\n");
        // The copy of the empty table, from which each round goes on.
        await project.RunAsync();
        project.Keep();
        server.Execute("FLUSH BINARY LOGS");
        await using var source = new MySqlChangeSource(new MySqlChangeOptions(server.ConnectionString));
        await using var start = await source.StartAsync(CancellationToken.None);
        server.Execute(
            "INSERT INTO t SELECT seq, seq % 100, seq * 7, CONCAT('some text ', seq), seq / 100.0, NOW(6) "
            + $"FROM seq_1_to_{Changes}");
        var copies = folder.Sub("copies");
        var (ours, theirs, ratio) = await Pair.RunAsync(Rounds, OursAsync, TheirsAsync);
        var landed = await Pair.RunAsync(Rounds, project.ContinueAsync, TheirsAsync, project.Restore);
        return
        [
            new Figure(
                "changes of MariaDB, 1 M inserts × 6 of one transaction, decoded into columns",
                "`mariadb-binlog --raw` of the same log",
                Pair.Ms(ours),
                Pair.Ms(theirs),
                $"{Pair.Times(1 / ratio)} changes/s",
                "≥ 0.7×"),
            new Figure(
                "the same, landed in bronze by a run",
                "the same",
                Pair.Ms(landed.OursMs),
                Pair.Ms(landed.TheirsMs),
                $"{Pair.Times(1 / landed.Ratio)} changes/s",
                "≥ 0.25×"),
        ];

        async Task OursAsync()
        {
            // As a run does: the server lets a session of the same number wait until it has ended the one before.
            await using var reader = new MySqlChangeSource(new MySqlChangeOptions(server.ConnectionString));
            var opening = await reader.OpenAsync(start.Position, CancellationToken.None);
            await using var stream = ((ChangeOpening.Opened)opening).Stream;
            long count = 0;
            while (count < Changes)
                await foreach (var part in stream.ReadBatchAsync(new ChangeLimits(), CancellationToken.None))
                    if (part is ChangePart.Rows rows) count += rows.Changes.Rows.RowCount;
            if (count != Changes) throw new InvalidOperationException($"{count} changes instead of {Changes}");
        }

        Task TheirsAsync()
        {
            server.CopyLogs("binlog.000002", copies);
            return Task.CompletedTask;
        }
    }
}
