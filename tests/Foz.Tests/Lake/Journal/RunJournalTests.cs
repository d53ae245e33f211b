using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs.State;
using Foz.Storage;

namespace Foz.Tests.Lake.Journal;

public sealed class RunJournalTests : IDisposable
{
    const string RunId = "20260101000000000-r001";
    readonly string folder = Directory.CreateTempSubdirectory("foz-journal-").FullName;
    readonly EnginePool engines = new(
        new EngineOptions { MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Models] });
    readonly Lakehouse lake;

    public RunJournalTests() => lake = new(folder, engines, TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Records_are_read_by_table_in_order()
    {
        using var journal = RunJournal.Open(lake, RunId);
        await journal.AppendAsync([Step("silver.a"), Lineage("silver.a")], Cancel);
        await journal.AppendAsync([Step("silver.b")], Cancel);

        Assert.Equal(
            ["silver.a", "silver.b"], (await ReadAsync("steps")).Select(json => json.GetProperty("step").GetString()));
        Assert.Single(await ReadAsync("lineage"));
        Assert.Empty(await ReadAsync("checks"));
    }

    [Fact]
    public async Task Steps_that_end_at_the_same_time_are_all_kept()
    {
        using var recorder = new RunRecorder(lake, RunId, CancellationToken.None);
        await Parallel.ForAsync(
            0, 200, Cancel, async (i, _) => await recorder.AddAsync(Step($"silver.t{i}"), Lineage($"silver.t{i}")));

        Assert.Equal(
            200, (await ReadAsync("steps")).Select(json => json.GetProperty("step").GetString()).Distinct().Count());
        Assert.Equal(200, (await ReadAsync("lineage")).Count);
    }

    [Fact]
    public async Task Every_record_has_the_columns_of_its_table()
    {
        using var journal = RunJournal.Open(lake, RunId);
        await journal.AppendAsync(
            [
                Step("silver.a"), Lineage("silver.a"), Run(), Check(), Source(), Metric(), Audit(), Query(), Backup(),
                Host(), Stream(), Incident(),
            ],
            Cancel);

        foreach (var (table, fields) in JournalTables.Fields)
        {
            var names = (await ReadAsync(table)).Single().EnumerateObject().Select(p => p.Name)
                .Where(n => n != "record");
            Assert.Equal(fields.Select(f => f.Name).Order(), names.Order());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    public async Task A_torn_last_record_is_none(int bytesLost)
    {
        using var journal = RunJournal.Open(lake, RunId);
        await journal.AppendAsync([Step("silver.a"), Step("silver.b")], Cancel);
        using (var file = new FileStream(SegmentOf(lake), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            file.SetLength(file.Length - bytesLost);

        Assert.Equal("silver.a", (await ReadAsync("steps")).Single().GetProperty("step").GetString());
    }

    [Fact]
    public async Task A_record_whose_bytes_changed_ends_the_segment()
    {
        using (var journal = RunJournal.Open(lake, RunId))
            await journal.AppendAsync([Step("silver.a"), Step("silver.b")], Cancel);
        var text = await File.ReadAllTextAsync(SegmentOf(lake), Cancel);
        await File.WriteAllTextAsync(
            SegmentOf(lake), text.Replace("silver.b", "silver.x", StringComparison.Ordinal), Cancel);

        Assert.Single(await ReadAsync("steps"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_moves_its_own_records_and_those_of_runs_that_are_gone_but_of_none_that_lives(bool isLost)
    {
        using var living = RunJournal.Open(lake, "20260101000000009-live");
        await living.AppendAsync([Step("silver.living")], Cancel);
        using (var gone = RunJournal.Open(lake, "20260101000000005-gone"))
            await gone.AppendAsync([Step("silver.gone")], Cancel);
        using var stop = new CancellationTokenSource();
        using var recorder = new RunRecorder(lake, RunId, stop.Token);
        await recorder.AddAsync(Step("silver.own"));
        if (isLost) await stop.CancelAsync();

        Assert.Null(await recorder.FlushAsync(warning => Assert.Fail(warning.Message)));

        Assert.Equal(isLost ? ["silver.own"] : ["silver.gone", "silver.own"], await StepsAsync(lake));
        Assert.Equal(
            isLost ? ["silver.gone", "silver.living"] : ["silver.living"],
            (await ReadAsync("steps")).Select(json => json.GetProperty("step").GetString()));
    }

    [Fact]
    public async Task The_records_of_each_run_are_kept_whatever_their_clocks_said_and_once_where_a_move_was_cut_off()
    {
        foreach (var id in new[]
        {
            "20260301000000000-aaaa", "20260201000000000-bbbb", "20260301000000000-cccc", "20250101000000000-dddd",
        })
        {
            using var recorder = new RunRecorder(lake, id, CancellationToken.None);
            await recorder.AddAsync(Step($"silver.{id[^4..]}1"));
            using (Failpoint.Watch(
                name => { if (name == "journal.committed") throw new IOException("the process ends here"); }))
            {
                var warnings = new List<Warning>();
                Assert.Null(await recorder.FlushAsync(warnings.Add));
                Assert.Contains("the process ends here", Assert.Single(warnings).Message, StringComparison.Ordinal);
            }
            await recorder.AddAsync(Step($"silver.{id[^4..]}2"));
            Assert.Null(await recorder.FlushAsync(_ => { }));
        }

        Assert.Equal(8, (await StepsAsync(lake)).Count);
        Assert.Equal(8, (await StepsAsync(lake)).Distinct().Count());
        Assert.Empty(Directory.GetFiles(lake.JournalFolder, "*.segment"));
        var table = await lake.OpenTableAsync(new("foz", "steps"), Cancel);
        Assert.Equal(
            "interval 7 days", (await table.LatestAsync(Cancel)).Properties["delta.setTransactionRetentionDuration"]);
    }

    async Task<List<JsonElement>> ReadAsync(string table)
    {
        var file = Path.Combine(folder, Guid.NewGuid() + ".jsonl");
        var count = 0;
        foreach (var segment in await RunJournal.ListAsync(lake, Cancel))
            count += JournalSegment.Export(await segment.ReadAsync(Cancel), table, file);
        var records = File.ReadLines(file).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        File.Delete(file);
        Assert.Equal(count, records.Count);
        return records;
    }

    async Task<List<string>> StepsAsync(Lakehouse of)
    {
        using var session = engines.Open(Workload.Models);
        using var bound = await new StatementBinder(session, new LakeNameResolver(of, of.Tables, _ => null))
            .BindAsync("SELECT step FROM foz.steps ORDER BY step", Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => (string)row[0]!)];
    }

    static string SegmentOf(Lakehouse lake) => Directory.GetFiles(lake.JournalFolder, "*.segment").Single();

    static StepRecord Step(string step) => new()
    {
        RunId = "r1", Step = step, Kind = "model", Outcome = Outcome.Succeeded, StartedAt = default,
        FinishedAt = default,
    };

    static LineageRecord Lineage(string table) => new()
    {
        RunId = "r1", TableName = table, Upstream = "bronze.a", UpstreamKind = "table", RecordedAt = default,
    };

    static RunRecord Run() => new()
    {
        RunId = "r1", Project = "p", FozVersion = "0.1.0", User = "u", Host = "h", StartedAt = default,
        FinishedAt = default, Outcome = Outcome.Failed, StepsSucceeded = 1, StepsSkipped = 2, StepsFailed = 3,
    };

    static CheckRecord Check() => new()
    {
        RunId = "r1", Step = "silver.a", TableName = "silver.a", Check = "not_null", OnViolation = "warn",
        Passed = true, Violations = 0, RowsChecked = 1, CheckedAt = default,
    };

    static AuditRecord Audit() => new()
    {
        RunId = "r1", RecordedAt = DateTimeOffset.UnixEpoch, Event = AuditEvent.Login, Decision = AuditDecision.Denied,
    };

    static QueryRecord Query() => new()
    {
        RunId = "r1", StartedAt = DateTimeOffset.UnixEpoch, User = "ana", Protocol = "trino", Session = 1,
        Workload = "default", Statement = "SELECT ?",
        StatementHash = "", Rows = 1, QueuedMs = 0, DurationMs = 1,
    };

    static MetricRecord Metric() => new()
    {
        RunId = "r1", TableName = "silver.t", Column = "a", Metric = "mean", Value = 1.5, MeasuredAt = default,
    };

    static BackupRecord Backup() => new()
    {
        RunId = "r1", Action = "backup", Outcome = Outcome.Succeeded, StartedAt = default, FinishedAt = default,
    };

    static HostRecord Host() => new()
    {
        RunId = "r1", RecordedAt = default, Host = "h", Seconds = 60, CpuSeconds = 1, MemoryBytes = 1, SpillBytes = 0,
        BytesWritten = 0, Sessions = 1, StatementsWaiting = 0, Runs = 0, FiringsWaiting = 0,
    };

    static StreamRecord Stream() => new()
    {
        RunId = "r1", RecordedAt = default, Source = "shop", Stream = "a", TableName = "bronze.a", State = "followed",
        Position = "p", ChangedAt = default(DateTimeOffset), Rows = 1, RowsHeld = 0, LagSeconds = 0.5, UnreadBytes = 1,
        RetainedBytes = 1,
    };

    static IncidentRecord Incident() => new()
    {
        RunId = "r1", IncidentId = "i1", Change = 1, Event = "opened", Project = "p", Environment = "dev",
        Kind = "step", Subject = "silver.a", Root = "silver.a", Severity = "error", Text = "failed", Owners = ["ana"],
        Members = 1, Since = default, OpenedAt = default, RecordedAt = default,
    };

    static SourceRecord Source() => new()
    {
        RunId = "r1", Source = "s", Stream = "t", TableName = "bronze.t", Mode = "snapshot", FilesRead = 0,
        RowsRead = 1, RowsRejected = 0, SyncedAt = default,
    };
}
