using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>Whether a transaction may follow a commit that it did not see.</summary>
sealed class ConflictChecker(StagedChanges staged)
{
    readonly IsolationLevel isolation = IsolationOf(staged);

    /// <summary>
    /// The isolation that the checks are made with: a transaction that only rearranges rows depends on none being
    /// added.
    /// </summary>
    public static IsolationLevel IsolationOf(StagedChanges staged)
    {
        var changesData = (staged.Metadata is not null && !staged.OnlyTakesVectors)
            || staged.Adds.Values.Any(file => file.DataChange)
            || staged.Removes.Values.Any(removed => removed.DataChange);
        var onlyRearranges = !changesData && staged.Removes.Count > 0;
        if (onlyRearranges) return IsolationLevel.Snapshot;
        if (staged.Options.Isolation is { } chosen) return chosen;
        var property = staged.CurrentMetadata.Configuration.Find("delta.isolationLevel");
        return property?.ToUpperInvariant() switch
        {
            "SERIALIZABLE" => IsolationLevel.Serializable,
            "SNAPSHOTISOLATION" => IsolationLevel.Snapshot,
            _ => IsolationLevel.WriteSerializable,
        };
    }

    /// <summary>Returns the conflict with a commit; null if the transaction can be committed after it.</summary>
    /// <param name="winner">A commit after the version that the transaction read.</param>
    /// <param name="before">The table as it was before the commit.</param>
    /// <param name="apart">The files of which both delete rows, but not the same: see <see cref="RowRebase"/>.</param>
    public CommitResult.Conflicted? Check(Commit winner, Snapshot before, IReadOnlySet<string> apart)
    {
        // Both let rows be marked as deleted: one of them is enough.
        if (staged.OnlyTakesVectors && TakesVectors(winner, before)) staged.LeaveVectorsTaken();
        var removed = new List<RemoveFile>();
        var added = new List<AddFile>();
        foreach (var action in winner.Actions)
        {
            if (Check(action, winner, before) is { } conflict) return conflict;
            if (action is FileAction file && apart.Contains(file.Path.Value)) continue;
            if (action is RemoveFile remove) removed.Add(remove);
            if (action is AddFile { DataChange: true } add) added.Add(add);
        }
        return CheckRemoved(removed, winner) ?? CheckAdded(added, winner, before);
    }

    CommitResult.Conflicted? Check(LogAction action, Commit winner, Snapshot before)
    {
        switch (action)
        {
            case Protocol or Metadata when staged.Protocol is null && staged.Metadata is null
                && TakesVectors(winner, before):
                return null;
            case Protocol protocol when staged.Protocol is not null || !protocol.DemandsAs(before.Protocol):
                return Conflict(ConflictKind.ProtocolChanged, winner, "changed what clients must support");
            case Metadata metadata when staged.Metadata is not null
                || !MetadataChange.IsDescriptive(before.Metadata, metadata):
                return Conflict(ConflictKind.MetadataChanged, winner, "changed the table's schema or properties");
            case SetTransaction application when staged.Applications.ContainsKey(application.AppId):
                return Conflict(ConflictKind.ConcurrentTransaction, winner,
                    $"recorded version {application.Version} of the application '{application.AppId}'");
            case DomainMetadata domain when staged.Domains.ContainsKey(domain.Domain):
                return Conflict(ConflictKind.ConcurrentDomain, winner, $"changed the domain '{domain.Domain}'");
            default:
                return null;
        }
    }

    CommitResult.Conflicted? CheckRemoved(List<RemoveFile> removed, Commit winner)
    {
        foreach (var file in removed)
            if (staged.Touches(file.Path.Value))
                return Conflict(ConflictKind.ConcurrentDeleteDelete, winner,
                    $"removed {file.Path} or deleted rows of it, as this one does");
        // Rows that were only moved to other files are still what the transaction read.
        foreach (var file in removed)
            if (file.DataChange && staged.Reads.Contains(file))
                return Conflict(ConflictKind.ConcurrentDeleteRead, winner,
                    $"removed {file.Path}, which this one read, or deleted rows of it");
        return null;
    }

    CommitResult.Conflicted? CheckAdded(List<AddFile> added, Commit winner, Snapshot before)
    {
        if (isolation == IsolationLevel.Snapshot) return null;
        var isBlindAppend = winner.Info?.IsBlindAppend == true;
        if (isolation == IsolationLevel.WriteSerializable && isBlindAppend
            && (staged.Metadata is null || staged.OnlyTakesVectors)) return null;
        return staged.Reads.FirstMatch(added, before.TableSchema) is { } file
            ? Conflict(ConflictKind.ConcurrentAppend, winner, $"added {file.Path}, which this one should have read")
            : null;
    }

    static bool TakesVectors(Commit winner, Snapshot before) =>
        winner.Actions.OfType<Protocol>().FirstOrDefault() is { } protocol
        && winner.Actions.OfType<Metadata>().FirstOrDefault() is { } metadata
        && DeletionVectorRules.AreAllThatChanged(before.Protocol, protocol)
        && DeletionVectorRules.AreAllThatChanged(before.Metadata, metadata);

    CommitResult.Conflicted Conflict(ConflictKind kind, Commit winner, string what)
    {
        var operation = winner.Info?.Operation is { } name ? $" ({name})" : "";
        return new(kind, winner.Version,
            $"{staged.Options.Operation} on {staged.Table.Name} cannot be committed: "
            + $"version {winner.Version}{operation} {what}. Run it again on the newest version");
    }
}
