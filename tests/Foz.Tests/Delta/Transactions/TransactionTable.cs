using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Storage;
using Foz.Tests.Delta.Checkpoints;

namespace Foz.Tests.Delta.Transactions;

/// <summary>A table of columns id, name and region (partition) on a store of one's choice.</summary>
sealed class TransactionTable(IObjectStore store, TimeProvider? time = null)
{
    public static readonly StructType Columns = new(
        new StructField("id", DeltaType.Long), new StructField("name", DeltaType.String),
        new StructField("region", DeltaType.String));

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public IObjectStore Store => store;

    public DeltaTable Table { get; init; } = new(store, null, time ?? new ManualTime());

    /// <summary>Another process's view of the same table.</summary>
    public TransactionTable Other() => new(store, time);

    public TransactionTable WithCheckpoints(JsonCheckpointParquet parquet) =>
        new(store, time) { Table = new(store, parquet, time ?? new ManualTime()) };

    public static TableDefinition Definition(params IEnumerable<(string Key, string Value)> properties) => new()
    {
        Schema = Columns,
        PartitionColumns = ["region"],
        Properties = new StringMap(properties.Append(("delta.enableDeletionVectors", "true"))
            .Select(p => KeyValuePair.Create(p.Item1, (string?)p.Item2))),
    };

    public async Task<Snapshot> CreateAsync(params IEnumerable<(string Key, string Value)> properties)
    {
        var transaction = Transaction.Create(Table, Definition(properties), new() { Operation = "CREATE TABLE" });
        return (await transaction.CommitAsync(Cancellation)).OrThrow().Snapshot;
    }

    public async Task<Transaction> BeginAsync(string operation = "WRITE", IsolationLevel? isolation = null) =>
        new(Table, await Table.LatestSnapshotAsync(Cancellation),
            new() { Operation = operation, Isolation = isolation });

    public async Task<CommitResult.Committed> AppendAsync(params AddFile[] files)
    {
        var transaction = await BeginAsync();
        foreach (var file in files) transaction.Add(file);
        return (await transaction.CommitAsync(Cancellation)).OrThrow();
    }

    public async Task<string[]> PathsAsync() =>
        [
            .. (await Table.LatestSnapshotAsync(Cancellation)).Files.Select(file => file.Path.Value)
                .Order(StringComparer.Ordinal),
        ];

    public static AddFile File(string path, long min = 0, long max = 100, string? region = "sul") => new()
    {
        Path = FilePath.Relative(path),
        PartitionValues = new(["region"], [region]),
        SizeBytes = 10,
        ModificationTimeMs = 1,
        Stats = JsonText.FromString(
            $$"""{"numRecords":100,"minValues":{"id":{{min}}},"maxValues":{"id":{{max}}},"nullCount":{"id":0} }"""),
    };

    public static DeletionVectorDescriptor Vector(params ReadOnlySpan<long> rows) =>
        DeletionVectorFile.Inline(RowSet.Of(rows));
}
