using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Parsing;
using Foz.Pipelines.Runs.Steps;
using Foz.Storage;
using Foz.Storage.Addresses;

namespace Foz.Pipelines.Runs.Models;

/// <summary>
/// The models that were up to date at their last check, with the files that showed it. A model stays up to date as long
/// as each of those files has the same stamp and the model has the same definition. It is a file in the user's cache
/// that each Foz rewrites; a user may delete it at any time. Safe for use by many threads.
/// </summary>
sealed class UpToDateCache
{
    // Clocks of file systems tick every few milliseconds, those of old ones every two seconds.
    static readonly TimeSpan AgeMin = TimeSpan.FromSeconds(3);

    readonly Lakehouse lake;
    readonly string? path;
    readonly DateTimeOffset openedAt;
    readonly UpToDateFile known;
    readonly int[] holding;
    readonly ConcurrentDictionary<TableName, NotedStep> noted = new();

    UpToDateCache(Lakehouse lake, string? path)
    {
        (this.lake, this.path) = (lake, path);
        // What is older than this by much cannot have been changed while it was looked at.
        openedAt = lake.Clock.GetUtcNow();
        known = path is null ? UpToDateFile.Empty : UpToDateFile.Read(path);
        holding = new int[known.Tables.Count];
    }

    /// <summary>
    /// Opens what is known of a project's steps in a lake; nothing is where the lake is not on this machine.
    /// </summary>
    public static UpToDateCache Open(Lakehouse lake, Project project)
    {
        // What an environment with a base borrows is looked up in more places.
        var isKnown = project.CacheFolder is not null && project.File.Base is null && FileStamp.AreKnown && lake.IsLocal
            && LocalObjectStore.NetworkFileSystemOf(lake.Folder) is null;
        if (!isKnown) return new(lake, path: null);
        var place = SHA256.HashData(Encoding.UTF8.GetBytes($"{project.Folder}\n{lake.Folder}\n{project.Environment}"));
        return new(lake, Path.Combine(project.CacheFolder!, Convert.ToHexStringLower(place.AsSpan(0, 8)) + ".settled"));
    }

    /// <summary>The models that are known to have nothing to do.</summary>
    /// <param name="nodes">The models.</param>
    /// <param name="isUnchanged">
    /// Whether their definitions must also be known to be those that their tables were made from.
    /// </param>
    public IEnumerable<GraphNode.OfModel> Find(IReadOnlyList<GraphNode.OfModel> nodes, bool isUnchanged)
    {
        if (known.Steps.Count == 0) return [];
        var found = new GraphNode.OfModel?[nodes.Count];
        Parallel.For(0, found.Length, i => found[i] = Contains(nodes[i], isUnchanged) ? nodes[i] : null);
        return found.OfType<GraphNode.OfModel>();
    }

    bool Contains(GraphNode.OfModel node, bool isUnchanged) =>
        known.Steps.TryGetValue(node.Table, out var step) && (step.IsUnchanged || !isUnchanged)
        && step.Definition == DefinitionOf(node) && step.Seen.All(Holds);

    /// <summary>Notes that a model has nothing to do.</summary>
    /// <param name="node">The model.</param>
    /// <param name="isUnchanged">Whether its definition is the one that its table was made from.</param>
    /// <param name="seen">The tables and views that it reads, directly or through views.</param>
    public void Note(GraphNode.OfModel node, bool isUnchanged, IReadOnlyList<TableName> seen)
    {
        // What is due of time is another thing each day, and what a template says of a table that is there is in no
        // definition.
        if (path is null || node.Model.Materialization.Strategy is IncrementalStrategy.Microbatch
            || node.Model.FeedsItself)
            return;
        noted[node.Table] = new(
            DefinitionOf(node), isUnchanged, [node.Table, .. seen.Where(name => name != node.Table).Distinct()]);
    }

    /// <summary>
    /// Keeps what was noted, as far as its files have not changed lately, beside what is known of other models of the
    /// project.
    /// </summary>
    /// <param name="reads">What was read of the lake.</param>
    /// <param name="project">The project.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task SaveAsync(LakeReads reads, Project project, CancellationToken cancellationToken)
    {
        if (path is null || noted.IsEmpty) return;
        var stamps = new Dictionary<TableName, TableStamps?>();
        var next = new UpToDateFile();
        foreach (var (table, (definition, isUnchanged, seen)) in noted)
        {
            foreach (var name in seen)
                if (!stamps.ContainsKey(name)) stamps[name] = await StampAsync(reads, name, cancellationToken);
            var all = seen.Select(name => stamps[name]).OfType<TableStamps>().ToList();
            if (all.Count == seen.Count && !all[0].Steps.IsNone) next.Add(table, definition, isUnchanged, all);
        }
        foreach (var table in project.Graph.Nodes.Select(node => node.Table).Where(table => !noted.ContainsKey(table)))
            if (known.Steps.TryGetValue(table, out var step))
                next.Add(table, step.Definition, step.IsUnchanged, [.. step.Seen.Select(index => known.Tables[index])]);
        next.Write(path);
    }

    /// <summary>Whether all files of a table that was seen are as they were.</summary>
    bool Holds(int index)
    {
        const int Yes = 1, No = 2;
        if (Volatile.Read(ref holding[index]) is var found and not 0) return found is Yes;
        var table = known.Tables[index];
        var holds = StampsOf(table.Name, table.Location) == table;
        Volatile.Write(ref holding[index], holds ? Yes : No);
        return holds;
    }

    /// <summary>The stamps of a table or view; null where they do not tell enough, or are too young.</summary>
    async Task<TableStamps?> StampAsync(LakeReads reads, TableName name, CancellationToken cancellationToken)
    {
        if (await reads.FindAsync(name, cancellationToken) is not { } definition) return null;
        if (definition.Kind is DefinitionKind.Table && definition.Location is null) return null;
        if (StampsOf(name, definition.Kind is DefinitionKind.Table ? definition.Location! : "") is not { } stamps)
            return null;
        var isThere = !stamps.Catalog.IsNone && (stamps.Location.Length == 0 || !stamps.Log.IsNone);
        return isThere && stamps.AreOlderThan(openedAt - AgeMin) ? stamps : null;
    }

    TableStamps? StampsOf(TableName name, string location) =>
        FileStamp.Of(PathOf(LakeCatalog.PathOf(name))) is { } catalog
        && FileStamp.Of(PathOf(Lakehouse.StepFolder(name.ToString()))) is { } steps
        && (location.Length == 0 ? default(FileStamp) : LogOf(location)) is { } log
            ? new(name, location, catalog, steps, log)
            : null;

    FileStamp? LogOf(string location) =>
        ObjectStores.IsUrl(location) ? null : FileStamp.Of(Path.Combine(lake.Folder, location, "_delta_log"));

    string PathOf(string path) => $"{lake.Folder}/{path}";

    /// <summary>A hash of all that decides about a model beside what it reads.</summary>
    static TextHash DefinitionOf(GraphNode.OfModel node)
    {
        var model = node.Model;
        var text = new StringBuilder(ModelPlan.Describe(model));
        Add(model.Materialization.Strategy is null ? "" : $"{model.Materialization.IsFullRefreshRestricted}");
        Add(model.Description);
        if (model.Readers is { } readers) Add([.. readers]);
        foreach (var (key, value) in model.Settings) Add(key, value);
        foreach (var column in model.Columns)
        {
            Add(column.Name, column.Type, column.Description);
            Add([.. column.Tags]);
            foreach (var (tag, why) in column.Release) Add(tag, why);
        }
        foreach (var check in model.Checks) Add(check.Fingerprint);
        foreach (var reference in model.References)
            Add(
                reference.Name.Schema, reference.Name.Name, reference.Table.Schema, reference.Table.Name,
                $"{(int)reference.Kind}{(reference.IsStream ? 's' : 'r')}{(reference.IsOrderOnly ? 'o' : 'r')}");
        return TextHash.Of(text.ToString());

        void Add(params ReadOnlySpan<string?> parts)
        {
            foreach (var part in parts) text.Append('\u0001').Append(part);
            text.Append('\u0002');
        }
    }

    /// <summary>A model that has nothing to do.</summary>
    /// <param name="Definition">A hash of its definition.</param>
    /// <param name="IsUnchanged">Whether that is known to be what its table was made from.</param>
    /// <param name="Seen">The tables and views that tell so, itself first.</param>
    sealed record NotedStep(TextHash Definition, bool IsUnchanged, IReadOnlyList<TableName> Seen);
}
