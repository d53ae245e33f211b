using Foz.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>An object as a local file for as long as it is used: the file itself, or a copy that is deleted.</summary>
sealed class LocalCopy : IAsyncDisposable
{
    readonly bool isCopy;

    LocalCopy(string path, bool isCopy)
    {
        Path = path;
        this.isCopy = isCopy;
    }

    /// <summary>The local file.</summary>
    public string Path { get; }

    /// <summary>Opens an object; null if there is none.</summary>
    public static async ValueTask<LocalCopy?> OfAsync(
        IObjectStore store, string path, CancellationToken cancellationToken)
    {
        if (store.IsLocal && store.LocalPath(path) is { } local)
            return File.Exists(local) ? new LocalCopy(local, false) : null;
        if (await store.GetAsync(path, cancellationToken) is not { } content) return null;
        var copy = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"foz-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(copy, content.Content, cancellationToken);
        return new LocalCopy(copy, true);
    }

    public ValueTask DisposeAsync()
    {
        if (isCopy) File.Delete(Path);
        return ValueTask.CompletedTask;
    }
}
