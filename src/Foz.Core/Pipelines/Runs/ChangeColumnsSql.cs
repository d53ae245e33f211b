using System.Globalization;
using Foz.Core.Connectors;
using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Pipelines.Runs;

/// <summary>The rows of a batch with the change columns behind their own.</summary>
static class ChangeColumnsSql
{
    const string Alias = "s";

    /// <summary>The rows that the engine reads itself, which bring their time and source.</summary>
    public static string Select(StreamRows.Selected rows, DateTimeOffset syncedAt) => Select(
        rows.Fields, rows.Sql, lsn: null, $"{Alias}.{ChangeColumns.CommitTs}", syncedAt,
        $"{Alias}.{ChangeColumns.Source}");

    /// <summary>The rows that a connector reads.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="relation">The stream in SQL.</param>
    /// <param name="syncedAt">When they are read.</param>
    /// <param name="source"><c>source.stream</c>.</param>
    public static string Select(
        StreamRows.Streamed rows, StreamRelation relation, DateTimeOffset syncedAt, string source) => Select(
        rows.Fields, $"SELECT * FROM {relation.Sql}", rows.Lsn,
        rows.CommittedAt is { } at ? Instant(at) : "CAST(NULL AS TIMESTAMPTZ)", syncedAt, SqlText.Literal(source));

    /// <summary>An instant in SQL.</summary>
    public static string Instant(DateTimeOffset instant) => string.Create(
        CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{instant.ToUniversalTime():yyyy-MM-dd HH:mm:ss.ffffff}+00'");

    static string Select(
        IReadOnlyList<Field> fields, string sql, long? lsn, string committedAt, DateTimeOffset syncedAt, string source)
    {
        var own = fields.Select(field => $"{Alias}.{SqlText.Identifier(field.Name)}");
        string[] change =
        [
            $"'r' AS {ChangeColumns.Op}",
            $"CAST({lsn?.ToString(CultureInfo.InvariantCulture) ?? "NULL"} AS BIGINT) AS {ChangeColumns.Lsn}",
            $"CAST(NULL AS BIGINT) AS {ChangeColumns.Seq}",
            $"CAST(NULL AS BIGINT) AS {ChangeColumns.Tx}",
            $"{committedAt} AS {ChangeColumns.CommitTs}",
            $"{Instant(syncedAt)} AS {ChangeColumns.SyncedAt}",
            $"{source} AS {ChangeColumns.Source}",
        ];
        return $"SELECT {string.Join(", ", own.Concat(change))} FROM ({sql}\n) AS {Alias}";
    }
}
