using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Delta.Log;
using Foz.Delta.Scans;

namespace Foz.Core.Tables;

/// <summary>What a statement reads of a table: a version's rows, some of them, or what versions changed.</summary>
public sealed class TableRows
{
    readonly TableSnapshot snapshot;
    readonly IReadOnlyList<ScanPart> parts;

    TableRows(TableSnapshot snapshot, IReadOnlyList<ScanPart> parts, IReadOnlyList<Field> fields) =>
        (this.snapshot, this.parts, Fields) = (snapshot, parts, fields);

    /// <summary>The version.</summary>
    public long Version => snapshot.Version;

    /// <summary>The columns.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>How many data files hold them.</summary>
    public int FileCount => parts.Sum(part => part.Files.Count);

    /// <summary>All rows of a version.</summary>
    public static TableRows All(TableSnapshot snapshot) => Of(snapshot, snapshot.State.Files);

    /// <summary>The rows of some files, with the columns of a version.</summary>
    internal static TableRows Of(TableSnapshot snapshot, IReadOnlyCollection<AddFile> files) =>
        new(snapshot, [new(files, Choice: null)], snapshot.Fields);

    /// <summary>The rows of some scans, with the columns of a version and some of their own.</summary>
    /// <param name="snapshot">The version.</param>
    /// <param name="parts">At least one scan.</param>
    /// <param name="own">The columns that the scans add.</param>
    internal static TableRows Of(TableSnapshot snapshot, IReadOnlyList<ScanPart> parts, IReadOnlyList<Field> own) =>
        new(snapshot, parts, [.. snapshot.Fields, .. own]);

    /// <summary>The rows as a relation for one session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="filter">What is asked of the rows, to leave out files; null where nothing is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="isForAnySession">Whether other sessions of the engine read it too, at the cost of a longer text.</param>
    public async Task<TableRelation> OpenAsync(
        EngineSession session, FilterExpression? filter, CancellationToken cancellationToken, bool isForAnySession = false)
    {
        var pruner = filter is null ? null : new FilePruner(snapshot.Schema, FilterPredicate.Of(filter));
        var relations = new List<TableRelation>();
        try
        {
            var selects = new List<string>();
            foreach (var part in parts)
            {
                var select = await ScanAsync(part.Files, part.Choice);
                selects.Add(part.Among is null
                    ? select
                    : $"(SELECT * FROM {select} INTERSECT ALL SELECT * FROM {await ScanAsync(part.Among, part.Choice)})");
            }
            return new(selects is [var only] ? only : $"({string.Join(" UNION ALL ", selects)})", relations);
        }
        catch
        {
            foreach (var relation in relations) relation.Dispose();
            throw;
        }

        async Task<string> ScanAsync(IReadOnlyCollection<AddFile> files, ScanChoice? choice)
        {
            if (isForAnySession) choice = (choice ?? new()) with { IsForAnySession = true };
            var relation = await TableScan.OpenAsync(
                session, snapshot, Prune(pruner, files), withAddresses: false, cancellationToken, choice);
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
/// <param name="Choice">What is read of them beside their live rows; null for nothing.</param>
readonly record struct ScanPart(IReadOnlyCollection<AddFile> Files, ScanChoice? Choice)
{
    /// <summary>Files that must have the rows too; null where it does not matter.</summary>
    public IReadOnlyCollection<AddFile>? Among { get; init; }
}
