using Foz.Storage;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// Runs that are killed, or stand still for longer than their leases hold, at failpoints chosen by a seed; others take
/// their steps over, and those that stood still go on in the middle of that.
/// </summary>
public sealed class TakeOverTests
{
    /// <summary>How many lakes are disturbed side by side, and how often each.</summary>
    static (int Lakes, int Each) Disturbances => Soak.Is ? (4, 50) : (1, 6);

    [Fact]
    public async Task Runs_killed_and_stopped_at_failpoints_are_taken_over_and_end_as_if_undisturbed()
    {
        var seed = Soak.Seed(part: 3);
        await Task.WhenAll(Enumerable.Range(0, Disturbances.Lakes).Select(async lake =>
        {
            using var disturbed = new DisturbedLake(seed + lake);
            await disturbed.RunAsync();
        }));
    }

    sealed class DisturbedLake(int seed) : IDisposable
    {
        const int StopsEach = 10;
        const int HitsMax = 4;

        readonly CrashProject project = new();
        readonly Random random = new(seed);
        readonly SortedDictionary<string, int> done = new(StringComparer.Ordinal);

        public void Dispose() => project.Dispose();

        public async Task RunAsync()
        {
            project.AddRound();
            await project.FinishAsync();
            var count = 0;
            while (count < Disturbances.Each)
            {
                var name = FailpointNames.OfRuns[random.Next(FailpointNames.OfRuns.Count)];
                var failpoint = $"{name}:{random.Next(1, HitsMax)}";
                // Some runs have new files, others only what one before has left.
                if (random.Next(3) > 0) project.AddRound();
                // A process that stands still while it holds the lock of a local folder keeps all others from writing.
                var isStopped = count % StopsEach == StopsEach / 2
                    && !name.StartsWith("store.replace", StringComparison.Ordinal);
                if (isStopped ? await StopAsync(failpoint) : await KillAsync(failpoint)) count++;
            }
            await project.FinishAsync();
            await project.AssertUndisturbedAsync(
                $"{string.Join(", ", done.Select(pair => $"{pair.Value} × {pair.Key}"))} (seed {seed})");
            var takeOvers = Directory.GetFiles(
                    Path.Combine(project.Folder, "lake"), "*.json", SearchOption.AllDirectories)
                .Count(file => File.ReadAllText(file).Contains("TAKE OVER STEP", StringComparison.Ordinal));
            Assert.NotEqual(0, takeOvers);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{takeOvers} commits of take-overs, {project.Rounds} rounds (seed {seed})");
        }

        /// <summary>Lets a run die at a failpoint.</summary>
        /// <returns>Whether it came by.</returns>
        async Task<bool> KillAsync(string failpoint)
        {
            using var run = project.Start(failpoint);
            var result = await run.WaitAsync();
            Assert.True(
                result.ExitCode is 0 or FozProcess.KilledExitCode || IsLocked(result),
                $"{failpoint} (seed {seed}): {result.Output}{result.Errors}");
            if (result.ExitCode != FozProcess.KilledExitCode) return false;
            Note("kill", failpoint);
            return true;
        }

        /// <summary>
        /// Lets a run stand still at a failpoint until its steps are taken over, in one of two cases by a run that dies
        /// while it takes over, and then go on.
        /// </summary>
        /// <returns>Whether it came by.</returns>
        async Task<bool> StopAsync(string failpoint)
        {
            var command = FozProcess.Command(project.Folder, ["run", "--log-format", "json"]);
            command.Environment[Failpoint.Variable] = failpoint;
            command.Environment[Failpoint.StopsVariable] = "1";
            using var paused = FozProcess.Start(command);
            if (!await paused.TryWaitUntilStoppedAsync())
            {
                (await paused.WaitAsync()).Expect(0);
                return false;
            }
            project.AddRound();
            if (random.Next(2) == 0) await KillAsync(random.Next(2) == 0 ? "lease.taken" : "lease.raised");
            if (random.Next(3) > 0)
            {
                using var beside = project.Start();
                var ended = await beside.WaitAsync();
                Assert.True(
                    ended.ExitCode == 0 || IsLocked(ended),
                    $"beside {failpoint} (seed {seed}): {ended.Output}{ended.Errors}");
                Note(ended.ExitCode == 0 ? "taken over" : "refused", failpoint);
            }
            paused.Continue();
            var woken = await paused.WaitAsync();
            Assert.True(woken.ExitCode is 0 or 1, $"{failpoint} (seed {seed}): {woken.Output}{woken.Errors}");
            Note("stop", failpoint);
            return true;
        }

        /// <summary>Whether a process that stands still holds the lock of a local folder.</summary>
        static bool IsLocked(FozResult result) =>
            (result.Output + result.Errors).Contains("another process holds", StringComparison.Ordinal);

        void Note(string what, string failpoint)
        {
            var key = $"{what} at {failpoint.Split(':')[0]}";
            done[key] = done.GetValueOrDefault(key) + 1;
        }
    }
}
