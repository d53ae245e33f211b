using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Tests.Delta.Transactions;

public sealed class RowTrackingTests : IDisposable
{
    static readonly (string Key, string Value) On = ("delta.enableRowTracking", "true");

    readonly TempFolder folder = new();
    readonly TransactionTable table;

    public RowTrackingTests() => table = new(new MemoryObjectStore(new ManualTime(), folder.Path));

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Files_get_ids_behind_those_of_all_before_and_the_version_that_added_them()
    {
        var created = await table.CreateAsync(On);
        Assert.True(RowTracking.IsOn(created.Protocol, created.Metadata));
        Assert.Contains(TableFeature.DomainMetadata, created.Protocol.WriterFeatures!);
        var columns = new[] { RowTracking.RowIdColumnProperty, RowTracking.CommitVersionColumnProperty }
            .Select(property => created.Metadata.Configuration.Find(property)!).ToList();
        Assert.Equal(2, columns.Distinct().Count(name => name.Length > 30));

        await table.AppendAsync(TransactionTable.File("a"), TransactionTable.File("b"));
        var latest = (await table.AppendAsync(TransactionTable.File("c"))).Snapshot;
        Assert.Equal(["a 0 1", "b 100 1", "c 200 2"], Ids(latest));
        Assert.Equal("""{"rowIdHighWaterMark":299}""", Mark(latest));
        Assert.Equal("true", (await LastAsync()).Info!.Tags!.Find("delta.rowTracking.preserved"));
        Assert.Equal(Ids(latest), Ids(await table.Other().Table.LatestSnapshotAsync(Cancellation)));
    }

    [Fact]
    public async Task A_file_keeps_its_ids_with_another_vector_when_it_is_removed_and_when_it_is_restored()
    {
        await table.CreateAsync(On);
        var before = (await table.AppendAsync(TransactionTable.File("a"), TransactionTable.File("b"))).Snapshot;
        var delete = await table.BeginAsync("DELETE");
        delete.SetDeletionVector(before.Files.First(), TransactionTable.Vector(1, 2));
        delete.Remove(before.Files.Last());
        var after = (await delete.CommitAsync(Cancellation)).OrThrow().Snapshot;
        Assert.Equal(["a 0 1"], Ids(after));
        var commit = await LastAsync();
        Assert.Equal([0L, 100L], commit.Actions.OfType<RemoveFile>().Select(file => file.BaseRowId!.Value).Order());
        Assert.Empty(commit.Actions.OfType<DomainMetadata>());

        var restore = await table.BeginAsync("RESTORE");
        await Task.WhenAll(
            table.Store.PutAsync("a", "x"u8.ToArray(), Cancellation).AsTask(),
            table.Store.PutAsync("b", "x"u8.ToArray(), Cancellation).AsTask());
        await Restore.StageAsync(restore, before, Cancellation);
        Assert.Equal(["a 0 1", "b 100 1"], Ids((await restore.CommitAsync(Cancellation)).OrThrow().Snapshot));
    }

    [Fact]
    public async Task A_commit_that_lost_a_race_gets_ids_anew()
    {
        await table.CreateAsync(On);
        var mine = await table.BeginAsync();
        mine.Add(TransactionTable.File("mine"));
        Assert.Equal(["mine 0 1"], Ids(mine.Preview()));
        await table.Other().AppendAsync(TransactionTable.File("theirs"));
        var latest = (await mine.CommitAsync(Cancellation)).OrThrow().Snapshot;
        Assert.Equal(["mine 100 2", "theirs 0 1"], Ids(latest));
        Assert.Equal("""{"rowIdHighWaterMark":199}""", Mark(latest));
    }

    [Fact]
    public async Task All_files_have_ids_from_the_version_on_in_which_rows_begin_to_keep_theirs()
    {
        await table.CreateAsync();
        await table.AppendAsync(TransactionTable.File("a"), TransactionTable.File("b"));
        var enable = await TurnOnAsync();
        await table.Other().AppendAsync(TransactionTable.File("theirs"));
        // What came meanwhile gets its ids too.
        var latest = (await enable.CommitAsync(Cancellation)).OrThrow().Snapshot;
        Assert.Equal(["a 0 3", "b 100 3", "theirs 200 3"], Ids(latest));
        Assert.All((await LastAsync()).Actions.OfType<AddFile>(), file => Assert.False(file.DataChange));
    }

    [Fact]
    public async Task Ids_that_another_table_gave_are_given_to_no_other_rows()
    {
        await table.CreateAsync(On);
        var latest = (await table.AppendAsync(
            TransactionTable.File("own"),
            TransactionTable.File("copied") with { BaseRowId = 5000, DefaultRowCommitVersion = 7 })).Snapshot;
        Assert.Equal(["copied 5000 7", "own 5100 1"], Ids(latest));
        Assert.Equal("""{"rowIdHighWaterMark":5199}""", Mark(latest));
    }

    [Fact]
    public async Task Files_whose_number_of_rows_is_not_known_are_refused()
    {
        await table.CreateAsync();
        await table.AppendAsync(TransactionTable.File("silent") with { Stats = JsonText.None });
        var enable = await TurnOnAsync();
        var fault = await Assert.ThrowsAsync<DeltaException>(() => enable.CommitAsync(Cancellation));
        Assert.Equal(DeltaErrorKind.Refused, fault.Kind);
        Assert.Contains("silent", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ids_are_given_from_the_feature_on_and_not_while_it_is_suspended()
    {
        await table.CreateAsync();
        await table.AppendAsync(TransactionTable.File("before"));
        var feature = await table.BeginAsync("SET TBLPROPERTIES");
        feature.AddFeatures(TableFeature.RowTracking, TableFeature.DomainMetadata);
        (await feature.CommitAsync(Cancellation)).OrThrow();
        await table.AppendAsync(TransactionTable.File("with"));
        var suspend = await table.BeginAsync("SET TBLPROPERTIES");
        suspend.SetMetadata(With(suspend.ReadSnapshot!.Metadata, (RowTracking.SuspendedProperty, "true")));
        (await suspend.CommitAsync(Cancellation)).OrThrow();
        await table.AppendAsync(TransactionTable.File("suspended"));
        Assert.Equal(["before  ", "suspended  ", "with 0 3"], Ids(await table.Table.LatestSnapshotAsync(Cancellation)));
    }

    async Task<Transaction> TurnOnAsync()
    {
        var enable = await table.BeginAsync("SET TBLPROPERTIES");
        enable.SetMetadata(With(enable.ReadSnapshot!.Metadata, On));
        return enable;
    }

    static Metadata With(Metadata metadata, (string Key, string Value) property) =>
        metadata with { Configuration = metadata.Configuration.With(property.Key, property.Value) };

    async Task<Commit> LastAsync() =>
        (await table.Table.ReadCommitAsync(
            (await table.Table.LatestSnapshotAsync(Cancellation)).Version, Cancellation))!;

    static string[] Ids(Snapshot snapshot) =>
        [
            .. snapshot.Files.Select(file => $"{file.Path} {file.BaseRowId} {file.DefaultRowCommitVersion}")
                .Order(StringComparer.Ordinal),
        ];

    static string? Mark(Snapshot snapshot) => snapshot.Domains.GetValueOrDefault(RowTracking.Domain)?.Configuration;
}
