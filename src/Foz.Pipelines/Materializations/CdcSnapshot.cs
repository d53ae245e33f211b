using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// Applies all rows that there are at a time: those that the table lacks are new, and those that only the table has
/// were deleted. Each batch is later than the one before, so that nothing has to be known beside the table.
/// </summary>
/// <param name="session">The session that reads the rows; its temporary table <c>foz_events</c> is replaced.</param>
/// <param name="model">The model.</param>
/// <param name="strategy">What the table keeps.</param>
/// <param name="now">SQL of the instant of the batch: the sequence of its changes.</param>
sealed class CdcSnapshot(EngineSession session, Model model, IncrementalStrategy.Cdc strategy, string now)
{
    const string Rows = CdcEvents.Table, Old = CdcFold.Old, Next = CdcFold.Next;

    static readonly string start = SqlText.Identifier(CdcInput.StartAt), end = SqlText.Identifier(CdcInput.EndAt);

    /// <summary>Writes the files of a batch.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="write">How they are written.</param>
    /// <param name="isReplaced">Whether the table is made again.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Columns do not fit, or two rows have one key.</exception>
    public async Task<TableChange> StageAsync(
        LakeTable table, Relation rows, WriteOptions write, bool isReplaced, CancellationToken cancellationToken)
    {
        var input = CdcInput.Of(model, strategy, rows, cancellationToken);
        var keys = SqlText.Identifiers(input.Keys);
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {Rows} AS SELECT {SqlText.Identifiers(input.Columns)} "
                + $"FROM ({rows.Sql}\n) AS s",
            cancellationToken);
        var noKey = string.Join(" OR ", input.Keys.Select(key => $"{SqlText.Identifier(key)} IS NULL"));
        var withoutKey = session.Execute($"DELETE FROM {Rows} WHERE {noKey}", cancellationToken);
        CheckKeys(keys, input, cancellationToken);
        var present = isReplaced ? null : await table.FindLatestAsync(cancellationToken);
        string[] own = strategy.KeepsHistory ? [CdcInput.StartAt, CdcInput.EndAt] : [];
        var fitted = new SchemaPolicy(model).Fit(
            new(session, $"SELECT {SqlText.Identifiers(input.Columns)} FROM {Rows}"), present, own, cancellationToken);
        input = input.With([.. fitted.Describe(cancellationToken).Select(column => column.Name)]);
        var times = string.Concat(own.Select(column => $", {now} AS {SqlText.Identifier(column)}"));
        var sync = await KeySync.BeginAsync(
            session, table, $"SELECT {SqlText.Identifiers(input.Columns)}{times} FROM {Rows}",
            new() { Keys = input.Keys, IsReplaced = isReplaced, Write = write }, cancellationToken);
        try
        {
            sync.Change.RowsWithoutKey = withoutKey;
            await sync.ReadAsync(Old, source: null, names: null, cancellationToken);
            session.Execute($"CREATE OR REPLACE TEMP TABLE {Next} AS {(
                strategy.KeepsHistory ? Versions(input) : Changed(input))}", cancellationToken);
            var columns = SqlText.Identifiers([.. input.Columns, .. own]);
            return strategy.KeepsHistory
                ? await sync.ApplyAsync(
                    $"SELECT {columns} FROM {Next}",
                    $"SELECT * FROM {Old} SEMI JOIN {Next} USING ({keys}, {start})",
                    [.. input.Keys, CdcInput.StartAt], cancellationToken)
                : await sync.ApplyAsync(
                    $"SELECT {columns} FROM {Next}",
                    $"SELECT * FROM {Old} SEMI JOIN {Next} USING ({keys}) "
                        + $"UNION ALL SELECT * FROM {Old} ANTI JOIN {Rows} USING ({keys})",
                    input.Keys, cancellationToken);
        }
        catch
        {
            await sync.Change.DisposeAsync();
            throw;
        }
    }

    /// <summary>The rows that the table lacks, or has with other values.</summary>
    static string Changed(CdcInput input) =>
        $"SELECT s.* FROM {Rows} AS s WHERE NOT EXISTS "
        + $"(SELECT 1 FROM {Old} AS o WHERE {Same(input)}{SameValues(input, _ => true)})";

    /// <summary>
    /// The versions that begin, those that end, and those that get other values in columns that begin none.
    /// </summary>
    string Versions(CdcInput input)
    {
        var columns = SqlText.Identifiers(input.Columns);
        var lasting = $"(SELECT * FROM {Old} WHERE {end} IS NULL)";
        var isSame = Same(input) + SameValues(input, input.IsTracked);
        return $"""
            SELECT {columns}, {now} AS {start}, CAST(NULL AS TIMESTAMPTZ) AS {end} FROM {Rows} AS s
            WHERE NOT EXISTS (SELECT 1 FROM {lasting} AS o WHERE {isSame})
            UNION ALL SELECT {columns}, {start}, {now} FROM {lasting} AS o
            WHERE NOT EXISTS (SELECT 1 FROM {Rows} AS s WHERE {isSame})
            UNION ALL SELECT s.*, o.{start}, o.{end} FROM {lasting} AS o JOIN {Rows} AS s ON {isSame}
            WHERE NOT (true{SameValues(input, _ => true)})
            """;
    }

    static string Same(CdcInput input) => string.Join(
        " AND ", input.Keys.Select(SqlText.Identifier).Select(key => $"o.{key} = s.{key}"));

    static string SameValues(CdcInput input, Func<string, bool> isCompared) => string.Concat(
        input.Values.Where(isCompared).Select(SqlText.Identifier)
            .Select(column => $" AND o.{column} IS NOT DISTINCT FROM s.{column}"));

    void CheckKeys(string keys, CdcInput input, CancellationToken cancellationToken)
    {
        using var repeated = session.Query(
            $"SELECT count(*), {keys} FROM {Rows} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1", cancellationToken);
        foreach (var row in repeated.Rows(cancellationToken))
            throw new FozException(
                ErrorKind.Data,
                $"{row[0]} rows of {model.Name} have the key "
                    + string.Join(", ", input.Keys.Select((key, i) => $"{key} = {row[i + 1]}")))
            {
                Place = model.Place, Hint = "with 'from_snapshot' each key has one row: let the SELECT give one",
            };
    }
}
