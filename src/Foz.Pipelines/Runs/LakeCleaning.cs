using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Selection;

namespace Foz.Pipelines.Runs;

/// <summary>What was, or would be, deleted of a lake.</summary>
/// <param name="What">The table's name, or the folder where it has none any more.</param>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">Their size.</param>
public sealed record CleanedTable(string What, int Files, long Bytes);

/// <summary>
/// Deletes unused tables: those that promotions replaced, and an environment's own where it has a base.
/// </summary>
/// <param name="lake">The lake.</param>
public sealed class LakeCleaning(Lakehouse lake)
{
    /// <summary>Deletes tables that promotions replaced and that no name refers to.</summary>
    /// <param name="retention">How long ago the promotion must have been.</param>
    /// <param name="isDryRun">Whether to report what would be deleted without deleting it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<CleanedTable>> ReplacedAsync(
        TimeSpan retention, bool isDryRun, CancellationToken cancellationToken)
    {
        var old = (await Promotion.ListAsync(lake, cancellationToken))
            .Where(promotion => promotion.CreatedAt <= lake.Clock.GetUtcNow() - retention).ToList();
        if (old.Count == 0) return [];
        await using var lease = await AcquireAsync(
            [.. old.Select(promotion => promotion.To).Distinct(StringComparer.OrdinalIgnoreCase)], cancellationToken);
        var named = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var definition in lake.Catalog.ListAsync(cancellationToken))
            if (definition.Location is { } location) named.Add(location);
        var cleaned = new List<CleanedTable>();
        foreach (var folder in old.SelectMany(promotion => promotion.Tables).Select(table => table.Replaced)
            .OfType<string>().Where(folder => !named.Contains(folder)))
            if (await DeleteAsync(folder, folder, isDryRun, cancellationToken) is { Files: > 0 } deleted)
                cleaned.Add(deleted);
        return cleaned;
    }

    /// <summary>Deletes an environment's own tables; its names then resolve to its base's tables again.</summary>
    /// <param name="project">The project in the environment.</param>
    /// <param name="selection">Selects the tables.</param>
    /// <param name="isDryRun">Whether to report what would be deleted without deleting it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The environment has no base.</exception>
    public async Task<IReadOnlyList<CleanedTable>> OwnAsync(
        Project project, SelectionRequest selection, bool isDryRun, CancellationToken cancellationToken)
    {
        if (project.File.Base is null)
            throw new FozException(ErrorKind.Usage, $"{project.Environment} has no base: its tables are nowhere else")
            {
                Hint = $"only what an environment has beside its 'base' in {ProjectFile.FileName} can be deleted",
            };
        await using var lease = await AcquireAsync([project.Environment], cancellationToken);
        var own = await BaseTableFallback.OwnAsync(project, lake, cancellationToken);
        var selected = (await new SelectionFinder(lake).FindAsync(project, selection, cancellationToken)).Tables;
        var cleaned = new List<CleanedTable>();
        foreach (var name in project.Graph.Nodes.Select(node => node.Name)
            .Where(name => own.Contains(name) && selected.Contains(name)))
        {
            var table = BaseTableFallback.Prefixed(project, name);
            foreach (var part in table.Beside.Append(table))
                if (await DropAsync(part, isDryRun, cancellationToken) is { } dropped) cleaned.Add(dropped);
            if (isDryRun) continue;
            await new StepLog(lake.Store, $"{table}").DeleteAsync(cancellationToken);
            await lake.Store.DeleteAsync(Lakehouse.StepLease(project.Environment, $"{table}"), cancellationToken);
        }
        if (!project.File.IsDeclared && selection.IsEmpty)
        {
            cleaned.AddRange(await OrphansAsync(project, isDryRun, cancellationToken));
            if (!isDryRun) await ForgetAsync(project, cancellationToken);
        }
        return cleaned;
    }

    /// <summary>
    /// Deletes what an undeclared environment has beside its models: nobody works there on tables whose models a later
    /// revision does not have.
    /// </summary>
    async Task<IReadOnlyList<CleanedTable>> OrphansAsync(
        Project project, bool isDryRun, CancellationToken cancellationToken)
    {
        var known = project.Graph.Nodes.Select(node => BaseTableFallback.Prefixed(project, node.Name))
            .SelectMany(table => table.Beside.Append(table)).ToHashSet();
        var orphans = new List<TableName>();
        await foreach (var definition in lake.Catalog.ListAsync(cancellationToken))
            if (definition.Schema.StartsWith(project.File.SchemaPrefix, StringComparison.OrdinalIgnoreCase)
                && !known.Contains(definition.TableName))
                orphans.Add(definition.TableName);
        var cleaned = new List<CleanedTable>();
        foreach (var orphan in orphans)
        {
            if (await DropAsync(orphan, isDryRun, cancellationToken) is { } dropped) cleaned.Add(dropped);
            if (!isDryRun) await new StepLog(lake.Store, $"{orphan}").DeleteAsync(cancellationToken);
        }
        return cleaned;
    }

    /// <summary>
    /// Deletes what is known of the steps of an undeclared environment, also of those that never committed, of its last
    /// run and its last review.
    /// </summary>
    async Task ForgetAsync(Project project, CancellationToken cancellationToken)
    {
        var leases = new List<string>();
        await foreach (var info in lake.Store.ListAsync(
            Lakehouse.StepLeases(project.Environment), startAfter: null, cancellationToken))
            leases.Add(info.Path);
        foreach (var path in leases)
        {
            await new StepLog(lake.Store, Path.GetFileNameWithoutExtension(path)).DeleteAsync(cancellationToken);
            await lake.Store.DeleteAsync(path, cancellationToken);
        }
        await lake.Store.DeleteAsync(Lakehouse.PassedReview(project.Environment), cancellationToken);
        await LastRun.DeleteAsync(lake.Store, project.Name, project.Environment, cancellationToken);
    }

    async Task<RunLease> AcquireAsync(IReadOnlyList<string> environments, CancellationToken cancellationToken) =>
        (await RunLease.AcquireResumedAsync(
            lake, JournalWriter.NewRunId(lake.Clock), environments, TimeSpan.FromMinutes(5), cancellationToken)).Lease;

    async Task<CleanedTable?> DropAsync(TableName name, bool isDryRun, CancellationToken cancellationToken)
    {
        if (await lake.Catalog.FindAsync(name, cancellationToken) is not { } definition) return null;
        // No reader finds the files without the name; the next try deletes those that remain.
        if (!isDryRun && definition.Location != LakeCatalog.DefaultLocation(name))
            await lake.Catalog.DropAsync(name, cancellationToken);
        var deleted = definition.Location is { } folder
            ? await DeleteAsync($"{name}", folder, isDryRun, cancellationToken)
            : new($"{name}", 0, 0);
        if (!isDryRun) await lake.Catalog.DropAsync(name, cancellationToken);
        return deleted;
    }

    async Task<CleanedTable> DeleteAsync(string what, string folder, bool isDryRun, CancellationToken cancellationToken)
    {
        var files = new List<Foz.Storage.ObjectInfo>();
        await foreach (var info in lake.Store.ListAsync(folder, startAfter: null, cancellationToken)) files.Add(info);
        if (!isDryRun)
            foreach (var file in files) await lake.Store.DeleteAsync(file.Path, cancellationToken);
        return new(what, files.Count, files.Sum(file => file.SizeBytes));
    }
}
