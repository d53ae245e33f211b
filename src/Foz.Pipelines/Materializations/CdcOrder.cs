using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// Events of one log, in its order: each is later than all that the table was made of, so that the last one of a key
/// decides. Of earlier ones only how far the log was read is kept.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="input">What the columns of events are.</param>
sealed class CdcOrder(Model model, CdcInput input)
{
    /// <summary>The property of a table that is made so: its keys.</summary>
    const string KeysProperty = "foz.cdc.keys";

    /// <summary>Whether a table is made, or to be made, of events in the order of their log.</summary>
    /// <param name="model">The model.</param>
    /// <param name="strategy">Its strategy.</param>
    /// <param name="present">The table; null where it is made from the beginning.</param>
    /// <exception cref="FozException">It was made so, and its events no longer come in the order of a log.</exception>
    public static bool Applies(Model model, IncrementalStrategy.Cdc strategy, TableSnapshot? present)
    {
        if (present is null) return strategy.IsInOrder;
        if (!present.Properties.ContainsKey(KeysProperty)) return false;
        if (strategy.IsInOrder) return true;
        throw Again(model, $"{model.Name} was made of the log of one table, and is to be made of other events");
    }

    /// <summary>Checks that the events go on where the table stands.</summary>
    /// <param name="present">The table; null where it is made from the beginning.</param>
    /// <param name="events">The events.</param>
    /// <param name="write">How the table is written.</param>
    /// <returns>The same, with what the table says of it.</returns>
    /// <exception cref="FozException">The keys are others, or events are earlier than those of the table.</exception>
    public WriteOptions Begin(TableSnapshot? present, CdcEvents events, WriteOptions write)
    {
        var keys = string.Join(", ", input.Keys);
        if (present?.Properties.GetValueOrDefault(KeysProperty) is { } before
            && !keys.Equals(before, StringComparison.OrdinalIgnoreCase))
            throw Again(model, $"{model.Name} was made by the keys {before}, and is to be made by {keys}");
        if (present?.BatchOf(Application) is { } reached && events.Places is { } places && places.Least < reached)
            throw Again(
                model,
                $"events of {model.Name} are out of order: one of {ChangeColumns.Lsn} {places.Least} came after "
                    + $"those up to {reached}");
        return write with { Properties = [.. write.Properties, new(KeysProperty, keys)] };
    }

    /// <summary>Returns how a table is written that has a state beside it from now on.</summary>
    public static WriteOptions Forget(WriteOptions write) =>
        write with { Properties = [.. write.Properties, new(KeysProperty, null)] };

    /// <summary>Notes how far the log was read.</summary>
    public void Note(TableChange change, CdcEvents events)
    {
        if (events.Places is { } places) change.Reach(Application, places.Greatest);
    }

    /// <summary>Puts what the last event of each key makes in the place of its row.</summary>
    /// <param name="sync">The change of the table.</param>
    /// <param name="events">The events, all of them with all columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<TableChange> ApplyAsync(KeySync sync, CdcEvents events, CancellationToken cancellationToken)
    {
        const string Last = $"FROM {CdcEvents.Table} WHERE {CdcEvents.IsLast} AND {CdcEvents.Operation}";
        var added = $"SELECT {SqlText.Identifiers(input.Columns)} {Last} <> 'd'";
        return await sync.ReplaceAsync(
            added, await sync.FindAsync($"({added})", events.Count - events.Deletes, cancellationToken),
            await sync.FindAsync(
                $"(SELECT {SqlText.Identifiers(input.Keys)} {Last} = 'd')", events.Deletes, cancellationToken),
            input.Keys, cancellationToken);
    }

    /// <summary>Returns a SELECT of the state of rows: each was made before all events.</summary>
    /// <param name="rows">The rows, as FROM takes them.</param>
    /// <param name="input">What the columns of events are.</param>
    /// <param name="isTruncated">Whether the events delete all of them.</param>
    public static string StateOf(string rows, CdcInput input, bool isTruncated) => $"""
        SELECT {SqlText.Identifiers(input.Keys)}, {input.FirstSequence} AS {CdcState.Sequence},
            false AS {CdcState.IsDeleted}, CAST(NULL AS {input.SequenceType}) AS {CdcState.DeletedBy},
            CAST(NULL AS TIMESTAMPTZ) AS {CdcState.DeletedAt},
            CAST(NULL AS MAP(VARCHAR, {input.SequenceType})) AS {CdcState.ColumnSequences}
        FROM {rows} WHERE {(isTruncated ? "false" : "true")}
        """;

    string Application => $"{model.Table}.{ChangeColumns.Lsn}";

    static FozException Again(Model model, string message) => new(ErrorKind.Table, message)
    {
        Place = model.Place, Hint = $"foz run {model.Name} --full-refresh makes it again",
    };
}
