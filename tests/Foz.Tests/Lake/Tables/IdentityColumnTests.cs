using Foz.Delta;
using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables;

public sealed class IdentityColumnTests : IDisposable
{
    readonly RulesTable t = new();

    public void Dispose() => t.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(100, -7)]
    [InlineData(-5, 10)]
    public async Task Values_are_counted_on_from_commit_to_commit(long start, long step)
    {
        await CreateAsync(new(start, step, AllowsExplicit: false));
        await t.AppendAsync("SELECT 'a' AS v FROM range(3)");
        await t.AppendAsync("SELECT 'b' AS v FROM range(2)");

        var ids = (await t.RowsAsync("id")).Select(long.Parse).ToList();
        var expected = Enumerable.Range(0, 5).Select(i => start + i * step).Order();
        Assert.Equal(expected, ids.Order());
        Assert.Equal(start + 4 * step, await MarkAsync());
    }

    [Fact]
    public async Task Values_of_the_rows_themselves_are_refused_or_kept()
    {
        await CreateAsync(new(1, 1, AllowsExplicit: false));
        var error = await Assert.ThrowsAsync<FozException>(() => t.AppendAsync("SELECT 7 AS id, 'x' AS v"));
        Assert.Contains("counts its column id itself", error.Message, StringComparison.Ordinal);
        await t.AppendAsync("SELECT 'x' AS v");
        error = await Assert.ThrowsAsync<FozException>(() => t.UpdateAsync("id", "9"));
        Assert.Contains("identity column id", error.Message, StringComparison.Ordinal);
        await t.UpdateAsync("v", "'changed'");
        Assert.Equal(["1|changed"], await t.RowsAsync());
        Assert.Equal(1, await MarkAsync());
    }

    [Fact]
    public async Task Given_values_do_not_move_the_mark_before_it_is_synchronized()
    {
        await CreateAsync(new(1, 3, AllowsExplicit: true));
        await t.AppendAsync("SELECT 'own' AS v");
        await t.AppendAsync("SELECT 50 AS id, 'given' AS v");
        await t.AppendAsync("SELECT 'own' AS v");
        Assert.Equal(
            ["1|own", "4|own", "50|given"], (await t.RowsAsync()).OrderBy(row => long.Parse(row.Split('|')[0])));

        await t.AlterAsync(new TableAlteration.SyncIdentity("id"));
        await t.AppendAsync("SELECT 'later' AS v");
        // In step with the start: 1, 4, …, 52, 55.
        Assert.Contains("55|later", await t.RowsAsync());
    }

    [Fact]
    public async Task Concurrent_writers_never_give_a_value_twice()
    {
        await CreateAsync(new(1, 1, AllowsExplicit: false));
        const int writers = 4;
        const int commits = 6;
        var conflicts = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, writers), RulesTable.Cancel, async (writer, cancellationToken) =>
        {
            using var session = t.Engines.Open(Workload.Query);
            // Every second one is another process, as far as it can know.
            var table = writer % 2 == 0 ? t.Table : t.Reopen();
            for (var commit = 0; commit < commits;)
            {
                try
                {
                    var change = await new TableWriter(session).AppendAsync(
                        table, $"SELECT '{writer}-{commit}' AS v FROM range(5)", new(), cancellationToken);
                    await change.CommitAsync(cancellationToken);
                    commit++;
                }
                catch (DeltaException e) when (e.Kind == DeltaErrorKind.Conflict)
                {
                    Interlocked.Increment(ref conflicts);
                }
            }
        });

        var ids = await t.RowsAsync("id");
        TestContext.Current.TestOutputHelper!.WriteLine($"{conflicts} conflicts");
        Assert.Equal(writers * commits * 5, ids.Count);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(ids.Max(long.Parse), await MarkAsync());
    }

    [Fact]
    public async Task A_writer_that_counts_nothing_passes_one_that_does()
    {
        await CreateAsync(new(1, 1, AllowsExplicit: true));
        var delete = await t.Writer.DeleteAsync(t.Table, "v = 'gone'", new(), RulesTable.Cancel);
        await t.AppendAsync("SELECT 'a' AS v");
        await delete.CommitAsync(RulesTable.Cancel);

        Assert.Equal(["1|a"], await t.RowsAsync());
        Assert.Equal(1, await MarkAsync());
    }

    Task CreateAsync(IdentityColumn identity) =>
        t.CreateAsync([identity.ApplyTo(new("id", DeltaType.Long)), new("v", DeltaType.String)]);

    async Task<long?> MarkAsync() => IdentityColumn.Of(await t.ColumnAsync("id"))!.HighWaterMark;
}
