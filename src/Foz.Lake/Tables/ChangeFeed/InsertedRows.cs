using System.Globalization;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Transactions;
using Foz.Lake.Engine.Functions;

namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>
/// Finds the rows that came in a range of versions by what became of its files: the rows that each file has at its end
/// and had not before, without those that files of the range only have from others. Rows that a version may have copied
/// from files that it removed are distinguished from new ones by its change data files, by the versions that rows were
/// changed in (row tracking), or, where there is neither, by comparing the rows of both.
/// </summary>
sealed class InsertedRows
{
    const string Words = $"'{ChangeTypes.Insert}', '{ChangeTypes.Postimage}'";

    static readonly ExtraColumn word = new(ChangeDataFeed.ChangeTypeColumn, "VARCHAR");

    readonly TableSnapshot end;
    readonly long first;
    readonly TrackedRows? tracked;

    // Rows of files that the range found may come again where an older version does.
    readonly bool isRestored;

    readonly Dictionary<FilePath, FileLife> lives = [];
    readonly List<FileLife> past = [];
    readonly List<AddFile> recorded = [];
    readonly List<AddFile> recordedOld = [];

    InsertedRows(TableSnapshot end, IReadOnlyList<VersionStep> steps)
    {
        (this.end, first) = (end, steps[0].Version);
        isRestored = steps.Any(step => step.Commit.Info?.Operation == "RESTORE");
        tracked = isRestored || steps[0].Before is not { } before
            ? null
            : TrackedRows.Of(before.Protocol, before.Metadata);
        if (tracked != TrackedRows.Of(end.State.Protocol, end.State.Metadata) || !steps.All(KeepsVersions))
            tracked = null;
    }

    /// <summary>Finds them.</summary>
    /// <param name="end">The last version.</param>
    /// <param name="steps">The versions of the range.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<TableRows> FindAsync(
        TableSnapshot end, IReadOnlyList<VersionStep> steps, CancellationToken cancellationToken)
    {
        if (steps.Count == 0) return TableRows.Of(end, []);
        // Columns that older files cannot be read with came with an overwrite: there is no row from before.
        if (steps.Any(step => step.Before is { } before && !ReferenceEquals(before.Metadata, step.After.Metadata)
            && !FeedSchema.CanRead(before.TableSchema, end.Schema)))
            return TableRows.All(end);
        var rows = new InsertedRows(end, steps);
        foreach (var step in steps) await rows.TakeAsync(step, cancellationToken);
        return rows.ToRows();
    }

    /// <summary>Whether all rows that a version moved have kept the versions that changed them.</summary>
    static bool KeepsVersions(VersionStep step)
    {
        var came = step.Commit.Actions.OfType<AddFile>().Where(add => step.Before?.Files.Find(add.Key) is null)
            .ToList();
        return came.TrueForAll(add => add.DeletionVector is not null || add.DefaultRowCommitVersion == step.Version)
            && (came.Count == 0 || !step.Commit.Actions.OfType<RemoveFile>().Any()
                || step.Commit.Info?.Tags?.Find(RowTracking.PreservedTag) == "true");
    }

    async Task TakeAsync(VersionStep step, CancellationToken cancellationToken)
    {
        var adds = step.Commit.Actions.OfType<AddFile>().ToList();
        var added = adds.Select(add => add.Path).ToHashSet();
        var removes = step.Commit.Actions.OfType<RemoveFile>().DistinctBy(remove => remove.Path)
            .Where(remove => step.Before is not { } before || before.Files.Find(remove.Key) is not null)
            .ToDictionary(remove => remove.Path);
        var gone = removes.Values.Where(remove => !added.Contains(remove.Path)).ToList();
        var come = adds.Where(add => !removes.ContainsKey(add.Path) && step.Before?.Files.Find(add.Key) is null)
            .ToList();
        var isRewritten = gone.Exists(remove => remove.DataChange) && come.Exists(add => add.DataChange);
        var isRecorded = isRewritten && tracked is null && step.ChangeDataFiles.Count > 0;
        var touched = new List<FileLife>();
        var isCompared = isRewritten && tracked is null && step.MayCopy && !isRecorded;
        var compared = isCompared ? gone.Where(remove => remove.DataChange).ToHashSet() : [];
        foreach (var remove in removes.Values)
            touched.Add(await FindAsync(step, remove, isRestored || compared.Contains(remove), cancellationToken));
        if (isRecorded) Report(step, touched);
        foreach (var remove in gone)
            if (isRecorded || !remove.DataChange) Leave(remove.Path);
            else lives[remove.Path] = lives[remove.Path] with { Now = null, IsCompared = isCompared };
        await TableFiles.ReadVectorsAsync(
            end, [.. adds.Where(add => !(removes.ContainsKey(add.Path) && lives[add.Path].Before is not null))],
            cancellationToken);
        foreach (var add in adds)
        {
            if (removes.ContainsKey(add.Path) && lives[add.Path] is { Before: not null } old)
            {
                MarkOld(old, add, isCounted: add.DataChange && !isRecorded);
                continue;
            }
            if (come.Contains(add) && lives.TryGetValue(add.Path, out var again))
                lives[add.Path] = await ReadAsync(again, cancellationToken);
            var rows = await TableFiles.DeletedRowsAsync(end, add, cancellationToken);
            if (removes.ContainsKey(add.Path)) Mark(add, rows, isCounted: add.DataChange && !isRecorded);
            else if (come.Contains(add))
                Enter(add, rows, isCounted: add.DataChange && !isRecorded, isMixed: isRewritten || !add.DataChange);
            else if (lives.TryGetValue(add.Path, out var life)) lives[add.Path] = life with { File = add };
        }
    }

    /// <summary>What is known of a file that a version marks or removes.</summary>
    /// <param name="step">The version.</param>
    /// <param name="remove">The file.</param>
    /// <param name="isNeeded">
    /// Whether it matters which rows it had; a deletion vector that does not may be vacuumed.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    async Task<FileLife> FindAsync(
        VersionStep step, RemoveFile remove, bool isNeeded, CancellationToken cancellationToken)
    {
        if (!lives.TryGetValue(remove.Path, out var life))
        {
            var file = FileChange.AsData(end, step, remove);
            life = new(file, Start: null, Now: null) { IsOld = true, Before = file };
        }
        return lives[remove.Path] = isNeeded ? await ReadAsync(life, cancellationToken) : life;
    }

    /// <summary>The same with the rows that the file had before.</summary>
    async Task<FileLife> ReadAsync(FileLife life, CancellationToken cancellationToken)
    {
        if (life.Before is not { } before) return life;
        var rows = await TableFiles.DeletedRowsAsync(end, before, cancellationToken);
        return life with { Start = rows, Now = rows, Before = null };
    }

    /// <summary>Notes that rows of a file from before the range were deleted: none came with it.</summary>
    void MarkOld(FileLife life, AddFile file, bool isCounted)
    {
        if (isCounted) lives[file.Path] = life with { File = file };
        else
        {
            Leave(file.Path);
            lives[file.Path] = new(file, Start: null, Now: null)
            {
                IsOld = life.IsOld, IsMixed = life.IsMixed, Before = file,
            };
        }
    }

    /// <summary>Notes the change data files of a version, which say all that it did with rows.</summary>
    void Report(VersionStep step, List<FileLife> touched)
    {
        var files = step.ChangeDataFiles.Select(file => file.AsData()).ToList();
        recorded.AddRange(files);
        if (isRestored || touched.Exists(life => !life.IsOld)) recordedOld.AddRange(files);
    }

    /// <summary>Ends the count of a file whose rows other files record from here on.</summary>
    void Leave(FilePath path)
    {
        if (lives.Remove(path, out var life)) past.Add(life);
    }

    void Mark(AddFile file, RowSet rows, bool isCounted)
    {
        var life = lives[file.Path];
        if (isCounted) lives[file.Path] = life with { File = file, Now = rows };
        else
        {
            Leave(file.Path);
            lives[file.Path] = new(file, rows, rows) { IsOld = life.IsOld, IsMixed = life.IsMixed };
        }
    }

    void Enter(AddFile file, RowSet rows, bool isCounted, bool isMixed)
    {
        if (isCounted && lives.TryGetValue(file.Path, out var life))
            lives[file.Path] = life with { File = file, Now = rows };
        else
        {
            Leave(file.Path);
            lives[file.Path] = new(file, isCounted ? null : rows, rows) { IsMixed = isMixed };
        }
    }

    TableRows ToRows()
    {
        var (came, went) = (new List<FileRows>(), new List<FileRows>());
        foreach (var life in past.Concat(lives.Values))
        {
            if (life.Added is { } more) came.Add(more);
            if ((isRestored || !life.IsOld || life.IsCompared) && life.Went is { } less) went.Add(less);
        }
        var scans = Scans(came).ToList();
        if (recorded.Count > 0) scans.Add(ScanOf(recorded, isNew: true));
        if (scans.Count == 0) return TableRows.Of(end, []);
        var without = Scans(went).ToList();
        if (recordedOld.Count > 0) without.Add(ScanOf(recordedOld, isNew: false));
        return TableRows.OfGroups(end, [new RowGroup(scans) { Without = without }], own: []);
    }

    static ScanPart ScanOf(List<AddFile> files, bool isNew) => new([.. files], new() { ExtraColumns = [word] })
    {
        Where = $"{ChangeDataFeed.ChangeTypeColumn} {(isNew ? "IN" : "NOT IN")} ({Words})",
    };

    /// <summary>Scans of files: one, but as many as a file is there, as a scan reads a file once.</summary>
    IEnumerable<ScanPart> Scans(List<FileRows> files)
    {
        foreach (var kind in files.GroupBy(file => tracked is not null && file.IsMixed))
        {
            var layers = new List<List<FileRows>>();
            foreach (var lifes in kind.GroupBy(file => file.File.Path))
                foreach (var (i, file) in lifes.Index())
                {
                    if (i == layers.Count) layers.Add([]);
                    layers[i].Add(file);
                }
            foreach (var layer in layers) yield return Scan(layer, isTracked: kind.Key);
        }
    }

    ScanPart Scan(List<FileRows> files, bool isTracked)
    {
        var filters = files.ToDictionary<FileRows, AddFile, RowFilter?>(
            file => file.File, file => file.Filter, ReferenceEqualityComparer.Instance);
        var isFiltered = files.Exists(file => file.Filter is not null || file.File.DeletionVector is not null);
        return new(
            [.. files.Select(file => file.File)],
            isFiltered || isTracked
                ? new() { FilterOf = isFiltered ? file => filters[file] : null, Tracked = isTracked ? tracked : null }
                : null)
        {
            Where = isTracked
                ? string.Create(CultureInfo.InvariantCulture, $"{TrackedRows.RowVersion} >= {first}")
                : null,
        };
    }

    /// <summary>What became of a file in the range, as far as the file itself shows it.</summary>
    /// <param name="File">The file, as it was last.</param>
    /// <param name="Start">The rows of it that were deleted before; null where none of its rows was there.</param>
    /// <param name="Now">The rows that are deleted now; null where it is gone.</param>
    sealed record FileLife(AddFile File, RowSet? Start, RowSet? Now)
    {
        /// <summary>Whether it was there before the range, so that it has no row that came in it.</summary>
        public bool IsOld { get; init; }

        /// <summary>
        /// The file as it was before the range, where its rows then were not looked up; null where they are known.
        /// </summary>
        public AddFile? Before { get; init; }

        /// <summary>
        /// Whether rows of it may have been copied into files that came with the version that took it away.
        /// </summary>
        public bool IsCompared { get; init; }

        /// <summary>Whether it holds rows from other files, or may.</summary>
        public bool IsMixed { get; init; }

        /// <summary>The rows that it got; null for none.</summary>
        public FileRows? Added => (Start, Now) switch
        {
            (_, null) => null,
            (null, { } now) => new(File, ScanOptions.Without(now), IsMixed),
            ({ } start, { } now) =>
                start.Except(now) is { IsEmpty: false } rows ? new(File, ScanOptions.Only(rows), IsMixed) : null,
        };

        /// <summary>The rows that it lost; null for none.</summary>
        public FileRows? Went => (Start, Now) switch
        {
            (null, _) => null,
            ({ } start, null) => new(File, ScanOptions.Without(start), IsMixed),
            ({ } start, { } now) =>
                now.Except(start) is { IsEmpty: false } rows ? new(File, ScanOptions.Only(rows), IsMixed) : null,
        };
    }

    /// <summary>Rows of a file.</summary>
    sealed record FileRows(AddFile File, RowFilter? Filter, bool IsMixed);
}
