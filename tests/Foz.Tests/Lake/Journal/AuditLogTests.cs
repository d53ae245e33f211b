using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;

namespace Foz.Tests.Lake.Journal;

public sealed class AuditLogTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-audit-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    readonly Lakehouse lake;

    public AuditLogTests() => lake = new(folder, engines, TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    AuditLog Open(int queueMax = 10_000) =>
        AuditLog.Open(lake, new() { CommitInterval = TimeSpan.FromHours(1), QueueMax = queueMax });

    static AuditRecord Record(string reason) => new()
    {
        RunId = "r", RecordedAt = DateTimeOffset.UnixEpoch, Event = AuditEvent.Login, Decision = AuditDecision.Granted,
        User = "ana",
        Reason = reason, Tables = ["silver.a", "silver.b"],
    };

    async Task<List<string>> ReadAsync(bool isPending = false)
    {
        var names = new EnvironmentNameResolver(
            lake, "", name => isPending ? () => new JournalWriter(lake).SelectPendingAsync(name.Name) : null);
        using var session = engines.Open(Workload.Query);
        using var bound = await new StatementBinder(session, names).BindAsync(
            "SELECT reason FROM foz.audit ORDER BY reason", Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => (string)row[0]!)];
    }

    [Fact]
    public async Task Records_reach_their_table_once_and_their_segments_go()
    {
        var made = engines.CreateTempFolder();
        await using (var log = Open())
        {
            log.Add(Record("a"));
            await log.AddDurablyAsync(Record("b"), Cancel);
            Assert.Equal(["a", "b"], await ReadAsync(isPending: true));
            // What it was read from is gone with it.
            Assert.Equal([made.Name], made.Parent!.EnumerateDirectories().Select(folder => folder.Name));
            await log.CommitAsync(Cancel);
            Assert.Equal(["a", "b"], await ReadAsync());
            log.Add(Record("c"));
        }
        Assert.Equal(["a", "b", "c"], await ReadAsync(isPending: true));
        Assert.Equal(["a", "b", "c"], await ReadAsync());
        Assert.Empty(Directory.GetFiles(lake.JournalFolder));
    }

    [Fact]
    public async Task Segments_of_a_process_that_died_are_committed_by_the_next_and_those_of_one_that_lives_are_not()
    {
        var died = new RecordSegments(lake.JournalFolder, "20260101000000000-dead", AuditRecord.Table);
        died.Append([Record("dead")]);
        died.Close();
        died.Append([Record("dead 2")]);
        died.Close();
        using var living = new RecordSegments(lake.JournalFolder, "20260101000000000-live", AuditRecord.Table);
        living.Append([Record("alive")]);
        await using (var log = Open())
        {
            await log.CommitAsync(Cancel);
            Assert.Equal(3, Directory.GetFiles(lake.JournalFolder, "*.audit").Length);
            died.Dispose();
            await log.CommitAsync(Cancel);
        }
        Assert.Equal(["dead", "dead 2"], await ReadAsync());
        Assert.Equal(["alive", "dead", "dead 2"], await ReadAsync(isPending: true));
    }

    [Fact]
    public async Task A_segment_that_was_committed_before_the_process_died_is_not_committed_again()
    {
        string copy, segment;
        await using (var log = Open())
        {
            await log.AddDurablyAsync(Record("once"), Cancel);
            segment = Directory.GetFiles(lake.JournalFolder, "*.audit").Single();
            copy = Path.Combine(folder, "copy");
            File.Copy(segment, copy);
        }
        File.Move(copy, segment);
        await using (var log = Open()) await log.CommitAsync(Cancel);
        Assert.Equal(["once"], await ReadAsync());
        Assert.False(File.Exists(segment));
    }

    [Fact]
    public async Task While_the_disk_does_not_take_records_nothing_is_granted_and_then_all_are_there()
    {
        var warned = new TaskCompletionSource<string>();
        await using var log = AuditLog.Open(
            lake,
            new() { CommitInterval = TimeSpan.FromHours(1), QueueMax = 4, Warn = text => warned.TrySetResult(text) });
        // A folder where the segment should be: no user can write the segment.
        var segment = Path.Combine(lake.JournalFolder, $"{log.RunId}.0000000001.audit");
        Directory.CreateDirectory(segment);
        var error = await Assert.ThrowsAsync<FozException>(() => log.AddDurablyAsync(Record("first"), Cancel));
        Assert.Equal(ErrorKind.Resource, error.Kind);
        Assert.Contains("until", await warned.Task, StringComparison.Ordinal);
        Assert.Throws<FozException>(() => log.Add(Record("refused")));
        await Assert.ThrowsAsync<FozException>(() => log.AddDurablyAsync(Record("refused too"), Cancel));
        Directory.Delete(segment);
        while (!await IsTakenAsync()) await Task.Delay(TimeSpan.FromMilliseconds(10), Cancel);
        await log.CommitAsync(Cancel);
        Assert.Equal(["first", "second"], await ReadAsync());

        // It is tried again now and then.
        async Task<bool> IsTakenAsync()
        {
            try
            {
                await log.AddDurablyAsync(Record("second"), Cancel);
                return true;
            }
            catch (FozException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Whatever_many_threads_add_is_there_once()
    {
        await using (var log = Open())
        {
            await Parallel.ForAsync(0, 400, Cancel, async (i, token) =>
            {
                if (i % 3 == 0) await log.AddDurablyAsync(Record($"{i:D4}"), token);
                else log.Add(Record($"{i:D4}"));
                if (i % 100 == 0) await log.CommitAsync(token);
            });
        }
        Assert.Equal([.. Enumerable.Range(0, 400).Select(i => $"{i:D4}")], await ReadAsync());
    }
}
