using Foz.Lake;
using Foz.Storage;

namespace Foz.Operations.Backups;

/// <summary>
/// Marks of stored objects whose bytes were read and are not those that were written. The next backup copies such an
/// object again, to the same path, so that earlier backups that share it are whole again too. The object itself stays
/// until then: only the mark is new, which every kind of store can write.
/// </summary>
static class BadObjects
{
    /// <summary>What an error says of such an object.</summary>
    public const string Remedy = "foz backup copies it again if the lake still has it";

    const string Folder = "bad";

    /// <summary>Returns where the mark of a stored object is.</summary>
    public static string MarkOf(string stored) => $"{Folder}/{stored}";

    /// <summary>Marks a stored object. A store that cannot be written keeps none: reading it goes on.</summary>
    public static async Task MarkAsync(IObjectStore store, string stored, CancellationToken cancellationToken)
    {
        try
        {
            await store.PutAsync(MarkOf(stored), "{}"u8.ToArray(), cancellationToken);
        }
        catch (Exception e) when (e is StorageException or FozException { Kind: not ErrorKind.Canceled }
            or IOException or UnauthorizedAccessException)
        {
            // The error of the object itself is the one to show.
        }
    }

    /// <summary>Removes the mark of a stored object.</summary>
    public static ValueTask UnmarkAsync(IObjectStore store, string stored, CancellationToken cancellationToken) =>
        store.DeleteAsync(MarkOf(stored), cancellationToken);

    /// <summary>Lists the stored objects that have a mark.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(
        IObjectStore store, CancellationToken cancellationToken)
    {
        var marked = new List<string>();
        await foreach (var info in store.ListAsync(Folder, startAfter: null, cancellationToken))
            marked.Add(info.Path[(Folder.Length + 1)..]);
        return marked;
    }
}
