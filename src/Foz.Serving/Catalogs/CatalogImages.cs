using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Governance;

namespace Foz.Serving.Catalogs;

/// <summary>
/// The images of the catalog that sessions look at. One is made when the lake is other than in the last, and it is
/// looked for that once a second at most; its relations become tables of the engine when a statement first reads them.
/// Those that no statement uses are let go, the longest unused first. Safe for use by many threads.
/// </summary>
/// <param name="names">What names in the lake refer to.</param>
/// <param name="granted">Gives who may read what.</param>
sealed class CatalogImages(EnvironmentNameResolver names, Func<AccessList> granted) : IDisposable
{
    // One whose relations were all read takes between two and three of the 256 MB of the instance that they are in,
    // which statements need too.
    const int ImagesMax = 8;

    // The role that owns everything.
    const string Owner = "foz";

    static readonly TimeSpan ageMax = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<long, CatalogView> views = new();
    readonly Dictionary<CatalogImage, CachedImage> kept = [];
    readonly Dictionary<string, (CatalogImage All, AccessList Access, CatalogImage Image)> seen = new(
        StringComparer.Ordinal);
    readonly SemaphoreSlim gate = new(1);
    readonly Lock making = new();
    CatalogImage? current;
    string key = "";
    long lookedAt;
    long lastNumber;
    long lastUse;
    volatile bool isStale;

    /// <summary>Makes sure that the next look is at the lake.</summary>
    public void Invalidate() => isStale = true;

    /// <summary>What a user sees of what the lake has: what is granted to it, and nothing else.</summary>
    /// <param name="user">The user.</param>
    /// <param name="used">The images that a statement uses, which get it: they stay until they are released.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<CatalogImage> GetAsync(
        SessionUser user, HashSet<CatalogImage> used, CancellationToken cancellationToken)
    {
        var all = await GetAllAsync(cancellationToken);
        lock (making)
        {
            var image = user.IsOwner ? all : SeenBy(user, all);
            var found = KeptOf(image);
            if (used.Add(image)) found.Uses++;
            found.LastUse = ++lastUse;
            Release();
            return image;
        }
    }

    /// <summary>Ends the use of images.</summary>
    public void Release(HashSet<CatalogImage> used)
    {
        lock (making)
            foreach (var image in used) KeptOf(image).Uses--;
        used.Clear();
    }

    /// <summary>Makes a view available to SQL functions, until it is removed.</summary>
    /// <returns>A number that no user can guess: it gives access to what another session sees.</returns>
    public long Add(CatalogView view)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long)))
            & long.MaxValue;
        views[number] = view;
        return number;
    }

    /// <summary>Forgets a view.</summary>
    public void Remove(long number) => views.TryRemove(number, out _);

    /// <summary>The view of a number.</summary>
    public CatalogView Get(long number) =>
        views.GetValueOrDefault(number)
            ?? throw new InvalidOperationException($"there is no view {number} of the catalog any more");

    /// <summary>Returns SQL that may follow FROM for a relation, in an instance of the engine.</summary>
    /// <param name="name">The table's name there.</param>
    /// <param name="createSql">The statements that make the table in a schema of the engine's.</param>
    /// <param name="image">The image that it shows, which the statement uses.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public string Open(
        string name, Func<string, string> createSql, CatalogImage image, EngineInstance instance,
        CancellationToken cancellationToken)
    {
        var table = (instance, name);
        if (!IsMade(image, table))
        {
            // An instance that is opened makes its tables of images again: no lock may be held that it waits for.
            EngineSession engine;
            do engine = instance.Open();
            while (!TryMake(engine, image, table, createSql, cancellationToken));
        }
        return $"{SqlText.Identifier(image.EngineSchema)}.{SqlText.Identifier(name)}";
    }

    /// <summary>
    /// Makes the tables again that statements may use in a reopened instance; other tables are made when they are read.
    /// </summary>
    /// <param name="engine">A session of the instance, in which no other session is open yet.</param>
    public void Restore(EngineSession engine)
    {
        lock (making)
            foreach (var (image, found) in kept)
                foreach (var (table, createSql) in found.Made.Where(made => made.Key.Instance == engine.Instance)
                    .ToList())
                    if (found.Uses > 0 || image == current) Make(engine, image, createSql, CancellationToken.None);
                    else found.Made.Remove(table);
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    bool IsMade(CatalogImage image, (EngineInstance Instance, string Name) table)
    {
        lock (making) return KeptOf(image).Made.ContainsKey(table);
    }

    /// <summary>
    /// Makes a table of an image, unless its instance is opened again meanwhile: then it is to be made in the new
    /// generation.
    /// </summary>
    bool TryMake(
        EngineSession engine, CatalogImage image, (EngineInstance Instance, string Name) table,
        Func<string, string> createSql,
        CancellationToken cancellationToken)
    {
        using (engine)
            lock (making)
            {
                if (!engine.IsCurrent) return false;
                var made = KeptOf(image).Made;
                if (made.ContainsKey(table)) return true;
                Make(engine, image, createSql, cancellationToken);
                made.Add(table, createSql);
                return true;
            }
    }

    static void Make(
        EngineSession engine, CatalogImage image, Func<string, string> createSql,
        CancellationToken cancellationToken) =>
        engine.Execute(
            $"CREATE SCHEMA IF NOT EXISTS {SqlText.Identifier(image.EngineSchema)};" + createSql(image.EngineSchema),
            cancellationToken);

    /// <summary>What the lake has.</summary>
    async Task<CatalogImage> GetAllAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            var clock = names.Lake.Clock;
            if (current is not null && !isStale && clock.GetElapsedTime(lookedAt) < ageMax) return current;
            var startedAt = clock.GetTimestamp();
            // A change during the read makes the image stale again.
            isStale = false;
            var tables = await ReadAsync(cancellationToken);
            (lookedAt, var found) = (startedAt, KeyOf(tables));
            if (current is not null && found == key) return current;
            lock (making) (current, key) = (new(Interlocked.Increment(ref lastNumber), tables, [Owner]), found);
            return current;
        }
        catch
        {
            isStale = true;
            throw;
        }
        finally
        {
            gate.Release();
        }
    }

    CatalogImage SeenBy(SessionUser user, CatalogImage all)
    {
        var access = granted();
        if (seen.TryGetValue(user.Rights, out var known) && known.All == all && known.Access == access)
            return known.Image;
        var image = new CatalogImage(
            Interlocked.Increment(ref lastNumber),
            [.. all.Tables.Select(t => Seen(t, access, user)).OfType<CatalogTable>()],
            [Owner, user.Name]);
        seen[user.Rights] = (all, access, image);
        return image;
    }

    static CatalogTable? Seen(CatalogTable table, AccessList list, SessionUser user)
    {
        if (list.Of(user.Grantee, table.Name) is not { } access) return null;
        return (table.IsView ? access.IsFull : access.IsFullOf([.. table.Columns.Select(c => c.Field)]))
            ? table
            : table with
            {
                Columns = [.. table.Columns.Where(c => access.Shows(c.Field))],
                HidesColumns = table.Columns.Any(c => !access.Shows(c.Field)),
                RowCount = null,
                Bytes = 0,
                ViewSql = null,
            };
    }

    CachedImage KeptOf(CatalogImage image)
    {
        if (!kept.TryGetValue(image, out var found)) kept.Add(image, found = new());
        return found;
    }

    void Release()
    {
        while (kept.Count > ImagesMax)
        {
            var (image, unused) = kept.Where(pair => pair.Value.Uses == 0 && pair.Key != current)
                .OrderBy(pair => pair.Value.LastUse).FirstOrDefault();
            if (image is null) return;
            kept.Remove(image);
            foreach (var (rights, _) in seen.Where(pair => pair.Value.Image == image).ToList()) seen.Remove(rights);
            foreach (var instance in unused.Made.Keys.Select(made => made.Instance).Distinct())
            {
                using var engine = instance.OpenCurrent();
                engine?.Execute(
                    $"DROP SCHEMA IF EXISTS {SqlText.Identifier(image.EngineSchema)} CASCADE", CancellationToken.None);
            }
        }
    }

    async Task<IReadOnlyList<CatalogTable>> ReadAsync(CancellationToken cancellationToken)
    {
        var tables = new List<CatalogTable>();
        await foreach (var definition in names.Lake.Catalog.ListAsync(cancellationToken))
            if (await CatalogTable.ReadAsync(definition, names, cancellationToken) is { } table) tables.Add(table);
        return tables;
    }

    static string KeyOf(IReadOnlyList<CatalogTable> tables)
    {
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            text.Append(table.Name).Append('\0').Append(table.IsView).Append('\0').Append(table.Comment).Append('\0')
                .Append(table.ViewSql)
                .Append('\0').Append(table.RowCount).Append('\0').Append(table.Bytes);
            foreach (var column in table.Columns)
            {
                text.Append('\0').Append(column.Name).Append(' ').Append(column.Type).Append(column.IsNullable)
                    .Append(column.Comment);
                // Tags decide about who sees the column.
                foreach (var (name, value) in column.Field.Metadata)
                    text.Append('\0').Append(name).Append('=').Append(value);
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>What is kept of an image.</summary>
    sealed class CachedImage
    {
        /// <summary>The tables that were made of it, in instances of the engine, with what makes each.</summary>
        public Dictionary<(EngineInstance Instance, string Name), Func<string, string>> Made { get; } = [];

        /// <summary>How many sessions use it in a statement.</summary>
        public int Uses { get; set; }

        /// <summary>Which of all uses the last was.</summary>
        public long LastUse { get; set; }
    }
}
