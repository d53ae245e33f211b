using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Foz.Lake;
using Foz.Wire;
using Npgsql;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// Says what went wrong with a server in the platform's words: while doing what, whether trying again can help, and
/// what to do about it. No message holds a secret.
/// </summary>
public static class SourceFault
{
    /// <summary>Whether an error is one of the server or of the way to it.</summary>
    public static bool IsOfSource(Exception error) =>
        error is PgServerException or NpgsqlException or IOException or SocketException or WireException
            or AuthenticationException or TimeoutException;

    /// <summary>Whether an error is one that the server reported with one of some states.</summary>
    public static bool IsOf(Exception error, params ReadOnlySpan<string> states) =>
        (error as PgServerException ?? error.InnerException as PgServerException) is { SqlState: var state }
        && states.Contains(state);

    /// <summary>The error of something that was done with a server.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="doing">What was being done, such as <c>reading public.orders</c>.</param>
    /// <param name="options">With which server.</param>
    public static FozException Of(Exception error, string doing, PgOptions options) => error switch
    {
        PgServerException server => OfServer(
            server, server.SqlState, server.Report.Text, server.Report.Detail ?? server.Report.Hint, doing, options),
        PostgresException server => OfServer(
            server, server.SqlState, server.MessageText, server.Detail ?? server.Hint, doing, options),
        WireException => new FozException(ErrorKind.Source, $"{options}: {doing}: {error.Message}", error),
        _ => new FozException(ErrorKind.Source, $"{options}: {doing}: {Reason(error)}", error) { IsTransient = true },
    };

    /// <summary>Runs something with a server, and says what it was if it fails.</summary>
    public static async Task<T> GuardAsync<T>(string doing, PgOptions options, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error) when (IsOfSource(error))
        {
            throw Of(error, doing, options);
        }
    }

    /// <summary>What happened on the way to a server.</summary>
    public static string Reason(Exception error) => error switch
    {
        EndOfStreamException => "the server closed the connection",
        { InnerException: SocketException socket } => Reason(socket),
        SocketException { SocketErrorCode: SocketError.ConnectionReset } => "the server broke off the connection",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } => "no such host is known",
        _ => error.Message.TrimEnd('.'),
    };

    static FozException OfServer(
        Exception error, string sqlState, string text, string? more, string doing, PgOptions options)
    {
        var hint = sqlState switch
        {
            SqlStates.InsufficientPrivilege when options.IsReplication =>
                $"ALTER ROLE {SqlText.Name(options.User)} REPLICATION",
            SqlStates.InsufficientPrivilege => $"grant SELECT on it (and USAGE on its schema) to {options.User}",
            SqlStates.InvalidPassword => "check user and password of the connection"
                + (Ascii.IsValid(options.Password ?? "")
                    ? ""
                    : "; write characters beyond ASCII in Unicode's form NFKC"),
            SqlStates.InvalidAuthorization =>
                "the server's pg_hba.conf decides who may connect from where, and whether "
                    + "with TLS",
            SqlStates.InvalidCatalogName => "check database of the connection",
            SqlStates.TooManyConnections => "lower connections_max of the connection, or raise the server's limit",
            SqlStates.QueryCanceled => "if the server's statement_timeout is too short for this, set "
                + "statement_timeout: 0 on the connection",
            _ => more,
        };
        return new FozException(ErrorKind.Source, $"{options}: {doing}: {text} ({sqlState})", error)
        {
            Hint = hint,
            IsTransient = IsTransient(sqlState),
        };
    }

    static bool IsTransient(string sqlState) =>
        sqlState is SqlStates.LockNotAvailable
        || (sqlState.Length == 5 && sqlState[..2] is SqlStates.ConnectionExceptionClass
            or SqlStates.TransactionRollbackClass
            or SqlStates.InsufficientResourcesClass
            or SqlStates.OperatorInterventionClass);
}
