using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Serving.Sql;
using Foz.Serving.Workloads;

namespace Foz.Serving.Sessions;

/// <summary>
/// A statement of a session while it is prepared, or run: what it may read, how it runs, what is noted of it.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="sql">The statement.</param>
sealed class ServedContext(SqlSession session, string sql)
{
    /// <summary>The session.</summary>
    public SqlSession Session => session;

    /// <summary>The statement.</summary>
    public string Sql => sql;

    /// <summary>What it was let through to so far.</summary>
    public StatementAccess Access { get; } = new();

    /// <summary>How it runs; null where it has not begun to.</summary>
    public WorkloadRun? Run { get; set; }

    /// <summary>Notes how it failed, where that ended the engine: once.</summary>
    public void NoteCrash(Exception error)
    {
        if (error == session.Errors.OfEngine) return;
        session.Errors.OfEngine = error;
        session.Host.Crashing.Note(sql, error);
    }

    /// <summary>Audits a refusal, once, before the client gets it.</summary>
    public async Task AuditAsync(Exception error)
    {
        if (error is not FozException refused || refused == session.Errors.InAudit
            || session.Host.Options.Audit is not { } log)
            return;
        session.Errors.InAudit = refused;
        if (Access.ReasonOf(sql, refused) is { } reason)
            await log.AddDurablyAsync(
                Record(AuditEvent.Read, AuditDecision.Denied, log.RunId) with { Reason = reason },
                CancellationToken.None);
    }

    /// <summary>Notes what it is about to read or change; it is not done where that cannot be noted.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="analysis">What it names; null where its tables say all.</param>
    public void Audit(AuditEvent kind, SqlAnalysis? analysis)
    {
        if (session.Host.Options.Audit is not { } log || (Access.Tables.Count == 0 && kind is AuditEvent.Read)) return;
        log.Add(Record(kind, AuditDecision.Granted, log.RunId) with
        {
            Columns = analysis is null ? [] : Access.ColumnsOf(analysis),
        });
    }

    AuditRecord Record(AuditEvent kind, AuditDecision decision, string runId)
    {
        var text = StatementText.WithoutLiterals(sql);
        return new()
        {
            RunId = runId, RecordedAt = session.Host.Lake.Clock.GetUtcNow(), Event = kind, Decision = decision,
            User = session.User.Name, Protocol = session.Protocol, Address = session.ClientAddress,
            Session = session.Id,
            Tables = [.. Access.Tables.Select(table => $"{table}")], Statement = StatementText.Shortened(text),
            StatementHash = StatementText.Hash(text),
        };
    }
}
