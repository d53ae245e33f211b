using System.Diagnostics;
using Foz.Cli.Commands.Querying;
using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;

namespace Foz.Tests.Cli.Querying;

public sealed class NameIndexTests
{
    readonly NameIndex index = new(table => Task.FromResult<IReadOnlyList<string>>(
        table == "silver.orders" ? ["order_id", "amount", "updated_at"] : ["id"]));

    public NameIndexTests()
    {
        index.SetTables(["silver.orders", "silver.order_items", "bronze.orders", "gold.Sales"]);
        index.SetFunctions(["sum", "substring", "upper"]);
    }

    [Theory]
    [InlineData("select * from |", "bronze. gold. silver.")]
    [InlineData("select * from si|", "silver.")]
    [InlineData("select * from silver.|", "silver.order_items silver.orders")]
    [InlineData("select * from ord|", "silver.order_items bronze.orders silver.orders")]
    [InlineData("select * from SILVER.ORDERS|", "silver.orders")]
    [InlineData("select * from gold.s|", "gold.Sales")]
    [InlineData("select su|", "sum( substring( summarize")]
    [InlineData("SEL|", "SELECT")]
    [InlineData("sel|", "select")]
    [InlineData("select am| from silver.orders", "amount")]
    [InlineData("select o.| from silver.orders o", "o.order_id o.amount o.updated_at")]
    [InlineData("select orders.u| from silver.orders", "orders.updated_at")]
    [InlineData("select x.| from silver.orders as x where 1 = 1", "x.order_id x.amount x.updated_at")]
    [InlineData("update silver.o|", "silver.order_items silver.orders")]
    [InlineData("\\d|", "d d+ df dn dt dt+ dv dv+")]
    [InlineData("\\d silver.ord|", "silver.order_items silver.orders")]
    [InlineData("select 'ord|", "")]
    [InlineData("select nothing_of_it|", "")]
    public async Task A_word_is_completed_by_what_can_stand_there(string line, string expected)
    {
        var at = line.IndexOf('|', StringComparison.Ordinal);
        var text = line.Remove(at, 1);
        index.Prepare(text);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        var found = index.Complete(text, at);
        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            found.Words.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_all_words_begin_with_is_completed()
    {
        var found = index.Complete("from silver.o", 13);
        Assert.Equal((5, 2, "silver.order"), (found.Start, found.Count, found.Common));
    }

    [Fact]
    public void Many_words_are_counted_and_not_all_listed()
    {
        index.SetTables([.. Enumerable.Range(0, 10_000).Select(i => $"silver.table_{i:0000}")]);
        var found = index.Complete("from silver.", 12);
        Assert.Equal((10_000, 300, "silver.table_"), (found.Count, found.Words.Count, found.Common));
    }

    /// <summary>The median of many keys: a single one may meet a pause of the machine.</summary>
    [Fact]
    public void A_key_is_on_the_screen_within_50_ms_where_10000_tables_are_known()
    {
        index.SetTables([.. Enumerable.Range(0, 10_000).Select(i => $"silver.table_{i:0000}")]);
        using var screen = new Screen(80);
        var shell = new Shell
        {
            Out = screen, Error = TextWriter.Null, In = () => TextReader.Null, IsTerminal = true, WidthNow = () => 80,
        };
        var times = new List<double>();
        var started = 0L;
        var keys = new TypedKeys(
            string.Concat(Enumerable.Repeat("select * from silver.\t\u0015select * from tab\t\u0015", 20)) + "\n")
        {
            Before = () =>
            {
                if (started != 0) times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                started = Stopwatch.GetTimestamp();
            },
        };
        new LineEditor(shell, keys) { Complete = index.Complete, Changed = index.Prepare }.Read("shop=> ");

        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"keys: {times.Count}, median {times[times.Count / 2]:0.00} ms, largest {times[^1]:0.0} ms");
        Assert.InRange(times[times.Count * 95 / 100], 0, 50);
    }
}
