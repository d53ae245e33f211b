using System.Net;
using System.Net.Sockets;
using Foz.Lake;

namespace Foz.Server.Logging;

/// <summary>Why an address cannot be listened on.</summary>
static class ListenErrors
{
    /// <summary>Whether an exception is one of beginning to listen.</summary>
    public static bool IsOne(Exception e) => e is IOException or SocketException;

    /// <summary>The error in words.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="setting">The setting and option of the port, without a dash: <c>pg_port</c>.</param>
    /// <param name="e">What the system said.</param>
    public static FozException Of(IPEndPoint endPoint, string setting, Exception e)
    {
        var option = $"--{setting.Replace('_', '-')}";
        var next = endPoint.Port switch
        {
            // Those that the system keeps for itself.
            < 1024 => endPoint.Port + 8000,
            IPEndPoint.MaxPort => endPoint.Port - 1,
            _ => endPoint.Port + 1,
        };
        var another = $"choose another port: foz serve {option} {next}, or '{setting}' under 'serve:' in foz.yml";
        var holder = setting == "pg_port" ? "PostgreSQL or another foz serve" : "another foz serve";
        var (why, hint) = CodeOf(e) switch
        {
            SocketError.AddressAlreadyInUse => ($"the port is in use, perhaps by {holder}", another),
            SocketError.AccessDenied => ("this user may not use the port", another),
            SocketError.AddressNotAvailable =>
                ("no network of this machine has the address", "correct 'address' under 'serve:' in foz.yml"),
            _ => (e.Message, another),
        };
        return new(ErrorKind.Usage, $"{endPoint} cannot be listened on: {why}", e) { Hint = hint };
    }

    static SocketError? CodeOf(Exception? e) => e switch
    {
        null => null,
        SocketException socket => socket.SocketErrorCode,
        _ => CodeOf(e.InnerException),
    };
}
