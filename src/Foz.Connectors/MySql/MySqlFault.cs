using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using Foz.Connectors.PostgreSql;
using Foz.Lake;
using Foz.Wire;
using Foz.Wire.MySql;
using MySqlConnector;

namespace Foz.Connectors.MySql;

/// <summary>The server refuses what was asked for.</summary>
/// <param name="error">What it reports.</param>
sealed class MySqlServerException(ServerError error) : Exception(error.Text)
{
    /// <summary>Its number.</summary>
    public int Code { get; } = error.Code;
}

/// <summary>Turns what goes wrong with a server into errors that say what was being done.</summary>
static class MySqlFault
{
    const int NoDatabase = 1044, NoTable = 1142;

    /// <summary>Whether an error is one of the server or of the way to it.</summary>
    public static bool IsOfSource(Exception error) =>
        error is MySqlServerException or DbException or IOException or SocketException or WireException
            or AuthenticationException or TimeoutException;

    /// <summary>The error of something that was done with a server.</summary>
    public static FozException Of(Exception error, string doing, MySqlOptions options) => error switch
    {
        MySqlServerException server => new(ErrorKind.Source, $"{options}: {doing}: {server.Message}", error),
        MySqlException { Number: NoDatabase or NoTable } => new(
            ErrorKind.Source, $"{options}: {doing}: {error.Message}", error)
        {
            Hint = $"GRANT SELECT ON {options.Database}.* TO '{options.User}'",
        },
        WireException => new(ErrorKind.Source, $"{options}: {doing}: {error.Message}", error),
        _ => new(ErrorKind.Source, $"{options}: {doing}: {SourceFault.Reason(error)}", error)
        {
            IsTransient = error is not DbException { IsTransient: false },
        },
    };

    /// <summary>Runs something with a server, and says what it was if it fails.</summary>
    public static async Task<T> GuardAsync<T>(string doing, MySqlOptions options, Func<Task<T>> work)
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
}
