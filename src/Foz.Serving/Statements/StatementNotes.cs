using System.Net.Sockets;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Serving.Metrics;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Storage;

namespace Foz.Serving.Statements;

/// <summary>What <c>foz.queries</c> tells of statements; it is made of them in the background.</summary>
static class StatementNotes
{
    /// <summary>Notes a statement that failed, once.</summary>
    /// <param name="context">The statement.</param>
    /// <param name="error">How it failed.</param>
    /// <param name="rows">How many rows it gave before.</param>
    public static void Fail(ServedContext context, Exception error, long rows = 0)
    {
        // An error inside of another statement is seen more than once, and may have another text then.
        var errors = context.Session.Errors;
        if (error == errors.InQueries || (error.InnerException is { } inner && inner == errors.InQueries)) return;
        errors.InQueries = error;
        Add(context, rows, error);
    }

    /// <summary>Notes a statement.</summary>
    /// <param name="context">The statement.</param>
    /// <param name="rows">How many rows it gave or changed.</param>
    /// <param name="error">How it failed; null where it did not.</param>
    public static void Add(ServedContext context, long rows, Exception? error)
    {
        var (session, sql, run) = (context.Session, context.Sql, context.Run);
        var state = error is null ? null : StateOf(error);
        StatementInstruments.End(
            session.Protocol,
            state is null ? "succeeded" : state == ErrorKind.Canceled.SqlState ? "canceled" : "failed",
            run?.Workload ?? session.Workload, run?.Elapsed ?? TimeSpan.Zero, run?.Queued ?? TimeSpan.Zero);
        if (session.Host.Options.Queries is not { } log) return;
        var price = session.Host.Options.Price;
        var tables = run?.Tables is { Count: > 0 } known ? known : [.. context.Access.Tables];
        var (files, analysis) = (run?.Meter.Files ?? [], run?.Analysis);
        var record = new QueryRecord
        {
            RunId = log.RunId, StartedAt = run?.AskedAt ?? session.Host.Lake.Clock.GetUtcNow(),
            User = session.User.Name,
            Protocol = session.Protocol, Address = session.ClientAddress,
            Application = NullIfEmpty(session.Settings["application_name"]),
            Session = session.Id, Workload = run?.Workload ?? session.Workload,
            Tables = [.. tables.Select(table => $"{table}")], Rows = rows,
            QueuedMs = (long)(run?.Queued.TotalMilliseconds ?? 0),
            DurationMs = (long)(run?.Elapsed.TotalMilliseconds ?? 0),
            Statement = "", StatementHash = "", SqlState = state,
        };
        log.Add(() =>
        {
            var text = StatementText.WithoutLiterals(sql);
            var bytes = BytesOf(files, analysis);
            var isFailed = error is not null && record.SqlState != ErrorKind.Canceled.SqlState;
            return record with
            {
                Statement = StatementText.Shortened(text),
                StatementHash = StatementText.Hash(text),
                BytesRead = bytes,
                Cost = price?.Of(files.Count == 0 || isFailed ? null : bytes),
                Error = error is null ? null : MessageOf(error, sql),
            };
        });
    }

    /// <summary>
    /// Bytes of files, for as many of their columns as the statement names; of all where that is not known.
    /// </summary>
    static long BytesOf(IReadOnlyList<ScannedFiles> files, SqlAnalysis? analysis)
    {
        if (analysis is null || StatementAccess.TakesAll(analysis)) return files.Sum(scanned => scanned.Bytes);
        var named = analysis.Columns.SelectMany(column => column.Parts).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return files.Sum(scanned => scanned.Columns.Count == 0
            ? 0
            : (long)((decimal)scanned.Bytes * scanned.Columns.Count(named.Contains) / scanned.Columns.Count));
    }

    static string StateOf(Exception error) => error switch
    {
        OperationCanceledException => ErrorKind.Canceled.SqlState,
        _ => Known(error) is { } known ? known.SqlState ?? known.Kind.SqlState : ErrorKind.Bug.SqlState,
    };

    /// <summary>What went wrong, without values of rows and of the statement.</summary>
    static string MessageOf(Exception error, string sql) => error switch
    {
        OperationCanceledException => "canceling statement due to user request",
        _ => Known(error) switch
        {
            null or { Kind: ErrorKind.Bug } => "internal error",
            { Kind: ErrorKind.Data } => "a value is not one of the type, out of its range, or breaks a rule",
            { } known => StatementText.Shortened(StatementText.WithoutLiteralsOf(sql, known.Message)),
        },
    };

    static FozException? Known(Exception error) => error switch
    {
        FozException known => known,
        DeltaException or StorageException => DeltaErrors.Find(error),
        EndOfStreamException or SocketException or IOException { InnerException: SocketException } =>
            SessionWork.ClientGone(error),
        _ => null,
    };

    static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
