using Foz.DuckDB.Connections;

namespace Foz.Lake.Engine;

/// <summary>
/// One life of an instance: a database, from its opening until it dies or another one takes its place, and its
/// connections that wait to be lent. Safe for use by many threads.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="reach">The folders that its statements reach; null for all of the machine's.</param>
sealed class EngineGeneration(Database database, IReadOnlyList<string>? reach)
{
    // More would stay unused: so many statements at a time are rare.
    const int IdleMax = 32;

    readonly Stack<EngineConnection> idle = [];
    bool isOver;

    /// <summary>How many connections wait to be lent.</summary>
    public int IdleCount
    {
        get
        {
            lock (idle) return idle.Count;
        }
    }

    /// <summary>Whether statements reach all files below a folder.</summary>
    public bool Reaches(string folder) => reach is null || TableFolders.Covers(reach, folder);

    /// <summary>Opens a connection; null where the generation is over.</summary>
    public EngineConnection? TryConnect()
    {
        try
        {
            return new(database.Connect(), this);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Lends a connection, one that waits or a new one; null where the generation is over.</summary>
    public EngineConnection? TryBorrow()
    {
        lock (idle)
            if (idle.TryPop(out var waiting)) return waiting;
        return TryConnect();
    }

    /// <summary>Takes back a connection without leftover state; that of a generation that is over is closed.</summary>
    public void TakeBack(EngineConnection connection)
    {
        lock (idle)
            if (!isOver && idle.Count < IdleMax)
            {
                idle.Push(connection);
                return;
            }
        connection.Dispose();
    }

    /// <summary>
    /// Ends it: running statements continue to their end, or failure, and the database closes with the last connection.
    /// </summary>
    public void End()
    {
        lock (idle)
        {
            isOver = true;
            while (idle.TryPop(out var connection)) connection.Dispose();
        }
        database.Dispose();
    }
}
