using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Serving.Sessions;

/// <summary>
/// Counts what sessions hold for their clients between statements: texts of prepared statements, and values of portals.
/// No statement that works is the cause of that memory, so that none could be ended for it. For many threads.
/// </summary>
/// <param name="holder">Who holds it, for people.</param>
/// <param name="bytesMax">The most bytes.</param>
/// <param name="all">What all sessions hold together; null where this is it.</param>
public sealed class ClientMemory(string holder, long bytesMax, ClientMemory? all = null)
{
    /// <summary>
    /// Bytes of a text of statements, of which what was read of it is held too, for each of its characters.
    /// </summary>
    const int BytesOfCharacter = 8;

    long bytes;

    /// <summary>Bytes that are held.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>Bytes of a statement that is held.</summary>
    public static long Of(SqlStatement statement) => (long)statement.Text.Length * BytesOfCharacter;

    /// <summary>Holds something.</summary>
    /// <exception cref="FozException">It would be too much (53200).</exception>
    public void Add(long more)
    {
        if (Interlocked.Add(ref bytes, more) > bytesMax)
        {
            Interlocked.Add(ref bytes, -more);
            throw new FozException(
                ErrorKind.Resource,
                $"out of memory: {holder} more than {new MemorySize(bytesMax)} in prepared "
                    + "statements and values of portals")
            {
                SqlState = "53200",
                Hint = "close portals and deallocate statements that are not needed, or give the process "
                    + "more with `memory:` in foz.yml",
            };
        }
        try
        {
            all?.Add(more);
        }
        catch
        {
            Interlocked.Add(ref bytes, -more);
            throw;
        }
    }

    /// <summary>Lets something go.</summary>
    public void Remove(long less)
    {
        Interlocked.Add(ref bytes, -less);
        all?.Remove(less);
    }

    /// <summary>Lets all go.</summary>
    public void Clear() => Remove(Bytes);
}
