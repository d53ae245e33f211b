using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Databases.Providers;

/// <summary>An added package, as its lock file has it: <c>providers/&lt;package&gt;/foz-provider.json</c>.</summary>
/// <param name="Package">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Packages">The package and its dependencies, with the hash of each.</param>
/// <param name="Files">The files next to the lock file.</param>
public sealed record ProviderLock(
    string Package, string Version, IReadOnlyList<LockedPackage> Packages, IReadOnlyList<string> Files);

/// <summary>A package of a lock file.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha512">The hash of its file, in Base64.</param>
/// <param name="Source">Where it came from.</param>
public sealed record LockedPackage(string Id, string Version, string Sha512, string Source);

/// <summary>Brings packages of ADO.NET providers into a project.</summary>
/// <param name="folder">The project's folder of providers.</param>
public sealed class ProviderPackages(string folder)
{
    const string LockName = "foz-provider.json";
    const int PackagesMax = 200;

    /// <summary>Adds a package and its dependencies.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="version">
    /// Its version; null for that of the lock file if there is one, otherwise the last release.
    /// </param>
    /// <param name="source">
    /// A folder or an address of packages; null for those that the user has set up for NuGet.
    /// </param>
    /// <param name="clock">Waits between tries.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The package that was added.</returns>
    /// <exception cref="FozException">
    /// Thrown when it is not found, or differs from the lock file or the feed.
    /// </exception>
    public async Task<ProviderLock> AddAsync(
        string id, string? version, string? source, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (id.Length == 0 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') || id[0] == '.')
            throw new FozException(ErrorKind.Usage, $"'{id}' is no name of a package");
        var locked = Find(id);
        var feeds = source is null
            ? PackageFeed.Configured(
                Path.GetDirectoryName(Path.GetFullPath(folder))!,
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), clock)
            : [new PackageFeed(source, null, clock)];
        if (feeds.Count == 0)
            throw new FozException(ErrorKind.Usage, "no source of packages is set up")
            {
                Hint = "name one with --source, or in nuget.config",
            };
        var temporary = Path.Combine(folder, $".{id}-{Path.GetRandomFileName()}");
        try
        {
            Directory.CreateDirectory(temporary);
            var wanted = version ?? locked?.Version;
            var first = (id, wanted is null ? VersionRange.Any : VersionRange.Parse($"[{wanted}]"));
            var added = await FetchAsync(first, feeds, locked, temporary, cancellationToken);
            var files = Directory.GetFiles(temporary).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)
                .ToList();
            var result = new ProviderLock(added[0].Id, added[0].Version, added, files);
            await File.WriteAllBytesAsync(
                Path.Combine(temporary, LockName),
                JsonSerializer.SerializeToUtf8Bytes(result, ProviderJson.Default.ProviderLock), cancellationToken);
            var target = Path.Combine(folder, added[0].Id);
            if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
            Directory.Move(temporary, target);
            return result;
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
            foreach (var feed in feeds) feed.Dispose();
        }
    }

    /// <summary>The providers that were added, by name.</summary>
    public IReadOnlyList<ProviderLock> List() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.GetDirectories(folder).Select(f => Path.GetFileName(f)!).Where(name => name[0] != '.')
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(name =>
                Find(name)
                    ?? new(name, "", [],
                        [.. Directory.GetFiles(Path.Combine(folder, name)).Select(f => Path.GetFileName(f)!)])),
    ];

    ProviderLock? Find(string id)
    {
        var path = Path.Combine(folder, id, LockName);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ProviderJson.Default.ProviderLock);
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Configuration, $"{path} cannot be read: {e.Message}", e)
            {
                Hint = "delete the folder, and add the provider again",
            };
        }
    }

    static async Task<List<LockedPackage>> FetchAsync(
        (string Id, VersionRange Range) first, IReadOnlyList<PackageFeed> feeds, ProviderLock? locked, string target,
        CancellationToken cancellationToken)
    {
        var chosen = new Dictionary<string, (LockedPackage Locked, PackageVersion Version, List<string> Files)>(
            StringComparer.OrdinalIgnoreCase);
        var queue = new Queue<(string Id, VersionRange Range)>([first]);
        while (queue.TryDequeue(out var next))
        {
            if (chosen.Count >= PackagesMax)
                throw new FozException(ErrorKind.Source, $"{first.Id} needs more than {PackagesMax} packages");
            var isKnown = chosen.TryGetValue(next.Id, out var known);
            if (isKnown && next.Range.Contains(known.Version)) continue;
            if (chosen.Count > 0 && IsOfFramework(next.Id)) continue;
            var (feed, version) = await ChooseAsync(next, chosen.Count == 0, feeds, cancellationToken);
            if (isKnown && version <= known.Version) continue;
            foreach (var old in isKnown ? known.Files : []) File.Delete(Path.Combine(target, old));
            var (bytes, stated) = await feed.DownloadAsync(next.Id, version, cancellationToken);
            using var package = new Package(bytes);
            Verify(next.Id, version, package.Sha512, stated, $"{feed.Address} states");
            if (locked?.Packages
                .FirstOrDefault(p =>
                    p.Id.Equals(next.Id, StringComparison.OrdinalIgnoreCase)
                        && p.Version == version.Text) is { } before)
                Verify(next.Id, version, package.Sha512, before.Sha512, "the lock file states");
            foreach (var file in package.Files) Package.Extract(file, target);
            chosen[next.Id] = (new(next.Id, version.Text, package.Sha512, feed.Address), version,
                [.. package.Files.Select(f => f.Name)]);
            foreach (var dependency in package.Dependencies) queue.Enqueue(dependency);
        }
        return [.. chosen.Values.Select(c => c.Locked)];
    }

    static void Verify(string id, PackageVersion version, string hash, string? stated, string who)
    {
        if (stated is null || stated == hash) return;
        throw new FozException(
            ErrorKind.Source, $"{id} {version} is not what {who}: its SHA-512 is {hash}, not {stated}")
        {
            Hint = "it was changed on the way: find out why before you use it",
        };
    }

    /// <summary>
    /// Returns the last release of the requested package, and the first that fits of its dependencies, as NuGet does.
    /// </summary>
    static async Task<(PackageFeed Feed, PackageVersion Version)> ChooseAsync(
        (string Id, VersionRange Range) wanted, bool isFirst, IReadOnlyList<PackageFeed> feeds,
        CancellationToken cancellationToken)
    {
        var all = new List<PackageVersion>();
        foreach (var feed in feeds)
        {
            var versions = await feed.VersionsAsync(wanted.Id, cancellationToken);
            all.AddRange(versions);
            var fitting = versions.Where(wanted.Range.Contains)
                .Where(v => !v.IsPrerelease || wanted.Range.Min is { IsPrerelease: true }).Order().ToList();
            if (fitting.Count > 0) return (feed, isFirst ? fitting[^1] : fitting[0]);
        }
        var range = wanted.Range.Min is null ? "" : $" {wanted.Range.Min}";
        throw new FozException(
            ErrorKind.NotFound,
            $"there is no package {wanted.Id}{range} in {string.Join(", ", feeds.Select(f => f.Address))}")
        {
            Hint = all.Count == 0
                ? null
                : "it has "
                    + (NearestName.Find(wanted.Range.Min?.Text ?? "", all.Select(v => v.Text)) ?? all.Max()!.Text),
        };
    }

    /// <summary>Whether .NET itself has an assembly of this name.</summary>
    static bool IsOfFramework(string id)
    {
        if (id is "NETStandard.Library" || id.StartsWith("Microsoft.NETCore.", StringComparison.Ordinal)) return true;
        if (!id.StartsWith("System.", StringComparison.Ordinal)
            && !id.StartsWith("Microsoft.Win32.", StringComparison.Ordinal))
            return false;
        try
        {
            System.Runtime.Loader.AssemblyLoadContext.Default.LoadFromAssemblyName(new(id));
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            return false;
        }
    }
}

[JsonSerializable(typeof(ProviderLock))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
sealed partial class ProviderJson : JsonSerializerContext;
