using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables;

/// <summary>What tables are like whose changes are tested.</summary>
public enum TableKind
{
    DeletionVectors,
    CopyOnWrite,
    Partitioned,
    Mapped,
}

/// <summary>A table beside a native table of the engine, <c>model</c>, that gets the same statements.</summary>
sealed class ChangedTable : IDisposable
{
    public static readonly StructType Columns = new(
        new StructField("id", DeltaType.Long), new StructField("k", DeltaType.String),
        new StructField("v", DeltaType.Integer), new StructField("p", DeltaType.Integer));

    readonly string folder = Directory.CreateTempSubdirectory("foz-changed-").FullName;

    public ChangedTable()
    {
        Engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
        Session = Engines.Open(Workload.Query);
        Table = Other();
    }

    public EnginePool Engines { get; }

    public EngineSession Session { get; }

    public LakeTable Table { get; }

    public TableWriter Writer => new(Session);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The same table as another process would have it.</summary>
    public LakeTable Other() =>
        new TableStore(new LocalObjectStore(folder), Engines, TimeProvider.System).Open("t");

    public async Task CreateAsync(
        TableKind kind, StructType? columns = null, params (string Key, string Value)[] more)
    {
        columns ??= Columns;
        var properties = StringMap.Empty.With(
            "delta.enableDeletionVectors", kind == TableKind.CopyOnWrite ? "false" : "true");
        if (kind == TableKind.Mapped) properties = properties.With("delta.columnMapping.mode", "name");
        foreach (var (key, value) in more) properties = properties.With(key, value);
        var definition = new TableDefinition
        {
            Schema = columns,
            PartitionColumns = kind == TableKind.Partitioned ? ["p"] : [],
            Properties = properties,
        };
        var transaction = Transaction.Create(Table.Delta, definition, new() { Operation = "CREATE TABLE" });
        (await transaction.CommitAsync(Cancel)).OrThrow();
        Session.Execute(
            "CREATE OR REPLACE TEMP TABLE model (id BIGINT, k VARCHAR, v INTEGER, p INTEGER)", Cancel);
    }

    public async Task AppendAsync(string select)
    {
        await CommitAsync(await Writer.AppendAsync(Table, select, new(), Cancel));
        Session.Execute($"INSERT INTO model BY NAME {select}", Cancel);
    }

    public async Task<TableChange> CommitAsync(TableChange change)
    {
        await change.CommitAsync(Cancel);
        return change;
    }

    public async Task AssertEqualAsync(string what)
    {
        var snapshot = await Table.LatestAsync(Cancel);
        using var rows = await snapshot.OpenAsync(Session, Cancel);
        foreach (var (left, right, word) in
            new[] { ("model", rows.Sql, "missing"), (rows.Sql, "model", "unexpected") })
        {
            using var result = Session.Query(
                $"SELECT * FROM {left} EXCEPT ALL SELECT * FROM {right} LIMIT 3", Cancel);
            var difference = result.Rows(Cancel).Select(row => string.Join(" | ", row)).ToList();
            Assert.True(difference.Count == 0, $"{what}: {word} rows\n{string.Join('\n', difference)}");
        }
    }

    /// <summary>Puts what versions changed into a native table of the engine.</summary>
    public async Task FeedAsync(string into, long from, long? to = null)
    {
        var changes = await (await Table.ChangesAsync(from, to, Cancel)).RowsAsync(Cancel);
        using var relation = await changes.OpenAsync(Session, filter: null, Cancel);
        Session.Execute($"CREATE OR REPLACE TEMP TABLE {into} AS SELECT * FROM {relation.Sql}", Cancel);
    }

    /// <summary>The rows of a statement as texts.</summary>
    public List<string> Query(string sql)
    {
        using var result = Session.Query(sql, Cancel);
        return [.. result.Rows(Cancel).Select(row => string.Join('|', row))];
    }

    public async Task<List<string>> RowsAsync()
    {
        using var rows = await (await Table.LatestAsync(Cancel)).OpenAsync(Session, Cancel);
        using var result = Session.Query($"SELECT * FROM {rows.Sql} ORDER BY ALL", Cancel);
        return [.. result.Rows(Cancel).Select(row => string.Join('|', row))];
    }

    public void Dispose()
    {
        Session.Dispose();
        Engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
