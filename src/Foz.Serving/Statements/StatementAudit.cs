using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>What is noted of a session's statements before and after they are done.</summary>
static class StatementAudit
{
    /// <summary>Does some work with a statement; a refusal is written to disk before the client gets it.</summary>
    public static async Task<T> AuditAsync<T>(this SqlSession session, string sql, Func<Task<T>> work)
    {
        (session.Access, session.Run) = (new(), null);
        session.Activity.Note(sql);
        try
        {
            session.Host.Lethal.Check(sql);
            return await work();
        }
        catch (Exception e)
        {
            session.NoteLethal(sql, e);
            StatementNotes.Fail(session, sql, e);
            await session.AuditAsync(session.Access, sql, e);
            throw;
        }
    }

    /// <summary>Notes how a statement failed, where that ended the engine: once.</summary>
    public static void NoteLethal(this SqlSession session, string sql, Exception error)
    {
        if (error == session.Ended) return;
        session.Ended = error;
        session.Host.Lethal.Note(sql, error);
    }

    /// <summary>Audits a failed statement, if it was refused: once, before the client gets the error.</summary>
    /// <param name="session">The session.</param>
    /// <param name="access">The access granted to it.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="error">How it failed.</param>
    public static async Task AuditAsync(this SqlSession session, StatementAccess access, string sql, Exception error)
    {
        if (error is not FozException refused || refused == session.Audited
            || session.Host.Options.Audit is not { } log)
            return;
        session.Audited = refused;
        if (access.ReasonOf(sql, refused) is { } reason)
            await log.AddDurablyAsync(
                access.Record(session, sql, AuditEvent.Read, AuditDecision.Denied, log.RunId) with { Reason = reason },
                CancellationToken.None);
    }

    /// <summary>Notes what a statement is about to read or change; it is not done where that cannot be noted.</summary>
    /// <param name="session">The session.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="kind">What it does.</param>
    /// <param name="analysis">What it names; null where its tables say all.</param>
    public static void Audit(this SqlSession session, string sql, AuditEvent kind, SqlAnalysis? analysis)
    {
        if (session.Host.Options.Audit is not { } log || (session.Access.Tables.Count == 0 && kind is AuditEvent.Read))
            return;
        log.Add(session.Access.Record(session, sql, kind, AuditDecision.Granted, log.RunId) with
        {
            Columns = analysis is null ? [] : session.Access.ColumnsOf(analysis),
        });
    }
}
