using System.Net.Sockets;
using System.Security.Authentication;
using Foz.Lake;
using Foz.Lake.Configuration;
using MongoDB.Bson;
using MongoDB.Driver;
using MongoDB.Driver.Core.Clusters;

namespace Foz.Connectors.MongoDb;

/// <summary>
/// Says what went wrong with a server in the platform's words: while doing what, whether trying again can help, and
/// what to do about it. No message holds a secret.
/// </summary>
/// <param name="options">Which server.</param>
/// <param name="secrets">What messages must not hold.</param>
sealed class MongoDbFault(MongoDbOptions options, Secrets secrets)
{
    const int BadValue = 2, FailedToParse = 9, Unauthorized = 13, AuthenticationFailed = 18, CursorNotFound = 43;
    const int MaxTimeExpired = 50, CommandNotFound = 59;

    /// <summary>The server's codes of states that pass: a member that stops, starts or is no primary.</summary>
    static readonly HashSet<int> transientCodes =
    [
        6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 150, 175, 237, CursorNotFound,
    ];

    /// <summary>Whether an error is one of the server or of the way to it.</summary>
    public static bool IsOfSource(Exception error) =>
        error is MongoException or BsonException or FormatException or TimeoutException or IOException
            or SocketException or AuthenticationException;

    /// <summary>Whether trying again can help.</summary>
    public static bool IsTransient(Exception error) => error switch
    {
        MongoAuthenticationException or MongoConfigurationException => false,
        MongoCommandException command => transientCodes.Contains(command.Code),
        MongoConnectionException or MongoCursorNotFoundException or MongoNotPrimaryException
            or MongoNodeIsRecoveringException or MongoConnectionPoolPausedException => true,
        TimeoutException or IOException or SocketException => true,
        _ => false,
    };

    /// <summary>The error of something that was done with a server.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="doing">What was being done, such as <c>reading orders</c>.</param>
    /// <param name="cluster">What is known of the server; null where nothing is.</param>
    public FozException Of(Exception error, string doing, ClusterDescription? cluster)
    {
        var (reason, hint) = error switch
        {
            MongoAuthenticationException => ("the server refuses user or password",
                "check user and password in url:, and authSource, the database that has the user"),
            MongoCommandException command =>
                ($"{command.ErrorMessage.TrimEnd('.')} ({command.CodeName ?? "code"}, {command.Code})",
                    HintOf(command.Code)),
            MongoConnectionException { InnerException: TimeoutException } => (Silent(), null),
            TimeoutException when cluster is not null && IsSelection(error) => (Unreached(cluster), ReachHint(cluster)),
            _ => (Reason(error), null),
        };
        return new(ErrorKind.Source, secrets.Mask($"{options.Target}: {doing}: {reason}"), null)
        {
            Hint = hint,
            IsTransient = IsTransient(error),
        };
    }

    static bool IsSelection(Exception error) =>
        error.Message.Contains("selecting a server", StringComparison.Ordinal);

    string Silent() => $"the server sent nothing for {options.ReadTimeout.TotalSeconds:0.###} s (read_timeout)";

    /// <summary>Why no server could be chosen.</summary>
    string Unreached(ClusterDescription cluster)
    {
        var reasons = cluster.Servers.Select(s => s.HeartbeatException).OfType<Exception>().Select(Reason)
            .Distinct(StringComparer.Ordinal).ToList();
        if (cluster.DnsMonitorException is { } dns) reasons.Add(Reason(dns));
        var readable = cluster.Servers.Count(s => s.State == MongoDB.Driver.Core.Servers.ServerState.Connected);
        return readable > 0
            ? $"no member of the replica set can be read within {options.Timeout.TotalSeconds:0.###} s: {readable} "
                + $"answer, and none fits read_preference {options.Client.ReadPreference.ReadPreferenceMode}"
            : $"no server answers within {options.Timeout.TotalSeconds:0.###} s"
                + (reasons.Count == 0 ? "" : $": {string.Join("; ", reasons)}");
    }

    static string? ReachHint(ClusterDescription cluster) =>
        cluster.Servers.Any(s => s.State == MongoDB.Driver.Core.Servers.ServerState.Connected)
            ? "set read_preference: secondary_preferred, or repair the replica set"
            : "check host and port in url:, whether the server listens there, and its TLS (tls=true)";

    static string? HintOf(int code) => code switch
    {
        Unauthorized => "grant the user of url: the role read on the database",
        AuthenticationFailed => "check user and password in url:, and authSource, the database that has the user",
        BadValue or FailedToParse => "check filter of the stream: it goes to the server unchanged",
        MaxTimeExpired => "raise the server's limit of time for operations",
        CommandNotFound => "the server is none that Foz can read: it lacks a command of MongoDB",
        _ => null,
    };

    /// <summary>What happened, by what caused it.</summary>
    static string Reason(Exception error)
    {
        var cause = error;
        while (cause.InnerException is { } inner) cause = inner;
        return cause switch
        {
            EndOfStreamException => "the server closed the connection",
            MongoConnectionException { Message: var text } when text.Contains("closed", StringComparison.Ordinal) =>
                "the server closed the connection",
            SocketException { SocketErrorCode: SocketError.ConnectionReset } => "the server broke off the connection",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } =>
                "no such host is known",
            _ => cause.Message.TrimEnd('.'),
        };
    }
}
