using Foz.Connectors.Files.Contents;
using Foz.Lake;

namespace Foz.Connectors.Files;

/// <summary>
/// Files that are elsewhere: listed there, and fetched into a batch's work folder before they are read.
/// </summary>
interface IRemoteFiles : IAsyncDisposable
{
    /// <summary>The files that a pattern meets, in the order of their paths' bytes.</summary>
    /// <param name="pattern">The pattern, from the connection's address on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A folder cannot be listed.</exception>
    Task<IReadOnlyList<FileInput>> FindAsync(string pattern, CancellationToken cancellationToken);

    /// <summary>Copies a file to the local disk.</summary>
    /// <param name="file">The file as it was planned, and its local path.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when it is gone, or has changed.</exception>
    Task FetchAsync(SourceFile file, CancellationToken cancellationToken);
}
