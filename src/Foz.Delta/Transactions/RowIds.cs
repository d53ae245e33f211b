using System.Globalization;
using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>Gives ids to the rows of files for the version that a transaction tries to become.</summary>
sealed class RowIds
{
    readonly Snapshot? before;
    readonly string table;
    readonly long version;
    readonly long markBefore;
    long mark;

    /// <summary>Continues the ids of a version; null for a table's first.</summary>
    public RowIds(Snapshot? before, string table)
    {
        (this.before, this.table, version) = (before, table, (before?.Version ?? -1) + 1);
        mark = markBefore = before is null ? -1 : HighWaterMark(before);
    }

    /// <summary>The domain with the highest id that was given; null where none was.</summary>
    public DomainMetadata? Domain => mark == markBefore
        ? null
        : new()
        {
            Domain = RowTracking.Domain,
            Configuration = string.Create(CultureInfo.InvariantCulture, $$"""{"rowIdHighWaterMark":{{mark}}}"""),
        };

    /// <summary>Returns a file with ids for its rows: those that it has, or new ones.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Refused"/>: its statistics do not say how many rows it has.
    /// </exception>
    public AddFile Assign(AddFile file)
    {
        var count = FileStatistics.RecordCount(file);
        if (file.BaseRowId is { } known)
        {
            // Ids that another table gave, of which this is a copy, are taken too.
            mark = Math.Max(mark, known + (count ?? 1) - 1);
            return file with { DefaultRowCommitVersion = file.DefaultRowCommitVersion ?? version };
        }
        var first = mark + 1;
        mark += count ?? throw new DeltaException(DeltaErrorKind.Refused,
            $"rows of {file.Path} of {table} cannot be given ids (row tracking): its statistics do not tell how many "
            + "it has; rewrite the file first")
        { Path = file.Path.Value };
        return file with { BaseRowId = first, DefaultRowCommitVersion = file.DefaultRowCommitVersion ?? version };
    }

    /// <summary>
    /// The files of the version before whose rows have no ids yet, with ids: all must have them once rows keep theirs.
    /// </summary>
    /// <param name="isTouched">Whether the commit removes or adds the file at a path itself.</param>
    public IEnumerable<AddFile> Backfill(Func<string, bool> isTouched) => before is null
        ? []
        : before.Files.Where(file => file is { BaseRowId: null } or { DefaultRowCommitVersion: null }
            && !isTouched(file.Path.Value)).Select(file => Assign(file) with { DataChange = false });

    static long HighWaterMark(Snapshot snapshot)
    {
        if (snapshot.Domains.GetValueOrDefault(RowTracking.Domain) is not { } domain) return -1;
        try
        {
            using var json = JsonDocument.Parse(domain.Configuration);
            return json.RootElement.GetProperty("rowIdHighWaterMark").GetInt64();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw new DeltaException(DeltaErrorKind.Corrupt,
                $"the domain {RowTracking.Domain} of {snapshot.Table} cannot be read: {domain.Configuration}", error);
        }
    }
}
