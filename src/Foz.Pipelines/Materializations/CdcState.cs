using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// What is known of events that a table does not show: a Delta table beside it, which is committed first. It never
/// depends on the table, so that a batch whose table was not committed can be done again.
/// </summary>
/// <param name="session">The session; its temporary table <c>foz_state</c> is replaced.</param>
/// <param name="table">The table of the state.</param>
/// <param name="input">What the columns of events are.</param>
/// <param name="model">The name of the model, for messages.</param>
sealed class CdcState(EngineSession session, LakeTable table, CdcInput input, TableName model)
{
    /// <summary>The temporary table of the state of the keys of a batch.</summary>
    public const string Table = "foz_state";

    /// <summary>Columns: the last event, whether it deleted the row, and the last one that did.</summary>
    public const string Sequence = "__sequence", IsDeleted = "__deleted", DeletedBy = "__deleted_by",
        DeletedAt = "__deleted_at", ColumnSequences = "__column_sequences";

    /// <summary>The property of the table that has the truncations.</summary>
    const string TruncationsProperty = "foz.cdc.truncations";

    /// <summary>The property of the table that has what it is made by: the keys, and the type of the history.</summary>
    const string MadeByProperty = "foz.cdc.made_by";

    /// <summary>Returns a SELECT, of the events, with the columns of the state of current rows.</summary>
    public static string ShapeOf(CdcInput input) =>
        $"SELECT {SqlText.Identifiers(input.Keys)}, {CdcEvents.Sequence} AS {Sequence}, true AS {IsDeleted}, "
            + $"{CdcEvents.Sequence} AS {DeletedBy}, CAST(NULL AS TIMESTAMPTZ) AS {DeletedAt}, "
            + $"CAST(NULL AS MAP(VARCHAR, {input.SequenceType})) AS {ColumnSequences} FROM {CdcEvents.Table}";

    KeySync? sync;
    WriteOptions? options;

    /// <summary>Gets the truncations that are known, in the order of their arrival.</summary>
    public IReadOnlyList<CdcTruncation> Truncations { get; private set; } = [];

    /// <summary>
    /// Gets whether the table has the batch already, as that was cut off before the main one was committed.
    /// </summary>
    public bool IsCommitted { get; private set; }

    /// <summary>Begins the change of the state.</summary>
    /// <param name="shape">A SELECT with the columns of the state.</param>
    /// <param name="write">How the main table is written.</param>
    /// <param name="isNew">Whether nothing of before counts.</param>
    /// <param name="added">The truncations of the batch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The state is gone, and the table is not.</exception>
    public async Task BeginAsync(
        string shape, WriteOptions write, bool isNew, IReadOnlyList<CdcTruncation> added,
        CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        IsCommitted = write.Batch is { } batch && present?.BatchOf(batch.Step) >= batch.Number;
        if (present is null && !isNew)
            throw new FozException(
                ErrorKind.Table, $"{table.Name} is missing: which events its table has is not known without it")
            {
                Hint = $"foz run {model} --full-refresh makes both again",
            };
        var madeBy = $"{string.Join(", ", input.Keys)}; SCD type {(input.Strategy.KeepsHistory ? 2 : 1)}";
        if (!isNew && present!.Properties.GetValueOrDefault(MadeByProperty) is var before
            && !madeBy.Equals(before, StringComparison.OrdinalIgnoreCase))
            throw new FozException(
                ErrorKind.Table, $"{model} was made by the keys {before}, and is to be made by {madeBy}")
            {
                Hint = $"foz run {model} --full-refresh makes it again",
            };
        var known = isNew ? [] : Read(present!);
        Truncations = [.. known.Concat(added).DistinctBy(truncation => string.Join('\0', truncation.Parts))];
        options = new WriteOptions
        {
            Batch = IsCommitted ? null : write.Batch,
            Description = "What is known of events that the table does not show",
            Properties =
            [
                KeyValuePair.Create(MadeByProperty, (string?)madeBy),
                .. present?.Properties.ContainsKey(ChangeColumns.LogRetention.Key) is true
                    ? Array.Empty<KeyValuePair<string, string?>>() : [ChangeColumns.LogRetention],
                KeyValuePair.Create(
                    TruncationsProperty,
                    Truncations.Count == 0 ? null : JsonSerializer.Serialize(Truncations.Select(t => t.Parts))),
            ],
            RacesMax = 0,
        };
        sync = await KeySync.BeginAsync(
            session, table, shape, new() { Keys = input.Keys, IsReplaced = isNew, Write = options }, cancellationToken);
    }

    /// <summary>Reads the state of keys, and what is so old that it is forgotten.</summary>
    /// <param name="source">What has the keys; null for all.</param>
    /// <param name="expired">The condition of rows that are too old.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task ReadAsync(string? source, string expired, CancellationToken cancellationToken)
    {
        await sync!.ReadAsync(Table, source, names: null, cancellationToken);
        if (source is not null) await sync.ReadMoreAsync(Table, expired, cancellationToken);
    }

    /// <summary>Writes the state.</summary>
    /// <param name="rows">A SELECT of the rows that come.</param>
    /// <param name="removed">A SELECT of the rows of the temporary table that go.</param>
    /// <param name="identity">The columns that identify a row of the state.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The change; null where the table has the batch already.</returns>
    public async Task<TableChange?> WriteAsync(
        string rows, string removed, IReadOnlyList<string> identity, CancellationToken cancellationToken)
    {
        if (!IsCommitted) return await sync!.ApplyAsync(rows, removed, identity, cancellationToken);
        await sync!.Change.DisposeAsync();
        return null;
    }

    static IReadOnlyList<CdcTruncation> Read(TableSnapshot present) =>
        present.Properties.GetValueOrDefault(TruncationsProperty) is { } text
            ? [.. JsonSerializer.Deserialize<string[][]>(text)!.Select(parts => new CdcTruncation(parts))]
            : [];
}
