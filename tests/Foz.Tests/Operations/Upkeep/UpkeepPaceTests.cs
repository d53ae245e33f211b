using Foz.Operations.Upkeep;
using Foz.Tests.Pipelines.Runs;

namespace Foz.Tests.Operations.Upkeep;

public sealed class UpkeepPaceTests
{
    readonly JumpingTime clock = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_quiet_host_is_not_waited_for()
    {
        var began = clock.GetUtcNow();
        var pace = new UpkeepPace(static () => true, clock);
        pace.Worked(TimeSpan.FromHours(1));
        await pace.WaitAsync(Cancel);
        Assert.Equal(began, clock.GetUtcNow());
    }

    [Fact]
    public async Task The_first_quiet_moment_is_taken()
    {
        var began = clock.GetUtcNow();
        await new UpkeepPace(() => clock.GetUtcNow() - began >= TimeSpan.FromSeconds(7), clock).WaitAsync(Cancel);
        Assert.Equal(TimeSpan.FromSeconds(7), clock.GetUtcNow() - began);
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(2, 60)]
    [InlineData(10, 190)]
    public async Task A_busy_host_gives_a_twentieth_of_its_time(int workedS, int restS)
    {
        var pace = new UpkeepPace(static () => false, clock);
        pace.Worked(TimeSpan.FromSeconds(workedS));
        var began = clock.GetUtcNow();
        await pace.WaitAsync(Cancel);
        Assert.Equal(TimeSpan.FromSeconds(restS), clock.GetUtcNow() - began);
    }
}
