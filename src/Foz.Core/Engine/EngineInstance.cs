using System.Globalization;
using Foz.DuckDB;

namespace Foz.Core.Engine;

/// <summary>What an instance of DuckDB may use that a pool opens beside those of its workloads.</summary>
public sealed record InstanceOptions
{
    /// <summary>Its name, of its own in the pool; what it spills lies in a folder of that name.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>How many threads it uses.</summary>
    public required int Threads { get; init; }

    /// <summary>Bytes on the disk for what does not fit into memory; null for what the pool's instances may take.</summary>
    public long? SpillBytesMax { get; init; }

    /// <summary>Makes functions known to it, when it is opened.</summary>
    public Action<EngineSession> Opened { get; init; } = static _ => { };
}

/// <summary>An instance of DuckDB, opened at its first session. Safe for use by many threads.</summary>
public sealed class EngineInstance
{
    // More wait for nobody: so many statements at a time are rare.
    const int IdleMax = 32;

    readonly EnginePool pool;
    readonly InstanceOptions options;
    readonly Func<long, Database> open;
    readonly Lock gate = new();
    readonly Stack<EngineConnection> idle = [];
    readonly StreamFunction streams;
    readonly ScanFunctions scans;
    volatile Database? database;
    bool isClosed;

    internal EngineInstance(EnginePool pool, InstanceOptions options, StreamFunction streams, ScanFunctions scans, Func<long, Database> open)
    {
        (this.pool, this.streams, this.scans, Name, Threads, MemoryBytes) =
            (pool, streams, scans, options.Name, options.Threads, options.MemoryBytes);
        (this.options, this.open) = (options, open);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How many threads it uses.</summary>
    public int Threads { get; }

    /// <summary>Bytes of memory that it may use.</summary>
    public long MemoryBytes { get; private set; }

    internal EnginePool Pool => pool;

    /// <summary>Opens a session: a connection of its own. It costs microseconds, but for the first one.</summary>
    /// <exception cref="FozException">The native library is missing, or the instance could not be opened.</exception>
    public EngineSession Open() => new(new(Opened().Connect()), this, streams, scans);

    /// <summary>
    /// Lends a session for queries: what it costs to open a connection is paid once. It is given to the next one only where this one left
    /// nothing behind: it is closed after a failure, after what was canceled, and after anything that is no query.
    /// </summary>
    /// <param name="timeZone">The time zone that texts without one are in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The instance could not be opened, or there is no such time zone.</exception>
    public EngineSession Borrow(string timeZone, CancellationToken cancellationToken)
    {
        EngineConnection? connection;
        lock (idle) idle.TryPop(out connection);
        var session = new EngineSession(connection ?? new(Opened().Connect()), this, streams, scans, TakeBack);
        try
        {
            session.UseTimeZone(timeZone, cancellationToken);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>How many connections wait to be lent.</summary>
    internal int IdleCount
    {
        get
        {
            lock (idle) return idle.Count;
        }
    }

    /// <summary>Changes how much memory it may use.</summary>
    public void LimitMemory(long bytes)
    {
        lock (gate) MemoryBytes = bytes;
        if (database is not { } opened) return;
        using var connection = opened.Connect();
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"SET GLOBAL memory_limit = '{bytes}B'"));
    }

    /// <summary>Closes it, where it was opened.</summary>
    internal void Close()
    {
        lock (idle)
        {
            isClosed = true;
            while (idle.TryPop(out var connection)) connection.Dispose();
        }
        database?.Dispose();
    }

    /// <summary>The database, opened by who asks first; a failure is not remembered.</summary>
    Database Opened()
    {
        if (database is { } known) return known;
        lock (gate)
        {
            if (database is { } meanwhile) return meanwhile;
            var opened = open(MemoryBytes);
            try
            {
                using var session = new EngineSession(new(opened.Connect()), this, streams, scans);
                options.Opened(session);
            }
            catch
            {
                opened.Dispose();
                throw;
            }
            database = opened;
            return opened;
        }
    }

    void TakeBack(EngineConnection connection)
    {
        lock (idle)
            if (!isClosed && idle.Count < IdleMax)
            {
                idle.Push(connection);
                return;
            }
        connection.Dispose();
    }
}
