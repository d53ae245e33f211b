using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Sftp;
using Foz.Lake;
using Foz.Wire;
using Foz.Wire.Sftp;

namespace Foz.Connectors.Files;

/// <summary>Files of an SFTP server.</summary>
/// <param name="options">The server.</param>
/// <param name="clock">Times tries again.</param>
sealed class SftpFiles(SftpOptions options, TimeProvider clock) : IRemoteFiles
{
    const int AttemptsMax = 3;
    const int LinksMax = 100_000;

    readonly SemaphoreSlim connecting = new(1);
    SftpConnection? current;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FileInput>> FindAsync(string pattern, CancellationToken cancellationToken) =>
        await WithConnectionAsync(async connection =>
        {
            var found = new SortedDictionary<string, FileInput>(StringComparer.Ordinal);
            var walk = new Walk(connection, options, found);
            foreach (var alternative in Glob.Expand(pattern))
                await walk.GoAsync(
                    "", alternative.Split('/', StringSplitOptions.RemoveEmptyEntries), cancellationToken);
            return (IReadOnlyList<FileInput>)[.. found.Values];
        }, cancellationToken);

    /// <inheritdoc/>
    public async Task FetchAsync(SourceFile file, CancellationToken cancellationToken) =>
        await WithConnectionAsync(async connection =>
        {
            var relative = file.Input.Path[(options.Url.Length + 1)..];
            await using var target = new FileStream(file.FullPath, FileMode.Create, FileAccess.Write);
            await connection.CopyAsync(
                PathOf(options, relative),
                now =>
                {
                    if (!FilePlan.IsSame(file.Input, InputOf(options, relative, now)))
                        throw FilePlan.ChangedWhileRead(file.Input);
                },
                target, cancellationToken);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (current is not null) await current.DisposeAsync();
        connecting.Dispose();
    }

    static string PathOf(SftpOptions options, string relative) =>
        relative.Length == 0 ? options.Folder : $"{options.Folder.TrimEnd('/')}/{relative}";

    static FileInput InputOf(SftpOptions options, string relative, SftpAttributes attributes) =>
        new($"{options.Url}/{relative}", attributes.SizeBytes ?? 0, attributes.ModifiedAt ?? DateTimeOffset.UnixEpoch);

    /// <summary>Does some work, again where the connection is lost.</summary>
    async Task<T> WithConnectionAsync<T>(Func<SftpConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            SftpConnection? connection = null;
            try
            {
                connection = await ConnectAsync(cancellationToken);
                return await work(connection);
            }
            catch (FozException e) when (e.IsTransient && attempt < AttemptsMax && connection?.IsLost != false)
            {
                await Task.Delay(TimeSpan.FromSeconds(attempt), clock, cancellationToken);
            }
            catch (WireException e)
            {
                throw new FozException(
                    ErrorKind.Source, $"{options.Host} does not speak SFTP as it should: {e.Message}", e);
            }
        }
    }

    async Task<SftpConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        await connecting.WaitAsync(cancellationToken);
        try
        {
            if (current is { IsLost: true })
            {
                await current.DisposeAsync();
                current = null;
            }
            return current ??= await SftpConnection.OpenAsync(options, clock, cancellationToken);
        }
        finally
        {
            connecting.Release();
        }
    }

    /// <summary>Goes through folders as a pattern says.</summary>
    sealed class Walk(SftpConnection connection, SftpOptions options, SortedDictionary<string, FileInput> found)
    {
        readonly Dictionary<string, IReadOnlyList<(string Path, SftpAttributes Attributes, bool IsLink)>> listed = new(
            StringComparer.Ordinal);
        int links;

        static string[] AnyName { get; } = ["*"];

        public async Task GoAsync(string folder, ArraySegment<string> parts, CancellationToken cancellationToken)
        {
            if (parts.Count == 0) return;
            var (part, rest) = (parts[0], parts[1..]);
            if (part is "**")
            {
                await GoAsync(folder, rest.Count == 0 ? AnyName : rest, cancellationToken);
                foreach (var entry in await ListAsync(folder, cancellationToken))
                    if (entry.Attributes.IsFolder && !entry.IsLink && NameOf(entry.Path)[0] != '.')
                        await GoAsync(entry.Path, parts, cancellationToken);
            }
            else if (!Glob.IsPattern(part))
            {
                var path = Join(folder, part);
                if (rest.Count > 0) await GoAsync(path, rest, cancellationToken);
                else if (await connection.FindAsync(PathOf(options, path), cancellationToken) is { IsFile: true } file)
                    Add(path, file);
            }
            else
            {
                foreach (var entry in await ListAsync(folder, cancellationToken))
                    if (!Glob.Matches(NameOf(entry.Path), part)) continue;
                    else if (rest.Count > 0 && entry.Attributes.IsFolder)
                        await GoAsync(entry.Path, rest, cancellationToken);
                    else if (rest.Count == 0 && entry.Attributes.IsFile) Add(entry.Path, entry.Attributes);
            }
        }

        static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

        static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

        void Add(string path, SftpAttributes attributes) =>
            found[path] = path.Contains('\uFFFD', StringComparison.Ordinal)
                ? throw new FozException(ErrorKind.Source, $"the name of file {path} of {options.Host} is not UTF-8")
                {
                    Hint = "rename it, or narrow 'path'",
                }
                : InputOf(options, path, attributes);

        /// <summary>Returns the entries of a folder, links followed; none if it does not exist.</summary>
        async Task<IReadOnlyList<(string Path, SftpAttributes Attributes, bool IsLink)>> ListAsync(
            string folder, CancellationToken cancellationToken)
        {
            if (listed.TryGetValue(folder, out var known)) return known;
            var entries = new List<(string, SftpAttributes, bool)>();
            // A folder below the connection's may come later; the connection's own must be there.
            if (folder.Length == 0
                || await connection.FindAsync(PathOf(options, folder), cancellationToken) is { IsFolder: true })
                foreach (var entry in await connection.ListAsync(PathOf(options, folder), cancellationToken))
                {
                    var path = Join(folder, entry.Name);
                    if (!entry.Attributes.IsLink) entries.Add((path, entry.Attributes, false));
                    else if (++links > LinksMax)
                        throw new FozException(
                            ErrorKind.Source,
                            $"folder {options.Folder} of {options.Host} has more than {LinksMax:N0} links");
                    else if (await connection.FindAsync(PathOf(options, path), cancellationToken) is { } target)
                        entries.Add((path, target, true));
                }
            return listed[folder] = entries;
        }
    }
}
