using System.Diagnostics;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Expressions;
using Foz.Storage;

namespace Foz.Lake.Tables.Alterations;

/// <summary>Alters tables: one commit for each alteration, with Spark's name of it in the history.</summary>
/// <param name="session">Reads the rows that are there where an alteration demands something of them.</param>
public sealed class TableAlterer(EngineSession session)
{
    /// <summary>Alters a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="alteration">What is changed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The commit; null where the table is so already.</returns>
    /// <exception cref="FozException">
    /// The alteration does not fit the table, or rows that are there do not fulfil what it demands.
    /// </exception>
    /// <exception cref="DeltaException">
    /// There is no table, or another commit came first; nothing was changed.
    /// </exception>
    /// <exception cref="StorageException">The storage failed; nothing was changed.</exception>
    public async Task<CommittedChange?> AlterAsync(
        LakeTable table, TableAlteration alteration, CancellationToken cancellationToken)
    {
        var present = await table.LatestAsync(cancellationToken);
        var draft = new TableBuilder(table.Name, present);
        var operation = alteration is TableAlteration.SyncIdentity sync
            ? await SyncAsync(draft, sync, cancellationToken)
            : Apply(draft, alteration);
        InteroperationRules.Check(draft);
        if (draft.Demand is { } rule) await CheckAsync(draft, rule, cancellationToken);
        var transaction = new Transaction(table.Delta, present.State, new()
        {
            Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
        });
        Stage(draft, transaction);
        if (transaction.IsEmpty) return null;
        // Rows that others add meanwhile were not checked.
        if (draft.Demand is not null) transaction.ReadWholeTable();
        var committed = (await transaction.CommitAsync(cancellationToken)).OrThrow();
        if (draft.DroppedFeature is { } dropped && TableFeature.Find(dropped) is { IsForReaders: true }
            && committed.Checkpoint is null)
            await table.Delta.WriteCheckpointAsync(committed.Snapshot, cancellationToken);
        var change = CommittedChange.Of(table, committed);
        var changed = draft.Properties.Where(p => present.State.Metadata.Configuration.Find(p.Key) != p.Value)
            .Select(p => p.Key);
        return change with
        {
            Warning = change.Warning ?? InteroperationRules.WarningOf(draft) ?? PropertyRules.WarningOf(changed),
        };
    }

    static TableOperation Apply(TableBuilder draft, TableAlteration alteration)
    {
        try
        {
            return alteration switch
            {
                TableAlteration.AddColumns change => ColumnAlterations.Apply(draft, change),
                TableAlteration.RenameColumn change => ColumnAlterations.Apply(draft, change),
                TableAlteration.DropColumns change => ColumnAlterations.Apply(draft, change),
                TableAlteration.MoveColumn change => ColumnAlterations.Apply(draft, change),
                TableAlteration.ChangeType change => ColumnAlterations.Apply(draft, change),
                TableAlteration.SetNotNull change => ColumnAlterations.Apply(draft, change),
                TableAlteration.DropNotNull change => ColumnAlterations.Apply(draft, change),
                TableAlteration.SetDefault change => ColumnAlterations.Apply(draft, change),
                TableAlteration.DropDefault change => ColumnAlterations.Apply(draft, change),
                TableAlteration.Comment change => ColumnAlterations.Apply(draft, change),
                TableAlteration.Tag change => ColumnAlterations.Apply(draft, change),
                TableAlteration.SetProperties change => PropertyAlterations.Apply(draft, change),
                TableAlteration.UnsetProperties change => PropertyAlterations.Apply(draft, change),
                TableAlteration.AddConstraint change => PropertyAlterations.Apply(draft, change),
                TableAlteration.DropConstraint change => PropertyAlterations.Apply(draft, change),
                TableAlteration.ClusterBy change => PropertyAlterations.Apply(draft, change),
                TableAlteration.DropFeature change => FeatureDrops.Apply(draft, change),
                _ => throw new UnreachableException($"an alteration {alteration}"),
            };
        }
        catch (DeltaException e) when (e.Kind is DeltaErrorKind.InvalidSchema)
        {
            throw new FozException(ErrorKind.Data, $"{draft.Name}: {e.Message}", e);
        }
    }

    static void Stage(TableBuilder draft, Transaction transaction)
    {
        if (draft.DroppedFeature is { } dropped) transaction.DropFeature(dropped, draft.AddedFeatures);
        else transaction.AddFeatures(draft.AddedFeatures);
        foreach (var (domain, configuration) in draft.Domains)
            if (draft.Snapshot.State.Domains.GetValueOrDefault(domain)?.Configuration != configuration)
                transaction.SetDomain(domain, configuration);
        draft.Schema.Validate();
        var before = draft.Snapshot.State.Metadata;
        var isSame = draft.Schema.Equals(draft.Snapshot.Schema.Columns)
            && draft.Properties.Equals(before.Configuration) && draft.Description == before.Description;
        if (isSame) return;
        transaction.SetMetadata(before with
        {
            SchemaString = draft.Schema.ToString(),
            PartitionColumns = StringList.From(draft.PartitionColumns),
            Configuration = draft.Properties,
            Description = draft.Description,
        });
    }

    /// <summary>Refuses what a row that is there does not fulfil.</summary>
    async Task CheckAsync(TableBuilder draft, RowRule rule, CancellationToken cancellationToken)
    {
        using var rows = await draft.Snapshot.OpenAsync(session, cancellationToken);
        var row = RowRules.TextOf(draft.Snapshot.Schema.Columns, field => $"r.{SqlText.Identifier(field.Name)}");
        using var found = session.Query(
            $"SELECT {row} FROM {rows.Sql} AS r WHERE NOT {rule.Condition} LIMIT 1", cancellationToken);
        foreach (var broken in found.Rows(cancellationToken))
            throw new FozException(
                ErrorKind.Data, $"{draft.Name} has a row that breaks {rule.Name}: {broken[0]}")
            {
                Hint = "nothing was changed; delete or correct such rows first",
            };
    }

    async Task<TableOperation> SyncAsync(
        TableBuilder draft, TableAlteration.SyncIdentity change, CancellationToken cancellationToken)
    {
        var path = TableBuilder.PathOf(change.Column);
        var field = draft.Find(path);
        var identity = IdentityColumn.Of(field)
            ?? throw new FozException(ErrorKind.Data, $"column {path} of {draft.Name} is no identity column");
        using var rows = await draft.Snapshot.OpenAsync(session, cancellationToken);
        var last = session.QueryScalar<long?>(
            $"SELECT {(identity.Step > 0 ? "max" : "min")}({SqlText.Identifier(field.Name)}) FROM {rows.Sql}",
            cancellationToken);
        // It only ever counts on, never back.
        if (last is { } value
            && (identity.HighWaterMark is not { } mark || (value > mark) == (identity.Step > 0) && value != mark))
            draft.Schema = draft.Schema.With(
                (identity with { HighWaterMark = InStep(identity, value) }).ApplyTo(field));
        return TableOperation.Of(
            "CHANGE COLUMN", ("column", TableBuilder.Json(TableBuilder.Describe(path, draft.Find(path)))));
    }

    /// <summary>Returns the value of the identity at or after another.</summary>
    static long InStep(IdentityColumn identity, long value)
    {
        var distance = (Int128)value - identity.Start;
        var steps = distance / identity.Step;
        if (steps * identity.Step != distance && steps >= 0) steps++;
        return (long)(identity.Start + steps * identity.Step);
    }
}
