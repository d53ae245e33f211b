using System.Collections.Concurrent;
using Foz.Connectors.Changes;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;

namespace Foz.Streams.Tables;

/// <summary>The changes of a batch that is being read, by their tables. For one thread.</summary>
/// <param name="engines">The engine that writes them.</param>
/// <param name="begin">Gives the batch, once there is something in it.</param>
sealed class StagedTables(EnginePool engines, Func<BatchPart> begin) : IAsyncDisposable
{
    /// <summary>About how many bytes wait in memory, over all tables; as many are written meanwhile.</summary>
    const long BytesMax = 32 << 20;

    readonly Dictionary<BronzeTable, StagedChanges> byTable = [];
    Task writing = Task.CompletedTask;

    /// <summary>Gets the batch.</summary>
    public BatchPart Part => field ??= begin();

    /// <summary>Gets the tables that have changes.</summary>
    public IReadOnlyCollection<BronzeTable> Tables => byTable.Keys;

    /// <summary>Adds changes of a table; where too many wait, those of one table are written first.</summary>
    /// <exception cref="Foz.Lake.FozException">Changes do not fit their table.</exception>
    public async ValueTask AddAsync(BronzeTable table, TableChanges changes, CancellationToken cancellationToken)
    {
        if (!byTable.TryGetValue(table, out var staged)) byTable[table] = staged = new(table, engines, Part);
        staged.Add(changes);
        if (byTable.Values.Sum(known => known.BytesWaiting) <= BytesMax) return;
        await writing;
        writing = await byTable.Values.MaxBy(known => known.BytesWaiting)!.BeginWriteAsync(cancellationToken);
    }

    /// <summary>Writes all that is left of the changes of some tables, and forgets those of others.</summary>
    /// <param name="tables">The tables; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Foz.Lake.FozException">Changes do not fit their table.</exception>
    public async Task<StagedCommits> EndAsync(
        IReadOnlyCollection<BronzeTable>? tables, CancellationToken cancellationToken)
    {
        var commits = new StagedCommits();
        try
        {
            await Parallel.ForEachAsync(
                byTable.Where(entry => tables?.Contains(entry.Key) is not false),
                new ParallelOptions { MaxDegreeOfParallelism = engines.Threads, CancellationToken = cancellationToken },
                async (entry, token) => commits.Add(entry.Key, await entry.Value.EndAsync(token)));
            return commits;
        }
        catch
        {
            await commits.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var staged in byTable.Values) await staged.DisposeAsync();
    }
}

/// <summary>
/// Changes of several tables whose files are written, and of which none is committed. Changes may be added by several
/// threads.
/// </summary>
sealed class StagedCommits : IAsyncDisposable
{
    readonly ConcurrentBag<(BronzeTable Table, TableChange Change)> changes = [];

    /// <summary>Adds a change, which is owned.</summary>
    public void Add(BronzeTable table, TableChange change) => changes.Add((table, change));

    /// <summary>Commits all of them.</summary>
    /// <param name="position">The position at which the tables stand then.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task CommitAsync(string position, CancellationToken cancellationToken) => await Task.WhenAll(
        changes.Select(entry => entry.Table.CommitAsync(entry.Change, position, cancellationToken)));

    /// <summary>Deletes the files of those that are not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, change) in changes) await change.DisposeAsync();
    }
}
