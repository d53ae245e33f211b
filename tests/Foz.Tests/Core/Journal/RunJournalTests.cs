using Foz.Core.Journal;

namespace Foz.Tests.Core.Journal;

public sealed class RunJournalTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-journal-").FullName;

    RunJournal Journal => new(folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Records_are_exported_by_table_in_order()
    {
        Journal.Append("r1", Step("silver.a"), Lineage("silver.a"));
        Journal.Append("r1", Step("silver.b"));

        Assert.Equal(["silver.a", "silver.b"], Exported("steps").Select(json => json.GetProperty("step").GetString()));
        Assert.Single(Exported("lineage"));
        Assert.Empty(Exported("checks"));
    }

    [Fact]
    public void Steps_that_end_at_the_same_time_are_all_kept()
    {
        var journal = Journal;
        Parallel.For(0, 200, i => journal.Append("r1", Step($"silver.t{i}"), Lineage($"silver.t{i}")));

        Assert.Equal(200, Exported("steps").Select(json => json.GetProperty("step").GetString()).Distinct().Count());
        Assert.Equal(200, Exported("lineage").Count);
    }

    [Fact]
    public void Every_record_has_the_columns_of_its_table()
    {
        Journal.Append("r1", Step("silver.a"), Lineage("silver.a"), Run(), Check(), Source(), Metric(), Audit(), Query());

        foreach (var (table, fields) in JournalTables.Fields)
        {
            var names = Exported(table).Single().EnumerateObject().Select(p => p.Name).Where(n => n != "record");
            Assert.Equal(fields.Select(f => f.Name).Order(), names.Order());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    public void A_torn_last_record_is_none(int bytesLost)
    {
        Journal.Append("r1", Step("silver.a"), Step("silver.b"));
        var segment = Directory.GetFiles(folder).Single();
        using (var file = File.OpenWrite(segment)) file.SetLength(file.Length - bytesLost);

        Assert.Equal("silver.a", Exported("steps").Single().GetProperty("step").GetString());
    }

    [Fact]
    public void A_record_whose_bytes_changed_ends_the_segment()
    {
        Journal.Append("r1", Step("silver.a"), Step("silver.b"));
        var segment = Directory.GetFiles(folder).Single();
        File.WriteAllText(segment, File.ReadAllText(segment).Replace("silver.b", "silver.x", StringComparison.Ordinal));

        Assert.Single(Exported("steps"));
    }

    [Fact]
    public void Runs_are_listed_until_they_are_deleted()
    {
        Journal.Append("r2", Step("silver.a"));
        Journal.Append("r1", Step("silver.a"));
        Assert.Equal(["r1", "r2"], Journal.Segments());

        Journal.Delete("r1");
        Assert.Equal(["r2"], Journal.Segments());
    }

    List<System.Text.Json.JsonElement> Exported(string table)
    {
        var file = Path.Combine(folder, Guid.NewGuid() + ".jsonl");
        var count = Journal.Export("r1", table, file);
        var records = File.ReadLines(file).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement).ToList();
        File.Delete(file);
        Assert.Equal(count, records.Count);
        return records;
    }

    static StepRecord Step(string step) => new()
    {
        RunId = "r1", Step = step, Kind = "model", Outcome = Outcome.Succeeded, StartedAt = default, FinishedAt = default,
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
        RunId = "r1", StartedAt = DateTimeOffset.UnixEpoch, User = "ana", Protocol = "trino", Session = 1, Workload = "default", Statement = "SELECT ?",
        StatementHash = "", Rows = 1, QueuedMs = 0, DurationMs = 1,
    };

    static MetricRecord Metric() => new()
    {
        RunId = "r1", TableName = "silver.t", Column = "a", Metric = "mean", Value = 1.5, MeasuredAt = default,
    };

    static SourceRecord Source() => new()
    {
        RunId = "r1", Source = "s", Stream = "t", TableName = "bronze.t", Mode = "snapshot", FilesRead = 0,
        RowsRead = 1, RowsRejected = 0, SyncedAt = default,
    };
}
