using System.Text;
using System.Text.Json;
using Foz.Delta;
using Foz.Delta.Iceberg;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Tests.Storage.Remote;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Delta.Iceberg;

public sealed class IcebergTableTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_metadata_name_the_files_of_each_version(int seed)
    {
        var random = new Random(seed);
        var store = new MemoryObjectStore(TimeProvider.System);
        var table = new TransactionTable(store);
        await CreateAsync(table);
        for (var step = 0; step < 150; step++)
        {
            var transaction = await table.BeginAsync();
            var files = transaction.ReadSnapshot!.Files.ToArray();
            random.Shuffle(files);
            foreach (var file in files.Take(random.Next(3))) transaction.Remove(file);
            // Statistics are recomputed.
            if (files.Length > 5 && random.Next(4) == 0)
            {
                transaction.Remove(files[^1], dataChange: false);
                transaction.Add(files[^1] with { DataChange = false });
            }
            for (var i = random.Next(4); i > 0; i--)
                transaction.Add(
                    File(transaction, $"f{step}-{i}", region: random.Next(4) == 0 ? null : $"r{random.Next(3)}"));
            if (random.Next(10) == 0) transaction = await WithPropertyAsync(table, $"p{step}");
            var committed = await CommitAsync(transaction);
            await AssertSameFilesAsync(store, committed.Snapshot);
        }
    }

    [Fact]
    public async Task A_failure_leaves_the_commit_and_is_caught_up_on()
    {
        var store = new FaultyStore(new MemoryObjectStore(TimeProvider.System), 1) { IsFaulty = false };
        var table = new TransactionTable(store);
        await CreateAsync(table);
        await AppendAsync(table, "a");
        foreach (var fault in new[] { Fault.Before, Fault.After, Fault.Late })
        {
            store.NextPuts.Enqueue(Fault.None);
            store.NextPuts.Enqueue(fault);
            var failed = await AppendAsync(table, $"lost-{fault}");
            var told = Assert.Single(failed.FormatFaults);
            Assert.Equal("the Iceberg metadata", told.What);
            Assert.Equal(StorageErrorKind.Failed, Assert.IsType<StorageException>(told.Error).Kind);
            await store.ReleaseLateAsync();
            Assert.Contains($"lost-{fault}", await table.PathsAsync());

            var next = await AppendAsync(table, $"next-{fault}");
            Assert.Empty(next.FormatFaults);
            await AssertSameFilesAsync(store, next.Snapshot);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Writers_over_a_failing_service_leave_the_newest_version(int seed)
    {
        await using var server = new S3Loopback(seed);
        var (url, settings) = S3Location.Of(server);
        IObjectStore Open() => ObjectStores.Open(url, new()
        {
            Settings = settings, Variable = _ => null,
            Retries = new() { AttemptsMax = 40, BackoffMs = 1, BackoffMsMax = 2, BudgetMax = 10_000 },
        });
        await CreateAsync(new TransactionTable(Open()));
        var writers = Enumerable.Range(0, 3).Select(_ => new TransactionTable(Open())).ToArray();
        await Task.WhenAll(writers.Select((writer, number) => Task.Run(async () =>
        {
            for (var i = 0; i < 5; i++) Assert.Empty((await AppendAsync(writer, $"f{number}-{i}")).FormatFaults);
        }, Cancel)));

        Assert.True(server.Faults > 20, $"{server.Faults} faults");
        var latest = await new TransactionTable(Open()).Table.LatestSnapshotAsync(Cancel);
        Assert.Equal(15, latest.FileCount);
        await AssertSameFilesAsync(Open(), latest);
    }

    [Fact]
    public async Task What_others_committed_without_it_is_caught_up_on()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var table = new TransactionTable(store);
        await CreateAsync(table);
        var first = await AppendAsync(table, "a");
        var snapshot = first.Snapshot;
        // A commit by a program that knows nothing of Iceberg's metadata.
        var remove = ActionWriter.Write(
            [
                new CommitInfo { Operation = "DELETE" }, .. snapshot.Files.Select(f => f.ToRemove(5)),
                File(snapshot, "b"),
            ]);
        await store.PutAsync($"_delta_log/{snapshot.Version + 1:00000000000000000000}.json", remove, Cancel);
        await AssertSameFilesAsync(store, snapshot);

        var next = (await AppendAsync(table, "c")).Snapshot;
        await AssertSameFilesAsync(store, next);
        Assert.Equal(["b", "c"], await table.PathsAsync());

        // Statistics are recomputed: the file is added again, and was not removed.
        var again = ActionWriter.Write(
            [new CommitInfo { Operation = "COMPUTE STATS" }, File(snapshot, "b") with { DataChange = false }]);
        await store.PutAsync($"_delta_log/{next.Version + 1:00000000000000000000}.json", again, Cancel);
        await AssertSameFilesAsync(store, (await AppendAsync(table, "d")).Snapshot);
    }

    [Fact]
    public async Task Damaged_and_foreign_metadata_are_written_anew()
    {
        foreach (var damage in new[] { "{", "{\"format-version\":1}", "" })
        {
            var store = new MemoryObjectStore(TimeProvider.System);
            var table = new TransactionTable(store);
            await CreateAsync(table);
            await AppendAsync(table, "a");
            await store.PutAsync(
                $"metadata/v{await NewestAsync(store)}.metadata.json", Encoding.UTF8.GetBytes(damage), Cancel);
            await AssertSameFilesAsync(store, (await AppendAsync(table, "b")).Snapshot);

            await foreach (var file in store.ListAsync("metadata", null, Cancel))
                if (file.Path.EndsWith(".avro", StringComparison.Ordinal))
                    await store.PutAsync(file.Path, "no Avro"u8.ToArray(), Cancel);
            var mended = await AppendAsync(table, "c");
            Assert.Empty(mended.FormatFaults);
            await AssertSameFilesAsync(store, mended.Snapshot);
        }
    }

    [Fact]
    public async Task Writers_at_once_leave_the_newest_version()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await CreateAsync(new TransactionTable(store));
        var writers = Enumerable.Range(0, 4).Select(_ => new TransactionTable(store)).ToArray();
        await Task.WhenAll(writers.Select((writer, number) => Task.Run(async () =>
        {
            for (var i = 0; i < 15; i++) Assert.Empty((await AppendAsync(writer, $"f{number}-{i}")).FormatFaults);
        }, Cancel)));

        var latest = await new TransactionTable(store).Table.LatestSnapshotAsync(Cancel);
        Assert.Equal(60, latest.FileCount);
        await AssertSameFilesAsync(store, latest);
    }

    [Fact]
    public async Task Files_that_Iceberg_cannot_read_are_refused()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var table = new TransactionTable(store);
        await table.CreateAsync();
        var file = TransactionTable.File("a");
        var snapshot = (await table.AppendAsync(file)).Snapshot;
        var marked = await table.BeginAsync();
        marked.SetDeletionVector(snapshot.Files.First(), TransactionTable.Vector(1));
        await CommitAsync(marked);

        var enable = await table.BeginAsync();
        var before = enable.ReadSnapshot!.Metadata;
        var (schema, max) = ColumnMapping.Assign(TransactionTable.Columns, 0, keepNames: true);
        enable.SetMetadata(before with
        {
            SchemaString = schema.ToString(),
            Configuration = before.Configuration.With("delta.enableIcebergCompatV2", "true")
                .With("delta.enableDeletionVectors", "false").With("delta.columnMapping.mode", "name")
                .With("delta.columnMapping.maxColumnId", $"{max}"),
        });
        var error = await Assert.ThrowsAsync<DeltaException>(() => enable.CommitAsync(Cancel));
        Assert.Equal(DeltaErrorKind.Refused, error.Kind);
        Assert.Contains("deletion vector", error.Message, StringComparison.Ordinal);

        var compatible = new TransactionTable(new MemoryObjectStore(TimeProvider.System));
        await CreateAsync(compatible);
        var append = await compatible.BeginAsync();
        append.Add(File(append, "no-stats") with { Stats = JsonText.None });
        error = await Assert.ThrowsAsync<DeltaException>(() => append.CommitAsync(Cancel));
        Assert.Contains("how many rows", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("void", null)]
    [InlineData("integer", "double")]
    [InlineData("date", "timestamp_ntz")]
    public async Task Columns_that_Iceberg_has_no_type_for_are_refused(string type, string? widened)
    {
        var column = new StructField("odd", DeltaType.Parse($"\"{type}\""));
        if (widened is not null)
        {
            var changes = $$"""[{"fromType":"{{type}}","toType":"{{widened}}"}]""";
            using var json = JsonDocument.Parse(changes);
            column = new(
                "odd", DeltaType.Parse($"\"{widened}\""),
                metadata: column.Metadata.With(FieldMetadata.TypeChangesKey, json.RootElement));
        }
        var definition = new TableDefinition
        {
            Schema = new([.. TransactionTable.Columns.Fields, column]),
            Properties = StringMap.Empty.With("delta.enableIcebergCompatV2", "true"),
        };
        var table = new TransactionTable(new MemoryObjectStore(TimeProvider.System)).Table;
        var error = await Assert.ThrowsAsync<DeltaException>(
            () => Transaction.Create(table, definition, new() { Operation = "CREATE TABLE" }).CommitAsync(Cancel));
        Assert.Equal(DeltaErrorKind.Refused, error.Kind);
        Assert.Contains("column odd", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elements_keys_and_values_get_ids_of_their_own()
    {
        var nested = new StructType(
            new StructField("list", new ArrayType(new ArrayType(DeltaType.Long, true), true)),
            new StructField(
                "map",
                new MapType(
                    DeltaType.String, new StructType(new StructField("a", new ArrayType(DeltaType.Date, true))),
                    true)));
        var definition = new TableDefinition
        {
            Schema = nested,
            Properties = StringMap.Empty.With("delta.enableIcebergCompatV2", "true")
                .With("delta.universalFormat.enabledFormats", "iceberg"),
        };
        var store = new MemoryObjectStore(TimeProvider.System);
        var snapshot =
            (await Transaction.Create(
                new TransactionTable(store).Table, definition, new() { Operation = "CREATE TABLE" })
                .CommitAsync(Cancel)).OrThrow().Snapshot;

        Assert.Equal("name", snapshot.Metadata.Configuration.Find(ColumnMapping.ModeProperty));
        Assert.Equal("8", snapshot.Metadata.Configuration.Find(ColumnMapping.MaxColumnIdProperty));
        var list = snapshot.Schema.Find("list")!;
        var ids = list.Metadata[FieldMetadata.NestedIdsKey]!.Value.EnumerateObject()
            .Select(id => (id.Name, id.Value.GetInt32()));
        var physical = list.PhysicalName(ColumnMappingMode.Name);
        Assert.Equal([($"{physical}.element", 4), ($"{physical}.element.element", 5)], ids);
        using var metadata = JsonDocument.Parse((await store.GetAsync("metadata/v1.metadata.json", Cancel))!.Content);
        Assert.Equal(-1, metadata.RootElement.GetProperty("current-snapshot-id").GetInt64());
        Assert.Equal(
            """[{"id":1,"name":"list","required":false,"type":{"type":"list","element-id":4,"element-required":false,"element":{"type":"list","element-id":5,"element-required":false,"element":"long"}}},"""
            + """{"id":2,"name":"map","required":false,"type":{"type":"map","key-id":6,"key":"string","value-id":7,"value-required":false,"value":{"type":"struct","fields":[{"id":3,"name":"a","required":false,"type":{"type":"list","element-id":8,"element-required":false,"element":"date"}}]}}}]""",
            JsonSerializer.Serialize(metadata.RootElement.GetProperty("schemas")[0].GetProperty("fields")));
    }

    static async Task CreateAsync(TransactionTable table)
    {
        var definition = TransactionTable.Definition() with
        {
            Properties = StringMap.Empty.With("delta.universalFormat.enabledFormats", "iceberg")
                .With("delta.enableIcebergCompatV2", "true"),
        };
        var transaction = Transaction.Create(table.Table, definition, new() { Operation = "CREATE TABLE" });
        Assert.Empty((await CommitAsync(transaction)).FormatFaults);
    }

    static async Task<CommitResult.Committed> AppendAsync(TransactionTable table, string path)
    {
        var transaction = await table.BeginAsync();
        transaction.Add(File(transaction, path));
        return await CommitAsync(transaction);
    }

    static async Task<Transaction> WithPropertyAsync(TransactionTable table, string value)
    {
        var transaction = await table.BeginAsync();
        var before = transaction.ReadSnapshot!.Metadata;
        transaction.SetMetadata(before with { Configuration = before.Configuration.With("own", value) });
        return transaction;
    }

    static async Task<CommitResult.Committed> CommitAsync(Transaction transaction) =>
        (await transaction.CommitAsync(Cancel)).OrThrow();

    static AddFile File(Transaction transaction, string path, string? region = "sul") =>
        File(transaction.ReadSnapshot!, path, region);

    static AddFile File(Snapshot snapshot, string path, string? region = "sul")
    {
        var physical = snapshot.Schema.Find("id")!.PhysicalName(ColumnMappingMode.Name);
        return TransactionTable.File(path) with
        {
            PartitionValues = new([snapshot.Schema.Find("region")!.PhysicalName(ColumnMappingMode.Name)], [region]),
            Stats = JsonText.FromString(
                $$"""{"numRecords":100,"minValues":{"{{physical}}":1},"maxValues":{"{{physical}}":9},"nullCount":{"{{physical}}":0} }"""),
        };
    }

    static async Task<long> NewestAsync(IObjectStore store) =>
        (await new IcebergFolder(store).FindAsync(Cancel)).Number;

    static async Task AssertSameFilesAsync(IObjectStore store, Snapshot snapshot)
    {
        var folder = new IcebergFolder(store);
        var (number, hint, metadata) = await folder.FindAsync(Cancel);
        Assert.Equal(number, hint.Number);
        Assert.Equal(snapshot.Version, metadata!.DeltaVersion);
        var schema = snapshot.TableSchema;
        var spec = metadata.SetPartitioning(schema);
        var manifest = new Manifest(spec, 0, IcebergSchema.Fields(schema.Columns));
        var files = new List<string>();
        if (metadata.CurrentManifestList is { } list)
            foreach (var file in ManifestList.Read((await folder.GetAsync(list, Cancel))!.Value)!)
            {
                var entries = manifest.Read((await folder.GetAsync(file.Path, Cancel))!.Value)!
                    .Where(e => e.Status != EntryStatus.Deleted).ToList();
                Assert.Equal(file.LiveFiles, entries.Count);
                files.AddRange(
                    entries.Select(e =>
                        $"{e.File.Path} in "
                            + $"{(e.File.Partition[0] is { } region ? Encoding.UTF8.GetString(region.Bytes) : "")}"));
            }
        var key = schema.PartitionColumns[0].PhysicalName(schema.Mapping);
        var expected = snapshot.Files.Select(f => $"{folder.Location}/{f.Path.Value} in {f.PartitionValues.Find(key)}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
    }
}
