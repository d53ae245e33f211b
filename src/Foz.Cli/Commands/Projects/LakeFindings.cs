using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Projects;

/// <summary>Whether a lake can be worked with, for <c>foz doctor</c>.</summary>
static class LakeFindings
{
    const long FreeBytesMin = 1_000_000_000;
    static readonly TimeSpan skewMax = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<Finding>> CheckAsync(
        CommandContext context, Lakehouse lake, CancellationToken cancellationToken)
    {
        if (!lake.IsLocal)
            return
            [
                .. await LookRemotelyAsync(context, lake, cancellationToken),
                FreeSpace(context.Shell, lake.CacheFolder!),
            ];
        var findings = new List<Finding>
        {
            Writable(context.Shell, lake.Folder), await FormatAsync(lake, cancellationToken),
            FreeSpace(context.Shell, lake.Folder),
        };
        if (LakeProbe.NetworkFileSystemOf(lake.Folder) is { } network)
            findings.Add(
                new("file system", true, $"{network}, over the network: mount it with NFS 4 and without nolock, "
                    + "and let no other machine write there by SMB"));
        return findings;
    }

    static async Task<IReadOnlyList<Finding>> LookRemotelyAsync(
        CommandContext context, Lakehouse lake, CancellationToken cancellationToken)
    {
        try
        {
            var probe = await LakeProbe.RunAsync(lake, cancellationToken);
            var skew = probe.ClockSkew.Duration();
            return
            [
                new("lake", true,
                    $"{lake.Root} can be read, listed and written in {probe.Elapsed.TotalMilliseconds:0} ms"),
                new("lake's promises", probe.Fault is null, probe.Fault
                    ?? (lake.IsSingleWriter
                        ? "none (unsafe_single_writer): two processes that write at the same time lose commits"
                        : "of two that create or replace an object, one wins"),
                    "commits would be lost: use a store with conditional writes (If-None-Match, If-Match)"),
                await FormatAsync(lake, cancellationToken),
                new("clock", skew <= skewMax, $"{skew.TotalSeconds:0} s off the store's",
                    "set this machine's clock by NTP"),
            ];
        }
        catch (Exception e) when (DeltaErrors.Find(e) is not null)
        {
            var error = DeltaErrors.Find(e)!;
            return
            [
                new("lake", false, context.Mask(error.Message), error.Hint
                    ?? "see lake: in foz.yml, and docs/guide/object-stores.md"),
            ];
        }
    }

    static async Task<Finding> FormatAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        const string Name = "lake's format";
        try
        {
            var format = await lake.Format.FindAsync(cancellationToken);
            return new(Name, true, format switch
            {
                null => $"{LakeFormat.Newest}, from the first write on",
                LakeFormat.Newest => $"{format}, the newest",
                _ => $"{format}: foz upgrade brings it to {LakeFormat.Newest}",
            });
        }
        catch (FozException e)
        {
            return new(Name, false, e.Message, e.Hint);
        }
    }

    static Finding Writable(Shell shell, string lake)
    {
        var probe = Path.Combine(lake, $".foz-doctor-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(lake);
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return new("lake", true, $"{shell.Shown(lake)} can be written");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(
                "lake", false, e.Message, "let this user write there, or set lake: in foz.yml to another folder");
        }
    }

    static Finding FreeSpace(Shell shell, string near)
    {
        var folder = near;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above) folder = above;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        return new(
            "disk", free >= FreeBytesMin, $"{SizeText.Of(free)} free in {shell.Shown(folder)}",
            "make room: runs write and spill there");
    }
}
