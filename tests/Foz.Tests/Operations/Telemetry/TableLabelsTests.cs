using Foz.Operations.Telemetry;

namespace Foz.Tests.Operations.Telemetry;

/// <summary>How many series the tables of a project make.</summary>
public sealed class TableLabelsTests
{
    [Fact]
    public void Tables_after_the_first_ones_share_a_label()
    {
        var labels = new TableLabels(2);

        Assert.Equal(
            ["a", "b", "other", "a", "other", "b"],
            new[] { "a", "b", "c", "a", "d", "b" }.Select(labels.Of));
    }

    [Fact]
    public void Ten_thousand_tables_from_many_threads_make_no_more_series_than_the_limit()
    {
        var labels = new TableLabels(50);

        var made = Enumerable.Range(0, 10_000).AsParallel().Select(n => labels.Of($"t{n}")).Distinct().ToList();

        Assert.InRange(made.Count, 2, 51);
        Assert.Contains(TableLabels.Other, made);
    }
}
