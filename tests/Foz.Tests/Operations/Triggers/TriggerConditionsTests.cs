using Foz.Operations.Triggers;

namespace Foz.Tests.Operations.Triggers;

public sealed class TriggerConditionsTests
{
    [Theory]
    [InlineData(8, null, 5)] // the first look is slow, as the program has just started
    [InlineData(0.1, 8.0, 10)]
    [InlineData(8, 0.1, 10)] // one slow look between others
    [InlineData(8, 8.0, 800)] // a source that is slow to list
    [InlineData(0.01, 0.01, 5)]
    public void A_look_costs_at_most_a_hundredth_of_the_time_and_one_slow_look_delays_none(
        double tookS, double? beforeS, double restS) =>
        Assert.Equal(
            TimeSpan.FromSeconds(restS),
            TriggerConditions.RestAfter(
                TimeSpan.FromSeconds(tookS), beforeS is { } before ? TimeSpan.FromSeconds(before) : null));
}
