using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;

namespace Foz.Streams.Tables;

/// <summary>
/// The changes of a bronze table that cannot take them: the table <c>&lt;name&gt;__changes_held</c>. A row there has a
/// change as texts with the types that it came with, so that it takes any of them; they are brought into the bronze
/// table, in the state in which they came, once that can take them.
/// </summary>
/// <param name="table">The table of the held changes.</param>
/// <param name="bronze">The bronze table.</param>
sealed class HeldChanges(LakeTable table, TableName bronze)
{
    /// <summary>How many changes are held before the whole source stands still.</summary>
    public const long RowsMax = 10_000_000;

    /// <summary>The property of the table that says why the bronze table could not take them.</summary>
    public const string ReasonProperty = "foz.streams.held";

    const string HintProperty = $"{ReasonProperty}.hint";

    /// <summary>
    /// The column of held rows without some of their values, which have no place in the lake: the names.
    /// </summary>
    public const string LeftOutName = "_cdc_left_out";

    const string Row = "row", Type = "type", Batch = "batch";

    static readonly string[] shown =
        [ChangeColumns.Op, ChangeColumns.Lsn, ChangeColumns.Seq, ChangeColumns.CommitTs, ChangeColumns.SyncedAt];

    /// <summary>Gets the table.</summary>
    public LakeTable Table => table;

    /// <summary>Gets how many changes are held that the bronze table does not have, and why.</summary>
    /// <param name="held">The table of the held changes; null where there is none.</param>
    /// <param name="bronze">The bronze table; null where there is none.</param>
    /// <param name="step">The step of the source's batches.</param>
    public static (long Rows, HoldReason Reason)? Find(TableSnapshot? held, TableSnapshot? bronze, string step) =>
        held is { RowCount: > 0 and var rows } && held.BatchOf(step) > (bronze?.BatchOf(step) ?? -1)
            ? (rows, new(
                held.Properties.GetValueOrDefault(ReasonProperty) ?? "it is not known why",
                held.Properties.GetValueOrDefault(HintProperty)))
            : null;

    /// <summary>Writes files of changes; nothing of it is in the table yet.</summary>
    /// <param name="session">The session that writes them.</param>
    /// <param name="select">The changes as the bronze table would have them.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="reason">Why the bronze table cannot take them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Too many are held already.</exception>
    public async Task<TableChange> WriteAsync(
        EngineSession session, string select, StepBatch batch, HoldReason reason, CancellationToken cancellationToken)
    {
        if ((await table.FindLatestAsync(cancellationToken))?.RowCount >= RowsMax)
            throw new FozException(
                ErrorKind.Resource, $"{table.Name} holds {RowsMax:N0} changes, and takes no more: {reason.Text}")
            {
                Hint = $"the source stands still; {reason.Hint ?? Mend}",
            };
        var options = new WriteOptions
        {
            Batch = batch,
            Properties = [.. PropertiesOf(reason), ChangeColumns.LogRetention],
            Description = "Changes that wait until their table can take them",
        };
        return await new TableWriter(session).AppendAsync(
            table, Pack(session, select, batch.Number, cancellationToken), options, cancellationToken);
    }

    /// <summary>Writes files of more changes of the same batch.</summary>
    public static Task WriteMoreAsync(
        EngineSession session, TableChange change, string select, long batch, CancellationToken cancellationToken) =>
        new TableWriter(session).AppendMoreAsync(
            change, Pack(session, select, batch, cancellationToken), cancellationToken);

    /// <summary>Opens the held changes of batches that the bronze table does not have.</summary>
    /// <param name="session">The session that reads them.</param>
    /// <param name="after">The last batch that the bronze table has.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A SELECT of them as the bronze table would have them, while the relation is there.</returns>
    public async Task<(string Select, TableRelation Rows)> OpenAsync(
        EngineSession session, long after, CancellationToken cancellationToken)
    {
        var held = await table.LatestAsync(cancellationToken);
        var rows = await TableRows.All(held).OpenAsync(session, filter: null, cancellationToken);
        var types = session.Query(
            $"SELECT DISTINCT {Type} FROM {rows.Sql} WHERE {Batch} > {after} ORDER BY 1", cancellationToken);
        var selects = types.Rows(cancellationToken).Select(row => (string)row[0]!).ToList().Select(type =>
            $"SELECT unnest(CAST(CAST(CAST({Row} AS JSON) AS {TextsOf(type)}) AS {type})) FROM {rows.Sql} "
                + $"WHERE {Batch} > {after} AND {Type} = {SqlText.Literal(type)}");
        return (string.Join("\nUNION ALL BY NAME ", selects), rows);
    }

    /// <summary>Forgets all of them.</summary>
    /// <param name="engines">The engine that changes the table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task ClearAsync(EnginePool engines, CancellationToken cancellationToken)
    {
        if (await table.FindLatestAsync(cancellationToken) is not { RowCount: > 0 }) return;
        using var session = engines.Open(Workload.Ingestion);
        var options = new WriteOptions { Properties = PropertiesOf(reason: null) };
        await using var change = await new TableWriter(session).DeleteAsync(
            table, new("true"), options, cancellationToken);
        await change.CommitAsync(cancellationToken);
    }

    /// <summary>Returns how a user lets the changes reach their table.</summary>
    public string Mend => $"mend it, then: foz stream resume {bronze}";

    static KeyValuePair<string, string?>[] PropertiesOf(HoldReason? reason) =>
        [new(ReasonProperty, reason?.Text), new(HintProperty, reason?.Hint)];

    /// <summary>Rows as one text each, with what is worth looking at beside it.</summary>
    static string Pack(EngineSession session, string select, long batch, CancellationToken cancellationToken)
    {
        var type = StructOf(session.Describe(select, cancellationToken));
        return $"""
            SELECT {string.Join(", ", shown)}, CAST({batch} AS BIGINT) AS {Batch}, {SqlText.Literal(type)} AS {Type},
                CAST(to_json(CAST(foz_row AS {TextsOf(type)})) AS VARCHAR) AS {Row}
            FROM (SELECT {string.Join(", ", shown)}, foz_row FROM ({select}) AS foz_row)
            """;
    }

    static string StructOf(IEnumerable<EngineColumn> columns)
    {
        var fields = columns.Select(column => $"{SqlText.Identifier(column.Name)} {column.TypeName}");
        return $"STRUCT({string.Join(", ", fields)})";
    }

    /// <summary>The type of the same shape whose values are texts.</summary>
    static string TextsOf(string type) =>
        ColumnTypes.NameOf(TextsOf(ColumnTypes.TryParse(Row, type)?.Type ?? throw Unknown(type)));

    static FozException Unknown(string type) => new(ErrorKind.Table, $"changes of the type {type} cannot be read");

    static DataType TextsOf(DataType type) => type switch
    {
        DataType.Array(var element) => new DataType.Array(TextsOf(element)),
        DataType.Struct(var fields) => new DataType.Struct(
            [.. fields.Select(field => new Field(field.Name, TextsOf(field.Type)))]),
        _ => DataType.String,
    };
}

/// <summary>Why a table cannot take its changes.</summary>
/// <param name="Text">The reason.</param>
/// <param name="Hint">What ends it; null where the reason is to be mended before the changes are brought in.</param>
sealed record HoldReason(string Text, string? Hint);
