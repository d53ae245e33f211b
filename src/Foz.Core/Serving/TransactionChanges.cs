using Foz.Core.Data;
using Foz.Core.Tables;

namespace Foz.Core.Serving;

/// <summary>How far the changes of a transaction were.</summary>
/// <param name="Version">The version of the changed table; null where none was.</param>
/// <param name="CreatedCount">How many tables had been made.</param>
readonly record struct ChangeMark(long? Version, int CreatedCount);

/// <summary>
/// What a transaction changes: rows of one table, which nobody else sees before the commit; and tables that it makes, which are
/// there at once and go again where it is rolled back.
/// </summary>
/// <param name="service">The lake.</param>
/// <param name="versions">What the transaction reads.</param>
sealed class TransactionChanges(SqlService service, TransactionVersions versions)
{
    readonly List<TableName> created = [];
    (TableName Name, TransactionTable Table)? changed;
    bool hasOnlyAdded = true;

    /// <summary>How far they are.</summary>
    public ChangeMark Mark => new(changed?.Table.Version, created.Count);

    /// <summary>Whether there are any.</summary>
    public bool IsAny => changed is not null || created.Count > 0;

    /// <summary>Whether a statement can change a table behind those that came before, and become one commit with them.</summary>
    /// <param name="name">The table.</param>
    /// <param name="onlyAdds">Whether it only adds rows.</param>
    public bool Takes(TableName name, bool onlyAdds) =>
        changed is not { } known || (known.Name == name && (!known.Table.TakesOnlyRows || (onlyAdds && hasOnlyAdded)));

    /// <summary>Notes whether the statement that changes the table only adds rows.</summary>
    public void Note(bool onlyAdds) => hasOnlyAdded &= onlyAdds;

    /// <summary>The table that a statement changes, as the transaction has it.</summary>
    /// <param name="name">Its name in the lake.</param>
    /// <param name="table">The table as others have it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The transaction has changed another one.</exception>
    public async ValueTask<LakeTable> OpenAsync(TableName name, LakeTable table, CancellationToken cancellationToken)
    {
        if (changed is { } known)
            return known.Name == name
                ? known.Table.Current
                : throw new FozException(ErrorKind.Sql, $"the transaction has changed {known.Name} already, and cannot change {name} too")
                {
                    SqlState = "0A000", Hint = "a transaction changes one table: COMMIT first",
                };
        var start = created.Contains(name)
            ? await table.LatestAsync(cancellationToken)
            : await versions.GetAsync(name, table, cancellationToken);
        var begun = new TransactionTable(table, start);
        changed = (name, begun);
        return begun.Current;
    }

    /// <summary>A table that the transaction has changed or made, as it has it; null for others.</summary>
    public async ValueTask<TableSnapshot?> FindAsync(TableName name, CancellationToken cancellationToken)
    {
        if (changed is { } known && known.Name == name) return await known.Table.Current.LatestAsync(cancellationToken);
        if (!created.Contains(name)) return null;
        return await (await service.Lake.OpenTableAsync(name, cancellationToken)).FindLatestAsync(cancellationToken);
    }

    /// <summary>Makes sure that what was changed can become one commit.</summary>
    /// <exception cref="FozException">It cannot.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => changed?.Table.CheckAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Notes a table that the transaction made.</summary>
    public void NoteCreated(TableName name) => created.Add(name);

    /// <summary>Takes back what came behind a mark.</summary>
    /// <exception cref="Foz.Delta.DeltaException">The storage failed; what is left of files VACUUM deletes.</exception>
    public async Task RollBackToAsync(ChangeMark mark)
    {
        if (changed is { } known)
        {
            if (mark.Version is null) changed = null;
            if (mark.Version is { } version) await known.Table.RollBackToAsync(version, CancellationToken.None);
            else await known.Table.RollBackAsync(CancellationToken.None);
        }
        while (created.Count > mark.CreatedCount)
        {
            var name = created[^1];
            created.RemoveAt(created.Count - 1);
            if (await service.Lake.Catalog.FindAsync(name, CancellationToken.None) is { } definition)
                await service.Lake.DropTableAsync(definition, CancellationToken.None);
            service.Catalogs.Invalidate();
        }
    }

    /// <summary>Makes the changes seen by all.</summary>
    /// <exception cref="FozException">Another commit came first; nothing is left of the changes.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var name in created) await NoteAsync(name, cancellationToken);
            if (changed is not { } known) return;
            await service.Commits.BeginChangeAsync(known.Table.Shared, cancellationToken);
            if (await known.Table.CommitAsync(cancellationToken) is not { } committed) return;
            service.Commits.Note(committed.Snapshot);
            service.Catalogs.Invalidate();
        }
        catch (FozException)
        {
            changed = null;
            await RollBackToAsync(default);
            throw;
        }
    }

    /// <summary>Notes that a table that was made is there for transactions that begin from here on.</summary>
    async Task NoteAsync(TableName name, CancellationToken cancellationToken)
    {
        if (await service.Lake.Catalog.FindAsync(name, cancellationToken) is not null
            && await (await service.Lake.OpenTableAsync(name, cancellationToken)).FindLatestAsync(cancellationToken) is { } made)
            service.Commits.Note(made);
    }
}
