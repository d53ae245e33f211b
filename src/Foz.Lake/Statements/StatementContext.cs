using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;

namespace Foz.Lake.Statements;

/// <summary>
/// What a statement works on: a session of the engine, what names refer to, and the tables that it opens by them.
/// </summary>
/// <param name="session">The session that reads and writes rows.</param>
/// <param name="names">What names refer to; null where there is no lake, only tables by their folders.</param>
/// <param name="tables">Opens tables by their folders.</param>
public sealed class StatementContext(EngineSession session, EnvironmentNameResolver? names, TableStore tables)
{
    /// <summary>What names in queries stand for, where that is not what they stand for in the lake.</summary>
    public INameResolver? QueryNames { get; init; }

    /// <summary>Gives the table that is changed, by its name in the lake; null where it is the table itself.</summary>
    public Func<TableName, LakeTable, CancellationToken, ValueTask<LakeTable>>? Changed { get; init; }

    /// <summary>
    /// Takes the names in the lake of tables and views that are dropped later; null where they are at once.
    /// </summary>
    public ICollection<TableName>? Dropped { get; init; }

    /// <summary>The session that reads and writes rows.</summary>
    internal EngineSession Session => session;

    /// <summary>What names refer to; null where there is no lake.</summary>
    internal EnvironmentNameResolver? Names => names;

    /// <summary>Opens tables by their folders.</summary>
    internal TableStore Tables => tables;

    /// <summary>Binds a query of the statement.</summary>
    internal Task<BoundStatement> BindAsync(string query, CancellationToken cancellationToken) =>
        new StatementBinder(Session, Relations).BindAsync(query, cancellationToken);

    /// <summary>The tags of what a query of the statement reads.</summary>
    internal QueryTags Tags => new(Session, Relations);

    /// <summary>What names in queries stand for.</summary>
    internal INameResolver Relations =>
        QueryNames is not null
            ? QueryNames
            : Names is not null ? Names : new LakeNameResolver(lake: null, Tables, static _ => null);

    /// <summary>The table that a statement reads, which must be there.</summary>
    public async Task<LakeTable> OpenAsync(TableTarget target, CancellationToken cancellationToken)
    {
        if (target.Folder is { } folder) return Tables.OpenFolder(folder);
        var lake = LakeOf(target);
        return await lake.OpenTableAsync(await Names!.ResolveAsync(target.Name!, cancellationToken), cancellationToken);
    }

    /// <summary>The table that a statement changes, which must be there and the environment's own.</summary>
    internal async Task<LakeTable> OpenOwnAsync(TableTarget target, CancellationToken cancellationToken)
    {
        if (target.Folder is { } folder) return Tables.OpenFolder(folder).ReachedBy(Session);
        var lake = LakeOf(target);
        var name = await Names!.ResolveOwnAsync(target.Name!, cancellationToken);
        var table = (await lake.OpenTableAsync(name, cancellationToken)).ReachedBy(Session);
        return Changed is null ? table : await Changed(name, table, cancellationToken);
    }

    /// <summary>The table that a statement makes, or that has its name already.</summary>
    /// <exception cref="FozException">The name refers to a view, or there is no lake.</exception>
    internal async Task<LakeTable> OpenNewAsync(TableTarget target, CancellationToken cancellationToken) =>
        (target.Folder is { } folder
            ? Tables.OpenFolder(folder)
            : await LakeOf(target).OpenTableAsync(Names!.Prefixed(target.Name!), cancellationToken)).ReachedBy(Session);

    /// <summary>
    /// Puts a table that was made into the catalog; one that is named by its folder has no name there.
    /// </summary>
    internal async Task DefineAsync(TableTarget target, string? description, CancellationToken cancellationToken)
    {
        if (target.Name is { } name)
            await LakeOf(target).DefineTableAsync(Names!.Prefixed(name), description, owner: null, cancellationToken);
    }

    Lakehouse LakeOf(TableTarget target) => Names?.Lake ?? throw new FozException(
        ErrorKind.NotFound, $"there is no lake that could have a table {target}")
    {
        Hint = "run it inside a project, or name the table by its folder: delta.`/data/orders`",
    };
}
