using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Foz.Core.Engine;
using Foz.Core.Governance;

namespace Foz.Core.Serving.PostgreSql;

/// <summary>
/// The images of the catalog that sessions look at. One is made when the lake is other than in the last, and it is looked for
/// that once a second at most; its relations become tables of the engine when a statement first reads them.
/// </summary>
sealed class CatalogImages(SqlService service) : IDisposable
{
    const int ImagesMax = 64;
    static readonly TimeSpan ageMax = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<long, CatalogView> views = new();
    readonly HashSet<(EngineInstance Instance, string Table)> made = [];
    readonly Queue<CatalogImage> kept = new();
    readonly Dictionary<string, (CatalogImage All, AccessList Access, CatalogImage Image)> seen = new(StringComparer.Ordinal);
    readonly SemaphoreSlim gate = new(1);
    readonly Lock making = new();
    CatalogImage? current;
    string key = "";
    long lookedAt;
    long lastNumber;
    volatile bool isStale;

    /// <summary>Makes sure that the next look is at the lake.</summary>
    public void Invalidate() => isStale = true;

    /// <summary>What the lake has.</summary>
    public async Task<CatalogImage> GetAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            var clock = service.Lake.Clock;
            if (current is not null && !isStale && clock.GetElapsedTime(lookedAt) < ageMax) return current;
            (isStale, lookedAt) = (false, clock.GetTimestamp());
            var tables = await ReadAsync(cancellationToken);
            var found = KeyOf(tables);
            if (current is not null && found == key) return current;
            (current, key) = (new(Interlocked.Increment(ref lastNumber), tables, service.Roles), found);
            lock (making)
            {
                kept.Enqueue(current);
                while (kept.Count > ImagesMax) Drop(kept.Dequeue());
            }
            return current;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>What a user sees of what the lake has: what is granted to it, and nothing else.</summary>
    public async Task<CatalogImage> GetAsync(SessionUser user, CancellationToken cancellationToken)
    {
        var all = await GetAsync(cancellationToken);
        if (user.IsOwner) return all;
        var access = service.Options.Access();
        lock (making)
        {
            if (seen.TryGetValue(user.Rights, out var known) && known.All == all && known.Access == access) return known.Image;
            var image = new CatalogImage(
                Interlocked.Increment(ref lastNumber), [.. all.Tables.Select(t => Seen(t, access, user)).OfType<CatalogTable>()],
                ["foz", user.Name]);
            if (seen.Remove(user.Rights, out var before)) kept.Enqueue(before.Image);
            seen[user.Rights] = (all, access, image);
            while (kept.Count > ImagesMax) Drop(kept.Dequeue());
            return image;
        }
    }

    static CatalogTable? Seen(CatalogTable table, AccessList list, SessionUser user)
    {
        if (list.Of(user.Grantee, table.Name) is not { } access) return null;
        return (table.IsView ? access.IsFull : access.IsFullOf([.. table.Columns.Select(c => c.Field)])) ? table : table with
        {
            Columns = [.. table.Columns.Where(c => access.Shows(c.Field))],
            RowCount = null,
            Bytes = 0,
            ViewSql = null,
        };
    }

    /// <summary>Makes a view known to functions of SQL, until it is forgotten.</summary>
    /// <returns>A number that nobody guesses: it opens what another session sees.</returns>
    public long Add(CatalogView view)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;
        views[number] = view;
        return number;
    }

    /// <summary>Forgets a view.</summary>
    public void Remove(long number) => views.TryRemove(number, out _);

    /// <summary>The view of a number.</summary>
    public CatalogView Get(long number) =>
        views.GetValueOrDefault(number) ?? throw new InvalidOperationException($"there is no view {number} of the catalog any more");

    /// <summary>What stands behind FROM for a relation, in an instance of the engine.</summary>
    /// <param name="name">The table's name there.</param>
    /// <param name="createSql">The statements that make the table in a schema of the engine's.</param>
    /// <param name="image">What it tells of.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public string Open(
        string name, Func<string, string> createSql, CatalogImage image, EngineInstance instance, CancellationToken cancellationToken)
    {
        var table = $"{SqlText.Identifier(image.EngineSchema)}.{SqlText.Identifier(name)}";
        lock (making)
        {
            if (made.Contains((instance, table))) return table;
            using var engine = instance.Open();
            engine.Execute(
                $"CREATE SCHEMA IF NOT EXISTS {SqlText.Identifier(image.EngineSchema)};" + createSql(image.EngineSchema),
                cancellationToken);
            made.Add((instance, table));
        }
        return table;
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    void Drop(CatalogImage image)
    {
        lock (making)
        {
            var schema = SqlText.Identifier(image.EngineSchema);
            var dropped = made.Where(m => m.Table.StartsWith(schema, StringComparison.Ordinal)).ToList();
            made.ExceptWith(dropped);
            foreach (var instance in dropped.Select(m => m.Instance).Distinct())
            {
                using var engine = instance.Open();
                engine.Execute($"DROP SCHEMA IF EXISTS {schema} CASCADE", CancellationToken.None);
            }
        }
    }

    async Task<IReadOnlyList<CatalogTable>> ReadAsync(CancellationToken cancellationToken)
    {
        var tables = new List<CatalogTable>();
        await foreach (var definition in service.Lake.Catalog.ListAsync(cancellationToken))
            if (await CatalogTable.ReadAsync(definition, service, cancellationToken) is { } table) tables.Add(table);
        return tables;
    }

    static string KeyOf(IReadOnlyList<CatalogTable> tables)
    {
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            text.Append(table.Name).Append('\0').Append(table.IsView).Append('\0').Append(table.Comment).Append('\0').Append(table.ViewSql)
                .Append('\0').Append(table.RowCount).Append('\0').Append(table.Bytes);
            foreach (var column in table.Columns)
                text.Append('\0').Append(column.Name).Append(' ').Append(column.Type).Append(column.IsNullable).Append(column.Comment);
            text.Append('\n');
        }
        return text.ToString();
    }
}
