using System.Globalization;
using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>The rows of a batch with the change columns after their own.</summary>
static class ChangeColumnsSql
{
    const string Alias = "s";
    static readonly ChangeSql ofRows = new("'r'", "CAST(NULL AS BIGINT)", "CAST(NULL AS BIGINT)");
    static readonly ChangeSql ofChanges = new(
        $"{Alias}.{ChangeColumns.Op}", $"{Alias}.{ChangeColumns.Lsn}", $"{Alias}.{ChangeColumns.Seq}");

    /// <summary>The rows that the engine reads itself, which bring their time and source.</summary>
    public static string Select(StreamRows.Selected rows, DateTimeOffset syncedAt) => Select(
        rows.Fields, rows.Sql,
        rows.TellsChanges ? ofChanges : rows.TellsPlaces ? ofRows with { Seq = ofChanges.Seq } : ofRows,
        $"{Alias}.{ChangeColumns.CommitTs}", syncedAt,
        $"{Alias}.{ChangeColumns.Source}");

    /// <summary>The rows that a connector reads.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="relation">The stream in SQL.</param>
    /// <param name="syncedAt">When they are read.</param>
    /// <param name="source"><c>source.stream</c>.</param>
    public static string Select(
        StreamRows.Streamed rows, StreamRelation relation, DateTimeOffset syncedAt, string source) => Select(
        rows.Fields, $"SELECT * FROM {relation.Sql}",
        ofRows with
        {
            Lsn = $"CAST({rows.Lsn?.ToString(CultureInfo.InvariantCulture) ?? "NULL"} AS BIGINT)",
            Seq = rows.IsOrdered ? "row_number() OVER ()" : ofRows.Seq,
        },
        rows.CommittedAt is { } at ? Instant(at) : "CAST(NULL AS TIMESTAMPTZ)", syncedAt, SqlText.Literal(source));

    /// <summary>An instant in SQL.</summary>
    public static string Instant(DateTimeOffset instant) => string.Create(
        CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{instant.ToUniversalTime():yyyy-MM-dd HH:mm:ss.ffffff}+00'");

    static string Select(
        IReadOnlyList<Field> fields, string sql, ChangeSql change, string committedAt, DateTimeOffset syncedAt,
        string source)
    {
        var own = fields.Select(field => $"{Alias}.{SqlText.Identifier(field.Name)}");
        string[] columns =
        [
            $"{change.Op} AS {ChangeColumns.Op}",
            $"{change.Lsn} AS {ChangeColumns.Lsn}",
            $"{change.Seq} AS {ChangeColumns.Seq}",
            $"CAST(NULL AS BIGINT) AS {ChangeColumns.Tx}",
            $"{committedAt} AS {ChangeColumns.CommitTs}",
            $"{Instant(syncedAt)} AS {ChangeColumns.SyncedAt}",
            $"{source} AS {ChangeColumns.Source}",
        ];
        return $"SELECT {string.Join(", ", own.Concat(columns))} FROM ({sql}\n) AS {Alias}";
    }

    /// <summary>SQL of what was done with a row, and of its place among changes.</summary>
    readonly record struct ChangeSql(string Op, string Lsn, string Seq);
}
