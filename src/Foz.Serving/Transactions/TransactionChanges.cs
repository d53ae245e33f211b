using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Serving.Catalogs;
using Foz.Storage;

namespace Foz.Serving.Transactions;

/// <summary>How far the changes of a transaction were.</summary>
/// <param name="Versions">The versions of the changed tables; null where there were none.</param>
/// <param name="NamedCount">How many tables and views had been made or renamed.</param>
/// <param name="DroppedCount">How many tables and views were to be dropped.</param>
readonly record struct ChangeMark(ImmutableDictionary<TableName, long>? Versions, int NamedCount, int DroppedCount);

/// <summary>
/// The changes of a transaction. It changes tables that it makes itself and one other; no other session sees these
/// changes before the commit. Tables and views that it makes or renames take effect at once, until it is rolled back;
/// those that it drops go at the commit.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="commits">The order of commits of sessions.</param>
/// <param name="catalogs">The images of the catalog, which a change replaces.</param>
/// <param name="versions">The versions that the transaction reads.</param>
sealed class TransactionChanges(
    Lakehouse lake, CommitOrder commits, CatalogImages catalogs, TransactionVersions versions)
{
    readonly List<Named> named = [];
    readonly List<TableName> dropped = [];
    readonly Dictionary<TableName, Change> changed = [];

    /// <summary>How far they are.</summary>
    public ChangeMark Mark => new(
        changed.ToImmutableDictionary(change => change.Key, change => change.Value.Table.Version), named.Count,
        dropped.Count);

    /// <summary>Whether there are any.</summary>
    public bool IsAny => changed.Count + named.Count + dropped.Count > 0;

    /// <summary>
    /// Whether a statement can change a table after the earlier statements, and become one commit with them.
    /// </summary>
    /// <param name="name">The table.</param>
    /// <param name="onlyAdds">Whether it only adds rows.</param>
    public bool Takes(TableName name, bool onlyAdds) => changed.TryGetValue(name, out var known)
        ? !known.Table.TakesOnlyRows || (onlyAdds && known.HasOnlyAdded)
        : dropped.Contains(name) || IsMade(name) || Other is null;

    /// <summary>The table that it changes and has not made; null for none.</summary>
    TableName? Other => changed.Keys.Where(name => !IsMade(name)).Select(name => (TableName?)name).FirstOrDefault();

    /// <summary>The table that a statement changes, as the transaction has it.</summary>
    /// <param name="name">Its name in the lake.</param>
    /// <param name="table">The table as others have it.</param>
    /// <param name="onlyAdds">Whether the statement only adds rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The transaction has changed another one that it did not make, or dropped this one.
    /// </exception>
    public async ValueTask<LakeTable> OpenAsync(
        TableName name, LakeTable table, bool onlyAdds, CancellationToken cancellationToken)
    {
        if (dropped.Contains(name)) throw Missing(name);
        var isOwn = IsMade(name);
        if (!changed.TryGetValue(name, out var change))
        {
            if (!isOwn && Other is { } other)
                throw new FozException(
                    ErrorKind.Sql, $"the transaction has changed {other} already, and cannot change {name} too")
                {
                    SqlState = "0A000",
                    Hint = "a transaction changes one table beside those that it makes: COMMIT first",
                };
            var start = isOwn
                ? await table.LatestAsync(cancellationToken)
                : await versions.GetAsync(name, table, cancellationToken);
            changed.Add(name, change = new(new(table, start), HasOnlyAdded: true));
        }
        changed[name] = change with { HasOnlyAdded = change.HasOnlyAdded && onlyAdds };
        return change.Table.Current;
    }

    /// <summary>A table that the transaction has changed or made, as it has it; null for others.</summary>
    public async ValueTask<TableSnapshot?> FindAsync(TableName name, CancellationToken cancellationToken)
    {
        if (changed.TryGetValue(name, out var known)) return await known.Table.Current.LatestAsync(cancellationToken);
        return IsMade(name) ? await LatestAsync(name, cancellationToken) : null;
    }

    /// <summary>Makes sure that what was changed can become one commit of each table.</summary>
    /// <exception cref="FozException">It cannot.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var change in changed.Values) await change.Table.CheckAsync(cancellationToken);
    }

    /// <summary>Notes a table or view that the transaction made.</summary>
    /// <param name="name">The name.</param>
    /// <param name="table">The table as it was made; null for a view.</param>
    public void NoteCreated(TableName name, TableSnapshot? table) => named.Add(new(name, Before: null, new(table)));

    /// <summary>Notes that the transaction gave a table or view another name.</summary>
    public void NoteRenamed(TableName from, TableName to)
    {
        named.Add(new(to, from, Made: null));
        Move(from, to);
    }

    bool IsMade(TableName name) => FindMade(name) is not null;

    /// <summary>
    /// What the transaction made that has a name now, whatever it called it then; null where it did not make it.
    /// </summary>
    Made? FindMade(TableName name)
    {
        for (var i = named.Count - 1; i >= 0; i--)
        {
            if (named[i].Before == name) return null;
            if (named[i].Name != name) continue;
            if (named[i].Before is not { } before) return named[i].Made;
            name = before;
        }
        return null;
    }

    void Move(TableName from, TableName to)
    {
        if (changed.Remove(from, out var change)) changed.Add(to, change);
        versions.Rename(from, to);
    }

    /// <summary>What is dropped at the commit, and not seen by the transaction from here on.</summary>
    public ICollection<TableName> Dropped => dropped;

    /// <summary>Rolls back the changes after a mark.</summary>
    /// <exception cref="StorageException">The storage failed; VACUUM deletes the files that remain.</exception>
    public async Task RollBackToAsync(ChangeMark mark)
    {
        dropped.RemoveRange(mark.DroppedCount, dropped.Count - mark.DroppedCount);
        while (named.Count > mark.NamedCount)
        {
            var (name, before, made) = named[^1];
            named.RemoveAt(named.Count - 1);
            if (before is { } old) await RenameAsync(name, old);
            else await UnmakeAsync(name, made!);
        }
        foreach (var (name, change) in changed.ToList())
        {
            if (mark.Versions is { } marked && marked.TryGetValue(name, out var version))
            {
                await change.Table.RollBackToAsync(version, CancellationToken.None);
                continue;
            }
            changed.Remove(name);
            await change.Table.RollBackAsync(CancellationToken.None);
        }
    }

    async Task RenameAsync(TableName name, TableName old)
    {
        if (await lake.Catalog.FindAsync(name, CancellationToken.None) is not { } definition) return;
        await lake.Catalog.RenameAsync(definition, old, CancellationToken.None);
        Move(name, old);
        catalogs.Invalidate();
    }

    async Task UnmakeAsync(TableName name, Made made)
    {
        if (changed.Remove(name, out var change)) await change.Table.RollBackAsync(CancellationToken.None);
        // What others have committed to it meanwhile, or made in its place, is theirs.
        if (made.Table is { } own && await LatestAsync(name, CancellationToken.None) is { } latest
            && (latest.Version != own.Version || latest.Id != own.Id)) return;
        await RemoveAsync(name, CancellationToken.None);
    }

    /// <summary>
    /// Publishes the changes: first those of tables that the transaction made, which other sessions hardly know, then
    /// those of the other table; last it drops the tables to be dropped. Once it has begun it cannot be stopped.
    /// </summary>
    /// <param name="keepsFiles">Whether files stay that only the transaction's own statements could see.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Another commit came first; no changes remain.</exception>
    public async Task CommitAsync(bool keepsFiles, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var name in named.Select(entry => entry.Name).Distinct().Where(IsMade).Except(dropped))
                await NoteAsync(name, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (name, change) in changed.OrderByDescending(change => IsMade(change.Key)).ToList())
            {
                if (dropped.Contains(name)) continue;
                changed.Remove(name);
                await commits.BeginChangeAsync(change.Table.Shared, CancellationToken.None);
                if (await change.Table.CommitAsync(keepsFiles, CancellationToken.None) is not { } committed) continue;
                commits.Note(committed.Snapshot);
                if (FindMade(name) is { } made) made.Table = committed.Snapshot;
            }
        }
        catch (Exception e) when (e is FozException or OperationCanceledException)
        {
            await RollBackToAsync(default);
            throw;
        }
        finally
        {
            catalogs.Invalidate();
        }
        foreach (var name in dropped) await RemoveAsync(name, CancellationToken.None);
    }

    /// <summary>Notes that a table that was made is there for transactions that begin from here on.</summary>
    async Task NoteAsync(TableName name, CancellationToken cancellationToken)
    {
        if (await LatestAsync(name, cancellationToken) is { } made) commits.Note(made);
    }

    /// <summary>The newest version of a table; null for a view, and where there is nothing.</summary>
    async ValueTask<TableSnapshot?> LatestAsync(TableName name, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(name, cancellationToken) is { Kind: DefinitionKind.Table } table
            ? await lake.Tables.Open(table.Location!, name).FindLatestAsync(cancellationToken)
            : null;

    async Task RemoveAsync(TableName name, CancellationToken cancellationToken)
    {
        switch (await lake.Catalog.FindAsync(name, cancellationToken))
        {
            case { Kind: DefinitionKind.Table } table:
                await lake.DropTableAsync(table, cancellationToken);
                break;
            case { }:
                await lake.Catalog.DropAsync(name, cancellationToken);
                break;
        }
        catalogs.Invalidate();
    }

    static FozException Missing(TableName name) =>
        new(ErrorKind.NotFound, $"relation \"{name}\" does not exist") { SqlState = "42P01" };

    /// <summary>A name that the transaction gave.</summary>
    /// <param name="Name">The name.</param>
    /// <param name="Before">The name before; null for what it made.</param>
    /// <param name="Made">What it made; null for what it renamed.</param>
    readonly record struct Named(TableName Name, TableName? Before, Made? Made);

    /// <summary>What the transaction made.</summary>
    /// <param name="table">The table as others have it; null for a view.</param>
    sealed class Made(TableSnapshot? table)
    {
        /// <summary>The table as it was made, or as the transaction committed to it.</summary>
        public TableSnapshot? Table { get; set; } = table;
    }

    /// <summary>What a table is changed to.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="HasOnlyAdded">Whether its statements only added rows.</param>
    readonly record struct Change(TransactionTable Table, bool HasOnlyAdded);
}
