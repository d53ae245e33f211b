using System.Globalization;
using Foz.Delta;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>Deletes the rows of tables that are older than they are to be kept.</summary>
public static class TableRetention
{
    /// <summary>
    /// Deletes the rows in which a column's value is older than a time; nothing is committed where there are none.
    /// </summary>
    /// <param name="session">The session that finds them.</param>
    /// <param name="table">The table.</param>
    /// <param name="column">A column of dates or timestamps; rows in which it is NULL stay.</param>
    /// <param name="retention">The time.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How many rows are gone.</returns>
    /// <exception cref="FozException">The table has no such column, or it holds no dates or timestamps.</exception>
    /// <exception cref="DeltaException">
    /// There is no table, it does not allow that rows go, or another commit came first.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<long> ApplyAsync(
        EngineSession session, LakeTable table, string column, TimeSpan retention, CancellationToken cancellationToken)
    {
        var snapshot = await table.LatestAsync(cancellationToken);
        var field = snapshot.Schema.Columns.Find(column)
            ?? throw new FozException(
                ErrorKind.NotFound, $"{table.Name} has no column '{column}', whose retention is to be kept");
        var condition =
            $"{SqlText.Identifier(field.Name)} < {Limit(table, field, table.Delta.Time.GetUtcNow() - retention)}";
        await using var change = await new TableWriter(session).DeleteAsync(
            table, condition, new() { Retention = retention }, cancellationToken);
        if (change.RowsDeleted > 0) await change.CommitAsync(cancellationToken);
        return change.RowsDeleted;
    }

    static string Limit(LakeTable table, StructField field, DateTimeOffset limit) => field.Type switch
    {
        PrimitiveType { Kind: PrimitiveKind.Date } =>
            $"DATE '{limit.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}'",
        PrimitiveType { Kind: PrimitiveKind.Timestamp } =>
            $"TIMESTAMPTZ '{limit.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}"
                + "+00'",
        PrimitiveType { Kind: PrimitiveKind.TimestampNtz } =>
            $"TIMESTAMP '{limit.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'",
        var type => throw new FozException(
            ErrorKind.Configuration,
            $"{field.Name} of {table.Name} is {type.ToString().Trim('"')}: only dates and timestamps have an age"),
    };
}
