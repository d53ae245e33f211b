using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables;

/// <summary>A table in a folder of its own, with a session to write and read it.</summary>
sealed class RulesTable : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-rules-").FullName;

    public RulesTable()
    {
        Engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
        Session = Engines.Open(Workload.Query);
        Table = new TableStore(new LocalObjectStore(folder), Engines, TimeProvider.System).Open("silver/t");
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public EnginePool Engines { get; }

    public EngineSession Session { get; }

    public LakeTable Table { get; }

    public TableWriter Writer => new(Session);

    public void Dispose()
    {
        Session.Dispose();
        Engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A table of the same folder that knows nothing of what this one did.</summary>
    public LakeTable Reopen() =>
        new TableStore(new LocalObjectStore(folder), Engines, TimeProvider.System).Open("silver/t");

    /// <summary>Makes the table.</summary>
    public async Task CreateAsync(
        IEnumerable<StructField> columns, IEnumerable<(string Key, string Value)>? properties = null,
        params string[] partitionBy)
    {
        var definition = new TableDefinition
        {
            Schema = new([.. columns]),
            PartitionColumns = partitionBy,
            Properties = new([
                new("delta.enableDeletionVectors", "true"),
                .. (properties ?? []).Select(p => KeyValuePair.Create(p.Key, (string?)p.Value)),
            ]),
        };
        var transaction = Transaction.Create(Table.Delta, definition, new() { Operation = "CREATE TABLE" });
        (await transaction.CommitAsync(Cancel)).OrThrow();
    }

    /// <summary>Makes the table as writers of a time without lists of features did.</summary>
    public async Task CreateOldAsync(int reader, int writer)
    {
        var log = Path.Combine(Table.Root, "_delta_log");
        Directory.CreateDirectory(log);
        await File.WriteAllTextAsync(Path.Combine(log, "00000000000000000000.json"), $$$"""
            {"protocol":{"minReaderVersion":{{{reader}}},"minWriterVersion":{{{writer}}}}}
            {"metaData":{"id":"a5f4d8ff-7f6a-4f4a-9c3f-000000000001","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{},"createdTime":1}}
            """, Cancel);
    }

    public Task<CommittedChange?> AlterAsync(TableAlteration alteration) =>
        new TableAlterer(Session).AlterAsync(Table, alteration, Cancel);

    /// <summary>Sets a property as it is, whatever the rows say.</summary>
    public async Task SetPropertyAsync(string key, string value)
    {
        var state = (await LatestAsync()).State;
        var transaction = new Transaction(Table.Delta, state, new() { Operation = "SET TBLPROPERTIES" });
        transaction.SetMetadata(state.Metadata with { Configuration = state.Metadata.Configuration.With(key, value) });
        (await transaction.CommitAsync(Cancel)).OrThrow();
    }

    public async Task<CommittedChange> AppendAsync(string select, WriteOptions? options = null) =>
        await CommitAsync(await Writer.AppendAsync(Table, select, options ?? new(), Cancel));

    public async Task<CommittedChange> UpdateAsync(string column, string expression, string condition = "true") =>
        await CommitAsync(await Writer.UpdateAsync(
            Table, new Dictionary<string, string> { [column] = expression }, condition, new(), Cancel));

    public async Task<CommittedChange> DeleteAsync(string condition) =>
        await CommitAsync(await Writer.DeleteAsync(Table, condition, new(), Cancel));

    public async Task<CommittedChange> MergeAsync(string select, params string[] keys) =>
        await CommitAsync(await Writer.MergeAsync(Table, select, new() { Keys = keys }, Cancel));

    public async Task<TableSnapshot> LatestAsync() => await Table.LatestAsync(Cancel);

    public async Task<StructField> ColumnAsync(string path) =>
        (await LatestAsync()).Schema.Columns.Find(ColumnPath.Parse(path))!;

    public async Task<long> VersionAsync() => (await LatestAsync()).Version;

    /// <summary>All rows as texts, in order.</summary>
    public async Task<List<string>> RowsAsync(string columns = "*")
    {
        using var rows = await (await Reopen().LatestAsync(Cancel)).OpenAsync(Session, Cancel);
        using var result = Session.Query($"SELECT {columns} FROM {rows.Sql}", Cancel);
        var names = string.Join(
            " || '|' || ", result.Columns.Select(c => $"coalesce(CAST({SqlText.Identifier(c.Name)} AS VARCHAR), '')"));
        result.Dispose();
        using var texts = Session.Query(
            $"SELECT {names} AS t FROM (SELECT {columns} FROM {rows.Sql}) ORDER BY ALL", Cancel);
        return [.. texts.Rows(Cancel).Select(row => (string)row[0]!)];
    }

    static Task<CommittedChange> CommitAsync(TableChange change) => change.CommitAsync(Cancel);
}
