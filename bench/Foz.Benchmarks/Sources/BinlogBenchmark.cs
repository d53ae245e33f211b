using Foz.Connectors.Changes;
using Foz.Connectors.MySql.Changes;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// Changes of MariaDB decoded into columns, against <c>mariadb-binlog --raw</c>, which only copies the same logs to
/// files.
/// </summary>
sealed class BinlogBenchmark : IBenchmark
{
    const int Rounds = 5;
    const long Changes = 1_000_000;

    public string Name => "changes of MariaDB";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = MariaDbServer.Start(
            folder, "--log-bin=binlog", "--server-id=1", "--binlog-format=ROW", "--binlog-row-metadata=FULL");
        server.Execute("GRANT ALL ON *.* TO foz@localhost");
        server.Execute("CREATE TABLE t (id INT PRIMARY KEY, a INT, b BIGINT, c TEXT, d DECIMAL(12,2), e TIMESTAMP(6))");
        server.Execute("FLUSH BINARY LOGS");
        await using var source = new MySqlChangeSource(new MySqlChangeOptions(server.ConnectionString));
        await using var start = await source.StartAsync(CancellationToken.None);
        server.Execute(
            "INSERT INTO t SELECT seq, seq % 100, seq * 7, CONCAT('some text ', seq), seq / 100.0, NOW(6) "
            + $"FROM seq_1_to_{Changes}");
        var copies = folder.Sub("copies");
        var (ours, theirs, ratio) = await Pair.RunAsync(Rounds, OursAsync, TheirsAsync);
        return
        [
            new Figure(
                "changes of MariaDB, 1 M inserts × 6 of one transaction, decoded into columns",
                "`mariadb-binlog --raw` of the same log",
                Pair.Ms(ours),
                Pair.Ms(theirs),
                $"{Pair.Times(1 / ratio)} changes/s",
                "≥ 0.7×"),
        ];

        async Task OursAsync()
        {
            var opening = await source.OpenAsync(start.Position, CancellationToken.None);
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
