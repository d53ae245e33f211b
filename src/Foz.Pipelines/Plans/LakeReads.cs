using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Plans;

/// <summary>
/// What a lake has at one moment, each thing of it read once: plans of many steps ask for the same again and again.
/// Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="project">The project, whose views need not be parsed again; null for none.</param>
public sealed class LakeReads(Lakehouse lake, Project? project = null)
{
    readonly ConcurrentDictionary<TableName, Lazy<Task<Definition?>>> definitions = new();
    readonly ConcurrentDictionary<TableName, Lazy<Task<TableSnapshot?>>> snapshots = new();
    readonly ConcurrentDictionary<TableName, Lazy<Task<StepManifest?>>> batches = new();
    readonly ConcurrentDictionary<string, IReadOnlyList<TableName>> named = new(StringComparer.Ordinal);

    /// <summary>The lake.</summary>
    public Lakehouse Lake => lake;

    /// <summary>Definitions that names will have, whatever the lake has for them.</summary>
    public IReadOnlyDictionary<TableName, Definition> Overlay { get; init; } = new Dictionary<TableName, Definition>();

    /// <summary>Returns the definition of a name; null if it has none.</summary>
    public Task<Definition?> FindAsync(TableName name, CancellationToken cancellationToken) =>
        Overlay.TryGetValue(name, out var known)
            ? Task.FromResult<Definition?>(known)
            : definitions.GetOrAdd(name, n => new(() => lake.Catalog.FindAsync(n, cancellationToken).AsTask())).Value;

    /// <summary>Returns the newest version of a table; null if it does not exist.</summary>
    /// <exception cref="FozException">The name is a view's.</exception>
    public Task<TableSnapshot?> FindLatestAsync(TableName table, CancellationToken cancellationToken) =>
        snapshots.GetOrAdd(table, t => new(() => LatestAsync(t, cancellationToken))).Value;

    /// <summary>The manifest of the last batch of a table's step, done or not; null where it has none.</summary>
    public Task<StepManifest?> FindLastAsync(TableName table, CancellationToken cancellationToken) =>
        batches.GetOrAdd(
            table,
            t => new(() => new StepLog(lake.Store, t.ToString()).ReadLastAsync(cancellationToken).AsTask())).Value;

    /// <summary>Whether a table or view has what a batch made.</summary>
    public async Task<bool> HasCommittedAsync(TableName table, StepManifest manifest,
        CancellationToken cancellationToken) =>
        manifest.GivenUpBy is null && await FindAsync(table, cancellationToken) switch
        {
            null => false,
            { Kind: DefinitionKind.View } view => view.Batch >= manifest.Batch,
            _ => (await FindLatestAsync(table, cancellationToken))?.BatchOf(manifest.Step) >= manifest.Batch,
        };

    /// <summary>
    /// The tables with a schema that a SELECT names, in the order of the text, each as often as it does.
    /// </summary>
    public IReadOnlyList<TableName> TablesIn(string sql, CancellationToken cancellationToken) =>
        named.GetOrAdd(sql, text =>
        {
            if (project?.FindTables(text) is { } known) return known;
            using var session = lake.Engines.Open(Workload.Models);
            return
            [
                .. session.Analyze(text, cancellationToken).Tables.Where(reference => reference.Schema is not null)
                    .Select(reference => new TableName(reference.Schema!, reference.Name)),
            ];
        });

    async Task<TableSnapshot?> LatestAsync(TableName table, CancellationToken cancellationToken)
    {
        var opened = await FindAsync(table, cancellationToken) switch
        {
            null => lake.Tables.Open(await lake.Catalog.NewLocationAsync(table, cancellationToken), table),
            { Kind: DefinitionKind.Table, Location: { } location } => lake.Tables.Open(location, table),
            _ => throw new FozException(ErrorKind.Usage, $"{table} is a view, not a table"),
        };
        return await opened.FindLatestAsync(cancellationToken);
    }
}
