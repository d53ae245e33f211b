namespace Foz.Lake.Tables.Writing;

/// <summary>What a change counts while it is made, and how Spark names it in a table's history.</summary>
public sealed class ChangeMetrics
{
    /// <summary>Rows that were added.</summary>
    public long RowsAdded { get; set; }

    /// <summary>Rows that were deleted.</summary>
    public long RowsDeleted { get; set; }

    /// <summary>Rows that only moved to new files.</summary>
    public long RowsCopied { get; set; }

    /// <summary>Data files that were added.</summary>
    public long FilesAdded { get; set; }

    /// <summary>Data files that were removed.</summary>
    public long FilesRemoved { get; set; }

    /// <summary>Bytes of the data files that were added.</summary>
    public long BytesAdded { get; set; }

    /// <summary>Change data files that were added.</summary>
    public long ChangeFilesAdded { get; set; }

    /// <summary>Bytes of the change data files that were added.</summary>
    public long ChangeBytesAdded { get; set; }

    /// <summary>Files that had no deletion vector and have one now.</summary>
    public long VectorsAdded { get; set; }

    /// <summary>Files whose deletion vector took the place of another one.</summary>
    public long VectorsUpdated { get; set; }

    /// <summary>Files that had a deletion vector and are removed.</summary>
    public long VectorsRemoved { get; set; }

    /// <summary>Rows of a merge's source.</summary>
    public long SourceRows { get; set; }

    /// <summary>Rows that a merge updated where its source has their key.</summary>
    public long MatchedUpdated { get; set; }

    /// <summary>Rows that a merge deleted where its source has their key.</summary>
    public long MatchedDeleted { get; set; }

    /// <summary>Rows that a merge updated where its source does not have their key.</summary>
    public long UnmatchedUpdated { get; set; }

    /// <summary>Rows that a merge deleted where its source does not have their key.</summary>
    public long UnmatchedDeleted { get; set; }

    /// <summary>
    /// Rows that are not as they were, each once: added, updated and deleted ones of a merge; of other changes an added
    /// row counts as one that was deleted.
    /// </summary>
    public long RowsChanged => Updated + MatchedDeleted + UnmatchedDeleted > 0
        ? RowsAdded + MatchedDeleted + UnmatchedDeleted
        : Math.Max(RowsAdded, RowsDeleted);

    long Updated => MatchedUpdated + UnmatchedUpdated;

    /// <summary>The metrics of an operation, by their names.</summary>
    public IReadOnlyDictionary<string, long> Of(string operation) => operation switch
    {
        "MERGE" => new Dictionary<string, long>
        {
            ["numSourceRows"] = SourceRows,
            ["numTargetRowsInserted"] = RowsAdded - Updated,
            ["numTargetRowsUpdated"] = Updated,
            ["numTargetRowsDeleted"] = MatchedDeleted + UnmatchedDeleted,
            ["numTargetRowsMatchedUpdated"] = MatchedUpdated,
            ["numTargetRowsMatchedDeleted"] = MatchedDeleted,
            ["numTargetRowsNotMatchedBySourceUpdated"] = UnmatchedUpdated,
            ["numTargetRowsNotMatchedBySourceDeleted"] = UnmatchedDeleted,
            ["numTargetRowsCopied"] = RowsCopied,
            ["numOutputRows"] = RowsAdded + RowsCopied,
            ["numTargetFilesAdded"] = FilesAdded,
            ["numTargetFilesRemoved"] = FilesRemoved,
            ["numTargetBytesAdded"] = BytesAdded,
            ["numTargetChangeFilesAdded"] = ChangeFilesAdded,
            ["numTargetChangeFileBytes"] = ChangeBytesAdded,
            ["numTargetDeletionVectorsAdded"] = VectorsAdded + VectorsUpdated,
            ["numTargetDeletionVectorsUpdated"] = VectorsUpdated,
            ["numTargetDeletionVectorsRemoved"] = VectorsRemoved + VectorsUpdated,
        },
        "DELETE" => Changed("numDeletedRows"),
        "UPDATE" => Changed("numUpdatedRows"),
        _ => new Dictionary<string, long>
        {
            ["numFiles"] = FilesAdded,
            ["numOutputRows"] = RowsAdded,
            ["numOutputBytes"] = BytesAdded,
            ["numDeletedRows"] = RowsDeleted,
            ["numRemovedFiles"] = FilesRemoved,
            ["numAddedChangeFiles"] = ChangeFilesAdded,
        },
    };

    Dictionary<string, long> Changed(string rows) => new()
    {
        [rows] = RowsDeleted,
        ["numCopiedRows"] = RowsCopied,
        ["numAddedFiles"] = FilesAdded,
        ["numRemovedFiles"] = FilesRemoved,
        ["numAddedBytes"] = BytesAdded,
        ["numAddedChangeFiles"] = ChangeFilesAdded,
        ["numDeletionVectorsAdded"] = VectorsAdded + VectorsUpdated,
        ["numDeletionVectorsUpdated"] = VectorsUpdated,
        ["numDeletionVectorsRemoved"] = VectorsRemoved + VectorsUpdated,
    };
}
