using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Tests.Serving.Sql;

/// <summary>No call of a function that statements may call ends the engine.</summary>
public sealed class FunctionFuzzTests
{
    const int CallsOfTable = 100;

    static readonly TimeSpan longest = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task No_call_over_columns_ends_the_engine()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        var instance = lake.Service.Host.Workloads.All[0].Instance;
        using var reading = instance.Open();
        var fuzz = new FunctionFuzz(reading, Soak.Seed());
        Assert.InRange(fuzz.FunctionCount, 500, 2000);
        var calls = Soak.Is ? 60_000 : 1_000;
        var (killers, answered, slow) = (new List<string>(), 0, new List<string>());
        var session = instance.Open();
        try
        {
            for (var call = 0; call < calls; call++)
            {
                if (call % CallsOfTable == 0) session.Execute(fuzz.Table(), TestContext.Current.CancellationToken);
                var sql = fuzz.Next();
                // Where the engine ends the process, this is the statement.
                if (Soak.Is) await File.WriteAllTextAsync(LastPath, sql, TestContext.Current.CancellationToken);
                if (TryRun(session, sql, slow) is not { } error)
                {
                    answered++;
                    continue;
                }
                if (!EngineErrors.IsOfEnd(error)) continue;
                killers.Add($"{sql}\n    {error.Message}");
                TestContext.Current.TestOutputHelper?.WriteLine(killers[^1]);
                session.Dispose();
                session = instance.Open();
                session.Execute(fuzz.Table(), TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            session.Dispose();
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{calls} calls of {fuzz.FunctionCount} functions, {answered} gave rows, {slow.Count} were stopped");
        foreach (var sql in slow.Take(20)) TestContext.Current.TestOutputHelper?.WriteLine($"stopped: {sql}");
        Assert.True(
            killers.Count == 0, $"{killers.Count} calls ended the engine:\n{string.Join('\n', killers.Take(40))}");
        // Others fail for their arguments: of these enough must have none to fail for.
        Assert.InRange(answered, calls / 10, calls);
    }

    static string LastPath => Path.Combine(Path.GetTempPath(), $"foz-function-fuzz-{Environment.ProcessId}.sql");

    static FozException? TryRun(EngineSession session, string sql, List<string> slow)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(longest);
        try
        {
            using var rows = session.Query(sql, stop.Token);
            while (rows.Fetch(stop.Token) is { } chunk) chunk.Dispose();
            return null;
        }
        catch (FozException e)
        {
            return e;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            slow.Add(sql);
            return null;
        }
    }
}
