using Foz.Connectors.Changes;
using Foz.Lake;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// The publications of a slot: one of tables whose rows the server can identify, and one of the inserts of others. A
/// table is in one of them: in the first one the server would refuse each UPDATE and DELETE of a table without replica
/// identity.
/// </summary>
/// <param name="connection">A session of the database.</param>
/// <param name="changes">Which tables.</param>
sealed class Publications(PgConnection connection, PgChangeOptions changes)
{
    readonly Publication whole = new(connection, changes.Publication, Publication.AllOperations);
    readonly Publication inserts = new(connection, InsertsOf(changes), Publication.Inserts);

    /// <summary>What helps where changes are lost.</summary>
    public const string ResetHint = "foz stream reset starts again with a copy of all tables";

    /// <summary>The tables whose inserts and truncates are read.</summary>
    readonly IReadOnlyList<RelationName> unidentified = [.. changes.InsertOnlyTables.Select(Parse)];

    /// <summary>The tables of which all changes are read; null for all of the database.</summary>
    readonly IReadOnlyList<RelationName>? identified = changes.Tables.Count == 0
        ? null
        : [.. changes.Tables.Except(changes.InsertOnlyTables, StringComparer.Ordinal).Select(Parse)];

    /// <summary>
    /// Makes what a slot that starts will ever name: the server shows a reader its publications as they were at each
    /// change, so that one that is made later does not exist for it yet.
    /// </summary>
    /// <exception cref="FozException">The user may not, or one exists and leaves changes out.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (exists, isOfAll) = await whole.FindStateAsync(cancellationToken);
        if (!isOfAll && (unidentified.Count > 0 || !exists)) await inserts.EnsureAsync([], cancellationToken);
        await ChangeAsync(isOfAll, cancellationToken);
    }

    /// <summary>Puts each table where it belongs, for a slot that is read already.</summary>
    /// <exception cref="FozException">The user may not, or one exists and leaves changes out.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        var (exists, isOfAll) = await whole.FindStateAsync(cancellationToken);
        if (!exists)
            throw new FozException(ErrorKind.Source, $"{connection.Options}: {Missing}") { Hint = ResetHint };
        if (!isOfAll && unidentified.Count > 0 && !(await inserts.FindStateAsync(cancellationToken)).Exists)
            throw new FozException(
                ErrorKind.Configuration,
                $"{connection.Options}: {unidentified[0]} has no replica identity, and the replication slot "
                    + $"'{changes.Slot}' is older than the publication that tables without one need")
            {
                Hint = $"{ResetHint}; or: "
                    + $"ALTER TABLE {unidentified[0]} REPLICA IDENTITY FULL",
            };
        await ChangeAsync(isOfAll, cancellationToken);
    }

    /// <summary>
    /// Finds the tables whose changes are sent; those that must not be published with the others are taken out first,
    /// so that their users can change them.
    /// </summary>
    /// <returns>The numbers under which publications have them, as of <see cref="Publication.FindAsync"/>.</returns>
    /// <exception cref="FozException">The user does not own a publication.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task<IReadOnlyDictionary<(string Schema, string Name), long>> FindLoggedAsync(
        CancellationToken cancellationToken)
    {
        await whole.RemoveAsync([.. changes.Refused.Select(Parse), .. unidentified], cancellationToken);
        var logged = await whole.FindAsync(cancellationToken);
        if (unidentified.Count == 0) return logged;
        var inserted = await inserts.FindAsync(cancellationToken);
        return unidentified.Select(table => (table.Schema!, table.Name)).Where(inserted.ContainsKey)
            .Select(table => KeyValuePair.Create(table, inserted[table]))
            .UnionBy(logged, known => known.Key).ToDictionary();
    }

    /// <summary>
    /// Takes tables out that are not read any more: once one loses its key, its users could not change it.
    /// </summary>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task RemoveOthersAsync(CancellationToken cancellationToken)
    {
        if (changes.Tables.Count == 0) return;
        List<RelationName> kept = [.. changes.Tables.Select(Parse)];
        await whole.RemoveOthersAsync(kept, cancellationToken);
        await inserts.RemoveOthersAsync(kept, cancellationToken);
    }

    /// <summary>
    /// Returns what is missing where somebody dropped what the slot began with: the server does not say of changes that
    /// were made since what they are, also once there is another one of that name.
    /// </summary>
    /// <exception cref="FozException">It publishes other changes.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task<ChangeGap?> FindGapAsync(CancellationToken cancellationToken) =>
        (await whole.FindStateAsync(cancellationToken)).Exists
            ? null
            : new(ChangeGapKind.PublicationMissing, Missing);

    /// <summary>Returns the names of those that a reader names.</summary>
    /// <exception cref="FozException">One publishes other changes.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task<IReadOnlyList<string>> FindNamesAsync(CancellationToken cancellationToken) =>
        (await inserts.FindStateAsync(cancellationToken)).Exists
            ? [changes.Publication, InsertsOf(changes)]
            : [changes.Publication];

    async Task ChangeAsync(bool isOfAll, CancellationToken cancellationToken)
    {
        if (!isOfAll && unidentified.Count > 0)
        {
            await whole.RemoveAsync(unidentified, cancellationToken);
            await inserts.EnsureAsync(unidentified, cancellationToken);
        }

        await whole.EnsureAsync(identified, cancellationToken);
        await inserts.RemoveAsync(identified ?? [], cancellationToken);
    }

    string Missing =>
        $"the publication '{changes.Publication}' does not exist: it was dropped, and changes that were made without "
            + "it are lost";

    static string InsertsOf(PgChangeOptions changes) => $"{changes.Publication}_inserts";

    static RelationName Parse(string table) => RelationName.Parse(table)!.Value;
}
