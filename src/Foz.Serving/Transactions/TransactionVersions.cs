using System.Collections.Concurrent;
using System.Collections.Immutable;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Tables;

namespace Foz.Serving.Transactions;

/// <summary>
/// The version of each table that a transaction reads: one, for all of its statements. Of what other programs commit,
/// those versions are read that were there at the instant at which it began; <see cref="CommitOrder"/> decides about
/// what sessions do. Of tables of one source, all versions have the same batches of its changes.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="instant">The instant.</param>
/// <param name="committed">What sessions had committed before, by the roots of tables.</param>
sealed class TransactionVersions(
    Lakehouse lake, DateTimeOffset instant, ImmutableDictionary<string, CommittedVersion> committed)
{
    /// <summary>The version before the first.</summary>
    public const long None = -1;

    /// <summary>The instant at which it began.</summary>
    public DateTimeOffset Instant => instant;

    readonly ConcurrentDictionary<string, long> limits = new(StringComparer.Ordinal);
    readonly Dictionary<TableName, TableSnapshot> read = [];
    readonly Dictionary<string, BatchCut?> cuts = new(StringComparer.Ordinal);

    /// <summary>
    /// Notes the last version of a table that was there before a statement that began later than the transaction.
    /// </summary>
    public void Limit(LakeTable table, long version) =>
        limits.AddOrUpdate(table.Root, version, (_, known) => Math.Min(known, version));

    /// <summary>Returns the version of a table that the transaction reads.</summary>
    /// <param name="name">Its name in the lake, which has the same version from here on.</param>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The table was made after the transaction began.</exception>
    /// <exception cref="DeltaException">
    /// Another program made the table after the transaction began, or it cannot be read.
    /// </exception>
    public async ValueTask<TableSnapshot> GetAsync(TableName name, LakeTable table, CancellationToken cancellationToken)
    {
        if (read.TryGetValue(name, out var known)) return known;
        var found = await FindAsync(name, table, cancellationToken);
        read.Add(name, found);
        return found;
    }

    /// <summary>Makes another name resolve to a table that the transaction has renamed.</summary>
    public void Rename(TableName from, TableName to)
    {
        read.Remove(to);
        if (read.Remove(from, out var known)) read.Add(to, known);
    }

    async Task<TableSnapshot> FindAsync(TableName name, LakeTable table, CancellationToken cancellationToken)
    {
        var floor = committed.GetValueOrDefault(table.Root, new("", None));
        var found = await AtInstantAsync(table, instant, floor, cancellationToken);
        var cut = await CutOfAsync(name, table, found, cancellationToken);
        if (cut is { Instant: var later } && later > instant)
            found = await AtInstantAsync(table, later, floor, cancellationToken);
        if (found.Id == floor.Id && found.Version < floor.Version)
            found = await table.VersionAsync(floor.Version, cancellationToken);
        if (limits.TryGetValue(table.Root, out var limit) && found.Version > limit)
        {
            if (limit == None)
                throw new FozException(
                    ErrorKind.NotFound,
                    $"relation \"{name}\" does not exist: it was created after the transaction began")
                {
                    SqlState = "42P01", Hint = "begin the transaction again",
                };
            found = await table.VersionAsync(limit, cancellationToken);
        }
        if (cut is null || BatchedTable.Of(lake, name, table, found) is not { } batched) return found;
        var aligned = (await batched.UpToAsync(cut.Number, cancellationToken)).Snapshot;
        return found.Id == floor.Id && aligned.Version < floor.Version ? found : aligned;
    }

    /// <summary>
    /// The last batch of the source of a table that the transaction sees; null where the table has no source.
    /// </summary>
    async ValueTask<BatchCut?> CutOfAsync(
        TableName name, LakeTable table, TableSnapshot found, CancellationToken cancellationToken)
    {
        if (BatchedTable.Of(lake, name, table, found) is not { Folder: var folder }) return null;
        if (!cuts.TryGetValue(folder, out var cut))
            cuts.Add(folder, cut = await lake.Batches.FindCutAsync(folder, instant, cancellationToken));
        return cut;
    }

    static async Task<TableSnapshot> AtInstantAsync(
        LakeTable table, DateTimeOffset instant, CommittedVersion floor, CancellationToken cancellationToken)
    {
        try
        {
            return await table.VersionAtAsync(instant, cancellationToken);
        }
        catch (DeltaException e) when (e.Kind is DeltaErrorKind.VersionNotFound && floor.Version > None)
        {
            // It was made before the transaction began, by a clock that is ahead.
            return await table.VersionAsync(floor.Version, cancellationToken);
        }
    }
}
