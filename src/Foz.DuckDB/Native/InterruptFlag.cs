using System.Collections.Concurrent;

namespace Foz.DuckDB.Native;

/// <summary>Whether the statement of a connection is to stop, as managed functions see it while they work.</summary>
sealed class InterruptFlag
{
    volatile bool isSet;

    /// <summary>Whether it is to stop.</summary>
    public bool IsSet
    {
        get => isSet;
        set => isSet = value;
    }
}

/// <summary>The flags of a database's connections, by the connections' numbers. Safe for use by many threads.</summary>
sealed class InterruptFlags
{
    readonly ConcurrentDictionary<ulong, InterruptFlag> flags = new();

    public void Add(ulong connection, InterruptFlag flag) => flags[connection] = flag;

    public void Remove(ulong connection, InterruptFlag flag) => flags.TryRemove(new(connection, flag));

    /// <summary>The flag of a connection; one that is never set for those that are DuckDB's own.</summary>
    public InterruptFlag Find(ulong connection) => flags.GetValueOrDefault(connection) ?? new();
}
