using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Foz.Cli.Archives;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Git;

/// <summary>
/// A project that lies in a repository: one commit is fetched, without its history, and the project's folder of it
/// written to one of the cache that has the commit's name. That is there whole or not at all.
/// </summary>
/// <param name="address">Where it lies.</param>
/// <param name="clock">The time.</param>
sealed partial class GitProject(GitAddress address, TimeProvider clock)
{
    /// <summary>How many bytes are fetched at most.</summary>
    public const long BytesMax = 256 << 20;

    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(200);

    static string Root => Path.Combine(Lakehouse.CacheFolderDefault, "projects", "git");

    /// <summary>The commits of a folder of a repository.</summary>
    string Commits => Path.Combine(
        Root,
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{address.Url}#{address.Folder}")))[..32]);

    string FolderOf(string commit) => Path.Combine(Commits, commit);

    /// <summary>Whether a folder is that of a commit.</summary>
    public static bool Has(string folder) =>
        Path.GetFullPath(folder).StartsWith(Root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Returns the folder of the project. A commit that is in the cache is not asked for again.</summary>
    /// <param name="readers">Those of other tools' projects.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// There is no git, no such repository, revision or folder, or it is too large; nothing remains of it.
    /// </exception>
    public async Task<string> FetchAsync(IReadOnlyList<IProjectReader> readers, CancellationToken cancellationToken)
    {
        if (address.IsCommit && Directory.Exists(FolderOf(address.Revision!))) return FolderOf(address.Revision!);
        Directory.CreateDirectory(Commits);
        var work = Path.Combine(Commits, $".{Guid.NewGuid():n}");
        Directory.CreateDirectory(work);
        try
        {
            var git = Program(work);
            await git.RunAsync(["init", "--quiet", "--bare", "--template=", "."], cancellationToken);
            await FetchAsync(git, work, cancellationToken);
            var commit = (await git.RunAsync(["rev-parse", "FETCH_HEAD^{commit}"], cancellationToken))[0];
            if (!Directory.Exists(FolderOf(commit)))
                Move(
                    await WriteAsync(git, work, $"{commit}:{address.Folder}", readers, cancellationToken),
                    FolderOf(commit));
            return FolderOf(commit);
        }
        catch (FozException e) when (e.InnerException is Win32Exception)
        {
            throw new FozException(ErrorKind.Usage, $"{address.Url} needs git, which is not there", e)
            {
                Hint = "install git (images: the tag with -full), or name an archive: "
                    + "https://host/project.tar.gz#sha256=…",
            };
        }
        finally
        {
            Delete(work);
        }
    }

    static GitProgram Program(string work) => new(work, TimeProvider.System)
    {
        Mask = line => UserInfo.Replace(line, "://***@"),
        Variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            // Where a hook of another repository started Foz, these lead into that one.
            ["GIT_DIR"] = null, ["GIT_WORK_TREE"] = null, ["GIT_INDEX_FILE"] = null, ["GIT_OBJECT_DIRECTORY"] = null,
            ["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = null, ["GIT_COMMON_DIR"] = null, ["GIT_NAMESPACE"] = null,
            // Nobody is there to be asked.
            ["GIT_TERMINAL_PROMPT"] = "0", ["GCM_INTERACTIVE"] = "never",
            // These would print what is sent, credentials among it.
            ["GIT_TRACE"] = null, ["GIT_TRACE_CURL"] = null, ["GIT_TRACE_PACKET"] = null, ["GIT_CURL_VERBOSE"] = null,
        },
    };

    /// <summary>Fetches one commit, over the transport that the address names and no other.</summary>
    async Task FetchAsync(GitProgram git, string work, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var scheme = address.Url[..address.Url.IndexOf(':', StringComparison.Ordinal)];
        var fetching = git.TryAsync(
            [
                "-c", "protocol.allow=never", "-c", $"protocol.{scheme}.allow=always",
                "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", address.Url,
                address.Revision ?? "HEAD",
            ],
            limit.Token);
        while (await Task.WhenAny(fetching, Task.Delay(interval, clock, cancellationToken)) != fetching)
            if (BytesOf(work) > BytesMax) await limit.CancelAsync();
        try
        {
            var end = await fetching;
            if (end.Code != 0)
                throw new FozException(
                    ErrorKind.Storage,
                    $"{address.Url} cannot be read at {address.Revision ?? "its HEAD"}: "
                    + (end.Code < 0 ? "git took too long" : string.Join("; ", end.Errors)))
                {
                    Hint = "is it the right address and revision, and may git read it? "
                        + $"git ls-remote {address.Url}",
                };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refused($"has more than {BytesMax >> 20} MiB");
        }
    }

    /// <summary>Writes a folder of a commit as files, and returns where.</summary>
    async Task<string> WriteAsync(
        GitProgram git, string work, string tree, IReadOnlyList<IProjectReader> readers,
        CancellationToken cancellationToken)
    {
        if (await git.TryAsync(["cat-file", "-t", tree], cancellationToken) is not { Code: 0, Lines: ["tree", ..] })
            throw Missing();
        await CheckAsync(git, tree, cancellationToken);
        var content = Path.Combine(work, "content");
        Directory.CreateDirectory(content);
        await git.RunAsync(["read-tree", tree], cancellationToken);
        await git.RunAsync(["--work-tree", content, "checkout-index", "--all"], cancellationToken);
        return ProjectFile.IsProject(content, readers) ? content : throw Missing();
    }

    /// <summary>Checks what would be written, before it is: files alone, bounded in number and bytes.</summary>
    async Task CheckAsync(GitProgram git, string tree, CancellationToken cancellationToken)
    {
        var (count, bytes) = (0, 0L);
        foreach (var line in await git.RunAsync(["ls-tree", "-r", "-l", tree], cancellationToken))
        {
            // Mode, type, id and size, then a tab and the path.
            var fields = line.Split('\t', 2);
            if (fields[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var mode, "blob", _, var size]
                || mode is not ("100644" or "100755"))
                throw Refused($"has '{fields[^1]}', and only files are taken: no links and no submodules");
            count++;
            bytes += long.Parse(size, System.Globalization.CultureInfo.InvariantCulture);
            if (bytes > ArchiveUnpacker.BytesMax)
                throw Refused($"has files of more than {ArchiveUnpacker.BytesMax >> 20} MiB");
        }
        // As many lines of git as are read at most.
        if (count >= ArchiveUnpacker.EntriesMax) throw Refused($"has {ArchiveUnpacker.EntriesMax:N0} files or more");
    }

    FozException Missing() => new(
        ErrorKind.Usage,
        $"{address.Url} has no {ProjectFile.FileName} in "
        + (address.Folder.Length > 0 ? $"its folder '{address.Folder}'" : "its root"))
    {
        Hint = "state its folder after a number sign: git+https://host/repository@branch#folder",
    };

    /// <summary>Gives a folder its name at once; another process may have been first, with the same.</summary>
    static void Move(string content, string folder)
    {
        try
        {
            Directory.Move(content, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // It is the same: the name is the commit's.
        }
    }

    static long BytesOf(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }
        catch (IOException)
        {
            // git renamed one in between: it is looked at again soon.
            return 0;
        }
    }

    static void Delete(string folder)
    {
        // git makes its objects read-only, which keeps Windows from deleting them.
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
            file.Attributes &= ~FileAttributes.ReadOnly;
        Directory.Delete(folder, recursive: true);
    }

    FozException Refused(string why) =>
        new(ErrorKind.Usage, $"{address.Url} {why}")
        {
            Hint = "a project is text: keep it in a repository of its own, or name an archive of it",
        };

    [GeneratedRegex("://[^/@\\s]+@", RegexOptions.ExplicitCapture)]
    private static partial Regex UserInfo { get; }
}
