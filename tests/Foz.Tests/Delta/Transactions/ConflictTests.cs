using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Tests.Delta.Transactions;

/// <summary>
/// Each pair of operations started on one version: the first to commit wins, and what becomes of the second.
/// </summary>
public sealed class ConflictTests
{
    static readonly ColumnPath Id = ColumnPath.Of("id");

    static readonly Predicate South = new Predicate.Compare(ColumnPath.Of("region"), Comparison.Equal, "sul");

    // The table has the files low (ids 0-9), high (90-99) and north (0-99, another region).
    static readonly Dictionary<string, Action<Transaction>> Operations = new(StringComparer.Ordinal)
    {
        ["append low"] = t => t.Add(TransactionTable.File(Name(t), 0, 9)),
        ["append high"] = t => t.Add(TransactionTable.File(Name(t), 90, 99)),
        ["insert-select low"] = t =>
        {
            t.Read(new Predicate.Compare(Id, Comparison.Less, "50"));
            t.Add(TransactionTable.File(Name(t), 0, 9));
        },
        ["delete low"] = t => Delete(t, "low", new Predicate.Compare(Id, Comparison.Less, "5") & South),
        ["delete high"] = t => Delete(t, "high", new Predicate.Compare(Id, Comparison.Greater, "95") & South),
        ["mark low"] = t => Mark(t, "low", 1),
        ["mark low too"] = t => Mark(t, "low", 2),
        ["delete row 1 of low"] = t => DeleteRow(t, 1),
        ["delete row 2 of low"] = t => DeleteRow(t, 2),
        ["depend on row 1 of low"] = t =>
        {
            t.ReadRows(FileOf(t, "low"), RowSet.Of(1));
            t.Add(TransactionTable.File(Name(t), 200, 201));
        },
        ["read low"] = t =>
        {
            t.ReadFiles([FileOf(t, "low")]);
            t.Add(TransactionTable.File(Name(t), 200, 201));
        },
        ["read all"] = t =>
        {
            t.ReadWholeTable();
            t.Add(TransactionTable.File(Name(t), 200, 201));
        },
        ["compact low"] = t =>
        {
            t.ReadFiles([FileOf(t, "low")]);
            t.Remove(FileOf(t, "low"), dataChange: false);
            t.Add(TransactionTable.File(Name(t), 0, 9) with { DataChange = false });
        },
        ["overwrite"] = t =>
        {
            t.RemoveAll();
            t.Add(TransactionTable.File(Name(t), 0, 9));
        },
        ["add column"] = t => t.SetMetadata(t.ReadSnapshot!.Metadata with
        {
            SchemaString = SchemaEvolution.AddColumns(
                t.Schema.Columns, new StructField(Name(t), DeltaType.Long)).Schema.ToString(),
        }),
        ["describe"] = t => t.SetMetadata(t.ReadSnapshot!.Metadata with
        {
            Description = Name(t),
            Configuration = t.ReadSnapshot.Metadata.Configuration.With("foz.owner", "ana"),
            SchemaString = t.Schema.Columns.With(t.Schema.Columns.Fields[0] with
            {
                Metadata = FieldMetadata.Empty.With("comment", "c").With("foz.tag", "t"),
            }).ToString(),
        }),
        ["upgrade"] = t =>
            t.SetProtocol(
                t.ReadSnapshot!.Protocol with
                {
                    WriterFeatures = [.. t.ReadSnapshot.Protocol.WriterFeatures!, "changeDataFeed"],
                }),
        ["repeat protocol"] = t => t.SetProtocol(t.ReadSnapshot!.Protocol with
        {
            WriterFeatures = StringList.From(t.ReadSnapshot.Protocol.WriterFeatures!.Reverse()),
        }),
        ["application"] = t => t.SetApplicationVersion("app", 1),
        ["other application"] = t => t.SetApplicationVersion(Name(t), 1),
        ["domain"] = t => t.SetDomain("d", Name(t)),
        ["other domain"] = t => t.SetDomain(Name(t), "x"),
    };

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    // Blind appends conflict with nothing but a change of the table itself.
    [InlineData("append low", "append low", null, null, null)]
    [InlineData("delete low", "append low", null, null, null)]
    [InlineData("overwrite", "append low", null, null, null)]
    [InlineData(
        "add column", "append low", ConflictKind.MetadataChanged, ConflictKind.MetadataChanged,
        ConflictKind.MetadataChanged)]
    [InlineData(
        "upgrade", "append low", ConflictKind.ProtocolChanged, ConflictKind.ProtocolChanged,
        ConflictKind.ProtocolChanged)]
    [InlineData("repeat protocol", "append low", null, null, null)]
    [InlineData(
        "repeat protocol", "upgrade", ConflictKind.ProtocolChanged, ConflictKind.ProtocolChanged,
        ConflictKind.ProtocolChanged)]
    [InlineData("describe", "append low", null, null, null)]
    // What was added where the transaction read.
    [InlineData("append low", "delete low", ConflictKind.ConcurrentAppend, null, null)]
    [InlineData("append high", "delete low", null, null, null)]
    [InlineData("insert-select low", "delete low", ConflictKind.ConcurrentAppend, ConflictKind.ConcurrentAppend, null)]
    [InlineData(
        "insert-select low", "insert-select low", ConflictKind.ConcurrentAppend, ConflictKind.ConcurrentAppend, null)]
    [InlineData("append low", "insert-select low", ConflictKind.ConcurrentAppend, null, null)]
    [InlineData("append high", "read low", null, null, null)]
    [InlineData("append high", "read all", ConflictKind.ConcurrentAppend, null, null)]
    [InlineData("insert-select low", "overwrite", ConflictKind.ConcurrentAppend, ConflictKind.ConcurrentAppend, null)]
    [InlineData("append low", "overwrite", ConflictKind.ConcurrentAppend, null, null)]
    [InlineData("append low", "compact low", null, null, null)]
    [InlineData("insert-select low", "compact low", null, null, null)]
    // What was removed that the transaction read or removes.
    [InlineData(
        "delete low", "delete low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData(
        "mark low", "delete low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData(
        "mark low", "mark low too", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData("delete low", "delete high", null, null, null)]
    [InlineData(
        "delete low", "read low", ConflictKind.ConcurrentDeleteRead, ConflictKind.ConcurrentDeleteRead,
        ConflictKind.ConcurrentDeleteRead)]
    [InlineData(
        "mark low", "insert-select low", ConflictKind.ConcurrentDeleteRead, ConflictKind.ConcurrentDeleteRead,
        ConflictKind.ConcurrentDeleteRead)]
    [InlineData(
        "delete high", "read all", ConflictKind.ConcurrentDeleteRead, ConflictKind.ConcurrentDeleteRead,
        ConflictKind.ConcurrentDeleteRead)]
    [InlineData(
        "delete low", "overwrite", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData(
        "mark low", "compact low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    // Rows of one file.
    [InlineData("delete row 1 of low", "delete row 2 of low", null, null, null)]
    [InlineData(
        "delete row 1 of low", "delete row 1 of low", ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete)]
    [InlineData("mark low", "delete row 2 of low", null, null, null)]
    [InlineData(
        "delete row 2 of low", "mark low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData(
        "delete low", "delete row 2 of low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData(
        "compact low", "delete row 2 of low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData("delete row 2 of low", "depend on row 1 of low", null, null, null)]
    [InlineData(
        "delete row 1 of low", "depend on row 1 of low", ConflictKind.ConcurrentDeleteRead,
        ConflictKind.ConcurrentDeleteRead, ConflictKind.ConcurrentDeleteRead)]
    // Rows that were only moved.
    [InlineData(
        "compact low", "mark low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    [InlineData("compact low", "read low", null, null, null)]
    [InlineData("compact low", "insert-select low", null, null, null)]
    [InlineData("compact low", "delete high", null, null, null)]
    [InlineData(
        "compact low", "compact low", ConflictKind.ConcurrentDeleteDelete, ConflictKind.ConcurrentDeleteDelete,
        ConflictKind.ConcurrentDeleteDelete)]
    // Metadata, applications, domains.
    [InlineData("append low", "add column", null, null, null)]
    [InlineData(
        "describe", "add column", ConflictKind.MetadataChanged, ConflictKind.MetadataChanged,
        ConflictKind.MetadataChanged)]
    [InlineData(
        "describe", "describe", ConflictKind.MetadataChanged, ConflictKind.MetadataChanged,
        ConflictKind.MetadataChanged)]
    [InlineData("describe", "delete low", null, null, null)]
    [InlineData(
        "application", "application", ConflictKind.ConcurrentTransaction, ConflictKind.ConcurrentTransaction,
        ConflictKind.ConcurrentTransaction)]
    [InlineData("application", "other application", null, null, null)]
    [InlineData(
        "domain", "domain", ConflictKind.ConcurrentDomain, ConflictKind.ConcurrentDomain,
        ConflictKind.ConcurrentDomain)]
    [InlineData("domain", "other domain", null, null, null)]
    public async Task The_second_of_two_operations_meets_the_rules(
        string winner, string loser, ConflictKind? serializable, ConflictKind? writeSerializable,
        ConflictKind? snapshot)
    {
        Assert.Equal(serializable, await RaceAsync(winner, loser, IsolationLevel.Serializable, seesWinner: false));
        Assert.Equal(writeSerializable, await RaceAsync(winner, loser, null, seesWinner: true));
        Assert.Equal(snapshot, await RaceAsync(winner, loser, IsolationLevel.Snapshot, seesWinner: false));
    }

    [Fact]
    public async Task The_tables_property_chooses_the_isolation()
    {
        var relaxed = await CreateAsync(("delta.isolationLevel", "SnapshotIsolation"));
        var reader = await relaxed.BeginAsync();
        Operations["insert-select low"](reader);
        var other = await relaxed.Other().BeginAsync();
        Operations["insert-select low"](other);
        await other.CommitAsync(Cancellation);
        Assert.Equal(3, (await reader.CommitAsync(Cancellation)).OrThrow().Version);

        var table = await CreateAsync(("delta.isolationLevel", "Serializable"));
        var second = await table.BeginAsync("DELETE");
        Operations["delete low"](second);
        var first = await table.Other().BeginAsync();
        Operations["append low"](first);
        await first.CommitAsync(Cancellation);
        Assert.Equal(
            ConflictKind.ConcurrentAppend,
            Assert.IsType<CommitResult.Conflicted>(await second.CommitAsync(Cancellation)).Kind);
    }

    [Fact]
    public async Task A_blind_append_that_evolves_the_schema_needs_no_retry_by_the_caller()
    {
        var table = await CreateAsync();
        var second = await table.BeginAsync();
        Operations["append low"](second);
        Operations["add column"](second);
        await table.Other().AppendAsync(TransactionTable.File("first"));
        await table.Other().AppendAsync(TransactionTable.File("second"));
        var committed = (await second.CommitAsync(Cancellation)).OrThrow();
        Assert.Equal(4, committed.Version);
        Assert.Equal(6, committed.Snapshot.FileCount);
        Assert.Equal(4, committed.Snapshot.TableSchema.Columns.Fields.Length);
    }

    [Fact]
    public async Task A_conflict_names_the_version_and_the_reason()
    {
        var table = await CreateAsync();
        var second = await table.BeginAsync("MERGE");
        Operations["mark low"](second);
        await table.Other().AppendAsync(TransactionTable.File("x", 200, 201));
        var first = await table.Other().BeginAsync("DELETE");
        Operations["delete low"](first);
        await first.CommitAsync(Cancellation);
        var conflict = Assert.IsType<CommitResult.Conflicted>(await second.CommitAsync(Cancellation));
        Assert.Equal(3, conflict.WinningVersion);
        foreach (var part in new[] { "MERGE", "version 3", "DELETE", "low" })
            Assert.Contains(part, conflict.Message, StringComparison.Ordinal);
        Assert.Throws<Foz.Delta.DeltaException>(conflict.OrThrow);
    }

    [Fact]
    public async Task Of_two_creators_one_wins()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var (a, b) = (new TransactionTable(store), new TransactionTable(store));
        var first = Transaction.Create(a.Table, TransactionTable.Definition(), new() { Operation = "CREATE" });
        var second = Transaction.Create(b.Table, TransactionTable.Definition(), new() { Operation = "CREATE" });
        Assert.Equal(0, (await first.CommitAsync(Cancellation)).OrThrow().Version);
        Assert.Equal(
            ConflictKind.TableExists,
            Assert.IsType<CommitResult.Conflicted>(await second.CommitAsync(Cancellation)).Kind);
    }

    [Fact]
    public async Task A_table_that_was_deleted_or_made_anew_is_not_written_to()
    {
        var folder = Directory.CreateTempSubdirectory("foz-replaced").FullName;
        try
        {
            var table = new TransactionTable(new LocalObjectStore(folder), TimeProvider.System);
            await table.CreateAsync();
            for (var i = 0; i < 5; i++) await table.AppendAsync(TransactionTable.File($"old{i}"));
            var late = await table.BeginAsync();
            late.Add(TransactionTable.File("late"));
            Directory.Delete(Path.Combine(folder, "_delta_log"), recursive: true);
            Assert.Equal(
                ConflictKind.TableReplaced,
                Assert.IsType<CommitResult.Conflicted>(await late.CommitAsync(Cancellation)).Kind);
            Assert.False(Directory.Exists(Path.Combine(folder, "_delta_log")));

            await table.CreateAsync();
            var second = await table.BeginAsync();
            second.Add(TransactionTable.File("second"));
            Assert.Equal(1, (await table.AppendAsync(TransactionTable.File("first"))).Version);
            Assert.Equal(2, (await second.CommitAsync(Cancellation)).OrThrow().Version);
            Assert.Equal(["first", "second"], await table.Other().PathsAsync());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Attempts_are_bounded()
    {
        var table = await CreateAsync();
        var transaction = new Transaction(
            table.Table, await table.Table.LatestSnapshotAsync(Cancellation),
            new() { Operation = "WRITE", AttemptsMax = 1 });
        transaction.Add(TransactionTable.File("late"));
        await table.Other().AppendAsync(TransactionTable.File("early"));
        Assert.Equal(
            ConflictKind.TooManyAttempts,
            Assert.IsType<CommitResult.Conflicted>(await transaction.CommitAsync(Cancellation)).Kind);
        Assert.DoesNotContain("late", await table.Other().PathsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commits_that_only_rearrange_files_are_no_attempts(bool seesThem)
    {
        var table = await CreateAsync();
        var transaction = new Transaction(
            table.Table, await table.Table.LatestSnapshotAsync(Cancellation),
            new() { Operation = "WRITE", AttemptsMax = 1 });
        transaction.Add(TransactionTable.File("late"));
        var other = seesThem ? table : table.Other();
        foreach (var path in new[] { "low", "high" })
        {
            var optimize = await other.BeginAsync("OPTIMIZE");
            optimize.Remove(FileOf(optimize, path), dataChange: false);
            optimize.Add(TransactionTable.File($"{path}-moved") with { DataChange = false });
            (await optimize.CommitAsync(Cancellation)).OrThrow();
        }
        Assert.Equal(4, (await transaction.CommitAsync(Cancellation)).OrThrow().Version);
        Assert.Equal(
            ["high-moved", "late", "low-moved", "north"],
            (await table.Other().PathsAsync()).Order(StringComparer.Ordinal));
    }

    static async Task<ConflictKind?> RaceAsync(string winner, string loser, IsolationLevel? isolation, bool seesWinner)
    {
        var table = await CreateAsync();
        var second = await table.BeginAsync(loser, isolation);
        Operations[loser](second);
        // In the same process the commit is known; of another one it shows only when the write loses.
        var first = await (seesWinner ? table : table.Other()).BeginAsync(winner, isolation);
        Operations[winner](first);
        Assert.Equal(2, (await first.CommitAsync(Cancellation)).OrThrow().Version);
        var result = await second.CommitAsync(Cancellation);
        var latest = await table.Other().Table.LatestSnapshotAsync(Cancellation);
        if (result is CommitResult.Conflicted conflicted)
        {
            Assert.Equal(2, conflicted.WinningVersion);
            Assert.Equal(2, latest.Version);
            return conflicted.Kind;
        }
        var committed = Assert.IsType<CommitResult.Committed>(result);
        Assert.Equal((3, 3), (committed.Version, latest.Version));
        Assert.Equal(latest.Files.Order(ByPath), committed.Snapshot.Files.Order(ByPath));
        return null;
    }

    static readonly Comparer<AddFile> ByPath = Comparer<AddFile>
        .Create((a, b) => string.CompareOrdinal(a.Path.Value, b.Path.Value));

    static async Task<TransactionTable> CreateAsync(params (string, string)[] properties)
    {
        var table = new TransactionTable(new MemoryObjectStore(TimeProvider.System));
        var definition = TransactionTable.Definition(properties) with { Features = [TableFeature.DomainMetadata] };
        await Transaction.Create(table.Table, definition, new() { Operation = "CREATE" }).CommitAsync(Cancellation);
        await table.AppendAsync(
            TransactionTable.File("low", 0, 9), TransactionTable.File("high", 90, 99),
            TransactionTable.File("north", 0, 99, "norte"));
        return table;
    }

    static string Name(Transaction transaction) => $"n{transaction.GetHashCode()}";

    static void DeleteRow(Transaction t, long row)
    {
        var low = t.ReadByRow(new Predicate.Compare(Id, Comparison.Less, "5") & South)
            .Single(m => m.File.Path.Value == "low").File;
        t.SetDeletionVector(low, TransactionTable.Vector(row), RowSet.Of(row));
    }

    static AddFile FileOf(Transaction transaction, string path) =>
        transaction.ReadSnapshot!.Files.Find(new(path, null))!;

    static void Delete(Transaction transaction, string path, Predicate condition)
    {
        Assert.Equal([path], transaction.Read(condition).Select(match => match.File.Path.Value));
        transaction.Remove(FileOf(transaction, path));
        transaction.Add(TransactionTable.File(Name(transaction), 5, 9));
    }

    static void Mark(Transaction transaction, string path, long row)
    {
        transaction.Read(new Predicate.Compare(Id, Comparison.Equal, row.ToString(null, null)) & South);
        transaction.SetDeletionVector(FileOf(transaction, path), TransactionTable.Vector(row));
    }
}
