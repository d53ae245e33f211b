using System.Globalization;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;

namespace Foz.Operations.Hosting;

/// <summary>When a disk will be full.</summary>
/// <param name="FullAt">When, if it fills as it did.</param>
/// <param name="BytesOfDay">How many bytes a day it fills by.</param>
/// <param name="FreeBytes">How many bytes were free last.</param>
public sealed record DiskForecast(DateTimeOffset FullAt, long BytesOfDay, long FreeBytes)
{
    /// <summary>For how long hosts must have measured a disk before it foretells.</summary>
    public static readonly TimeSpan ShortestPast = TimeSpan.FromHours(6);

    /// <summary>How far back it looks.</summary>
    public static readonly TimeSpan LongestPast = TimeSpan.FromDays(7);

    static readonly TimeSpan farthest = TimeSpan.FromDays(365);

    /// <summary>Foretells from what hosts of this machine measured; null where the disk does not fill.</summary>
    /// <param name="lake">The lake, whose disk it is, or that of temporary files.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<DiskForecast?> ReadAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        if (await lake.Catalog.FindAsync(new("foz", HostRecord.Table), cancellationToken) is null) return null;
        var since = lake.Clock.GetUtcNow() - LongestPast;
        using var session = lake.Engines.Open(Workload.Query);
        using var bound = await new StatementBinder(session, new LakeNameResolver(lake, lake.Tables, static _ => null))
            .BindAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    WITH own AS (
                        SELECT recorded_at, disk_free_bytes, disk_bytes FROM foz.host
                        WHERE host = {SqlText.Literal(Environment.MachineName)} AND disk_free_bytes IS NOT NULL
                            AND recorded_at >= make_timestamptz({since.ToUnixTimeMilliseconds() * 1000}))
                    SELECT epoch_ms(date_trunc('hour', recorded_at)), min(disk_free_bytes) FROM own
                    WHERE disk_bytes = (SELECT max_by(disk_bytes, recorded_at) FROM own)
                    GROUP BY 1 ORDER BY 1
                    """),
                cancellationToken);
        using var rows = session.Query(bound.Sql, cancellationToken);
        return Of(
            [
                .. rows.Rows(cancellationToken).Select(row =>
                    (DateTimeOffset.FromUnixTimeMilliseconds((long)row[0]!), (long)row[1]!)),
            ]);
    }

    /// <summary>
    /// Foretells from measurements: by the median of the slopes between all pairs of them, which work that takes a disk
    /// for an hour and gives it back does not sway (Theil 1950, Sen 1968).
    /// </summary>
    /// <param name="free">Times and the bytes that were free then, in order of time.</param>
    /// <returns>
    /// When the disk is full; null where it does not fill, or not within a year, or too little is known.
    /// </returns>
    public static DiskForecast? Of(IReadOnlyList<(DateTimeOffset At, long Bytes)> free)
    {
        if (free.Count < 2 || free[^1].At - free[0].At < ShortestPast) return null;
        var slopes = new List<double>(free.Count * (free.Count - 1) / 2);
        for (var i = 0; i < free.Count; i++)
            for (var j = i + 1; j < free.Count; j++)
                slopes.Add((free[j].Bytes - free[i].Bytes) / (free[j].At - free[i].At).TotalDays);
        slopes.Sort();
        var middle = slopes.Count / 2;
        var ofDay = slopes.Count % 2 == 1 ? slopes[middle] : (slopes[middle - 1] + slopes[middle]) / 2;
        var (at, left) = free[^1];
        return ofDay < 0 && left / -ofDay <= farthest.TotalDays
            ? new(at + TimeSpan.FromDays(left / -ofDay), (long)-ofDay, left)
            : null;
    }

    /// <summary>Says it in one line.</summary>
    public string Describe(DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"the disk of the lake is full in {DaysOf(FullAt - now)}: it fills by {BytesOfDay / 1e9:0.##} GB a day, and "
            + $"{FreeBytes / 1e9:0.##} GB are left");

    static string DaysOf(TimeSpan time) => time switch
    {
        { TotalHours: < 1 } => "less than an hour",
        { TotalHours: < 48 } => $"{(int)time.TotalHours} hours",
        _ => $"{(int)time.TotalDays} days",
    };
}
