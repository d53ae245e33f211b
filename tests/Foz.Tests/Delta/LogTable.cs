using System.Text;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;
using Foz.Tests.Delta.Checkpoints;

namespace Foz.Tests.Delta;

/// <summary>A table in memory whose log the test writes by hand, another writer's as it were.</summary>
public sealed class LogTable : IDisposable
{
    public const string Schema =
        """{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}""";

    readonly TempFolder folder = new();

    public LogTable() => Store = new MemoryObjectStore(Time, folder.Path);

    public ManualTime Time { get; } = new();

    public MemoryObjectStore Store { get; }

    public JsonCheckpointParquet Parquet { get; } = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A reader that remembers nothing yet.</summary>
    public DeltaTable Open() => new(Store, Parquet, Time);

    /// <summary>Writes the next version a minute later, whatever its actions.</summary>
    public async Task<Commit> CommitAsync(long version, params IEnumerable<LogAction> actions)
    {
        Time.Now += TimeSpan.FromMinutes(1);
        var list = actions.ToList();
        var result = await Store.PutIfAbsentAsync(LogFiles.CommitPath(version), ActionWriter.Write(list), Ct);
        var created = Assert.IsType<PutIfAbsentResult.Created>(result);
        return new Commit { Version = version, Actions = list, File = created.Info };
    }

    /// <summary>Writes version 0 with protocol and metadata.</summary>
    public Task<Commit> CreateAsync(StringMap? properties = null, params IEnumerable<LogAction> more) =>
        CommitAsync(0, [Protocol, Metadata(properties), .. more]);

    /// <summary>Writes any file of the log.</summary>
    public async Task WriteAsync(string name, string content) =>
        await Store.PutAsync($"{LogFiles.Folder}/{name}", Encoding.UTF8.GetBytes(content), Ct);

    public async Task WriteAsync(string name, byte[] content) =>
        await Store.PutAsync($"{LogFiles.Folder}/{name}", content, Ct);

    public async Task DeleteAsync(string name) => await Store.DeleteAsync($"{LogFiles.Folder}/{name}", Ct);

    public static Protocol Protocol { get; } = new() { MinReaderVersion = 1, MinWriterVersion = 2 };

    public static Metadata Metadata(StringMap? properties = null) => new()
    {
        Id = "5adb1fc2-ed97-4832-ba7f-541135e95b63",
        SchemaString = Schema,
        Configuration = properties ?? StringMap.Empty,
    };

    public static AddFile Add(string path, long size = 1, string? vector = null) => new()
    {
        Path = FilePath.Relative(path),
        PartitionValues = StringMap.Empty,
        SizeBytes = size,
        ModificationTimeMs = 0,
        DeletionVector = vector is null
            ? null
            : new DeletionVectorDescriptor
            {
                StorageType = 'u', PathOrInlineDv = vector, SizeInBytes = 1, Cardinality = 1,
            },
    };

    public RemoveFile Remove(string path, string? vector = null) =>
        Add(path, vector: vector).ToRemove(Time.Now.ToUnixTimeMilliseconds());

    public void Dispose() => folder.Dispose();
}
