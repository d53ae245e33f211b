using Foz.Connectors.Files.Contents;

namespace Foz.Connectors.Files;

/// <summary>
/// Decides how long to wait for files that may still be written: those that changed within <c>settle</c>, and those
/// whose last line has no end, until they are <c>settle_max</c> old.
/// </summary>
/// <param name="settle">How long a file must have been unchanged.</param>
/// <param name="settleMax">How long a file whose last line has no end must have been unchanged.</param>
/// <param name="clock">The time.</param>
sealed class FileSettling(TimeSpan settle, TimeSpan settleMax, TimeProvider clock)
{
    /// <summary>The time of <c>settle</c> where it is not set.</summary>
    public static readonly TimeSpan SettleDefault = TimeSpan.FromSeconds(5);

    /// <summary>The time of <c>settle_max</c> where it is not set.</summary>
    public static readonly TimeSpan SettleMaxDefault = TimeSpan.FromMinutes(1);

    readonly Dictionary<string, (FileInput File, long SeenAt)> seen = new(StringComparer.Ordinal);
    readonly long startedAt = clock.GetTimestamp();

    /// <summary>Whether files were waited for so long that one which still changes is left to the next run.</summary>
    public bool IsOver => clock.GetElapsedTime(startedAt) > settle + settleMax;

    /// <summary>How long to wait for a file; zero for none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="endsLine">Whether its last line has its end, as far as there are lines.</param>
    public TimeSpan WaitFor(FileInput file, Func<bool> endsLine)
    {
        // Clocks of servers differ, and times of files can be set: the observed time counts if it is longer.
        if (!seen.TryGetValue(file.Path, out var known) || !FilePlan.IsSame(known.File, file))
            seen[file.Path] = known = (file, clock.GetTimestamp());
        var age = clock.GetUtcNow() - file.ModifiedAt;
        var watched = clock.GetElapsedTime(known.SeenAt);
        if (age < watched) age = watched;
        if (settle > TimeSpan.Zero && age < settle) return settle - age;
        return age < settleMax && !endsLine() ? settleMax - age : TimeSpan.Zero;
    }

    /// <summary>Whether the last line of a file of text has its end.</summary>
    public static bool EndsLine(string path)
    {
        try
        {
            using var file = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.Length == 0) return true;
            file.Seek(-Math.Min(2, file.Length), SeekOrigin.End);
            Span<byte> end = stackalloc byte[2];
            end = end[..file.ReadAtLeast(end, end.Length, throwOnEndOfStream: false)];
            // In UTF-16 a zero byte precedes or follows it.
            return end.Length == 0 || end[^1] is (byte)'\n' or (byte)'\r'
                || (end[^1] == 0 && end[0] is (byte)'\n' or (byte)'\r');
        }
        catch (Exception e) when (FileStreams.IsReadError(e))
        {
            // Reading it reports the error.
            return true;
        }
    }
}
