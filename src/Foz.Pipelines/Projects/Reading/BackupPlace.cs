using Foz.Lake.Configuration;
using Foz.Storage.Addresses;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Whether backups would mix with the lake or the project: each needs a place of its own.</summary>
static class BackupPlace
{
    const string EndpointKey = "endpoint";

    // Folders of the project's root that Foz reads, or that people keep with what it reads.
    static readonly string[] projectFolders =
    [
        "alerts", "macros", "models", "policies", "schedules", "seeds", "snapshots", "sources", "target", "tests",
    ];

    /// <summary>Says what is wrong with a place for backups; null where nothing is.</summary>
    /// <param name="to">The place.</param>
    /// <param name="lake">Where the lake is.</param>
    /// <param name="project">The project's folder.</param>
    public static string? FaultOf(LakeLocation to, LakeLocation lake, string project)
    {
        if (ObjectStores.IsUrl(to.Path))
            return ObjectStores.IsUrl(lake.Path)
                && to.Settings.GetValueOrDefault(EndpointKey) == lake.Settings.GetValueOrDefault(EndpointKey)
                    ? LakeFaultOf(to.Path.TrimEnd('/'), lake.Path.TrimEnd('/'), '/')
                    : null;
        var (place, root) = (RealPath(to.Path), RealPath(project));
        if (!ObjectStores.IsUrl(lake.Path)
            && LakeFaultOf(place, RealPath(lake.Path), Path.DirectorySeparatorChar) is { } fault)
            return fault;
        if (IsAtOrBelow(root, place, Path.DirectorySeparatorChar)) return "is or contains the project's folder";
        return projectFolders.FirstOrDefault(
            folder => IsAtOrBelow(place, Path.Combine(root, folder), Path.DirectorySeparatorChar)) is { } own
            ? $"is in the project's folder {own}/"
            : null;
    }

    static string? LakeFaultOf(string place, string lake, char separator) =>
        IsAtOrBelow(place, lake, separator) ? "is in the lake"
        : IsAtOrBelow(lake, place, separator) ? "contains the lake"
        : null;

    static bool IsAtOrBelow(string path, string folder, char separator) =>
        path == folder || path.StartsWith(folder.TrimEnd(separator) + separator, StringComparison.Ordinal);

    /// <summary>The path without links, as far as it exists.</summary>
    static string RealPath(string path)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        if (Path.GetDirectoryName(path) is not { } parent) return path;
        var here = Path.Combine(RealPath(parent), Path.GetFileName(path));
        try
        {
            return Directory.ResolveLinkTarget(here, returnFinalTarget: true) is { } target
                ? RealPath(target.FullName)
                : here;
        }
        catch (IOException)
        {
            return here;
        }
    }
}
