using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>
/// When versions were committed. Without in-commit timestamps that is the commit file's time, made to rise by at least
/// a millisecond from version to version (PROTOCOL.md, "In-Commit Timestamps").
/// </summary>
sealed class CommitTimes(IObjectStore store)
{
    static readonly TimeSpan tick = TimeSpan.FromMilliseconds(1);

    /// <summary>The time of a commit file as a version's time.</summary>
    public static DateTimeOffset After(DateTimeOffset previous, DateTimeOffset modified) =>
        modified > previous ? modified : previous + tick;

    /// <summary>The times of consecutive commits by their files.</summary>
    public static List<DateTimeOffset> ByFiles(IReadOnlyList<LogFile> commits)
    {
        var times = new List<DateTimeOffset>(commits.Count);
        foreach (var commit in commits)
            times.Add(After(times.Count > 0 ? times[^1] : DateTimeOffset.MinValue, commit.Info.LastModified));
        return times;
    }

    /// <summary>The time that a commit carries; null if it has none or its file is gone.</summary>
    public async ValueTask<DateTimeOffset?> InCommitTimeAsync(long version, CancellationToken cancellationToken) =>
        (await InfoAsync(version, cancellationToken))?.InCommitTimestampMs is { } ms
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : null;

    /// <summary>Who made a commit; null if it does not say or its file is gone.</summary>
    public async ValueTask<CommitInfo?> InfoAsync(long version, CancellationToken cancellationToken)
    {
        var path = LogFiles.CommitPath(version);
        return await store.GetAsync(path, cancellationToken) is { } file
            ? ActionReader.ReadInfo(file.Content, $"{store.Root}/{path}")
            : null;
    }

    /// <summary>The last of the commits at or before an instant; null if all are later.</summary>
    /// <param name="commits">Consecutive commits, the newest one last.</param>
    /// <param name="metadata">The newest metadata, which says since when commits carry their own time.</param>
    /// <param name="instant">The instant.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async ValueTask<long?> VersionAtAsync(
        IReadOnlyList<LogFile> commits, Metadata metadata, DateTimeOffset instant, CancellationToken cancellationToken)
    {
        var times = ByFiles(commits);
        var byFiles = commits.Count;
        if (TableProperties.HasInCommitTimestamps(metadata))
        {
            var start = TableProperties.InCommitTimestampStart(metadata);
            byFiles = start is null ? 0 : commits.Count(commit => commit.Version < start.Value.Version);
            if (start is null || instant >= start.Value.Time)
                return await LastAsync(commits, byFiles, instant, cancellationToken)
                    ?? (byFiles > 0 ? commits[byFiles - 1].Version : null);
        }
        var found = times.GetRange(0, byFiles).FindLastIndex(time => time <= instant);
        return found < 0 ? null : commits[found].Version;
    }

    /// <summary>The last commit at or before an instant by the times in the commits, which rise.</summary>
    async ValueTask<long?> LastAsync(
        IReadOnlyList<LogFile> commits, int first, DateTimeOffset instant, CancellationToken cancellationToken)
    {
        var (low, high) = (first, commits.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var time = await InCommitTimeAsync(commits[middle].Version, cancellationToken)
                ?? commits[middle].Info.LastModified;
            if (time <= instant) low = middle + 1;
            else high = middle;
        }
        return low > first ? commits[low - 1].Version : null;
    }
}
