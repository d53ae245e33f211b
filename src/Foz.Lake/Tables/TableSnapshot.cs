using Foz.Delta.Readers;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Lake.Data;
using Foz.Storage;

namespace Foz.Lake.Tables;

/// <summary>A table at one version, ready to be read by the engine.</summary>
public sealed class TableSnapshot
{
    /// <summary>A version of a table.</summary>
    /// <param name="store">Where its files are.</param>
    /// <param name="state">The version as the log has it.</param>
    public TableSnapshot(IObjectStore store, Snapshot state)
    {
        (Store, State) = (store, state);
        Schema = state.TableSchema;
        Fields = DeltaTypes.ToFields(Schema.Columns);
    }

    /// <summary>The version.</summary>
    public long Version => State.Version;

    /// <summary>Where the table is, as people write it.</summary>
    public string Root => Store.Root;

    /// <summary>
    /// The id of its metadata, which distinguishes the table from every other, also from one that took its name.
    /// </summary>
    public string Id => State.Metadata.Id;

    /// <summary>When it was committed.</summary>
    public DateTimeOffset Timestamp => State.Timestamp;

    /// <summary>The columns.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>The columns that the table is partitioned by.</summary>
    public IReadOnlyList<string> PartitionColumns => State.Metadata.PartitionColumns;

    /// <summary>Properties, such as <c>delta.enableDeletionVectors</c>, by name.</summary>
    public IReadOnlyDictionary<string, string?> Properties =>
        State.Metadata.Configuration.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);

    /// <summary>What other engines do with it.</summary>
    public IReadOnlyList<EngineAccess> Engines =>
        [.. TableReader.All.Select(reader => EngineAccess.Of(reader.Judge(State), State))];

    /// <summary>Whether it names these engines as those that it stays readable for, and no other.</summary>
    public bool IsHeldTo(IReadOnlyList<string> readers) =>
        HeldReaders.Of(State.Metadata.Configuration).Select(reader => reader.Name).ToHashSet(StringComparer.Ordinal)
            .SetEquals(readers);

    /// <summary>How many data files it has.</summary>
    public int FileCount => State.FileCount;

    /// <summary>The size of its data files in bytes.</summary>
    public long TotalBytes => State.TotalBytes;

    /// <summary>What the table holds, for people; null where it is not described.</summary>
    public string? Description => State.Metadata.Description;

    /// <summary>
    /// The last batch of a step that the table carries; null if it carries none. Steps are named whatever the case.
    /// </summary>
    public long? BatchOf(string step) => State.Transactions.Values
        .Where(set => set.AppId.Equals(step, StringComparison.OrdinalIgnoreCase)).Max(set => (long?)set.Version);

    /// <summary>How many rows it has by its log; null where a file's statistics do not say.</summary>
    public long? RowCount
    {
        get
        {
            long rows = 0;
            foreach (var file in State.Files)
            {
                if (FileStatistics.RecordCount(file) is not { } count) return null;
                rows += count - (file.DeletionVector?.Cardinality ?? 0);
            }
            return rows;
        }
    }

    /// <summary>Where its files are.</summary>
    internal IObjectStore Store { get; }

    /// <summary>The version as the log has it.</summary>
    public Snapshot State { get; }

    /// <summary>Its columns as the log has them.</summary>
    public TableSchema Schema { get; }
}
