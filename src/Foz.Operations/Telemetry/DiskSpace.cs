namespace Foz.Operations.Telemetry;

/// <summary>The room of the disk that has a folder.</summary>
/// <param name="FreeBytes">Bytes that this user may still write.</param>
/// <param name="TotalBytes">All bytes.</param>
readonly record struct DiskSpace(long FreeBytes, long TotalBytes)
{
    /// <summary>
    /// Returns the room of the disk of a folder, or of the nearest one above it that exists; null if unknown.
    /// </summary>
    public static DiskSpace? Of(string folder)
    {
        try
        {
            var there = folder;
            while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } above) there = above;
            var drive = new DriveInfo(there);
            return new(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
