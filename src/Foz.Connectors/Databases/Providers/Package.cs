using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Foz.Lake;

namespace Foz.Connectors.Databases.Providers;

/// <summary>A NuGet package: its dependencies, and its files for this platform.</summary>
sealed partial class Package : IDisposable
{
    const long FileBytesMax = 512 << 20;
    const int FrameworkMajor = 10;
    readonly ZipArchive archive;

    /// <summary>Opens a package.</summary>
    /// <param name="bytes">The file.</param>
    /// <exception cref="FozException">It is none.</exception>
    public Package(byte[] bytes)
    {
        Sha512 = Convert.ToBase64String(SHA512.HashData(bytes));
        try
        {
            archive = new(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            using var nuspec = archive.Entries.Single(e =>
                e.FullName.EndsWith(".nuspec", StringComparison.OrdinalIgnoreCase)
                    && !e.FullName.Contains('/', StringComparison.Ordinal)).Open();
            Metadata = XDocument.Load(nuspec).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or System.Xml.XmlException)
        {
            throw new FozException(ErrorKind.Source, $"the file is no package of NuGet: {e.Message}", e);
        }
    }

    /// <summary>The hash of the file, in Base64.</summary>
    public string Sha512 { get; }

    XElement Metadata { get; }

    /// <inheritdoc/>
    public void Dispose() => archive.Dispose();

    /// <summary>Gets its dependencies on this framework.</summary>
    public IReadOnlyList<(string Id, VersionRange Range)> Dependencies
    {
        get
        {
            var dependencies = Metadata.Elements().FirstOrDefault(e => e.Name.LocalName == "dependencies");
            if (dependencies is null) return [];
            var groups = dependencies.Elements().Where(e => e.Name.LocalName == "group").ToList();
            var chosen = groups.Count == 0 ? dependencies
                : groups.Select(g => (Group: g, Rank: Rank((string?)g.Attribute("targetFramework") ?? "")))
                    .Where(g => g.Rank >= 0)
                    .OrderByDescending(g => g.Rank).Select(g => g.Group).FirstOrDefault();
            return chosen is null ? [] :
            [
                .. chosen.Elements().Where(e => e.Name.LocalName == "dependency")
                    .Select(e => ((string)e.Attribute("id")!, VersionRange.Parse((string?)e.Attribute("version")))),
            ];
        }
    }

    /// <summary>The files that run here: assemblies of the nearest framework, and native libraries.</summary>
    public IReadOnlyList<ZipArchiveEntry> Files
    {
        get
        {
            var runtimes = Runtimes();
            var assemblies = runtimes.Select(r => $"runtimes/{r}/lib/").Append("lib/").Select(BestFolder)
                .FirstOrDefault(f => f.Count > 0) ?? [];
            var native = runtimes.Select(r => Below($"runtimes/{r}/native/")).FirstOrDefault(f => f.Count > 0) ?? [];
            return [.. assemblies.Where(e => e.Name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)), .. native];
        }
    }

    /// <summary>Writes a file of it into a folder, under its own name.</summary>
    public static void Extract(ZipArchiveEntry entry, string folder)
    {
        if (entry.Length > FileBytesMax)
            throw new FozException(ErrorKind.Source, $"{entry.FullName} has more than {FileBytesMax:N0} bytes");
        using var source = entry.Open();
        using var target = new FileStream(
            Path.Combine(folder, Path.GetFileName(entry.FullName)), FileMode.Create, FileAccess.Write);
        source.CopyTo(target);
    }

    List<ZipArchiveEntry> BestFolder(string root) => Below(root)
        .GroupBy(e => e.FullName[root.Length..].Split('/')[0])
        .Select(g =>
            (Rank: Rank(g.Key), Files: g.Where(e => e.FullName[root.Length..].Count(c => c == '/') == 1).ToList()))
        .Where(g => g.Rank >= 0).OrderByDescending(g => g.Rank).Select(g => g.Files).FirstOrDefault() ?? [];

    List<ZipArchiveEntry> Below(string root) =>
        [
            .. archive.Entries.Where(e =>
                e.FullName.StartsWith(root, StringComparison.OrdinalIgnoreCase) && e.Name.Length > 0),
        ];

    static IReadOnlyList<string> Runtimes()
    {
        var own = RuntimeInformation.RuntimeIdentifier;
        var system = own.Split('-')[0];
        var architecture = own.Contains('-', StringComparison.Ordinal) ? own[(own.LastIndexOf('-') + 1)..] : "";
        string[] family = OperatingSystem.IsWindows()
            ? ["win"]
            : OperatingSystem.IsMacOS() ? ["osx", "unix"] : ["linux", "unix"];
        return
        [
            .. new[] { own }.Concat(family.SelectMany(f => new[] { $"{f}-{architecture}", f })).Append(system)
                .Append("any").Distinct(),
        ];
    }

    /// <summary>How near a framework is to this one; less than 0 where it does not run here.</summary>
    static int Rank(string framework)
    {
        framework = framework.ToLowerInvariant().TrimStart('.').Replace(",version=v", "", StringComparison.Ordinal);
        if (framework is "" or "any") return 0;
        var match = Framework.Match(framework);
        if (!match.Success) return -1;
        var (major, minor) = (int.Parse(match.Groups["major"].Value), int.Parse(match.Groups["minor"].Value));
        return match.Groups["name"].Value switch
        {
            "net" when major is >= 5 and <= FrameworkMajor => 3000 + 10 * major + minor,
            "netcoreapp" when major <= FrameworkMajor => (major >= 5 ? 3000 : 2000) + 10 * major + minor,
            "netstandard" when major <= 2 => 1000 + 10 * major + minor,
            _ => -1,
        };
    }

    [GeneratedRegex(
        @"^(?<name>netstandard|netcoreapp|net)(?<major>[0-9]+)\.(?<minor>[0-9]+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Framework { get; }
}
