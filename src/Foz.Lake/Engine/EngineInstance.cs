using System.Globalization;
using Foz.DuckDB.Connections;
using Foz.Lake.Engine.Functions;

namespace Foz.Lake.Engine;

/// <summary>What an instance of DuckDB may use that a pool opens besides those of its workloads.</summary>
public sealed record InstanceOptions
{
    /// <summary>Its name, of its own in the pool; what it spills lies in a folder of that name.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>How many threads it uses.</summary>
    public required int Threads { get; init; }

    /// <summary>
    /// Bytes on the disk for what does not fit into memory; null for what the pool's instances may take.
    /// </summary>
    public long? SpillBytesMax { get; init; }

    /// <summary>Makes functions known to it, when it is opened.</summary>
    public Action<EngineSession> Opened { get; init; } = static _ => { };
}

/// <summary>
/// An instance of DuckDB, opened at its first session. After an error that ends it another generation takes its place:
/// sessions of the dead one fail, those that are opened from then on do not know of it. Safe for use by many threads.
/// </summary>
public sealed class EngineInstance
{
    readonly EnginePool pool;
    readonly Func<long, IReadOnlyList<string>?, Database> open;
    readonly Lock gate = new();
    readonly Lock reopeningGate = new();
    readonly List<Action<EngineSession>> definitions;
    readonly StreamFunction streams;
    readonly ScanFunctions scans;
    EngineGeneration? current;
    Task reopening = Task.CompletedTask;
    volatile bool isDead;
    bool isClosed;

    internal EngineInstance(
        EnginePool pool, InstanceOptions options, StreamFunction streams, ScanFunctions scans,
        Func<long, IReadOnlyList<string>?, Database> open)
    {
        (this.pool, this.streams, this.scans, Name, Threads, MemoryBytes) =
            (pool, streams, scans, options.Name, options.Threads, options.MemoryBytes);
        (this.open, definitions) = (open, [options.Opened]);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How many threads it uses.</summary>
    public int Threads { get; }

    /// <summary>Bytes of memory that it may use.</summary>
    public long MemoryBytes { get; private set; }

    internal EnginePool Pool => pool;

    /// <summary>The folders that its statements reach; null for all of the machine's.</summary>
    internal TableFolders? Folders { get; private set; }

    /// <summary>Opens a session: a connection of its own. It costs microseconds, except for the first one.</summary>
    /// <exception cref="FozException">The native library is missing, or the instance could not be opened.</exception>
    public EngineSession Open() => new(Connect(static generation => generation.TryConnect()), this, streams, scans);

    /// <summary>
    /// Lends a session for queries: the cost of opening a connection is paid once. The connection is reused only where
    /// this session left no state: it is closed after a failure, after a cancellation, and after anything that is no
    /// query.
    /// </summary>
    /// <param name="timeZone">The time zone that texts without one are in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The instance could not be opened, or there is no such time zone.</exception>
    public EngineSession Borrow(string timeZone, CancellationToken cancellationToken)
    {
        var session = new EngineSession(
            Connect(static generation => generation.TryBorrow()), this, streams, scans, isLent: true);
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

    /// <summary>
    /// Makes functions and other things that statements use known to the instance: now where it is open, and whenever
    /// it is opened. The definition gets a session of a generation that is not shared yet, or of the one in use.
    /// </summary>
    public void Define(Action<EngineSession> definition)
    {
        lock (gate)
        {
            definitions.Add(definition);
            if (Volatile.Read(ref current) is not { } generation || generation.TryConnect() is not { } connection)
                return;
            using var session = new EngineSession(connection, this, streams, scans);
            definition(session);
        }
    }

    /// <summary>Changes how much memory it may use.</summary>
    public void LimitMemory(long bytes)
    {
        lock (gate) MemoryBytes = bytes;
        using var connection = Volatile.Read(ref current)?.TryConnect();
        connection?.Native
            .Execute(string.Create(CultureInfo.InvariantCulture, $"SET GLOBAL memory_limit = '{bytes}B'"));
    }

    /// <summary>How many connections wait to be lent.</summary>
    internal int IdleCount => Volatile.Read(ref current)?.IdleCount ?? 0;

    /// <summary>
    /// Whether it serves: false from the error that ended it until another generation has taken its place, which is
    /// tried again where that failed.
    /// </summary>
    internal bool IsReady
    {
        get
        {
            if (isDead) Reopen();
            return !isDead;
        }
    }

    /// <summary>Closes all files to its statements but those in some folders, from the next session on.</summary>
    internal void Confine(TableFolders folders)
    {
        lock (gate)
        {
            Folders = folders;
            Renew();
        }
    }

    /// <summary>
    /// Makes sure that sessions that are opened from now on reach folders; those that are open stay unchanged.
    /// </summary>
    /// <exception cref="FozException">
    /// A folder is one that is never reached, or the instance could not be opened.
    /// </exception>
    internal void Reach(IReadOnlyCollection<string> folders)
    {
        Folders!.Add(folders);
        lock (gate)
            if (Volatile.Read(ref current) is { } generation && !folders.All(generation.Reaches)) Renew();
    }

    /// <summary>Whether a generation is the one whose sessions are opened now.</summary>
    internal bool IsCurrent(EngineGeneration generation) => Volatile.Read(ref current) == generation;

    /// <summary>A session of the generation that is open now; null where none is.</summary>
    public EngineSession? OpenCurrent() =>
        Volatile.Read(ref current)?.TryConnect() is { } connection ? new(connection, this, streams, scans) : null;

    /// <summary>A connection of the generation that is open now, or that is opened for it.</summary>
    internal EngineConnection Connect() => Connect(static generation => generation.TryConnect());

    /// <summary>Notes that an error has ended a generation, and opens another one in its place.</summary>
    internal void Replace(EngineGeneration dead)
    {
        if (Interlocked.CompareExchange(ref current, null, dead) != dead) return;
        isDead = true;
        dead.End();
        Reopen();
    }

    /// <summary>Closes it, where it was opened.</summary>
    internal void Close()
    {
        lock (gate)
        {
            isClosed = true;
            Interlocked.Exchange(ref current, null)?.End();
        }
    }

    EngineConnection Connect(Func<EngineGeneration, EngineConnection?> connect)
    {
        while (true)
            if (connect(Opened()) is { } connection) return connection;
    }

    /// <summary>Returns the generation, which the first caller opens; a failure is not remembered.</summary>
    EngineGeneration Opened()
    {
        if (Volatile.Read(ref current) is { } known) return known;
        lock (gate)
        {
            if (Volatile.Read(ref current) is { } meanwhile) return meanwhile;
            ObjectDisposedException.ThrowIf(isClosed, this);
            var reach = Folders?.All;
            var generation = new EngineGeneration(open(MemoryBytes, reach), reach);
            try
            {
                using var session = new EngineSession(generation.TryConnect()!, this, streams, scans);
                foreach (var definition in definitions) definition(session);
            }
            catch
            {
                generation.End();
                throw;
            }
            Volatile.Write(ref current, generation);
            isDead = false;
            return generation;
        }
    }

    /// <summary>
    /// Opens another generation in the place of one that lives. While it is opened there is none, so that no caller
    /// adds to the old one what the new one would lack.
    /// </summary>
    void Renew()
    {
        if (Interlocked.Exchange(ref current, null) is not { } old) return;
        try
        {
            Opened();
        }
        catch
        {
            Volatile.Write(ref current, old);
            throw;
        }
        old.End();
    }

    void Reopen()
    {
        lock (reopeningGate)
            if (reopening.IsCompleted) reopening = Task.Run(TryOpen);
    }

    void TryOpen()
    {
        try
        {
            Opened();
        }
        catch (Exception e) when (e is FozException or ObjectDisposedException)
        {
            // A caller that opens a session gets the error, and so does the check for readiness.
        }
    }
}
