using Foz.Delta.Transactions;

namespace Foz.Tests.Delta.Transactions;

/// <summary>Random histories of concurrent writers on a store that fails, against the same operations one by one.</summary>
public sealed class HistoryTests
{
    /// <summary>How many histories there are for each level: 100, with <c>FOZ_SOAK=1</c> 3,334.</summary>
    static int Histories => Environment.GetEnvironmentVariable("FOZ_SOAK") is "1" ? 3_334 : 100;

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
        for (var i = 0; i < Histories; i++)
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
        // Else the histories would prove little.
        Assert.True(committed > 5 * Histories, $"{committed} commits");
        Assert.True(conflicted > Histories, $"{conflicted} conflicts");
        Assert.True(shared > Histories / 10, $"{shared} files that two commits deleted rows of");
    }
}
