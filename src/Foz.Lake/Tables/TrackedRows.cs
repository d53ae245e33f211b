using Foz.Delta.Log;
using Foz.Delta.Transactions;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>
/// How the rows of a table keep their ids, and the versions that changed them last, where they are rewritten
/// (PROTOCOL.md, "Row Tracking"): in two columns of data files that are none of the table's.
/// </summary>
/// <param name="IdColumn">The column of ids; NULL for rows that are new.</param>
/// <param name="VersionColumn">The column of versions; NULL for rows that are new or changed.</param>
public sealed record TrackedRows(string IdColumn, string VersionColumn)
{
    /// <summary>
    /// The column of a scan that holds a row's id; in SQL, with its quotes, as <see cref="TableScan.FileColumn"/>.
    /// </summary>
    public const string RowId = "\"foz row id\u0001\"";

    /// <summary>The column of a scan that holds the version that changed a row last; in SQL.</summary>
    public const string RowVersion = "\"foz row version\u0001\"";

    /// <summary>The columns, as data files hold them.</summary>
    public IReadOnlyList<ExtraColumn> FileColumns { get; } = [new(IdColumn, "BIGINT"), new(VersionColumn, "BIGINT")];

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Names { get; } = [IdColumn, VersionColumn];

    /// <summary>The columns of a table; null where its rows keep no ids.</summary>
    public static TrackedRows? Of(Protocol protocol, Metadata metadata) =>
        RowTracking.IsOn(protocol, metadata)
        && metadata.Configuration.Find(RowTracking.RowIdColumnProperty) is { } id
        && metadata.Configuration.Find(RowTracking.CommitVersionColumnProperty) is { } version
            ? new(id, version)
            : null;

    /// <summary>The items of a SELECT list for rows that only move, after the table's columns.</summary>
    public string Moved =>
        $", {RowId} AS {SqlText.Identifier(IdColumn)}, {RowVersion} AS {SqlText.Identifier(VersionColumn)}";

    /// <summary>Returns a SELECT of rows with what files hold of their ids.</summary>
    /// <param name="rows">The rows; those that were changed have <see cref="RowId"/> after their columns.</param>
    public string Select(ChangedRows rows)
    {
        var (all, id) = rows.Change is RowChange.Update
            ? ($"* EXCLUDE ({RowId})", RowId)
            : ("*", "CAST(NULL AS BIGINT)");
        return $"SELECT {all}, {id} AS {SqlText.Identifier(IdColumn)}, "
            + $"CAST(NULL AS BIGINT) AS {SqlText.Identifier(VersionColumn)} FROM ({rows.Select}\n)";
    }
}
