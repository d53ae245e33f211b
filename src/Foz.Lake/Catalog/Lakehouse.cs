using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Storage.Caching;

namespace Foz.Lake.Catalog;

/// <summary>A lake: its storage, its tables, its names, and the engines that work on it.</summary>
public sealed class Lakehouse
{
    /// <summary>The folder of everything that is neither a table nor a project's.</summary>
    public const string SystemFolder = "_foz";

    readonly FileCache? cache;

    /// <summary>A lake in a folder of this machine; it need not exist yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="engines">The engines.</param>
    /// <param name="clock">The time.</param>
    public Lakehouse(string folder, EnginePool engines, TimeProvider clock)
    {
        Folder = Path.GetFullPath(folder);
        Engines = engines;
        Clock = clock;
        Store = new(new LocalObjectStore(Folder), clock);
        Tables = new(Store, engines, clock, new(Path.Combine(Folder, SystemFolder, "cache", "keys"), clock));
        Catalog = new(Store);
        Batches = new(this);
    }

    /// <summary>A lake in an object store.</summary>
    Lakehouse(LakeLocation location, FileCache cache, EnginePool engines, TimeProvider clock)
    {
        var open = (string url) => ObjectStores.Open(url, new()
        {
            Settings = location.Settings, Cache = cache, Clock = clock, Variable = name => location.Variables[name],
        });
        Store = new(open(location.Path), clock);
        IsSingleWriter = location.Settings.GetValueOrDefault(ObjectStores.SingleWriter.Name) == "true";
        Folder = cache.PrivateFolder(Store.Root);
        (Engines, Clock, this.cache) = (engines, clock, cache);
        Tables = new(Store, engines, clock, new(Path.Combine(cache.Folder, "keys"), clock), open);
        Catalog = new(Store);
        Batches = new(this);
    }

    Lakehouse(Lakehouse lake, LakeCatalog catalog, TableStore tables)
    {
        (Folder, Engines, Clock, cache) = (lake.Folder, lake.Engines, lake.Clock, lake.cache);
        (Store, IsSingleWriter, Batches) = (lake.Store, lake.IsSingleWriter, lake.Batches);
        (Catalog, Tables) = (catalog, tables);
    }

    /// <summary>Opens the lake at a location; no request goes to an object store yet.</summary>
    /// <exception cref="StorageException">The address or a setting of it has no meaning.</exception>
    public static Lakehouse Open(LakeLocation location, EnginePool engines, TimeProvider clock) =>
        ObjectStores.IsUrl(location.Path)
            ? new(location, new FileCache(location.CacheFolder ?? CacheFolderDefault, location.CacheBytesMax, clock),
                engines, clock)
            : new(location.Path, engines, clock);

    /// <summary>
    /// The lake's folder on this machine: the lake itself, or, where it is in an object store, what stays here of it.
    /// </summary>
    public string Folder { get; }

    /// <summary>Where the lake is, as people write it.</summary>
    public string Root => Store.Root;

    /// <summary>Whether the lake is on this machine, and not in an object store.</summary>
    public bool IsLocal => Store.IsLocal;

    /// <summary>
    /// Whether its object store does not decide between two writers: only one process at a time may write.
    /// </summary>
    public bool IsSingleWriter { get; }

    /// <summary>Where the files of a lake in an object store are kept; null for a lake on this machine.</summary>
    public string? CacheFolder => cache?.Folder;

    /// <summary>The engines.</summary>
    public EnginePool Engines { get; }

    /// <summary>The time.</summary>
    public TimeProvider Clock { get; }

    /// <summary>The lake's objects.</summary>
    public LakeStore Store { get; }

    /// <summary>The lake's format.</summary>
    public LakeFormat Format => Store.Format;

    /// <summary>The lake's Delta tables, by folder.</summary>
    public TableStore Tables { get; }

    /// <summary>The lake's names.</summary>
    public LakeCatalog Catalog { get; }

    /// <summary>The batches of changes of its sources.</summary>
    public SourceBatches Batches { get; }

    /// <summary>Where frequent small facts are kept until they reach their tables.</summary>
    public string JournalFolder => Path.Combine(Folder, SystemFolder, "journal");

    /// <summary>The folder below the lake of what a step noted of its batches.</summary>
    public static string StepFolder(string step) => $"{SystemFolder}/steps/{step.ToLowerInvariant()}";

    /// <summary>The object that says who works on a step of an environment.</summary>
    public static string StepLease(string environment, string step) =>
        $"{StepLeases(environment)}/{step}.json".ToLowerInvariant();

    /// <summary>The folder of those of an environment.</summary>
    public static string StepLeases(string environment) => $"{SystemFolder}/leases/{environment}".ToLowerInvariant();

    /// <summary>The object that says that the last review of an environment passed.</summary>
    public static string PassedReview(string environment) =>
        $"{SystemFolder}/reviews/{environment}.json".ToLowerInvariant();

    /// <summary>
    /// Closes the files of this machine to the engines in which users' statements run, except for the folders of the
    /// lake's tables, and those of the cache where the lake is in an object store. A table elsewhere is reached from
    /// the first statement on that reads it.
    /// </summary>
    /// <param name="closed">Folders that are no tables', though tables may lie below them.</param>
    public void Confine(IReadOnlyList<string> closed)
    {
        if (cache is not null)
        {
            Engines.Confine(lake: null, SystemFolder, closed, cache.DataFolders);
            return;
        }
        var names = new DirectoryInfo(Path.Combine(Folder, SystemFolder, "catalog"));
        Engines.Confine(
            Folder, SystemFolder, closed,
            names.Exists ? [.. names.EnumerateDirectories().Select(schema => Path.Combine(Folder, schema.Name))] : []);
    }

    /// <summary>Releases the files it holds on this machine; without a call, the next process does.</summary>
    public void Close() => cache?.Dispose();

    /// <summary>The folder of Foz in the user's cache, as the system's conventions have it.</summary>
    public static string CacheFolderDefault
    {
        get
        {
            var common = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (OperatingSystem.IsWindows())
                common = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
            else if (string.IsNullOrEmpty(common))
                common = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(common, "foz");
        }
    }

    /// <summary>
    /// Returns the same lake for one step: with the names of <see cref="LakeCatalog.ReadOnce"/>, and tables that are
    /// looked at once a second. In an object store each look is a round trip.
    /// </summary>
    public Lakehouse ForStep() => new(this, Catalog.ReadOnce(), Tables.LookingEach(TimeSpan.FromSeconds(1)));

    /// <summary>Returns the table of a name, whether it exists or not.</summary>
    /// <exception cref="FozException">The name refers to a view.</exception>
    public async ValueTask<LakeTable> OpenTableAsync(TableName name, CancellationToken cancellationToken) =>
        await Catalog.FindAsync(name, cancellationToken) switch
        {
            null => Tables.Open(await Catalog.NewLocationAsync(name, cancellationToken), name),
            { Kind: DefinitionKind.Table } table => Tables.Open(table.Location!, name),
            _ => throw new FozException(ErrorKind.Usage, $"{name} is a view, not a table"),
        };

    /// <summary>
    /// Removes a table from the lake: what its step noted, so that the next run makes it again, its name, and its
    /// files. Where this is interrupted, call it again.
    /// </summary>
    /// <param name="table">The definition of its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How many files were deleted.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<int> DropTableAsync(Definition table, CancellationToken cancellationToken)
    {
        await DeleteAllAsync(StepFolder($"{table.TableName}"), cancellationToken);
        await Catalog.DropAsync(table.TableName, cancellationToken);
        // Oldest first: a log without its beginning is refused, and never taken for an older version.
        return await DeleteAllAsync($"{table.Location}/_delta_log", cancellationToken)
            + await DeleteAllAsync(table.Location!, cancellationToken);
    }

    async Task<int> DeleteAllAsync(string folder, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var file in Store.ListAsync(folder, startAfter: null, cancellationToken))
        {
            await Store.DeleteAsync(file.Path, cancellationToken);
            count++;
        }
        return count;
    }

    /// <summary>Makes sure that a name refers to a table, which lies in the folder of its name if it is new.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">What the table holds; null leaves it unchanged.</param>
    /// <param name="owner">The table's owner; null leaves it unchanged.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public ValueTask<LakeTable> DefineTableAsync(
        TableName name, string? description, string? owner, CancellationToken cancellationToken) =>
        DefineTableAsync(name, description, owner, location: null, cancellationToken);

    /// <summary>Makes sure that a name refers to a table.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">What the table holds; null leaves it unchanged.</param>
    /// <param name="owner">The table's owner; null leaves it unchanged.</param>
    /// <param name="location">The folder of a table that is not defined yet; null for that of its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async ValueTask<LakeTable> DefineTableAsync(
        TableName name, string? description, string? owner, string? location, CancellationToken cancellationToken)
    {
        var definition = await Catalog.DefineAsync(
            name,
            present => new()
            {
                Schema = name.Schema,
                Name = name.Name,
                Kind = DefinitionKind.Table,
                Location = present?.Location ?? location,
                Description = description ?? present?.Description,
                Owner = owner ?? present?.Owner,
            },
            cancellationToken);
        return Tables.Open(definition.Location!, name);
    }
}
