using Foz.Delta;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Storage;
using Foz.Tests.Delta.Checkpoints;

namespace Foz.Tests.Delta.Transactions;

public sealed class TransactionTests
{
    readonly ManualTime time = new();
    readonly TransactionTable table;

    public TransactionTests() => table = new(new MemoryObjectStore(time), time);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_table_has_the_protocol_that_its_schema_and_properties_need()
    {
        var snapshot = await table.CreateAsync();
        Assert.Equal(0, snapshot.Version);
        Assert.Equal((3, 7), (snapshot.Protocol.MinReaderVersion, snapshot.Protocol.MinWriterVersion));
        Assert.Equal(["deletionVectors"], snapshot.Protocol.ReaderFeatures!);
        Assert.Equal(["appendOnly", "deletionVectors", "invariants"], snapshot.Protocol.WriterFeatures!);
        Assert.Equal(["region"], snapshot.TableSchema.PartitionColumns.Select(column => column.Name));

        var plain = new TransactionTable(new MemoryObjectStore(time), time);
        var definition = new TableDefinition
        {
            Schema = new StructType(
                new StructField("t", new ArrayType(DeltaType.TimestampNtz, true)),
                new StructField("i", DeltaType.Long)),
            Properties = new(["delta.enableInCommitTimestamps", "delta.enableTypeWidening"], ["true", "true"]),
            Features = ["domainMetadata"],
            Name = "t",
            Description = "d",
        };
        var committed =
            (await Transaction.Create(
                plain.Table, definition, new() { Operation = "CREATE TABLE" }).CommitAsync(Cancellation)).OrThrow();
        Assert.Equal(["timestampNtz", "typeWidening"], committed.Snapshot.Protocol.ReaderFeatures!);
        Assert.Equal(
            ["appendOnly", "domainMetadata", "inCommitTimestamp", "invariants", "timestampNtz", "typeWidening"],
            committed.Snapshot.Protocol.WriterFeatures!);
        Assert.Equal(("t", "d"), (committed.Snapshot.Metadata.Name, committed.Snapshot.Metadata.Description));
    }

    [Theory]
    [InlineData("x", "x", DeltaErrorKind.InvalidSchema)]
    [InlineData("region,REGION", "REGION", DeltaErrorKind.InvalidSchema)]
    [InlineData("region,id,name", "all", DeltaErrorKind.InvalidSchema)]
    public void A_faulty_definition_is_refused(string partitions, string named, DeltaErrorKind kind)
    {
        var definition = TransactionTable.Definition() with { PartitionColumns = partitions.Split(',') };
        var fault = Assert.Throws<DeltaException>(() =>
            Transaction.Create(table.Table, definition, new() { Operation = "CREATE" }));
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Features_that_are_not_supported_are_refused_by_name()
    {
        var shredding = TransactionTable.Definition(("delta.enableVariantShredding", "true"));
        var fault = Assert.Throws<DeltaException>(() =>
            Transaction.Create(table.Table, shredding, new() { Operation = "CREATE" }));
        Assert.Equal(DeltaErrorKind.Unsupported, fault.Kind);
        Assert.Contains("variantShredding", fault.Message, StringComparison.Ordinal);
        await table.CreateAsync();
        var transaction = await table.BeginAsync();
        fault = Assert.Throws<DeltaException>(() => transaction.SetMetadata(transaction.ReadSnapshot!.Metadata with
        {
            SchemaString = new StructType(
                new StructField("region", DeltaType.String), new StructField("v", DeltaType.Variant)).ToString(),
        }));
        Assert.Contains("variantType", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_brings_its_actions_and_says_who_made_it()
    {
        await table.CreateAsync();
        time.Now += TimeSpan.FromHours(1);
        var transaction = new Transaction(table.Table, await table.Table.LatestSnapshotAsync(Cancellation), new()
        {
            Operation = "WRITE", Parameters = new(["mode"], ["\"Append\""]), UserMetadata = "note", UserName = "ana",
            EngineInfo = "Foz/9",
        })
        { Metrics = new(["numFiles"], ["2"]) };
        transaction.Add(TransactionTable.File("a"));
        transaction.Add(TransactionTable.File("b", region: null));
        transaction.SetApplicationVersion("app", 7);
        var committed = (await transaction.CommitAsync(Cancellation)).OrThrow();
        Assert.Equal(1, committed.Version);
        Assert.Equal(["a", "b"], committed.Snapshot.Files.Select(file => file.Path.Value));
        Assert.Equal(7, committed.Snapshot.TransactionVersion("app"));
        var info = (await table.Other().Table.ReadCommitAsync(1, Cancellation))!.Info!;
        Assert.Equal("WRITE", info.Operation);
        Assert.Equal("\"Append\"", info.OperationParameters["mode"]);
        Assert.Equal("2", info.OperationMetrics["numFiles"]);
        Assert.Equal(("note", "ana", "Foz/9"), (info.UserMetadata, info.UserName, info.EngineInfo));
        Assert.Equal((0L, true, "WriteSerializable"), (info.ReadVersion, info.IsBlindAppend, info.IsolationLevel));
        Assert.Equal(time.Now.ToUnixTimeMilliseconds(), info.TimestampMs);
        Assert.True(Guid.TryParse(info.TransactionId, out _));
        var read = await table.Other().Table.LatestSnapshotAsync(Cancellation);
        Assert.Equal(committed.Snapshot.Files, read.Files);
        await Assert.ThrowsAsync<InvalidOperationException>(() => transaction.CommitAsync(Cancellation));
    }

    [Fact]
    public async Task A_deletion_vector_replaces_the_file_with_wide_bounds()
    {
        await table.CreateAsync();
        var file = (await table.AppendAsync(TransactionTable.File("a"))).Snapshot.Files.Single();
        var transaction = await table.BeginAsync("DELETE");
        transaction.SetDeletionVector(file, TransactionTable.Vector(1, 2));
        var snapshot = (await transaction.CommitAsync(Cancellation)).OrThrow().Snapshot;
        var changed = snapshot.Files.Single();
        Assert.Equal(2, changed.DeletionVector!.Cardinality);
        Assert.Contains("\"tightBounds\":false", changed.Stats.ToString(), StringComparison.Ordinal);
        Assert.Equal(100, FileStatistics.RecordCount(changed));
        Assert.Equal(["a"], snapshot.Tombstones.Select(removed => removed.Path.Value));
        Assert.Null(snapshot.Tombstones.Single().DeletionVector);
        Assert.False((await table.Table.ReadCommitAsync(2, Cancellation))!.Info!.IsBlindAppend);
        transaction = await table.BeginAsync("DELETE");
        Assert.Throws<DeltaException>(() => transaction.SetDeletionVector(changed, changed.DeletionVector));
        transaction.SetDeletionVector(changed, null);
        Assert.Null((await transaction.CommitAsync(Cancellation)).OrThrow().Snapshot.Files.Single().DeletionVector);
    }

    [Fact]
    public async Task What_the_table_forbids_is_refused()
    {
        await table.CreateAsync(("delta.appendOnly", "true"));
        var file = (await table.AppendAsync(TransactionTable.File("a"))).Snapshot.Files.Single();
        Assert.Equal(DeltaErrorKind.Refused, await CommitFaultAsync(t => t.Remove(file)));
        Assert.Equal(
            DeltaErrorKind.Refused, await CommitFaultAsync(t => t.SetDeletionVector(file, TransactionTable.Vector(1))));
        Assert.Equal(DeltaErrorKind.Refused, await CommitFaultAsync(t => t.SetDomain("my.domain", "{}")));
        var optimize = await table.BeginAsync("OPTIMIZE");
        optimize.Remove(file, dataChange: false);
        optimize.Add(TransactionTable.File("b") with { DataChange = false });
        Assert.Equal(2, (await optimize.CommitAsync(Cancellation)).OrThrow().Version);

        var bare = new TransactionTable(new MemoryObjectStore(time), time);
        await Transaction.Create(
            bare.Table, TransactionTable.Definition() with { Properties = StringMap.Empty },
            new() { Operation = "CREATE" }).CommitAsync(Cancellation);
        var noStats = (await bare.AppendAsync(TransactionTable.File("a"))).Snapshot.Files.Single();
        var delete = await bare.BeginAsync();
        Assert.Equal(
            DeltaErrorKind.Refused,
            Assert.Throws<DeltaException>(() => delete.SetDeletionVector(noStats, TransactionTable.Vector(1))).Kind);
    }

    [Fact]
    public async Task Mistakes_of_the_caller_are_refused()
    {
        await table.CreateAsync();
        var known = (await table.AppendAsync(TransactionTable.File("a"))).Snapshot.Files.Single();
        Assert.Equal(
            DeltaErrorKind.InvalidArgument,
            await CommitFaultAsync(t => { t.Add(TransactionTable.File("x")); t.Add(TransactionTable.File("x")); }));
        Assert.Equal(
            DeltaErrorKind.InvalidArgument, await CommitFaultAsync(t => { t.Remove(known); t.Remove(known); }));
        Assert.Equal(
            DeltaErrorKind.InvalidArgument, await CommitFaultAsync(t => t.Remove(TransactionTable.File("nosuch"))));
        Assert.Equal(DeltaErrorKind.InvalidArgument, await CommitFaultAsync(t => t.Add(TransactionTable.File("a"))));
        Assert.Equal(
            DeltaErrorKind.InvalidArgument,
            await CommitFaultAsync(t => t.Add(TransactionTable.File("x") with { PartitionValues = StringMap.Empty })));
        Assert.Equal(
            DeltaErrorKind.InvalidArgument,
            await CommitFaultAsync(t =>
                t.Add(TransactionTable.File("x") with { PartitionValues = new(["Region"], ["a"]) })));
        Assert.Equal(
            DeltaErrorKind.InvalidArgument,
            await CommitFaultAsync(t => t.SetDeletionVector(known, DeletionVector(101))));
        Assert.Equal(
            DeltaErrorKind.InvalidArgument,
            await CommitFaultAsync(t =>
                t.Add(TransactionTable.File("x") with
                {
                    Stats = JsonText.None,
                    DeletionVector = TransactionTable.Vector(1),
                })));
        Assert.Equal(
            DeltaErrorKind.Refused,
            await CommitFaultAsync(t =>
                t.SetMetadata(t.ReadSnapshot!.Metadata with { PartitionColumns = StringList.Empty })));
        Assert.Equal(1, (await table.Table.LatestSnapshotAsync(Cancellation)).Version);

        static Foz.Delta.DeletionVectors.DeletionVectorDescriptor DeletionVector(int count) =>
            TransactionTable.Vector([.. Enumerable.Range(0, count).Select(i => (long)i)]);
    }

    [Fact]
    public async Task An_overwrite_can_partition_the_table_anew()
    {
        await table.CreateAsync();
        await table.AppendAsync(TransactionTable.File("a"), TransactionTable.File("b"));
        var transaction = await table.BeginAsync();
        transaction.RemoveAll();
        transaction.SetMetadata(transaction.ReadSnapshot!.Metadata with { PartitionColumns = StringList.Empty });
        transaction.Add(TransactionTable.File("c") with { PartitionValues = StringMap.Empty });
        var snapshot = (await transaction.CommitAsync(Cancellation)).OrThrow().Snapshot;
        Assert.Equal(["c"], snapshot.Files.Select(file => file.Path.Value));
        Assert.Empty(snapshot.TableSchema.PartitionColumns);
    }

    [Fact]
    public async Task Metadata_bring_the_features_that_they_need()
    {
        await table.CreateAsync();
        var transaction = await table.BeginAsync("ADD COLUMNS");
        var evolution = SchemaEvolution.AddColumns(
            transaction.Schema.Columns, new StructField("t", DeltaType.TimestampNtz));
        transaction.SetMetadata(transaction.ReadSnapshot!.Metadata with { SchemaString = evolution.Schema.ToString() });
        var snapshot = (await transaction.CommitAsync(Cancellation)).OrThrow().Snapshot;
        Assert.Equal(["deletionVectors", "timestampNtz"], snapshot.Protocol.ReaderFeatures!);
        Assert.NotNull(snapshot.TableSchema.Columns.Find("t"));
    }

    [Fact]
    public async Task A_protocol_of_versions_becomes_one_of_features()
    {
        using var old = new LogTable();
        await old.CreateAsync();
        var transaction = new Transaction(
            old.Open(), await old.Open().LatestSnapshotAsync(Cancellation), new() { Operation = "SET TBLPROPERTIES" });
        transaction.SetMetadata(LogTable.Metadata(new(["delta.enableDeletionVectors"], ["true"])));
        var protocol = (await transaction.CommitAsync(Cancellation)).OrThrow().Snapshot.Protocol;
        Assert.Equal((3, 7), (protocol.MinReaderVersion, protocol.MinWriterVersion));
        Assert.Equal(["appendOnly", "deletionVectors", "invariants"], protocol.WriterFeatures!);
        Assert.Equal(["deletionVectors"], protocol.ReaderFeatures!);
    }

    [Fact]
    public async Task In_commit_timestamps_rise_whatever_the_clock_does()
    {
        await table.CreateAsync();
        await table.AppendAsync(TransactionTable.File("a"));
        var enable = await table.BeginAsync("SET TBLPROPERTIES");
        enable.SetMetadata(
            enable.ReadSnapshot!.Metadata with
            {
                Configuration = enable.ReadSnapshot.Metadata.Configuration.With(
                    "delta.enableInCommitTimestamps", "true"),
            });
        var enabled = (await enable.CommitAsync(Cancellation)).OrThrow().Snapshot;
        Assert.Equal("2", enabled.Metadata.Configuration["delta.inCommitTimestampEnablementVersion"]);
        Assert.Equal(
            enabled.Timestamp.ToUnixTimeMilliseconds().ToString(null, null),
            enabled.Metadata.Configuration["delta.inCommitTimestampEnablementTimestamp"]);
        time.Now -= TimeSpan.FromDays(1);
        var times = new List<long> { enabled.Timestamp.ToUnixTimeMilliseconds() };
        for (var i = 0; i < 3; i++)
            times.Add(
                (await table.AppendAsync(TransactionTable.File($"b{i}"))).Snapshot.Timestamp.ToUnixTimeMilliseconds());
        Assert.Equal(times.Order().Distinct(), times);
        var content = (await table.Store.GetAsync(LogFiles.CommitPath(5), Cancellation))!.Content;
        Assert.StartsWith(
            $$"""{"commitInfo":{"inCommitTimestamp":{{times[^1]}}""", System.Text.Encoding.UTF8.GetString(content.Span),
            StringComparison.Ordinal);
        Assert.Equal(
            times[^1],
            (await table.Other().Table.LatestSnapshotAsync(Cancellation)).Timestamp.ToUnixTimeMilliseconds());
    }

    /// <summary>The metadata of an older version know an older start, before which commits without times lie.</summary>
    [Fact]
    public async Task Metadata_that_are_brought_back_do_not_bring_back_an_older_start_of_in_commit_timestamps()
    {
        await table.CreateAsync();
        await SetAsync("true");
        await SetAsync("false");
        await SetAsync("true");
        var now = await table.Table.LatestSnapshotAsync(Cancellation);
        Assert.Equal("3", now.Metadata.Configuration["delta.inCommitTimestampEnablementVersion"]);

        var restore = await table.BeginAsync("RESTORE");
        await Restore.StageAsync(restore, await table.Table.SnapshotAsync(1, Cancellation), Cancellation);
        var restored = (await restore.CommitAsync(Cancellation)).OrThrow().Snapshot;

        Assert.Equal("3", restored.Metadata.Configuration["delta.inCommitTimestampEnablementVersion"]);
        Assert.Equal(
            now.Metadata.Configuration["delta.inCommitTimestampEnablementTimestamp"],
            restored.Metadata.Configuration["delta.inCommitTimestampEnablementTimestamp"]);
    }

    [Fact]
    public async Task In_commit_timestamps_are_those_of_the_attempt_that_won()
    {
        await table.CreateAsync(("delta.enableInCommitTimestamps", "true"));
        var slow = await table.BeginAsync();
        slow.Add(TransactionTable.File("slow"));
        time.Now += TimeSpan.FromMinutes(5);
        var fast = (await table.Other().AppendAsync(TransactionTable.File("fast"))).Snapshot;
        time.Now -= TimeSpan.FromMinutes(3);

        var late = (await slow.CommitAsync(Cancellation)).OrThrow().Snapshot;

        Assert.Equal(2, late.Version);
        Assert.Equal(fast.Timestamp + TimeSpan.FromMilliseconds(1), late.Timestamp);
        Assert.Equal(1, (await table.Table.SnapshotAtAsync(fast.Timestamp, Cancellation)).Version);
    }

    /// <summary>A feature is gone from the version on that its drop became, not that it was to become.</summary>
    [Fact]
    public async Task Protection_begins_at_the_version_that_was_committed()
    {
        await table.CreateAsync();
        var drop = await table.BeginAsync("DROP FEATURE");
        drop.AddFeatures(TableFeature.CheckpointProtection);
        drop.SetMetadata(drop.ReadSnapshot!.Metadata with
        {
            Configuration = drop.ReadSnapshot.Metadata.Configuration.With(
                "delta.requireCheckpointProtectionBeforeVersion", "1"),
        });
        await table.Other().AppendAsync(TransactionTable.File("a"));
        await table.Other().AppendAsync(TransactionTable.File("b"));

        var dropped = (await drop.CommitAsync(Cancellation)).OrThrow().Snapshot;

        Assert.Equal("3", dropped.Metadata.Configuration["delta.requireCheckpointProtectionBeforeVersion"]);
        var kept = (await table.AppendAsync(TransactionTable.File("c"))).Snapshot;
        Assert.Equal("3", kept.Metadata.Configuration["delta.requireCheckpointProtectionBeforeVersion"]);
    }

    async Task SetAsync(string inCommitTimestamps)
    {
        time.Now += TimeSpan.FromMinutes(1);
        var change = await table.BeginAsync("SET TBLPROPERTIES");
        change.SetMetadata(change.ReadSnapshot!.Metadata with
        {
            Configuration = change.ReadSnapshot.Metadata.Configuration.With(
                "delta.enableInCommitTimestamps", inCommitTimestamps),
        });
        (await change.CommitAsync(Cancellation)).OrThrow();
    }

    [Fact]
    public async Task Domains_are_set_and_removed()
    {
        var definition = TransactionTable.Definition() with { Features = [TableFeature.DomainMetadata] };
        await Transaction.Create(table.Table, definition, new() { Operation = "CREATE" }).CommitAsync(Cancellation);
        var set = await table.BeginAsync();
        set.SetDomain("a", "1");
        set.SetDomain("b", "2");
        Assert.Equal("1", (await set.CommitAsync(Cancellation)).OrThrow().Snapshot.Domains["a"].Configuration);
        var remove = await table.BeginAsync();
        remove.SetDomain("a", null);
        Assert.Equal(["b"], (await remove.CommitAsync(Cancellation)).OrThrow().Snapshot.Domains.Keys);
    }

    [Fact]
    public async Task Restore_brings_back_files_and_schema()
    {
        await table.CreateAsync();
        foreach (var path in new[] { "a", "b" }) await table.Store.PutAsync(path, new byte[1], Cancellation);
        var target = (await table.AppendAsync(TransactionTable.File("a"), TransactionTable.File("b"))).Snapshot;
        var change = await table.BeginAsync();
        change.Remove(target.Files.First());
        change.SetDeletionVector(target.Files.Last(), TransactionTable.Vector(3));
        change.Add(TransactionTable.File("c"));
        change.SetMetadata(target.Metadata with { Description = "changed" });
        await change.CommitAsync(Cancellation);
        var restore = await table.BeginAsync("RESTORE");
        await Restore.StageAsync(restore, target, Cancellation);
        var restored = (await restore.CommitAsync(Cancellation)).OrThrow().Snapshot;
        Assert.Equal(
            target.Files.Select(file => file.Key),
            restored.Files.Select(file => file.Key).OrderBy(key => key.Path, StringComparer.Ordinal));
        Assert.Null(restored.Metadata.Description);

        await table.Store.DeleteAsync("a", Cancellation);
        var overwrite = await table.BeginAsync();
        overwrite.RemoveAll();
        await overwrite.CommitAsync(Cancellation);
        var fault = await Assert.ThrowsAsync<DeltaException>(async () =>
            await Restore.StageAsync(await table.BeginAsync("RESTORE"), target, Cancellation));
        Assert.Equal((DeltaErrorKind.VersionNotFound, "a"), (fault.Kind, fault.Path));
    }

    [Fact]
    public async Task A_checkpoint_that_is_due_is_written_by_the_commit()
    {
        var staging = Directory.CreateTempSubdirectory("foz-tx").FullName;
        try
        {
            var store = new MemoryObjectStore(time, staging);
            var due = new TransactionTable(store, time).WithCheckpoints(new JsonCheckpointParquet());
            await due.CreateAsync(("delta.checkpointInterval", "3"));
            var results = new List<CheckpointResult?>();
            for (var i = 0; i < 5; i++) results.Add((await due.AppendAsync(TransactionTable.File($"f{i}"))).Checkpoint);
            Assert.Equal(
                [false, true, false, false, true], results.Select(result => result is CheckpointResult.Written));
            Assert.NotNull(await store.GetInfoAsync(LogFiles.CheckpointPath(2), Cancellation));
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    async Task<DeltaErrorKind> CommitFaultAsync(Action<Transaction> stage)
    {
        var transaction = await table.BeginAsync();
        var fault = await Assert.ThrowsAsync<DeltaException>(async () =>
        {
            stage(transaction);
            await transaction.CommitAsync(Cancellation);
        });
        return fault.Kind;
    }
}
