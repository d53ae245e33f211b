using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>A server's history of its log: a cluster, and which of its timelines.</summary>
/// <param name="SystemId">The cluster's number, which a copy of it keeps.</param>
/// <param name="Timeline">The timeline, which each promotion and each recovery to a moment counts up.</param>
public readonly record struct LogHistory(ulong SystemId, uint Timeline)
{
    /// <summary>Returns the two numbers.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{SystemId}/{Timeline}");
}

/// <summary>
/// A position in the write-ahead log of a PostgreSQL server: all transactions whose commit is before it have been read.
/// Its text is <c>postgresql:7423…/1:16/B374D848:0</c>.
/// </summary>
/// <param name="History">The server's history.</param>
/// <param name="Lsn">The place: where a commit starts for a change of it, where it ends for the end of a batch.</param>
/// <param name="Ordinal">The number of a change in its transaction, counted from 1; 0 for the end of a batch.</param>
public sealed record LogPosition(LogHistory History, Lsn Lsn, long Ordinal) : ChangePosition
{
    const string Scheme = "postgresql";

    /// <inheritdoc/>
    public override long Number => (long)Lsn.Value;

    /// <summary>Reads the text of a position.</summary>
    /// <exception cref="FozException">It is none of PostgreSQL.</exception>
    public static LogPosition Parse(string text)
    {
        if (text.Split(':') is [Scheme, var history, var lsnText, var ordinalText]
            && history.Split('/') is [var system, var line]
            && ulong.TryParse(system, NumberStyles.None, CultureInfo.InvariantCulture, out var systemId)
            && uint.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var timeline)
            && Lsn.TryParse(lsnText, out var lsn)
            && long.TryParse(ordinalText, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal))
            return new LogPosition(new(systemId, timeline), lsn, ordinal);
        throw new FozException(ErrorKind.Data, $"'{text}' is no position in the log of a PostgreSQL server");
    }

    /// <inheritdoc/>
    public override PositionOrder CompareWith(ChangePosition other) => other switch
    {
        LogPosition log when log.History == History => new PositionOrder.Ordered(
            (Lsn, Ordinal).CompareTo((log.Lsn, log.Ordinal))),
        LogPosition log when log.History.SystemId == History.SystemId => new PositionOrder.Unrelated(
            $"one is on timeline {History.Timeline}, the other on {log.History.Timeline}"),
        LogPosition log => new PositionOrder.Unrelated(
            $"one is of the server {History.SystemId}, the other of {log.History.SystemId}"),
        _ => new PositionOrder.Unrelated("one is of a PostgreSQL server, the other is not"),
    };

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}:{History}:{Lsn}:{Ordinal}");
}
