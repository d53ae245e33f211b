using System.Globalization;
using Foz.Lake.Journal;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// Runs that others disturb: writers of the files that are read, changes of the clock, and other runs.
/// </summary>
public sealed class DisturbedRunTests : IDisposable
{
    const int TornFiles = 3;
    const int ClockJumps = 2;
    const int RunsAtOnce = 8;

    /// <summary>
    /// The time that <see cref="CrashProject"/> gives its files: they look as if no one had written them for long.
    /// </summary>
    static readonly DateTime filesModifiedAt = new(2024, 2, 29, 0, 0, 0, DateTimeKind.Utc);

    readonly CrashProject project = new();
    readonly Random random = new(Seed);

    static int Seed { get; } = Soak.Seed();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Files_that_are_written_on_while_they_are_read_are_in_their_tables_whole()
    {
        string[] streams = ["bronze.orders", "bronze.customers"];
        project.AddRound();
        var duration = TimeSpan.FromSeconds(2);
        var torn = TornFiles * Soak.Factor;
        for (var i = 0; i < torn; i++)
        {
            project.AddRound();
            var file = Directory.GetFiles(
                Path.Combine(
                    project.Folder, "data", random.Next(2) == 0 ? "orders" : "customers")).Max(StringComparer.Ordinal)!;
            var whole = await File.ReadAllBytesAsync(file, Cancel);
            await WriteAsync(file, whole.AsMemory(0, random.Next(1, whole.Length)));
            using var run = project.Start(failpoint: null, streams);
            await Task.Delay(duration * random.NextDouble(), Cancel);
            await WriteAsync(file, whole);
            // One that notices fails, and says which file it was.
            var result = await run.WaitAsync();
            Assert.True(
                result.ExitCode == 0 || result.Output.Contains("changed while", StringComparison.Ordinal),
                $"{result.Output}\n{result.Errors}");
        }
        using (var last = project.Start(failpoint: null, streams)) (await last.WaitAsync()).Expect(0);

        await project.AssertUndisturbedAsync($"{torn} files that were torn (seed {Seed})", streams);
    }

    [Fact]
    public async Task Clocks_that_jump_change_no_row()
    {
        var clock = new ShiftedTime();
        using var lake = new TestLake(project.Folder, clock: clock);
        var jumps = 0;
        while (jumps < ClockJumps * Soak.Factor)
        {
            project.AddRound();
            if (random.Next(2) == 0) Jump();
            await lake.RunAsync(onEvent: _ =>
            {
                if (random.Next(10) == 0) Jump();
            });
        }
        await lake.RunWellAsync();

        await project.AssertUndisturbedAsync($"{jumps} jumps of the clock (seed {Seed})");

        void Jump()
        {
            jumps++;
            clock.Shift += TimeSpan.FromMinutes(random.Next(-48 * 60, 48 * 60));
        }
    }

    [Fact]
    public async Task Runs_that_are_started_at_once_wait_for_each_other_and_are_all_on_record()
    {
        project.AddRound();
        await project.FinishAsync();
        var rounds = Math.Max(1, Soak.Factor / 5);
        for (var round = 0; round < rounds; round++)
        {
            project.AddRound();
            var runs = Enumerable.Range(0, RunsAtOnce).Select(_ => project.Start(failpoint: null, "--wait", "10m"))
                .ToList();
            try
            {
                foreach (var run in runs) (await run.WaitAsync()).Expect(0);
            }
            finally
            {
                foreach (var run in runs) run.Dispose();
            }
        }

        await project.AssertUndisturbedAsync($"{rounds} times {RunsAtOnce} runs at once");
        using var lake = new TestLake(project.Folder);
        Assert.Equal(
            [string.Create(CultureInfo.InvariantCulture, $"{1 + rounds * RunsAtOnce}|{1 + rounds * RunsAtOnce}")],
            await lake.QueryAsync(
                $"SELECT count(*), count(DISTINCT run_id) FROM foz.runs WHERE outcome <> '{Outcome.Failed}'"));
    }

    static async Task WriteAsync(string file, ReadOnlyMemory<byte> bytes)
    {
        await using (var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
            await stream.WriteAsync(bytes, Cancel);
        File.SetLastWriteTimeUtc(file, filesModifiedAt);
    }

    /// <summary>The system's clock, off by what a test says.</summary>
    sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
