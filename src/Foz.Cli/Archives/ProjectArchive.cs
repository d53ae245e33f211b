using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Archives;

/// <summary>
/// A project in an archive of the web, <c>https://…/project.tar.gz#sha256=…</c>. It is downloaded and unpacked once:
/// its sum says what is in it, and names its folder in the cache.
/// </summary>
sealed partial class ProjectArchive
{
    /// <summary>How large an archive may be.</summary>
    public const long BytesMax = 256 << 20;

    const int BufferBytes = 1 << 16;

    static readonly TimeSpan timeout = TimeSpan.FromMinutes(5);

    readonly Uri address;
    readonly string sum;

    ProjectArchive(Uri address, string sum) => (this.address, this.sum) = (address, sum);

    /// <summary>The address without what may be a secret in it.</summary>
    string Name => address.GetLeftPart(UriPartial.Path);

    /// <summary>Returns the archive that <c>--project</c> names; null where it names a folder.</summary>
    /// <exception cref="FozException">It is an address that cannot be used.</exception>
    public static ProjectArchive? Of(string project)
    {
        if (!project.Contains("://", StringComparison.Ordinal)) return null;
        if (!Uri.TryCreate(project, UriKind.Absolute, out var address)
            || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
            throw Refused(
                "--project takes a folder, or an address that begins with https:// or git+https://",
                "https://host/project.tar.gz#sha256=… or git+https://host/repository@branch#folder");
        if (address.UserInfo.Length > 0)
            throw Refused(
                "an address of --project has no user and password: it would be in the list of processes",
                "use an address that needs none, or that is signed");
        return Sum.Match(address.Fragment) is { Success: true } match
            ? new(address, match.Groups["sum"].Value.ToLowerInvariant())
            : throw Refused(
                $"{address.GetLeftPart(UriPartial.Path)} has no SHA-256, by which changes on the way are seen",
                "add it to the address: #sha256=… (sha256sum project.tar.gz)");
    }

    static string Folder => Path.Combine(Lakehouse.CacheFolderDefault, "projects", "archives");

    /// <summary>Whether a folder is that of an unpacked archive.</summary>
    public static bool Has(string folder) =>
        Path.GetFullPath(folder).StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Returns the folder of the project, which is complete.</summary>
    /// <param name="readers">Those of other tools' projects.</param>
    /// <exception cref="FozException">
    /// The archive cannot be downloaded, is another one, or is no archive of a project; nothing remains of it.
    /// </exception>
    public string Unpack(IReadOnlyList<IProjectReader> readers)
    {
        var folder = Path.Combine(Folder, sum);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(Folder);
            var work = Path.Combine(Folder, $".{sum[..8]}-{Guid.NewGuid():n}");
            Directory.CreateDirectory(work);
            try
            {
                var file = Path.Combine(work, "archive");
                Download(file);
                var content = Path.Combine(work, "project");
                new ArchiveUnpacker(Name).Unpack(file, content);
                _ = ProjectIn(content, readers);
                Move(content, folder);
            }
            finally
            {
                Directory.Delete(work, recursive: true);
            }
        }
        return ProjectIn(folder, readers);
    }

    /// <summary>Gives an unpacked folder its name at once; another process may have been first.</summary>
    static void Move(string content, string folder)
    {
        try
        {
            Directory.Move(content, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // It is the same: the name is its sum.
        }
    }

    void Download(string file)
    {
        using var client = new HttpClient { Timeout = timeout };
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(address) { Fragment = "" }.Uri);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            using var answer = client.Send(request, HttpCompletionOption.ResponseHeadersRead);
            if (!answer.IsSuccessStatusCode)
                throw new FozException(ErrorKind.Storage, $"{Name} cannot be read: status {(int)answer.StatusCode}");
            using var input = answer.Content.ReadAsStream();
            using var output = File.Create(file);
            var buffer = new byte[BufferBytes];
            var bytes = 0L;
            for (int read; (read = input.Read(buffer)) > 0;)
            {
                bytes += read;
                if (bytes > BytesMax)
                    throw Refused($"{Name} has more than {BytesMax >> 20} MiB", "a project is text: leave data out");
                hash.AppendData(buffer, 0, read);
                output.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw new FozException(ErrorKind.Storage, $"{Name} cannot be read: {e.Message}", e) { IsTransient = true };
        }
        var actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (actual != sum)
            throw new FozException(
                ErrorKind.Storage, $"{Name} is cut or changed: its SHA-256 is {actual}, and the address says {sum}")
            {
                Hint = "nothing of it was unpacked; if the change is yours, state the new sum",
            };
    }

    /// <summary>The folder with the project: the root, or the one folder in it.</summary>
    string ProjectIn(string folder, IReadOnlyList<IProjectReader> readers)
    {
        if (ProjectFile.IsProject(folder, readers)) return folder;
        return Directory.GetFileSystemEntries(folder) is [var only] && Directory.Exists(only)
            && ProjectFile.IsProject(only, readers)
            ? only
            : throw Refused(
                $"{Name} is no project: it has no {ProjectFile.FileName}",
                $"put {ProjectFile.FileName} at the root of the archive, or in its only folder");
    }

    static FozException Refused(string message, string hint) => new(ErrorKind.Usage, message) { Hint = hint };

    [GeneratedRegex("^#sha256=(?<sum>[0-9A-Fa-f]{64})$", RegexOptions.ExplicitCapture)]
    private static partial Regex Sum { get; }
}
