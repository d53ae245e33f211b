using Foz.Lake;

namespace Foz.Serving.Results;

/// <summary>The cursors that a session has declared with SQL.</summary>
/// <param name="most">How many.</param>
sealed class DeclaredCursors(int most)
{
    readonly Dictionary<string, Declared> cursors = new(StringComparer.Ordinal);

    /// <summary>Makes sure that a cursor of the name can be declared.</summary>
    public void CheckNew(string name)
    {
        if (cursors.Count >= most)
            throw new FozException(ErrorKind.Resource, $"a session keeps at most {most} cursors")
            {
                SqlState = "53400",
            };
        if (cursors.ContainsKey(name))
            throw new FozException(ErrorKind.Sql, $"cursor \"{name}\" already exists") { SqlState = "42P03" };
    }

    public void Add(string name, SqlCursor cursor, bool isHeld) => cursors.Add(name, new(cursor, isHeld));

    public SqlCursor Get(string name) => cursors.TryGetValue(name, out var found) ? found.Cursor : throw Missing(name);

    public async Task CloseAsync(string name)
    {
        if (!cursors.Remove(name, out var found)) throw Missing(name);
        await found.Cursor.DisposeAsync();
    }

    public Task CloseAllAsync() => CloseAsync(static _ => true);

    /// <summary>Whether any is open.</summary>
    public bool IsAny => cursors.Count > 0;

    /// <summary>Whether the transaction has declared one that outlives it.</summary>
    public bool HasHeld => cursors.Values.Any(declared => declared is { IsHeld: true, HasOutlived: false });

    /// <summary>Closes those that do not outlive a transaction: held ones do from the commit of theirs on.</summary>
    public async Task EndTransactionAsync(bool isCommitted)
    {
        await CloseAsync(declared => !declared.HasOutlived && !(declared.IsHeld && isCommitted));
        foreach (var (name, declared) in cursors.ToList()) cursors[name] = declared with { HasOutlived = true };
    }

    async Task CloseAsync(Func<Declared, bool> choice)
    {
        foreach (var (name, declared) in cursors.Where(c => choice(c.Value)).ToList())
        {
            cursors.Remove(name);
            await declared.Cursor.DisposeAsync();
        }
    }

    static FozException Missing(string name) =>
        new(ErrorKind.Sql, $"cursor \"{name}\" does not exist") { SqlState = "34000" };

    /// <summary>A cursor.</summary>
    /// <param name="Cursor">Its rows.</param>
    /// <param name="IsHeld">Whether it outlives its transaction.</param>
    readonly record struct Declared(SqlCursor Cursor, bool IsHeld)
    {
        /// <summary>Whether its transaction has ended.</summary>
        public bool HasOutlived { get; init; }
    }
}
