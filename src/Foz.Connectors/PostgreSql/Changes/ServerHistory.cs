using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Wire;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>A server's history, and where its log is now.</summary>
/// <param name="History">The history.</param>
/// <param name="Current">How far its log is flushed.</param>
sealed record ServerHistory(LogHistory History, Lsn Current)
{
    /// <summary>Asks a server.</summary>
    /// <param name="replication">A session for replication.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ServerHistory> IdentifyAsync(
        PgConnection replication, CancellationToken cancellationToken)
    {
        var rows = await replication.QueryAsync("IDENTIFY_SYSTEM", cancellationToken);
        return rows is [[{ } system, { } timeline, { } current, ..]]
            && ulong.TryParse(system, NumberStyles.None, CultureInfo.InvariantCulture, out var systemId)
            && uint.TryParse(timeline, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Lsn.TryParse(current, out var lsn)
            ? new ServerHistory(new LogHistory(systemId, number), lsn)
            : throw new WireException(
                WireErrorKind.Malformed, "IDENTIFY_SYSTEM: the answer is not one row of four texts");
    }

    /// <summary>
    /// What is missing between a position and this server's log; null where the log continues from there: on the same
    /// timeline, or on one that left the position's after it.
    /// </summary>
    /// <param name="from">The position.</param>
    /// <param name="timelines">The history file of the server's timeline; null where it was not asked for.</param>
    public ChangeGap? Gap(LogPosition from, string? timelines)
    {
        if (from.History.SystemId != History.SystemId)
            return new ChangeGap(
                ChangeGapKind.OtherServer,
                $"the position {from.Lsn} is of the server {from.History.SystemId}, and this is {History.SystemId}");
        if (from.History.Timeline > History.Timeline)
            return new ChangeGap(
                ChangeGapKind.ServerBehind,
                $"the position {from.Lsn} is on timeline {from.History.Timeline}, and the server on "
                + $"{History.Timeline}: it was restored from an older state");
        if (from.History.Timeline < History.Timeline)
        {
            var left = Left(timelines ?? "", from.History.Timeline);
            if (left is null || left.Value < from.Lsn)
                return new ChangeGap(
                    ChangeGapKind.HistoryParted,
                    $"the server's timeline {History.Timeline} left timeline {from.History.Timeline} at "
                    + $"{(left is { } at ? $"{at}" : "an unknown place")}, before the position {from.Lsn}");
        }

        return Current < from.Lsn
            ? new ChangeGap(
                ChangeGapKind.ServerBehind,
                $"the server's log ends at {Current}, before the position {from.Lsn}: "
                + "it was restored from an older state")
            : null;
    }

    /// <summary>Where a timeline was left, by a history file; null where the file does not have it.</summary>
    static Lsn? Left(string timelines, uint timeline)
    {
        foreach (var line in timelines.Split('\n'))
            if (line.Split('\t', StringSplitOptions.TrimEntries) is [var number, var place, ..]
                && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var left)
                && left == timeline && Lsn.TryParse(place, out var lsn))
                return lsn;
        return null;
    }
}
