using System.Globalization;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Transactions;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>
/// What the versions of a range changed in a table (PROTOCOL.md, "Add CDC File"), by its change data files or, where a
/// version has none, by the files that it added and removed.
/// </summary>
public sealed class TableChanges
{
    /// <summary>The column of <see cref="RowsAsync"/> that says what was done with a row.</summary>
    public const string ChangeTypeColumn = ChangeDataFeed.ChangeTypeColumn;

    /// <summary>The column of <see cref="RowsAsync"/> that says which version changed a row.</summary>
    public const string CommitVersionColumn = ChangeDataFeed.CommitVersionColumn;

    static readonly ExtraColumn wordInFile = new(ChangeDataFeed.ChangeTypeColumn, "VARCHAR");

    readonly LakeTable table;
    readonly TableSnapshot end;
    readonly IReadOnlyList<VersionStep> steps;

    TableChanges(LakeTable table, TableSnapshot end, IReadOnlyList<VersionStep> steps) =>
        (this.table, this.end, this.steps) = (table, end, steps);

    /// <summary>The versions of the range, in order; empty if there are none.</summary>
    public IEnumerable<long> Versions => steps.Select(step => step.Version);

    /// <summary>
    /// Whether rows were deleted or changed, so that what is new is not all that happened; rows that outlived their
    /// retention do not count.
    /// </summary>
    public bool HasRemovals => steps.Any(step => step.Removed.Any() && !step.IsRetention);

    /// <summary>
    /// Returns the rows that came in the range and are in its last version, with their values there. A changed row
    /// counts as one that came, a row that was only copied to another file does not; a deleted row is left out.
    /// </summary>
    /// <exception cref="DeltaException">A deletion vector cannot be read, or the log says too little.</exception>
    public Task<TableRows> NewRowsAsync(CancellationToken cancellationToken) =>
        Foz.Lake.Tables.ChangeFeed.InsertedRows.FindAsync(end, steps, cancellationToken);

    /// <summary>
    /// The change data feed of the range: the table's columns in its last version, then
    /// <c>_change_type</c> (<see cref="ChangeTypes"/>), <c>_commit_version</c> and <c>_commit_timestamp</c>.
    /// </summary>
    /// <exception cref="FozException">
    /// The columns changed in the range so that its first rows do not fit the last ones, or have the names of the
    /// feed's own.
    /// </exception>
    /// <exception cref="DeltaException">A deletion vector cannot be read, or the log says too little.</exception>
    public async Task<TableRows> RowsAsync(CancellationToken cancellationToken)
    {
        CheckNames();
        FeedSchema.Check(table, end, steps);
        var changes = new List<FileChange>();
        var groups = new List<RowGroup>();
        foreach (var step in steps)
        {
            var all = await FileChange.OfAsync(end, step, cancellationToken);
            var (came, went) = step.MayCopy
                ? (Whole(all, ChangeTypes.Insert), Whole(all, ChangeTypes.Delete))
                : ([], []);
            if (came.Count > 0 && went.Count > 0)
            {
                groups.AddRange([Difference(came, went), Difference(went, came)]);
                changes.AddRange(all.Except([.. came, .. went]));
            }
            else changes.AddRange(all);
        }
        var scans = Layers(changes.Where(change => change.Word is null))
            .Concat(Layers(changes.Where(change => change.Word is not null))).Select(Part).ToList();
        if (scans.Count > 0 || groups.Count == 0) groups.Add(new(scans.Count > 0 ? scans : [Part([])]));
        return TableRows.OfGroups(end, groups, OwnFields);
    }

    /// <summary>The changes of whole files, by what was done with their rows.</summary>
    static List<FileChange> Whole(IReadOnlyList<FileChange> changes, string word) =>
        [.. changes.Where(change => change.Word == word && change.Only is null)];

    /// <summary>
    /// The rows of files that those of other files are not, which one version put into the place of them, or the other
    /// way.
    /// </summary>
    static RowGroup Difference(List<FileChange> files, List<FileChange> others) => new(Scan(files))
    {
        Without = Scan(others),
        OwnValues =
        [
            .. Constants(saysWords: false).Select(constant =>
                $"CAST({SqlText.Literal(constant.ValueOf(files[0])!)} AS {constant.Type}) AS "
                    + $"{SqlText.Identifier(constant.Name)}"),
        ],
    };

    static IReadOnlyList<ScanPart> Scan(List<FileChange> files)
    {
        var filters = files.ToDictionary<FileChange, AddFile, RowFilter?>(
            change => change.File, change => ScanOptions.Without(change.Without), ReferenceEqualityComparer.Instance);
        return [new([.. filters.Keys], new() { FilterOf = file => filters[file] })];
    }

    /// <summary>Reads what happened in a range.</summary>
    /// <param name="table">The table.</param>
    /// <param name="end">Its last version.</param>
    /// <param name="from">Its first version; after the last for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static async Task<TableChanges> ReadAsync(
        LakeTable table, TableSnapshot end, long from, CancellationToken cancellationToken) =>
        new(table, end, await ChangeLog.ReadAsync(table, from, end.Version, cancellationToken));

    static IReadOnlyList<Field> OwnFields { get; } =
    [
        new(ChangeDataFeed.ChangeTypeColumn, DataType.String), new(ChangeDataFeed.CommitVersionColumn, DataType.Long),
        new(ChangeDataFeed.CommitTimestampColumn, DataType.Timestamp),
    ];

    // A scan can read a row once; what happened to one row in several versions takes several scans.
    static List<List<ChangedFile>> Layers(IEnumerable<FileChange> changes)
    {
        var layers = new List<List<ChangedFile>>();
        var seen = new Dictionary<FilePath, List<ChangedFile>>();
        foreach (var change in changes)
        {
            if (!seen.TryGetValue(change.File.Path, out var known)) seen[change.File.Path] = known = [];
            if (known.Exists(file => file.TryAdd(change))) continue;
            if (known.Count == layers.Count) layers.Add([]);
            var file = new ChangedFile(change);
            layers[known.Count].Add(file);
            known.Add(file);
        }
        return layers;
    }

    static ScanPart Part(List<ChangedFile> files)
    {
        var byFile = new Dictionary<AddFile, ChangedFile>(ReferenceEqualityComparer.Instance);
        foreach (var file in files) byFile.Add(file.File, file);
        var constants = Constants(files is [{ SaysWords: true }, ..]);
        return new(
            [.. byFile.Keys],
            new()
            {
                FilterOf = file => byFile[file].Filter,
                ExtraColumns = constants.Length < OwnFields.Count ? [wordInFile] : [],
                Constants = [.. constants.Select(constant => new FileConstant(
                    constant.Name, constant.Type,
                    file => byFile[file].Single is { } change ? constant.ValueOf(change) : null))],
                RowValuesOf = files.TrueForAll(file => file.Single is not null)
                    ? null
                    : file => byFile[file].Single is null ? ByRow(byFile[file]) : null,
            });
    }

    static Func<int, long, string?> ByRow(ChangedFile file)
    {
        // Those of files that say the words themselves are never about single rows.
        var constants = Constants(saysWords: false);
        return (place, row) => file.Of(row) is { } change ? constants[place].ValueOf(change) : null;
    }

    static (string Name, string Type, Func<FileChange, string?> ValueOf)[] Constants(bool saysWords)
    {
        (string, string, Func<FileChange, string?>)[] all =
        [
            (ChangeTypeColumn, "VARCHAR", change => change.Word),
            (CommitVersionColumn, "BIGINT", change => change.Version.ToString(CultureInfo.InvariantCulture)),
            (ChangeDataFeed.CommitTimestampColumn, "TIMESTAMP WITH TIME ZONE",
                change => change.Timestamp.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
        ];
        return saysWords ? all[1..] : all;
    }

    void CheckNames()
    {
        if (OwnFields.FirstOrDefault(own => end.Schema.Columns.Find(own.Name) is not null) is { } own)
            throw new FozException(
                ErrorKind.Data,
                $"the changes of {table.Name} cannot be read: it has a column {own.Name}, as they have");
    }
}
