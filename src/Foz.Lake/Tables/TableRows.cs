using System.Globalization;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>What a statement reads of a table: a version's rows, some of them, or what versions changed.</summary>
public sealed class TableRows
{
    readonly TableSnapshot snapshot;
    readonly IReadOnlyList<RowGroup> groups;

    TableRows(TableSnapshot snapshot, IReadOnlyList<RowGroup> groups, IReadOnlyList<Field> fields) =>
        (this.snapshot, this.groups, Fields) = (snapshot, groups, fields);

    /// <summary>The version.</summary>
    public long Version => snapshot.Version;

    /// <summary>
    /// What distinguishes the rows from all others that a table of the lake has or had: which table, at which version;
    /// null where they are only some of a version's.
    /// </summary>
    public string? Key { get; private init; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>
    /// What a column is called in files, also where it got another name; the name itself of one that no file holds.
    /// </summary>
    public string StoredNameOf(string column) =>
        snapshot.Schema.Columns.Find(column)?.PhysicalName(snapshot.Schema.Mapping) ?? column;

    /// <summary>The column that is called so in files; null where there is none.</summary>
    public Field? FindStored(string name) =>
        Fields.FirstOrDefault(field => StoredNameOf(field.Name).Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>How many data files hold them.</summary>
    public int FileCount => groups.Sum(group => group.Scans.Sum(scan => scan.Files.Count));

    /// <summary>Makes sure that a session may read them; to be called while nothing else was done in it.</summary>
    /// <exception cref="FozException">
    /// A file lies where no table does, or the session cannot be moved any more.
    /// </exception>
    public void Reach(EngineSession session) => TableFiles.Reach(
        session, snapshot,
        groups.SelectMany(group => group.Scans.Concat(group.Without)).SelectMany(scan => scan.Files));

    /// <summary>All rows of a version.</summary>
    public static TableRows All(TableSnapshot snapshot) =>
        new(snapshot, [new RowGroup([new(snapshot.State.Files, Choice: null)])], snapshot.Fields)
        {
            Key = string.Create(
                CultureInfo.InvariantCulture, $"{snapshot.Store.Root} {snapshot.Id} {snapshot.Version}"),
        };

    /// <summary>The rows of some files, with the columns of a version.</summary>
    internal static TableRows Of(TableSnapshot snapshot, IReadOnlyCollection<AddFile> files) =>
        Of(snapshot, [new(files, Choice: null)], own: []);

    /// <summary>The rows of some scans, with the columns of a version and some of their own.</summary>
    /// <param name="snapshot">The version.</param>
    /// <param name="scans">At least one scan.</param>
    /// <param name="own">The columns that the scans add.</param>
    public static TableRows Of(TableSnapshot snapshot, IReadOnlyList<ScanPart> scans, IReadOnlyList<Field> own) =>
        new(snapshot, [new(scans)], [.. snapshot.Fields, .. own]);

    /// <summary>The rows of groups, with the columns of a version and some of their own.</summary>
    /// <param name="snapshot">The version.</param>
    /// <param name="groups">At least one group.</param>
    /// <param name="own">The columns that the groups add.</param>
    internal static TableRows OfGroups(
        TableSnapshot snapshot, IReadOnlyList<RowGroup> groups, IReadOnlyList<Field> own) =>
        new(snapshot, groups, [.. snapshot.Fields, .. own]);

    /// <summary>The rows as a relation for one session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="filter">What is asked of the rows, to leave out files; null where nothing is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="isForAnySession">
    /// Whether other sessions of the engine read it too, at the cost of a longer text.
    /// </param>
    public async Task<TableRelation> OpenAsync(
        EngineSession session, FilterExpression? filter, CancellationToken cancellationToken,
        bool isForAnySession = false)
    {
        var pruner = filter is null ? null : new FilePruner(snapshot.Schema, FilterPredicate.Of(filter));
        var relations = new List<TableRelation>();
        try
        {
            var selects = new List<string>();
            foreach (var group in groups)
                if (group.IsPlain)
                    foreach (var scan in group.Scans) selects.Add(await ScanAsync(scan));
                else selects.Add(await DifferenceAsync(group));
            return new(selects is [var only] ? only : $"({string.Join(" UNION ALL ", selects)})", relations);
        }
        catch
        {
            foreach (var relation in relations) relation.Dispose();
            throw;
        }

        async Task<string> DifferenceAsync(RowGroup group)
        {
            var rows = await UnionAsync(group.Scans);
            if (group.Without.Count > 0) rows = $"{rows} EXCEPT ALL {await UnionAsync(group.Without)}";
            var own = string.Concat(group.OwnValues.Select(value => $", {value}"));
            return $"(SELECT *{own} FROM ({rows}))";
        }

        async Task<string> UnionAsync(IReadOnlyList<ScanPart> scans)
        {
            var columns = string.Join(", ", snapshot.Fields.Select(field => SqlText.Identifier(field.Name)));
            var selects = new List<string>();
            foreach (var scan in scans)
                selects.Add(
                    $"SELECT {columns} FROM "
                        + $"{await ScanAsync(scan)}{(scan.Where is { } where ? $" WHERE {where}" : "")}");
            return $"({string.Join(" UNION ALL ", selects)})";
        }

        async Task<string> ScanAsync(ScanPart scan)
        {
            var choice = isForAnySession ? (scan.Choice ?? new()) with { IsForAnySession = true } : scan.Choice;
            var relation = await TableScan.OpenAsync(
                session, snapshot, Prune(pruner, scan.Files), withAddresses: false, cancellationToken, choice);
            relations.Add(relation);
            return relation.Sql;
        }
    }

    IReadOnlyCollection<AddFile> Prune(FilePruner? pruner, IReadOnlyCollection<AddFile> files)
    {
        if (pruner is null) return files;
        return ReferenceEquals(files, snapshot.State.Files)
            ? pruner.Prune(snapshot.State.Files)
            : [.. files.Where(pruner.MayMatch)];
    }
}

/// <summary>Files that are scanned together.</summary>
/// <param name="Files">The files, each once.</param>
/// <param name="Choice">What is read of them besides their live rows; null for nothing.</param>
public readonly record struct ScanPart(IReadOnlyCollection<AddFile> Files, ScanOptions? Choice)
{
    /// <summary>
    /// Which of the rows are meant, as SQL; null for all. Only for scans of a group that is not plain.
    /// </summary>
    public string? Where { get; init; }
}

/// <summary>The rows of scans, or as many of each as they have more than others.</summary>
/// <param name="Scans">At least one scan.</param>
sealed record RowGroup(IReadOnlyList<ScanPart> Scans)
{
    /// <summary>Scans whose rows are taken out, each as often as they have it.</summary>
    public IReadOnlyList<ScanPart> Without { get; init; } = [];

    /// <summary>
    /// The columns that the group adds after the table's, as SQL of values; none where its scans have them.
    /// </summary>
    public IReadOnlyList<string> OwnValues { get; init; } = [];

    /// <summary>Whether the rows are those of the scans, with the columns that these have.</summary>
    public bool IsPlain => Without.Count == 0 && OwnValues.Count == 0 && Scans.All(scan => scan.Where is null);
}
