using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>Finds rows of one key in one file: only of those the places tell which came last.</summary>
static class RepeatedRows
{
    /// <summary>
    /// Reads rows again with the places of those of one key in one file; null where all that need places have them.
    /// </summary>
    /// <param name="session">The session that made the change.</param>
    /// <param name="stream">The stream, with its keys.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="change">The change that they are.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<StreamRows.Selected?> NumberAsync(
        EngineSession session, StreamDefinition stream, StreamRows rows, TableChange change,
        CancellationToken cancellationToken)
    {
        if (rows is not StreamRows.Selected { Number: { } number }
            || await FindFilesAsync(session, stream, change, cancellationToken) is not { Count: > 0 } files)
            return null;
        var numbered = await number(files, cancellationToken);
        numbered.TakePlaceOf(rows);
        return numbered;
    }

    /// <summary>The files of which a change adds several rows of one key that have no places.</summary>
    static async Task<IReadOnlySet<string>> FindFilesAsync(
        EngineSession session, StreamDefinition stream, TableChange change, CancellationToken cancellationToken)
    {
        var names = change.Fields.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (change.RowsAdded < 2 || !stream.Keys.All(names.Contains)) return new HashSet<string>();
        using var written = await change.PreviewNewRows().OpenAsync(session, filter: null, cancellationToken);
        var haveKeys = string.Join(" AND ", stream.Keys.Select(key => $"{SqlText.Identifier(key)} IS NOT NULL"));
        using var files = session.Query(
            $"""
            SELECT DISTINCT {ChangeColumns.Source} FROM (
                SELECT {ChangeColumns.Source} FROM {written.Sql} AS w WHERE {ChangeColumns.Seq} IS NULL AND {haveKeys}
                GROUP BY {SqlText.Identifiers(stream.Keys)}, {ChangeColumns.Source} HAVING count(*) > 1)
            """, cancellationToken);
        return files.Rows(cancellationToken).Select(row => (string)row[0]!).ToHashSet(StringComparer.Ordinal);
    }
}
