using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Foz.Connectors.Http;
using Foz.Lake;

namespace Foz.Connectors.Databases.Providers;

/// <summary>
/// A source of packages: a folder of <c>.nupkg</c> files, or an address of NuGet's protocol, version 3.
/// </summary>
/// <param name="address">The folder or the address of the index.</param>
/// <param name="credentials">The value of the header <c>Authorization</c>; null for none.</param>
/// <param name="clock">Waits between tries.</param>
sealed class PackageFeed(string address, string? credentials, TimeProvider clock) : IDisposable
{
    const string ContentType = "PackageBaseAddress/3.0.0";
    const string RegistrationType = "RegistrationsBaseUrl";
    const int NotFound = 404;

    static readonly string[] UserFiles = [".nuget/NuGet/NuGet.Config", "AppData/Roaming/NuGet/NuGet.Config"];

    readonly HttpCaller? caller = IsRemote(address) ? new(Options(address, credentials), new(), clock) : null;
    Uri? content;
    Uri? registration;

    /// <summary>Where it is, without a query.</summary>
    public string Address { get; } = IsRemote(address) ? new Uri(address).GetLeftPart(UriPartial.Path) : address;

    /// <inheritdoc/>
    public void Dispose() => caller?.Dispose();

    /// <summary>Returns all versions of a package; empty if there are none.</summary>
    public async Task<IReadOnlyList<PackageVersion>> VersionsAsync(string id, CancellationToken cancellationToken)
    {
        if (caller is null)
            return [.. Files(id).Select(f => f.Version)];
        await OpenAsync(cancellationToken);
        var answer = await GetAsync(new(content!, $"{id.ToLowerInvariant()}/index.json"), cancellationToken);
        if (answer.Status == NotFound) return [];
        using var document = Json(answer);
        return
        [
            .. document.RootElement.GetProperty("versions").EnumerateArray()
                .Select(v => PackageVersion.TryParse(v.GetString() ?? "", out var version) ? version : null)
                .OfType<PackageVersion>(),
        ];
    }

    /// <summary>A package, and the hash that the feed states of it, where it states one.</summary>
    public async Task<(byte[] Bytes, string? Sha512)> DownloadAsync(
        string id, PackageVersion version, CancellationToken cancellationToken)
    {
        if (caller is null)
            return (await File.ReadAllBytesAsync(Files(id).First(f => f.Version == version).Path, cancellationToken),
                null);
        var (name, text) = (id.ToLowerInvariant(), version.Text.ToLowerInvariant());
        var answer = await GetAsync(new(content!, $"{name}/{text}/{name}.{text}.nupkg"), cancellationToken);
        return answer.Status == NotFound
            ? throw new FozException(ErrorKind.NotFound, $"{Address} lists {id} {version}, and does not have it")
            : (answer.Body.ToArray(), await HashAsync(name, text, cancellationToken));
    }

    /// <summary>
    /// The feeds that a project's user has set up: <c>nuget.config</c> of the folder and those above it, then the
    /// user's own.
    /// </summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="userFolder">The user's folder.</param>
    /// <param name="clock">Waits between tries.</param>
    /// <exception cref="FozException">A file cannot be read.</exception>
    public static IReadOnlyList<PackageFeed> Configured(string folder, string userFolder, TimeProvider clock)
    {
        var files = new List<string>();
        for (var at = Path.GetFullPath(folder); at is not null; at = Path.GetDirectoryName(at))
            if (Directory.Exists(at))
                files.AddRange(
                    Directory.GetFiles(at)
                        .Where(f => Path.GetFileName(f).Equals("nuget.config", StringComparison.OrdinalIgnoreCase)));
        files.AddRange(UserFiles.Select(f => Path.Combine(userFolder, f)).Where(File.Exists));
        var (found, disabled) = (new Dictionary<string, PackageFeed>(StringComparer.OrdinalIgnoreCase),
            new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        foreach (var file in files)
            if (Read(file, found, disabled, clock)) break;
        return [.. found.Where(f => !disabled.Contains(f.Key)).Select(f => f.Value)];
    }

    static bool Read(string file, Dictionary<string, PackageFeed> found, HashSet<string> disabled, TimeProvider clock)
    {
        XDocument document;
        try
        {
            document = XDocument.Load(file);
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Configuration, $"{file} cannot be read: {e.Message}", e);
        }
        foreach (var off in document.Descendants("disabledPackageSources").Elements("add")
            .Where(e => (string?)e.Attribute("value") == "true"))
            disabled.Add((string?)off.Attribute("key") ?? "");
        var sources = document.Descendants("packageSources").Elements().ToList();
        var passwords = document.Descendants("packageSourceCredentials").Elements()
            .ToDictionary(e => XmlConvert.DecodeName(e.Name.LocalName)!, Credentials, StringComparer.OrdinalIgnoreCase);
        foreach (var source in sources.Where(s => s.Name == "add"))
        {
            var (key, value) = ((string?)source.Attribute("key")
                ?? "", Environment.ExpandEnvironmentVariables((string?)source.Attribute("value") ?? ""));
            if (!IsRemote(value)) value = Path.GetFullPath(value, Path.GetDirectoryName(file)!);
            if (value.Length > 0) found.TryAdd(key, new(value, passwords.GetValueOrDefault(key), clock));
        }
        return sources.Any(s => s.Name == "clear");
    }

    static string? Credentials(XElement source)
    {
        var values = source.Elements("add").ToDictionary(
            e => (string?)e.Attribute("key") ?? "",
            e => Environment.ExpandEnvironmentVariables((string?)e.Attribute("value") ?? ""),
            StringComparer.OrdinalIgnoreCase);
        return values.TryGetValue("Username", out var user) && values.TryGetValue("ClearTextPassword", out var password)
            ? Authentication.Basic(user, password)
            : null;
    }

    async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (content is not null) return;
        using var document = Json(await GetAsync(new(address), cancellationToken));
        Uri? Find(string type) => document.RootElement.GetProperty("resources").EnumerateArray()
            .Where(r => TypesOf(r).Any(t => t.StartsWith(type, StringComparison.Ordinal)))
            .Select(r => new Uri(r.GetProperty("@id").GetString()!.TrimEnd('/') + '/')).LastOrDefault();
        registration = Find(RegistrationType);
        content = Find(ContentType) ?? throw NoFeed("it has no packages");
    }

    /// <summary>A resource's types: one, or a list.</summary>
    static IEnumerable<string> TypesOf(JsonElement resource) => !resource.TryGetProperty("@type", out var type) ? []
        : type.ValueKind is JsonValueKind.Array
            ? type.EnumerateArray().Select(t => t.GetString() ?? "")
            : [type.GetString() ?? ""];

    /// <summary>The hash in the package's catalog entry; null where the feed has none.</summary>
    async Task<string?> HashAsync(string name, string version, CancellationToken cancellationToken)
    {
        if (registration is null) return null;
        var leaf = await GetAsync(new(registration, $"{name}/{version}.json"), cancellationToken);
        if (leaf.Status == NotFound) return null;
        using var document = Json(leaf);
        if (!document.RootElement.TryGetProperty("catalogEntry", out var entry)) return null;
        if (entry.ValueKind is JsonValueKind.Object) return HashOf(entry);
        var catalog = await GetAsync(new(entry.GetString()!), cancellationToken);
        if (catalog.Status == NotFound) return null;
        using var whole = Json(catalog);
        return HashOf(whole.RootElement);
    }

    static string? HashOf(JsonElement entry) =>
        entry.TryGetProperty("packageHash", out var hash)
        && (!entry.TryGetProperty("packageHashAlgorithm", out var algorithm) || algorithm.GetString() == "SHA512")
            ? hash.GetString()
            : null;

    Task<HttpAnswer> GetAsync(Uri url, CancellationToken cancellationToken) =>
        caller!.SendAsync(
            new HttpCall(url)
            {
                Accepts = status => status == NotFound, IsTrusted = HttpCaller.IsSameHost(url, new(address)),
            }, cancellationToken);

    JsonDocument Json(HttpAnswer answer)
    {
        try
        {
            return JsonDocument.Parse(answer.Body);
        }
        catch (JsonException e)
        {
            throw NoFeed(e.Message);
        }
    }

    FozException NoFeed(string why) =>
        new(ErrorKind.Source, $"{Address} is no source of packages of NuGet's protocol, version 3: {why}");

    IEnumerable<(PackageVersion Version, string Path)> Files(string id) => !Directory.Exists(address) ? [] :
        Directory.GetFiles(address, "*.nupkg", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f).StartsWith($"{id}.", StringComparison.OrdinalIgnoreCase))
            .Select(f =>
                (PackageVersion.TryParse(Path.GetFileNameWithoutExtension(f)[(id.Length + 1)..], out var version)
                    ? version
                    : null, f))
            .Where(f => f.Item1 is not null).Select(f => (f.Item1!, f.f));

    static bool IsRemote(string address) =>
        address.StartsWith("http://", StringComparison.Ordinal)
            || address.StartsWith("https://", StringComparison.Ordinal);

    static HttpOptions Options(string address, string? credentials) => new()
    {
        Url = new(address), RetriesMax = 3, RetryBudget = TimeSpan.FromMinutes(1),
        Authentication = credentials is null
            ? new Authentication.None()
            : new Authentication.Header("Authorization", credentials),
    };
}
