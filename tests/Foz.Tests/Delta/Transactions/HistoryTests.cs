using Foz.Delta.Transactions;
using Foz.Storage.Addresses;
using Foz.Tests.Storage.Remote;

namespace Foz.Tests.Delta.Transactions;

/// <summary>
/// Random histories of concurrent writers on a store that fails, against the same operations one by one.
/// </summary>
public sealed class HistoryTests
{
    /// <summary>How many histories there are for each level: 100, with <c>FOZ_SOAK=1</c> 3,334.</summary>
    static int Histories => Soak.Is ? 3_334 : 100;

    [Theory]
    [InlineData(IsolationLevel.Serializable)]
    [InlineData(IsolationLevel.WriteSerializable)]
    [InlineData(IsolationLevel.Snapshot)]
    public async Task Concurrent_writers_make_what_some_order_of_them_makes(IsolationLevel isolation)
    {
        var first = Environment.GetEnvironmentVariable("FOZ_SEED") is { } seed
            ? int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next(1 << 30);
        TestContext.Current.SendDiagnosticMessage($"{isolation}: histories from seed {first} (FOZ_SEED)");
        var (committed, conflicted, shared) = (0, 0, 0);
        for (var i = 0; i < Histories
            || (IsLittle(committed, conflicted, shared, Histories) && i < 10 * Histories); i++)
        {
            var history = new RandomHistory(first + i, isolation);
            try
            {
                await history.RunAsync(steps: 60);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{isolation}, FOZ_SEED={first + i}: {e.Message}", e);
            }
            committed += history.Committed;
            conflicted += history.Conflicted;
            shared += history.SharedFiles;
        }
        AssertMuch(committed, conflicted, shared, Histories);
    }

    /// <summary>The same over the S3 API: a service that answers 500, 503 and 409, breaks connections before and after
    /// a write, and cuts answers short.</summary>
    [Fact]
    public async Task Concurrent_writers_over_a_failing_service_make_what_some_order_of_them_makes()
    {
        var first = Environment.GetEnvironmentVariable("FOZ_SEED") is { } seed
            ? int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next(1 << 30);
        TestContext.Current.SendDiagnosticMessage($"histories from seed {first} (FOZ_SEED)");
        var histories = Histories / 10;
        var (committed, conflicted, shared, faults) = (0, 0, 0, 0);
        for (var i = 0; i < histories
            || (IsLittle(committed, conflicted, shared, histories) && i < 10 * histories); i++)
        {
            await using var server = new S3Loopback(first + i);
            var (url, settings) = S3Location.Of(server);
            var store = ObjectStores.Open(url, new()
            {
                Settings = settings, Variable = _ => null,
                Retries = new() { AttemptsMax = 40, BackoffMs = 1, BackoffMsMax = 2, BudgetMax = 10_000 },
            });
            var history = new RandomHistory(first + i, (IsolationLevel)(i % 3), store);
            try
            {
                await history.RunAsync(steps: 60);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{(IsolationLevel)(i % 3)}, FOZ_SEED={first + i}: {e.Message}", e);
            }
            (committed, conflicted, shared) =
                (committed + history.Committed, conflicted + history.Conflicted, shared + history.SharedFiles);
            faults += server.Faults;
        }
        Assert.True(faults > 10 * histories, $"{faults} faults");
        AssertMuch(committed, conflicted, shared, histories);
    }

    // Few histories may have few conflicts by chance: more are made until there are enough.
    static bool IsLittle(int committed, int conflicted, int shared, int histories) =>
        committed <= 5 * histories || conflicted <= histories || shared <= histories / 10;

    // Else the histories would prove little.
    static void AssertMuch(int committed, int conflicted, int shared, int histories) => Assert.False(
        IsLittle(committed, conflicted, shared, histories),
        $"{committed} commits, {conflicted} conflicts, {shared} files that two commits deleted rows of");
}
