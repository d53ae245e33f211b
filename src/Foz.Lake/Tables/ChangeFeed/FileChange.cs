using Foz.Delta;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;

namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>Rows of a file that a version changed.</summary>
/// <param name="File">The file.</param>
/// <param name="Word">What was done with the rows; null where the file itself says.</param>
/// <param name="Version">The version.</param>
/// <param name="Timestamp">When it was committed.</param>
sealed record FileChange(AddFile File, string? Word, long Version, DateTimeOffset Timestamp)
{
    /// <summary>The rows that were changed; null where they are all but those of <see cref="Without"/>.</summary>
    public RowSet? Only { get; private init; }

    /// <summary>Rows that were not changed.</summary>
    public RowSet Without { get; private init; } = RowSet.Empty;

    /// <summary>
    /// What a version changed: its change data files, or, without any, the rows of files that came and went, and those
    /// that deletion vectors marked or gave back.
    /// </summary>
    /// <param name="table">The table, at any version.</param>
    /// <param name="step">The version.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<FileChange>> OfAsync(
        TableSnapshot table, VersionStep step, CancellationToken cancellationToken)
    {
        if (step.ChangeDataFiles is { Count: > 0 } files)
            return [.. files.Select(file => Of(step, file.AsData(), word: null))];
        var changes = new List<FileChange>();
        var removed = step.Removed.Where(remove => IsThere(step, remove)).DistinctBy(remove => remove.Path)
            .ToDictionary(remove => remove.Path);
        foreach (var add in step.Added)
        {
            var rows = await TableFiles.DeletedRowsAsync(table, add, cancellationToken);
            if (removed.Remove(add.Path, out var remove))
            {
                var before = await TableFiles.DeletedRowsAsync(table, AsData(table, step, remove), cancellationToken);
                var (lost, regained) = (rows.Except(before), before.Except(rows));
                if (!lost.IsEmpty) changes.Add(Of(step, add, ChangeTypes.Delete) with { Only = lost });
                if (!regained.IsEmpty) changes.Add(Of(step, add, ChangeTypes.Insert) with { Only = regained });
            }
            // A file that is added again has other metadata, and the same rows.
            else if (step.Before?.Files.Find(add.Key) is null)
                changes.Add(Of(step, add, ChangeTypes.Insert) with { Without = rows });
        }
        // What one version removes and adds is there, whatever it says of the two.
        foreach (var remove in removed.Values.Where(remove => step.After.Files.Find(remove.Key) is null))
        {
            var file = AsData(table, step, remove);
            var rows = await TableFiles.DeletedRowsAsync(table, file, cancellationToken);
            changes.Add(Of(step, file, ChangeTypes.Delete) with { Without = rows });
        }
        return changes;
    }

    // Of a file that was not there, no rows go.
    static bool IsThere(VersionStep step, RemoveFile file) =>
        step.Before is not { } before || before.Files.Find(file.Key) is not null;

    static FileChange Of(VersionStep step, AddFile file, string? word) =>
        new(file, word, step.Version, step.After.Timestamp);

    /// <summary>
    /// Returns a file that a version removed, as it was: a removal need not repeat what the log said when it was added.
    /// </summary>
    /// <exception cref="DeltaException">The log does not say enough about it.</exception>
    public static AddFile AsData(TableSnapshot table, VersionStep step, RemoveFile file)
    {
        if (step.Before?.Files.Find(file.Key) is { } known) return known;
        if (file is not { PartitionValues: { } partitionValues, SizeBytes: { } sizeBytes })
            throw new DeltaException(
                DeltaErrorKind.VersionNotFound,
                $"the changes of version {step.Version} of {table.State.Table} are unknown: it removes {file.Path}, "
                + "and the log no longer has the version that added it")
            { Path = file.Path.Value, Version = step.Version };
        return new()
        {
            Path = file.Path, PartitionValues = partitionValues, SizeBytes = sizeBytes, ModificationTimeMs = 0,
            DeletionVector = file.DeletionVector, Stats = file.Stats,
        };
    }
}
