using System.Globalization;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// Applies events of changes to a table by their sequence. A batch is one change of the table, and one of the state
/// beside it, which is committed first. Events that come in the order of their log need no state.
/// </summary>
/// <param name="session">The session that reads the events.</param>
/// <param name="model">The model.</param>
/// <param name="strategy">What events do.</param>
sealed class CdcWriter(EngineSession session, Model model, IncrementalStrategy.Cdc strategy)
{
    /// <summary>
    /// Gets the table of the state; null where rows come from snapshots, or events in the order of their log.
    /// </summary>
    public required LakeTable? State { get; init; }

    /// <summary>Gets the instant at which the batch was opened.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Gets whether events without a key or sequence were taken out, or are to fail.</summary>
    public bool HasKeys { get; init; }

    /// <inheritdoc cref="CdcInput.Derived"/>
    public required IReadOnlyDictionary<string, CdcOrigin>? Derived { get; init; }

    /// <summary>Gets the change of the state, once it is staged; null where there is none to commit.</summary>
    public TableChange? StateChange { get; private set; }

    /// <summary>Gets how many events have the sequence of another one of their key.</summary>
    public long Tied { get; private set; }

    /// <summary>Writes the files of a batch.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">The events.</param>
    /// <param name="write">How they are written.</param>
    /// <param name="isReplaced">Whether the table is made again.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Columns do not fit, or events have no key or sequence.</exception>
    public async Task<TableChange> StageAsync(
        LakeTable table, Relation rows, WriteOptions write, bool isReplaced, CancellationToken cancellationToken)
    {
        if (strategy.FromSnapshot)
            return await new CdcSnapshot(session, model, strategy, Instant(Now)).StageAsync(
                table, rows, write, isReplaced, cancellationToken);
        var input = CdcInput.Of(model, strategy, rows, cancellationToken).With(Derived);
        var events = new CdcEvents(session, input);
        events.Read(rows, isOrdered: State is null, cancellationToken);
        Check(table, events);
        Tied = events.Tied;
        var present = await table.FindLatestAsync(cancellationToken);
        string[] own = strategy.KeepsHistory ? [CdcInput.StartAt, CdcInput.EndAt] : [];
        var fitted = new SchemaPolicy(model).Fit(
            new(session, $"SELECT {SqlText.Identifiers(input.Columns)} FROM {CdcEvents.Table}"),
            isReplaced ? null : present, own, cancellationToken);
        input = input.With([.. fitted.Describe(cancellationToken).Select(column => column.Name)]);
        var order = State is null ? new CdcOrder(model, input) : null;
        if (order is not null) write = order.Begin(isReplaced ? null : present, events, write);
        else if (isReplaced) write = CdcOrder.Forget(write);
        var shape = string.Concat(own.Select(column => $", {CdcEvents.Sequence} AS {SqlText.Identifier(column)}"));
        var sync = await KeySync.BeginAsync(
            session, table, $"SELECT {SqlText.Identifiers(input.Columns)}{shape} FROM {CdcEvents.Table}",
            new() { Keys = input.Keys, IsReplaced = isReplaced, Write = write }, cancellationToken);
        try
        {
            sync.Change.RowsWithoutKey = events.WithoutKey;
            if (order is not null)
            {
                order.Note(sync.Change, events);
                return await ApplyRowsAsync(sync, state: null, input, events, cancellationToken);
            }
            var state = new CdcState(session, State!, input, model.Name);
            await state.BeginAsync(
                StateShape(input), write, isNew: isReplaced || present is null, events.Truncations, cancellationToken);
            return strategy.KeepsHistory
                ? await ApplyVersionsAsync(sync, state, input, events, cancellationToken)
                : await ApplyRowsAsync(sync, state, input, events, cancellationToken);
        }
        catch
        {
            await sync.Change.DisposeAsync();
            if (StateChange is not null) await StateChange.DisposeAsync();
            throw;
        }
    }

    string StateShape(CdcInput input)
    {
        const string Sequence = CdcEvents.Sequence;
        return strategy.KeepsHistory
            ? $"SELECT {SqlText.Identifiers(input.Columns)}, {Sequence} AS {CdcState.Sequence}, "
                + $"{CdcEvents.Operation} AS {CdcHistory.Operation}, {CdcEvents.Absent} AS {CdcHistory.Absent}, "
                + $"CAST(NULL AS TIMESTAMPTZ) AS {CdcHistory.ArrivedAt} FROM {CdcEvents.Table}"
            : CdcState.ShapeOf(input);
    }

    async Task<TableChange> ApplyRowsAsync(
        KeySync sync, CdcState? state, CdcInput input, CdcEvents events, CancellationToken cancellationToken)
    {
        var keys = SqlText.Identifiers(input.Keys);
        var truncated = Last(state?.Truncations ?? events.Truncations, input, cancellationToken);
        if (truncated is not null) events.TakeOutBefore(truncated, cancellationToken);
        else if (state is null && events.Partial == 0 && !sync.TellsRows)
            return await new CdcOrder(model, input).ApplyAsync(sync, events, cancellationToken);
        if (state is null) events.Number(cancellationToken);
        var source = SourceOf(events);
        var expired = $"{CdcState.IsDeleted} AND {CdcState.DeletedAt} < {Oldest}";
        if (state is not null) await state.ReadAsync(source, expired, cancellationToken);
        else await sync.ReadAsync(CdcFold.Old, source, events.Partial > 0 ? input.Values : [], cancellationToken);
        var known = state is null
            ? CdcOrder.StateOf(CdcFold.Old, input, truncated is not null)
            : $"SELECT * FROM {CdcState.Table} WHERE ({expired}) IS NOT TRUE";
        if (state is not null && truncated is not null) known += $" AND {CdcState.Sequence} >= {truncated}";
        var fold = new CdcFold(session, input, truncated, known);
        var partial = fold.ReadKeys(isTruncated: source is null, cancellationToken);
        if (state is not null)
            await sync.ReadAsync(CdcFold.Old, source, partial > 0 ? input.Values : [], cancellationToken);
        if (partial > 0 && strategy.ReadsLog) new CdcMoves(session, input).Resolve(CdcFold.Old, cancellationToken);
        fold.Run(partial, cancellationToken);
        var written = $"SELECT {keys} FROM {CdcFold.Next} WHERE {CdcFold.IsWritten}";
        var cleared = source is null
            ? $" UNION ALL SELECT o.* FROM {CdcFold.Old} AS o ANTI JOIN {CdcFold.Next} USING ({keys}) "
                + $"ANTI JOIN ({known}) USING ({keys})"
            : "";
        if (state is not null) StateChange = await state.WriteAsync(
            $"""
            SELECT {keys}, {CdcState.Sequence}, {CdcState.IsDeleted}, {CdcState.DeletedBy},
                CASE WHEN {CdcState.IsDeleted} THEN coalesce({CdcState.DeletedAt}, {Instant(Now)}) END
                    AS {CdcState.DeletedAt}, {CdcState.ColumnSequences}
            FROM {CdcFold.Next}
            """,
            $"SELECT * FROM {CdcState.Table} SEMI JOIN {CdcFold.Next} USING ({keys}) UNION ALL SELECT * FROM "
                + $"{CdcState.Table} ANTI JOIN {CdcFold.Next} USING ({keys}) WHERE ({expired})"
                + (truncated is null ? "" : $" OR {CdcState.Sequence} < {truncated}"),
            input.Keys, cancellationToken);
        return await sync.ApplyAsync(
            $"SELECT {SqlText.Identifiers(input.Columns)} FROM {CdcFold.Next} WHERE {CdcFold.IsWritten} "
                + $"AND NOT {CdcState.IsDeleted}",
            $"SELECT * FROM {CdcFold.Old} SEMI JOIN ({written}) USING ({keys}){cleared}", input.Keys,
            cancellationToken);
    }

    async Task<TableChange> ApplyVersionsAsync(
        KeySync sync, CdcState state, CdcInput input, CdcEvents events, CancellationToken cancellationToken)
    {
        var source = SourceOf(events);
        var expired = $"{CdcHistory.ArrivedAt} < {Oldest}";
        await state.ReadAsync(source, expired, cancellationToken);
        await sync.ReadAsync(CdcFold.Old, source, names: null, cancellationToken);
        if (strategy.ReadsLog)
            new CdcMoves(session, input).Resolve(
                $"(SELECT * FROM {CdcFold.Old} WHERE {SqlText.Identifier(CdcInput.EndAt)} IS NULL)", cancellationToken);
        var history = new CdcHistory(
            session, input, [.. state.Truncations.Select(truncation => truncation.Sql(input))],
            $"SELECT * FROM {CdcState.Table} WHERE ({expired}) IS NOT TRUE");
        history.Run(cancellationToken);
        StateChange = await state.WriteAsync(
            history.StateAdded(Instant(Now)),
            $"{history.StateRemoved} UNION SELECT * FROM {CdcState.Table} WHERE {expired}",
            [.. input.Keys, CdcState.Sequence], cancellationToken);
        return await sync.ApplyAsync(
            history.Added, history.Removed, [.. input.Keys, CdcInput.StartAt], cancellationToken);
    }

    /// <summary>What has the keys whose rows may change; null where it is all of them.</summary>
    static string? SourceOf(CdcEvents events) => events.Truncations.Count > 0 ? null : CdcEvents.Table;

    /// <summary>SQL of the instant from which on what is known counts.</summary>
    string Oldest => Instant(Now - strategy.TombstoneRetention);

    /// <summary>SQL of the greatest sequence of truncations; null where there are none.</summary>
    string? Last(IReadOnlyList<CdcTruncation> truncations, CdcInput input, CancellationToken cancellationToken)
    {
        if (truncations.Count == 0) return null;
        var all = string.Join(", ", truncations.Select((truncation, number) => string.Create(
            CultureInfo.InvariantCulture, $"({truncation.Sql(input)}, {number})")));
        var last = session.QueryScalar<int>(
            $"SELECT n FROM (VALUES {all}) AS t(s, n) ORDER BY s DESC LIMIT 1", cancellationToken);
        return truncations[last].Sql(input);
    }

    void Check(LakeTable table, CdcEvents events)
    {
        if (events.Partial > 0 && Derived is null)
            throw new FozException(
                ErrorKind.Data,
                $"{table.Name} was not changed: the source did not send large values, and it is not known which "
                    + $"columns {model.Name} makes from them")
            {
                Place = model.Place,
                Hint = "read the columns as they are, and compute others in a model that reads this one",
            };
        if (events.WithoutKey == 0 || !HasKeys) return;
        throw new FozException(
            ErrorKind.Data,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{table.Name} was not changed: {events.WithoutKey} events have NULL in 'keys' or 'sequence_by'"))
        {
            Place = model.Place, Hint = "leave such rows out in the SELECT",
        };
    }

    static string Instant(DateTimeOffset instant) => string.Create(
        CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{instant.ToUniversalTime():yyyy-MM-dd HH:mm:ss.ffffff}+00'");
}
