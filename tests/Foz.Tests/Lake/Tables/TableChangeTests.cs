using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Writing;
using Foz.Storage;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Lake.Tables;

/// <summary>The files of changes that are not committed, or whose commit is unknown.</summary>
public sealed class TableChangeTests : IDisposable
{
    const int PutTriesMax = 5;

    readonly string folder = Directory.CreateTempSubdirectory("foz-change-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    readonly EngineSession session;
    readonly FaultyStore store;
    readonly LakeTable table;

    public TableChangeTests()
    {
        session = engines.Open(Workload.Query);
        store = new(new LocalObjectStore(folder), seed: 1) { IsFaulty = false };
        table = new TableStore(store, engines, TimeProvider.System).Open("t", new("silver", "t"));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    TableWriter Writer => new(session);

    IReadOnlyList<string> Files =>
        [.. Directory.EnumerateFiles(Path.Combine(folder, "t")).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task What_was_written_for_a_change_goes_with_it(string hasVectors)
    {
        await CreateAsync(hasVectors);
        var before = Files;

        await using (await Writer.DeleteAsync(table, "id % 10 = 3", new(), Cancel))
            Assert.NotEqual(before, Files);

        Assert.Equal(before, Files);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_change_that_fails_half_way_leaves_nothing(string hasVectors)
    {
        await CreateAsync(hasVectors);
        await AlterAsync(new TableAlteration.AddConstraint("small", "v < 1000"));
        var before = Files;

        await Assert.ThrowsAsync<FozException>(() => Writer.UpdateAsync(
            table, new Dictionary<string, string> { ["v"] = "v + 1000" }, "id % 10 = 3", new(), Cancel));

        Assert.Equal(before, Files);
    }

    [Fact]
    public async Task A_change_that_lost_to_another_leaves_nothing()
    {
        await CreateAsync("true");
        var before = Files;
        await using var late = await Writer.UpdateAsync(
            table, new Dictionary<string, string> { ["v"] = "0" }, "id = 3", new(), Cancel);
        var written = Files.Except(before).ToList();
        await using (var first = await Writer.DeleteAsync(table, "id = 3", new(), Cancel))
            await first.CommitAsync(Cancel);

        await Assert.ThrowsAsync<DeltaException>(() => late.CommitAsync(Cancel));
        await late.DisposeAsync();

        Assert.NotEmpty(written);
        Assert.Empty(Files.Intersect(written));
        Assert.Equal(99, (await table.LatestAsync(Cancel)).RowCount);
    }

    [Fact]
    public async Task A_commit_of_which_nobody_knows_keeps_its_files()
    {
        await CreateAsync("true");
        await using (var change = await Writer.UpdateAsync(
            table, new Dictionary<string, string> { ["v"] = "0" }, "id = 3", new(), Cancel))
        {
            foreach (var fault in Enumerable.Repeat(Fault.Late, PutTriesMax)) store.NextPuts.Enqueue(fault);
            await Assert.ThrowsAsync<StorageException>(() => change.CommitAsync(Cancel));
        }
        await store.ReleaseLateAsync();

        var snapshot = await new TableStore(store, engines, TimeProvider.System).Open("t").LatestAsync(Cancel);
        using var rows = await snapshot.OpenAsync(session, Cancel);
        Assert.Equal(0, session.QueryScalar<int>($"SELECT v FROM {rows.Sql} WHERE id = 3", Cancel));
        Assert.Equal(100, session.QueryScalar<long>($"SELECT count(*) FROM {rows.Sql}", Cancel));
    }

    async Task CreateAsync(string hasVectors)
    {
        await using (var change = await Writer.AppendAsync(
            table, "SELECT i AS id, (i % 7)::INTEGER AS v FROM range(100) AS r(i)", new(), Cancel))
            await change.CommitAsync(Cancel);
        await AlterAsync(new TableAlteration.SetProperties(
            new Dictionary<string, string> { ["delta.enableDeletionVectors"] = hasVectors }));
    }

    async Task AlterAsync(TableAlteration alteration) =>
        await new TableAlterer(session).AlterAsync(table, alteration, Cancel);
}
