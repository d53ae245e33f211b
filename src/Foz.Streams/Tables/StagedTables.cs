using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;

namespace Foz.Streams.Tables;

/// <summary>The changes of a batch that is being read, by their tables. For one thread.</summary>
/// <param name="engines">The engine that holds what is too much for memory, and writes files.</param>
sealed class StagedTables(EnginePool engines) : IDisposable
{
    readonly Dictionary<BronzeTable, StagedChanges> byTable = [];

    /// <summary>Gets how many tables have changes.</summary>
    public int Count => byTable.Count;

    /// <summary>Gets how many changes wait in memory.</summary>
    public int CountInMemory => byTable.Values.Sum(staged => staged.CountInMemory);

    /// <summary>Gets the tables with their changes.</summary>
    public IEnumerable<(BronzeTable Table, StagedChanges Changes)> All =>
        byTable.Select(entry => (entry.Key, entry.Value));

    /// <summary>Gets the changes of a table.</summary>
    public StagedChanges Of(BronzeTable table)
    {
        if (byTable.TryGetValue(table, out var staged)) return staged;
        return byTable[table] = new(() =>
        {
            var session = engines.Open(Workload.Ingestion);
            table.Table.ReachedBy(session);
            return session;
        });
    }

    /// <summary>Moves the changes of the table that has most in memory to the engine.</summary>
    public void Spill(CancellationToken cancellationToken) =>
        byTable.Values.MaxBy(staged => staged.CountInMemory)?.Spill(cancellationToken);

    /// <summary>Keeps the changes of some tables alone.</summary>
    public void Keep(IReadOnlyCollection<BronzeTable> tables)
    {
        foreach (var (table, staged) in byTable.Where(entry => !tables.Contains(entry.Key)).ToList())
        {
            byTable.Remove(table);
            staged.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var staged in byTable.Values) staged.Dispose();
    }
}

/// <summary>Changes of several tables whose files are written, and of which none is committed.</summary>
sealed class StagedCommits : IAsyncDisposable
{
    readonly List<(BronzeTable Table, TableChange Change)> changes = [];

    /// <summary>Adds a change, which is owned.</summary>
    public void Add(BronzeTable table, TableChange change) => changes.Add((table, change));

    /// <summary>Commits all of them.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(changes.Select(entry => entry.Table.CommitAsync(entry.Change, cancellationToken)));

    /// <summary>Deletes the files of those that are not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, change) in changes) await change.DisposeAsync();
    }
}
