using Foz.Connectors;
using Foz.Connectors.Files;
using Foz.Storage;

namespace Foz.Tests.Connectors.Files;

/// <summary>Files that another program writes while, or after, they are read.</summary>
public sealed class FoldersInMotionTests : IDisposable
{
    const int Rows = 2_000;

    readonly SourceProject project = new("inbox: {type: files, path: in}");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Orders => Path.Combine(project.Folder, "in", "orders.csv");

    public void Dispose() => project.Dispose();

    public static MatrixTheoryData<string, string> Writers => new(
        ["appends", "truncates", "rewrites in place", "restores size and time", "renames over it", "deletes"],
        ["files.opened", "files.read"]);

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_file_that_changes_while_it_is_read_is_not_committed_and_read_whole_by_the_next_run(
        string writer, string when)
    {
        Define();
        project.Write("in/orders.csv", Text("old"));
        var hits = new List<string>();
        using (Failpoint.Watch(name =>
        {
            hits.Add(name);
            if (name == when) Write(writer);
        }))
            Assert.Contains("in/orders.csv", await project.FailAsync(), StringComparison.Ordinal);

        Assert.Contains(when, hits);
        Assert.False(Directory.Exists(Path.Combine(project.Folder, "lake", "bronze", "orders", "_delta_log")));
        if (writer == "deletes") return;
        await project.RunWellAsync();
        var lines = (await File.ReadAllLinesAsync(Orders, Cancel)).Skip(1);
        Assert.Equal(lines.Order(), (await project.RowsAsync("SELECT id || ',' || v FROM bronze.orders")).Order());
    }

    [Fact]
    public async Task What_was_read_is_kept_in_the_manifest()
    {
        Define();
        project.Write("in/orders.csv", Text("old"));
        await project.RunWellAsync();

        var manifest = await File.ReadAllTextAsync(
            Directory.GetFiles(
                Path.Combine(project.Folder, "lake", "_foz", "steps", "bronze.orders"), "*1.json").Single(), Cancel);
        var hash = ReadFiles.Hash(new(new("in/orders.csv", 0, default), Orders), Cancel);
        Assert.Contains($"\"hash\": \"{hash}\"", manifest, StringComparison.Ordinal);
        Assert.Contains("\"inode\": ", manifest, StringComparison.Ordinal);
        Assert.Contains("\"changedNs\": ", manifest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_rows_of_a_file_that_changed_take_the_place_of_those_that_were_read_in_one_commit()
    {
        Define();
        project.Write("in/orders.csv", "id,v\n1,2500\n2,x\n").Write("in/others.csv", "id,v\n7,same\n");
        await project.RunWellAsync();
        project.Write("in/orders.csv", "id,v\n1,2500.00\n3,new\n").Write("in/third.csv", "id,v\n8,third\n");
        await project.RunWellAsync();

        Assert.Equal(
            ["1|2500.00", "3|new", "7|same", "8|third"],
            await project.RowsAsync("SELECT id, v FROM bronze.orders ORDER BY id"));
        Assert.Equal(
            2, Directory.GetFiles(
                Path.Combine(project.Folder, "lake", "bronze", "orders", "_delta_log"), "*.json").Length);
        Assert.Equal("Skipped", Outcome(await project.RunAsync()));
    }

    [Fact]
    public async Task The_rejected_rows_of_a_file_that_changed_go_with_its_rows()
    {
        Define("columns: {id: bigint}");
        project.Write("in/others.csv", "id,v\n7,same\nx,other\n").Write("in/orders.csv", "id,v\n1,a\nx,b\n");
        await project.RunAsync();
        Assert.Equal(
            ["in/orders.csv", "in/others.csv"],
            await project.RowsAsync("SELECT file FROM bronze.orders__rejected ORDER BY file"));

        project.Write("in/orders.csv", "id,v\n1,a\n2,b\n3,c\n");
        await project.RunAsync();

        Assert.Equal(["in/others.csv"], await project.RowsAsync("SELECT file FROM bronze.orders__rejected"));
        Assert.Equal(["1", "2", "3", "7"], await project.RowsAsync("SELECT id FROM bronze.orders ORDER BY id"));
    }

    [Fact]
    public async Task A_file_that_has_the_bytes_that_it_had_did_not_change()
    {
        Define();
        project.Write("in/orders.csv", Text("old"));
        await project.RunWellAsync();
        project.Write("in/orders.csv", Text("old"));
        File.SetLastWriteTimeUtc(Orders, File.GetLastWriteTimeUtc(Orders).AddHours(1));

        Assert.Equal("Skipped", Outcome(await project.RunAsync()));
        Assert.Empty(project.Warnings);
    }

    [Theory]
    [InlineData("mode: incremental", "moves")]
    [InlineData("mode: incremental", "edits")]
    [InlineData("mode: snapshot", "moves")]
    [InlineData("mode: snapshot", "edits")]
    public async Task A_file_of_the_same_size_and_time_with_other_bytes_is_read_again(string mode, string how)
    {
        Define(mode);
        project.Write("in/orders.csv", "id,v\n1,old\n");
        var time = File.GetLastWriteTimeUtc(Orders);
        await project.RunWellAsync();
        Assert.Equal("Skipped", Outcome(await project.RunAsync()));
        var path = how == "moves" ? Path.Combine(project.Folder, "other") : Orders;
        await File.WriteAllTextAsync(path, "id,v\n1,new\n", Cancel);
        File.SetLastWriteTimeUtc(path, time);
        if (how == "moves") File.Move(path, Orders, overwrite: true);

        await project.RunWellAsync();
        Assert.Equal(["1|new"], await project.RowsAsync("SELECT id, v FROM bronze.orders"));
        Assert.Equal("Skipped", Outcome(await project.RunAsync()));
    }

    [Fact]
    public async Task Tables_of_lists_follow_the_rows_of_a_file_that_changed()
    {
        project.Write(
            "sources/inbox.yml",
            "connection: inbox\nstreams:\n  ped: {path: '*.json', mode: incremental, keys: [id], lists: [itens]}\n");
        project.Write("in/a.json", """[{"id":1,"itens":[{"s":"a"},{"s":"b"}]},{"id":2,"itens":[{"s":"c"}]}]""");
        project.Write("in/b.json", """[{"id":7,"itens":[{"s":"z"}]}]""");
        await project.RunWellAsync();
        project.Write(
            "in/a.json", """[{"id":1,"itens":[{"s":"A"}]},{"id":2,"itens":[]},{"id":3,"itens":[{"s":"d"}]}]""");
        await project.RunWellAsync();
        Assert.Equal(
            ["1|0|A", "3|0|d", "7|0|z"],
            await project.RowsAsync("SELECT _parent_id, _index, s FROM bronze.ped__itens"));
        project.Write("in/a.json", """[{"id":1,"itens":[]},{"id":4}]""").Write(
            "in/c.json", """[{"id":9,"itens":[{"s":"n"}]}]""");
        await project.RunWellAsync();
        project.Write("in/d.json", """[{"id":10,"itens":[{"s":"o"}]}]""");
        await project.RunWellAsync();
        Assert.Equal(
            ["10|0|o", "7|0|z", "9|0|n"],
            await project.RowsAsync("SELECT _parent_id, _index, s FROM bronze.ped__itens"));
        Assert.All((await project.RunAsync()).Steps, step => Assert.Equal("Skipped", $"{step.Outcome}"));
    }

    [Theory]
    [InlineData("fail")]
    [InlineData("warn")]
    public async Task A_file_that_changed_fails_the_step_or_is_told_of_where_that_is_said(string policy)
    {
        Define($"changed_files: {policy}");
        project.Write("in/orders.csv", "id,v\n1,a\n");
        await project.RunWellAsync();
        project.Write("in/orders.csv", "id,v\n1,abc\n");

        if (policy == "fail")
            Assert.Contains(
                "in/orders.csv changed after it was read (11 bytes, before 9)", await project.FailAsync(),
                StringComparison.Ordinal);
        else
        {
            await project.RunWellAsync();
            Assert.Contains(
                "in/orders.csv changed after it was read (11 bytes, before 9)", Assert.Single(project.Warnings),
                StringComparison.Ordinal);
        }
        Assert.Equal(["1|a"], await project.RowsAsync("SELECT id, v FROM bronze.orders"));
    }

    [Fact]
    public async Task A_file_is_waited_for_until_nobody_writes_it_and_its_last_line_has_an_end()
    {
        await using var files = new FilesProject();
        var clock = new SettlingTime();
        files.Write("a.csv", "id\n1").Define("*.csv", clock: clock);
        var path = Path.Combine(files.Folder, "a.csv");
        File.SetLastWriteTimeUtc(path, clock.GetUtcNow().UtcDateTime.AddSeconds(-2));
        var writes = new Queue<string>(["id\n1\n25", "id\n1\n2500.0", "id\n1\n2500.00\n"]);
        var waits = new List<TimeSpan>();

        var plan = await files.Source.PlanSettledAsync(files.Stream, [], (_, time) =>
        {
            waits.Add(time);
            if (!writes.TryDequeue(out var text)) return;
            File.WriteAllText(path, text);
            File.SetLastWriteTimeUtc(path, clock.GetUtcNow().UtcDateTime.AddSeconds(time.TotalSeconds));
        }, Cancel);

        Assert.Equal(13, Assert.Single(plan.Files()).SizeBytes);
        Assert.Equal([3, 5, 5, 5], waits.Select(wait => (int)Math.Round(wait.TotalSeconds)));
    }

    [Fact]
    public async Task A_last_line_without_an_end_is_read_when_the_file_is_old_enough()
    {
        await using var files = new FilesProject();
        var clock = new SettlingTime();
        files.Write("a.csv", "id\n1").Define("*.csv", clock: clock);
        File.SetLastWriteTimeUtc(Path.Combine(files.Folder, "a.csv"), clock.GetUtcNow().UtcDateTime.AddSeconds(-10));
        var waited = TimeSpan.Zero;

        var plan = await files.Source.PlanSettledAsync(files.Stream, [], (_, time) => waited += time, Cancel);

        Assert.Single(plan.Files());
        Assert.Equal(50, waited.TotalSeconds, 1.0);
    }

    [Theory]
    [InlineData(StreamMode.Incremental)]
    [InlineData(StreamMode.Snapshot)]
    public async Task A_file_that_is_written_all_the_time_is_left_to_the_next_run(StreamMode mode)
    {
        await using var files = new FilesProject();
        var clock = new SettlingTime();
        files.Write("a.csv", "id\n1\n").Write("b.csv", "id\n1\n").Define("*.csv", mode, clock: clock);
        var b = Path.Combine(files.Folder, "b.csv");
        File.SetLastWriteTimeUtc(b, clock.GetUtcNow().UtcDateTime);
        var size = 0;

        var plan = await files.Source.PlanSettledAsync(files.Stream, [], (_, time) =>
        {
            File.WriteAllText(b, "id\n" + new string('1', ++size) + "\n");
            File.SetLastWriteTimeUtc(b, clock.GetUtcNow().UtcDateTime + time);
        }, Cancel);

        Assert.Equal(
            mode is StreamMode.Snapshot ? [] : ["a.csv"], plan.Files().Select(file => file.Path));
        Assert.Contains(
            "file b.csv is still being written", Assert.Single(plan.Warnings).Message, StringComparison.Ordinal);
    }

    static string Outcome(Foz.Pipelines.Batches.RunResult run) => $"{run.Steps.Single().Outcome}";

    static string Text(string value) =>
        "id,v\n" + string.Concat(Enumerable.Range(0, Rows).Select(i => $"{i},{value}\n"));

    void Define(string settings = "mode: incremental") => project.Write(
        "sources/inbox.yml", $"connection: inbox\nstreams:\n  orders:\n    path: '*.csv'\n    {settings}\n");

    void Write(string writer)
    {
        switch (writer)
        {
            case "appends":
                File.AppendAllText(Orders, $"{Rows},new\n");
                break;
            case "truncates":
                using (var file = new FileStream(Orders, FileMode.Open, FileAccess.Write))
                    file.SetLength("id,v\n0,old\n1,old\n".Length);
                break;
            case "rewrites in place":
                File.WriteAllText(Orders, Text("new"));
                break;
            case "restores size and time":
                var time = File.GetLastWriteTimeUtc(Orders);
                File.WriteAllText(Orders, Text("new"));
                File.SetLastWriteTimeUtc(Orders, time);
                break;
            case "renames over it":
                File.WriteAllText(Orders + ".tmp", Text("new"));
                File.SetLastWriteTimeUtc(Orders + ".tmp", File.GetLastWriteTimeUtc(Orders));
                File.Move(Orders + ".tmp", Orders, overwrite: true);
                break;
            case "deletes":
                File.Delete(Orders);
                break;
        }
    }

    /// <summary>A clock on which every wait is over at once, and which tells that it passed.</summary>
    sealed class SettlingTime : TimeProvider
    {
        readonly Lock gate = new();
        DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow()
        {
            lock (gate) return now;
        }

        public override long GetTimestamp() => GetUtcNow().Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (gate) now += dueTime;
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
