using System.Globalization;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sessions;
using Foz.Serving.Transactions;

namespace Foz.Serving.PostgreSql;

/// <summary>The rows of <c>pg_stat_activity</c>: the server's sessions that the user may see.</summary>
static class ActivityRows
{
    /// <summary>The relation's name.</summary>
    public const string Relation = "pg_stat_activity";

    // As much as PostgreSQL shows of a statement.
    const int QueryLengthMax = 1024;

    /// <summary>The rows: owners see all sessions, others those of their user.</summary>
    public static IEnumerable<PgRow> Of(SqlSession session) => session.Host.Sessions
        .Where(other => session.User.MayKnowOf(other.User))
        .OrderBy(other => other.Id).Select(Row);

    static PgRow Row(SqlSession session)
    {
        var activity = session.Activity;
        return new()
        {
            ["datid"] = PgOids.Database, ["datname"] = "lake", ["pid"] = session.Id,
            ["usesysid"] = PgOids.Of("role", session.User.Name),
            ["usename"] = session.User.Name, ["application_name"] = session.Settings["application_name"],
            ["client_addr"] = session.ClientAddress, ["backend_start"] = Text(activity.BeganAt),
            ["xact_start"] = Text(session.Versions?.Instant),
            ["query_start"] = Text(activity.SentAt), ["state_change"] = Text(activity.ChangedAt),
            ["wait_event_type"] = activity.QueuedIn is null ? null : "Workload",
            ["wait_event"] = activity.QueuedIn is null ? null : "Queue",
            ["state"] = activity.IsBusy ? "active" : session.State switch
            {
                TransactionState.Idle => "idle",
                TransactionState.InTransaction => "idle in transaction",
                _ => "idle in transaction (aborted)",
            },
            ["query"] = activity.Sql is { Length: > QueryLengthMax } sql ? sql[..QueryLengthMax] : activity.Sql ?? "",
            ["backend_type"] = "client backend", ["workload"] = activity.QueuedIn ?? session.Workload,
        };
    }

    static string? Text(DateTimeOffset? instant) =>
        instant?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture);
}
