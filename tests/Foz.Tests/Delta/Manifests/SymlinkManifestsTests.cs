using System.Text;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Manifests;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Storage;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Delta.Manifests;

public sealed class SymlinkManifestsTests
{
    readonly MemoryObjectStore store = new(TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_manifests_name_the_files_of_each_version(int seed)
    {
        var random = new Random(seed);
        var table = await CreateAsync(isKept: true);
        for (var step = 0; step < 60; step++)
        {
            var transaction = await table.BeginAsync();
            var files = transaction.ReadSnapshot!.Files.ToArray();
            random.Shuffle(files);
            foreach (var file in files.Take(random.Next(3))) transaction.Remove(file);
            for (var i = random.Next(3); i > 0; i--)
                transaction.Add(
                    TransactionTable.File($"f {step}-{i}", region: random.Next(4) == 0 ? null : $"r/{random.Next(3)}"));
            var committed = await CommitAsync(transaction);
            Assert.Empty(committed.FormatFaults);
            await AssertManifestsAsync(committed.Snapshot.Files);
        }
    }

    [Fact]
    public async Task Manifests_on_demand_replace_all_that_were_there()
    {
        var table = await CreateAsync(isKept: false);
        await table.AppendAsync(TransactionTable.File("a", region: "x"), TransactionTable.File("b", region: "y"));
        var manifests = new SymlinkManifests(table.Table);
        Assert.Equal((1, 2), await manifests.WriteAsync(await table.Table.LatestSnapshotAsync(Cancel), Cancel));
        await store.PutAsync("_symlink_format_manifest/region=gone/manifest", "old"u8.ToArray(), Cancel);
        var delete = await table.BeginAsync();
        delete.Remove(delete.ReadSnapshot!.Files.First(file => file.Path.Value == "b"));
        await CommitAsync(delete);

        var latest = await table.Table.LatestSnapshotAsync(Cancel);
        Assert.Equal((2, 1), await manifests.WriteAsync(latest, Cancel));
        await AssertManifestsAsync(latest.Files);
    }

    [Fact]
    public async Task Partitions_have_the_folders_that_Hive_gives_them()
    {
        var table = new TransactionTable(store);
        var definition = TransactionTable.Definition() with
        {
            Schema = new(
                [.. TransactionTable.Columns.Fields, new("at", DeltaType.Timestamp), new("day", DeltaType.Date)]),
            PartitionColumns = ["region", "at", "day"],
            Properties = StringMap.Empty,
        };
        await CommitAsync(Transaction.Create(table.Table, definition, new() { Operation = "CREATE TABLE" }));
        await table.AppendAsync(
            File("a", "ã b", "2024-01-31T10:00:00Z", "2024-01-31"), File("b", null, "2024-01-31T10:00:00.5Z", null),
            File("c", "x=1/y%", "2024-01-31T10:00:00Z", ""));
        await new SymlinkManifests(table.Table).WriteAsync(await table.Table.LatestSnapshotAsync(Cancel), Cancel);

        const string Null = "__HIVE_DEFAULT_PARTITION__";
        Assert.Equal(
            new[]
            {
                "region=x%3D1%2Fy%25/at=2024-01-31 10%3A00%3A00/day=" + Null,
                "region=ã b/at=2024-01-31 10%3A00%3A00/day=2024-01-31",
                $"region={Null}/at=2024-01-31 10%3A00%3A00.500000/day={Null}",
            }.Order(StringComparer.Ordinal),
            (await ManifestsAsync()).Keys.Order(StringComparer.Ordinal));

        static AddFile File(string path, params string?[] values) =>
            TransactionTable.File(path) with { PartitionValues = new(["region", "at", "day"], values) };
    }

    [Fact]
    public async Task What_another_program_committed_is_caught_up_on()
    {
        var table = await CreateAsync(isKept: true);
        await store.PutAsync(
            "_delta_log/00000000000000000001.json",
            ActionWriter.Write([new CommitInfo { Operation = "WRITE" }, TransactionTable.File("foreign", region: "z")]),
            Cancel);

        var next = await table.AppendAsync(TransactionTable.File("own", region: "x"));
        await AssertManifestsAsync(next.Snapshot.Files);
        Assert.Equal(2, next.Snapshot.FileCount);
    }

    [Fact]
    public async Task Tables_whose_files_do_not_show_their_rows_are_refused()
    {
        var table = new TransactionTable(store);
        await table.CreateAsync();
        await table.AppendAsync(TransactionTable.File("a"));
        var delete = await table.BeginAsync();
        delete.SetDeletionVector(delete.ReadSnapshot!.Files.First(), TransactionTable.Vector(1));
        var marked = await CommitAsync(delete);
        var error = await Assert.ThrowsAsync<DeltaException>(() =>
            new SymlinkManifests(table.Table).WriteAsync(marked.Snapshot, Cancel));
        Assert.Equal(DeltaErrorKind.Refused, error.Kind);

        var mapped = new TransactionTable(new MemoryObjectStore(TimeProvider.System));
        var snapshot = await mapped.CreateAsync(("delta.columnMapping.mode", "name"));
        error = await Assert.ThrowsAsync<DeltaException>(() =>
            new SymlinkManifests(mapped.Table).WriteAsync(snapshot, Cancel));
        Assert.Contains("column mapping", error.Message, StringComparison.Ordinal);
    }

    async Task<TransactionTable> CreateAsync(bool isKept)
    {
        var table = new TransactionTable(store);
        await CommitAsync(Transaction.Create(table.Table, Definition(isKept), new() { Operation = "CREATE TABLE" }));
        return table;
    }

    static TableDefinition Definition(bool isKept) => TransactionTable.Definition() with
    {
        Properties = isKept ? StringMap.Empty.With(SymlinkManifests.Property, "true") : StringMap.Empty,
    };

    static async Task<CommitResult.Committed> CommitAsync(Transaction transaction) =>
        (await transaction.CommitAsync(Cancel)).OrThrow();

    async Task<Dictionary<string, string[]>> ManifestsAsync()
    {
        var found = new Dictionary<string, string[]>(StringComparer.Ordinal);
        await foreach (var file in store.ListAsync(SymlinkManifests.Folder, null, Cancel))
            if (file.Path.EndsWith("/manifest", StringComparison.Ordinal))
                found[file.Path[(SymlinkManifests.Folder.Length + 1)..^"/manifest".Length]] =
                    Encoding.UTF8.GetString((await store.GetAsync(file.Path, Cancel))!.Content.Span)
                        .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return found;
    }

    async Task AssertManifestsAsync(IEnumerable<AddFile> files)
    {
        var expected = files.GroupBy(f => f.PartitionValues.Find("region")).ToDictionary(
            g => $"region={g.Key?.Replace("/", "%2F") ?? "__HIVE_DEFAULT_PARTITION__"}",
            g => g.Select(f => $"{FullPath.Of(store.Root)}/{f.Path.Value}").Order(StringComparer.Ordinal).ToArray());
        var manifests = await ManifestsAsync();
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), manifests.Keys.Order(StringComparer.Ordinal));
        foreach (var (partition, paths) in expected)
            Assert.Equal(paths, manifests[partition].Order(StringComparer.Ordinal));
    }
}
