using System.Diagnostics;
using Foz.Lake;
using Foz.Connectors.Processes;
using Foz.Tests.Delta;

namespace Foz.Tests.Connectors.Processes;

public sealed class ChildProcessTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-process-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    ProcessDefinition Shell(string script) => new()
    {
        Program = "/bin/sh", Arguments = ["-c", script], Folder = folder, LogFile = Path.Combine(folder, "log"),
    };

    async Task<ProcessEnd> RunAsync(ProcessDefinition definition)
    {
        await using var process = ChildProcess.Start(definition, TimeProvider.System);
        return await process.WaitAsync(Cancel);
    }

    [Fact]
    public async Task What_it_writes_is_kept_and_its_code_told()
    {
        var end = await RunAsync(Shell("echo out; echo err >&2; echo \"$WORD\"; exit 3") with
        {
            Variables = new Dictionary<string, string?> { ["WORD"] = "a b" },
        });
        Assert.Equal(3, Assert.IsType<ProcessEnd.Exited>(end).Code);
        Assert.Equal(["a b", "err", "out"], end.LastLines.Order(StringComparer.Ordinal));
        Assert.Equal("err", end.LastWord);
        Assert.Equal(
            ["a b", "err", "out"], File.ReadAllLines(Path.Combine(folder, "log")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_that_hangs_is_stopped_with_all_that_it_started()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "looks at /proc");
        var child = Path.Combine(folder, "child");
        var clock = new ManualTime();
        await using var process = ChildProcess.Start(
            Shell($"sleep 600 & echo $! > {child}; echo started; wait") with
            {
                OutputIsData = true,
                Timeout = TimeSpan.FromMinutes(1),
            }, clock);
        await foreach (var line in process.ReadLinesAsync(Cancel)) if (line == "started") break;
        clock.Now += TimeSpan.FromMinutes(2);
        Assert.IsType<ProcessEnd.TimedOut>(await process.WaitAsync(Cancel));
        var stat = $"/proc/{File.ReadAllText(child).Trim()}/stat";
        Assert.True(SpinWait.SpinUntil(IsGone, TimeSpan.FromSeconds(20)));

        bool IsGone()
        {
            try
            {
                return File.ReadAllText(stat).Split(' ')[2] == "Z";
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task One_that_eats_memory_is_stopped()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "children are counted on Linux only");
        var end = await RunAsync(Shell("(head -c 400000000 /dev/zero; sleep 600) | tail -c 390000000 | wc -c") with
        {
            MemoryBytesMax = 100_000_000,
        });
        Assert.InRange(Assert.IsType<ProcessEnd.MemoryExceeded>(end).Bytes, 100_000_001, 1_000_000_000);
    }

    [Fact]
    public async Task The_kernel_holds_it_and_its_children_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the limit is Linux'");
        var end = await RunAsync(
            Shell("ulimit -d; sh -c 'ulimit -d'; echo \"$0 $1\"") with { MemoryBytesMax = 512_000_000 });
        Assert.Equal(["2048576", "2048576"], end.LastLines.Take(2));
        end = await RunAsync(Shell("ulimit -d"));
        Assert.DoesNotContain("2048576", end.LastLines);
        var error = await Assert.ThrowsAsync<FozException>(() =>
            RunAsync(Shell("") with { Program = "no-such-program", MemoryBytesMax = 512_000_000 }));
        Assert.StartsWith("no-such-program cannot be started", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_is_cut_and_the_last_lines_are_known()
    {
        var end = await RunAsync(
            Shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done") with { LogBytesMax = 1_000 });
        Assert.Equal("line 19999", end.LastLines[^1]);
        Assert.Equal(20, end.LastLines.Count);
        Assert.InRange(new FileInfo(Path.Combine(folder, "log")).Length, 900, 1_100);
        Assert.EndsWith(
            "more lines were not kept", File.ReadAllLines(Path.Combine(folder, "log"))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_without_an_end_takes_no_memory()
    {
        var end = await RunAsync(Shell("head -c 50000000 /dev/zero | tr '\\0' 'x'; echo; echo done"));
        Assert.Equal(["done"], end.LastLines.Where(line => line.Length < 100));
        Assert.All(end.LastLines, line => Assert.InRange(line.Length, 1, 20_000));
    }

    [Fact]
    public async Task Lines_of_data_are_read_apart_from_the_log()
    {
        await using var process = ChildProcess.Start(
            Shell("read word; echo \"got $word\"; echo note >&2; echo second") with { OutputIsData = true },
            TimeProvider.System);
        await process.WriteLineAsync("it", Cancel);
        var lines = await process.ReadLinesAsync(Cancel).ToListAsync(Cancel);
        Assert.Equal(["got it", "second"], lines);
        Assert.Equal(["note"], (await process.WaitAsync(Cancel)).LastLines);
    }

    [Fact]
    public async Task A_line_of_data_that_is_too_long_is_an_error()
    {
        await using var process = ChildProcess.Start(
            Shell("echo short; head -c 5000 /dev/zero | tr '\\0' 'x'; sleep 60") with
            {
                OutputIsData = true,
                DataLineCharsMax = 1_000,
            },
            TimeProvider.System);
        var error = await Assert.ThrowsAsync<FozException>(async () =>
            await process.ReadLinesAsync(Cancel).ToListAsync(Cancel));
        Assert.Contains("a line of more than 1,000 characters", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Canceling_stops_it()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var process = ChildProcess.Start(Shell("echo started; sleep 60"), TimeProvider.System);
        var watch = Stopwatch.StartNew();
        var waiting = process.WaitAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
    }

    [Fact]
    public void A_program_that_is_not_there_is_told()
    {
        var error = Assert.Throws<FozException>(() => ChildProcess.Start(
            new() { Program = "no-such-program", Folder = folder }, TimeProvider.System));
        Assert.StartsWith("no-such-program cannot be started", error.Message, StringComparison.Ordinal);
        Assert.Equal("is it installed, and on the PATH?", error.Hint);
    }
}
