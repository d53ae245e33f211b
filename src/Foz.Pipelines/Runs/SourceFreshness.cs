using System.Globalization;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>How old what a stream's table has is.</summary>
/// <param name="Stream">The source and the stream: <c>shop.orders</c>.</param>
/// <param name="Status"><c>pass</c>, <c>warn</c>, <c>error</c> or <c>runtime error</c>.</param>
/// <param name="LoadedAt">The youngest row; null where there is none, or it could not be found out.</param>
/// <param name="Age">How old that is.</param>
/// <param name="Error">Why it could not be found out; null where it was.</param>
public sealed record SourceAge(
    string Stream, string Status, DateTimeOffset? LoadedAt, TimeSpan? Age, FozException? Error);

/// <summary>Finds out how old what the tables of streams have is.</summary>
/// <param name="lake">The lake.</param>
public sealed class SourceFreshness(Lakehouse lake)
{
    static readonly long EpochMicros = DateTimeOffset.UnixEpoch.UtcTicks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Reads the age of the streams that limit it.</summary>
    /// <param name="sources">Their sources.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<SourceAge>> ReadAsync(
        IEnumerable<ProjectSource> sources, CancellationToken cancellationToken)
    {
        var found = new List<SourceAge>();
        using var session = lake.Engines.Open(Workload.Models);
        foreach (var source in sources)
            foreach (var stream in source.Streams)
                if (stream.Freshness is { } limits and not { WarnAfter: null, ErrorAfter: null })
                    found.Add(await ReadAsync(session, source.Name, stream, limits, cancellationToken));
        return found;
    }

    /// <summary>The instant of microseconds since 1970; null for none that .NET has.</summary>
    public static DateTimeOffset? InstantOf(long micros) =>
        micros >= DateTimeOffset.MinValue.UtcTicks / TimeSpan.TicksPerMicrosecond - EpochMicros
        && micros <= DateTimeOffset.MaxValue.UtcTicks / TimeSpan.TicksPerMicrosecond - EpochMicros
            ? DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
            : null;

    async Task<SourceAge> ReadAsync(
        EngineSession session, string source, ProjectStream stream, StreamFreshness limits,
        CancellationToken cancellationToken)
    {
        var name = $"{source}.{stream.Definition.Name}";
        try
        {
            var column = SqlText.Identifier(limits.LoadedAt ?? ChangeColumns.SyncedAt);
            var table = $"{SqlText.Identifier(stream.Table.Schema)}.{SqlText.Identifier(stream.Table.Name)}";
            var where = limits.Filter is { } filter ? $" WHERE (\n{filter}\n)" : "";
            using var bound = await new StatementBinder(
                session, new LakeNameResolver(lake, lake.Tables, static _ => null)).BindAsync(
                $"SELECT epoch_us(max(CAST({column} AS TIMESTAMPTZ))) FROM {table}{where}", cancellationToken);
            using var rows = session.Query(bound.Sql, cancellationToken);
            if (rows.Rows(cancellationToken).First() is not [{ } micros])
                return new(
                    name, "error", null, null,
                    new(ErrorKind.Data, $"{stream.Table} has no row that says when it came"));
            if (InstantOf(Convert.ToInt64(micros, CultureInfo.InvariantCulture)) is not { } loadedAt)
                return new(
                    name, "runtime error", null, null,
                    new(ErrorKind.Data,
                        $"the youngest row of {stream.Table} says that it came before year 1 or after year 9999"));
            var age = lake.Clock.GetUtcNow() - loadedAt;
            return new(
                name, age > limits.ErrorAfter ? "error" : age > limits.WarnAfter ? "warn" : "pass", loadedAt, age,
                null);
        }
        catch (Exception e)
            when (e is FozException { Kind: not ErrorKind.Canceled } or DeltaException or StorageException)
        {
            return new(name, "runtime error", null, null, DeltaErrors.Find(e));
        }
    }
}
