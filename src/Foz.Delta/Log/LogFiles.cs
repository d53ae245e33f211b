using System.Globalization;
using Foz.Storage;

namespace Foz.Delta.Log;

/// <summary>The names of the files in a table's log folder (PROTOCOL.md, "File Types").</summary>
public static class LogFiles
{
    /// <summary>The folder of the log, below the table's root.</summary>
    public const string Folder = "_delta_log";

    /// <summary>The folder of V2 checkpoints' sidecars.</summary>
    public const string SidecarFolder = $"{Folder}/_sidecars";

    /// <summary>The hint to the newest checkpoint.</summary>
    public const string LastCheckpointPath = $"{Folder}/_last_checkpoint";

    /// <summary>Digits of a version in a name.</summary>
    internal const int VersionDigits = 20;

    /// <summary>The commit of a version.</summary>
    public static string CommitPath(long version) => $"{VersionPath(version)}.json";

    /// <summary>The checksum file of a version.</summary>
    public static string ChecksumPath(long version) => $"{VersionPath(version)}.crc";

    /// <summary>The classic, single-part checkpoint of a version.</summary>
    public static string CheckpointPath(long version) => $"{VersionPath(version)}.checkpoint.parquet";

    /// <summary>A V2 checkpoint of a version.</summary>
    internal static string V2CheckpointPath(long version, Guid id) => $"{VersionPath(version)}.checkpoint.{id:D}.json";

    /// <summary>What all file names of a version begin with; sorts right before them.</summary>
    internal static string VersionPath(long version) =>
        $"{Folder}/{version.ToString("D20", CultureInfo.InvariantCulture)}";
}

/// <summary>What a file of the log folder is.</summary>
enum LogFileKind
{
    Commit,
    ClassicCheckpoint,
    MultiPartCheckpoint,
    V2Checkpoint,
    Compaction,
    Checksum,
}

/// <summary>A file of the log folder whose name the protocol defines.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Version">The version; of a compaction the first.</param>
/// <param name="Info">The object.</param>
/// <param name="Part">The number of the part of a multi-part checkpoint, from 1; otherwise 0.</param>
/// <param name="Parts">The number of parts of a multi-part checkpoint; otherwise 0.</param>
/// <param name="LastVersion">The last version, which differs from the first in a compaction only.</param>
readonly record struct LogFile(
    LogFileKind Kind, long Version, ObjectInfo Info, int Part = 0, int Parts = 0, long LastVersion = -1)
{
    /// <summary>Reads a name; null for files that the protocol does not define, which readers ignore.</summary>
    public static LogFile? Parse(ObjectInfo info)
    {
        var name = info.Path.AsSpan(LogFiles.Folder.Length + 1);
        if (name.Length <= LogFiles.VersionDigits || !TryVersion(name[..LogFiles.VersionDigits], out var version))
            return null;
        var rest = name[LogFiles.VersionDigits..];
        return rest switch
        {
            ".json" => new LogFile(LogFileKind.Commit, version, info),
            ".crc" => new LogFile(LogFileKind.Checksum, version, info),
            ".checkpoint.parquet" => new LogFile(LogFileKind.ClassicCheckpoint, version, info),
            _ when rest.StartsWith(".checkpoint.") => Checkpoint(rest[".checkpoint.".Length..], version, info),
            _ when rest.EndsWith(".compacted.json") => Compaction(rest[1..^".compacted.json".Length], version, info),
            _ => null,
        };
    }

    static LogFile? Checkpoint(ReadOnlySpan<char> rest, long version, ObjectInfo info)
    {
        var dot = rest.IndexOf('.');
        if (dot < 0) return null;
        var first = rest[..dot];
        var second = rest[(dot + 1)..];
        if (Guid.TryParse(first, out _))
            return second is "json" or "parquet" ? new LogFile(LogFileKind.V2Checkpoint, version, info) : null;
        const string extension = ".parquet";
        return second.EndsWith(extension)
            && TryNumber(first, out var part) && TryNumber(second[..^extension.Length], out var parts)
            && part >= 1 && part <= parts
            ? new LogFile(LogFileKind.MultiPartCheckpoint, version, info, part, parts)
            : null;
    }

    static LogFile? Compaction(ReadOnlySpan<char> last, long version, ObjectInfo info) =>
        last.Length == LogFiles.VersionDigits && TryVersion(last, out var lastVersion) && lastVersion > version
            ? new LogFile(LogFileKind.Compaction, version, info, LastVersion: lastVersion)
            : null;

    static bool TryVersion(ReadOnlySpan<char> text, out long version) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out version);

    static bool TryNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
