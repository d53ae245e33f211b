using System.Globalization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Schedules;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;

namespace Foz.Operations.Triggers;

/// <summary>
/// Looks whether tables of streams are older than they may be. As long as one is, it counts again each time that the
/// allowed age has passed once more.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="trigger">The streams, and their ages.</param>
sealed class AgeCondition(Lakehouse lake, ScheduleTrigger.Stale trigger)
{
    static readonly TimeSpan restMax = TimeSpan.FromMinutes(10);

    /// <summary>Reads the ages.</summary>
    public async Task<(TriggerMark? Mark, TimeSpan RestFor)> LookAsync(Project project)
    {
        var (rest, marks, causes) = (restMax, new List<string>(), new List<string>());
        foreach (var (source, stream) in WatchedStreams.Of(project, trigger.Streams))
        {
            if (LimitOf(stream) is not { } limit) continue;
            var freshness = new StreamFreshness(
                stream.Freshness?.LoadedAt, limit, ErrorAfter: null, stream.Freshness?.Filter);
            var age = (await new SourceFreshness(lake).ReadAsync(
                [source with { Streams = [stream with { Freshness = freshness }] }], CancellationToken.None))[0];
            // A table that is not there yet is as old as can be.
            if (age.Error is { Kind: not (ErrorKind.Data or ErrorKind.NotFound) } error) throw error;
            var left = limit - (age.Age ?? limit);
            if (left > TimeSpan.Zero)
            {
                if (left < rest) rest = left;
                continue;
            }
            if (limit < rest) rest = limit;
            var since = age.LoadedAt ?? DateTimeOffset.UnixEpoch;
            var periods = (lake.Clock.GetUtcNow() - since).Ticks / limit.Ticks;
            marks.Add(string.Create(CultureInfo.InvariantCulture, $"{age.Stream} {since.UtcTicks} {periods}"));
            causes.Add(age.Age is { } old
                ? $"{age.Stream} is {Duration.Describe(old)} old" : $"{age.Stream} was never loaded");
        }
        return (marks.Count == 0 ? null : new(string.Join('\n', marks), string.Join(", ", causes)), rest);
    }

    TimeSpan? LimitOf(ProjectStream stream) =>
        trigger.AgeMax ?? stream.Freshness?.WarnAfter ?? stream.Freshness?.ErrorAfter;
}
