using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>Does what sessions ask of statements.</summary>
static class ServedWork
{
    /// <summary>
    /// Does something with a statement, which the client can cancel; where it is refused, that is on the disk before
    /// the client gets the answer.
    /// </summary>
    public static async Task<T> RunAsync<T>(
        SqlSession session, string sql, Func<ServedContext, CancellationToken, Task<T>> work,
        CancellationToken cancellationToken)
    {
        var context = new ServedContext(session, sql);
        session.Activity.Note(sql);
        try
        {
            session.Host.Crashing.Check(sql);
            return await session.Work.RunAsync(work, context, cancellationToken);
        }
        catch (Exception e)
        {
            context.NoteCrash(e);
            StatementNotes.Fail(context, e);
            await context.AuditAsync(e);
            throw;
        }
    }
}
