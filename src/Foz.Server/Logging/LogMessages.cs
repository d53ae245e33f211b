using Microsoft.Extensions.Logging;

namespace Foz.Server.Logging;

/// <summary>The server's log messages.</summary>
static partial class LogMessages
{
    /// <summary>Something failed that should not have.</summary>
    [LoggerMessage(EventId = 1001, Level = LogLevel.Error, Message = "A statement failed inside of Foz: {Error}")]
    public static partial void Failed(this ILogger logger, string error, Exception exception);

    /// <summary>A connection broke.</summary>
    [LoggerMessage(EventId = 1002, Level = LogLevel.Debug, Message = "The connection of {Address} ended: {Error}")]
    public static partial void ConnectionLost(this ILogger logger, string address, string error);

    /// <summary>A client was not let in.</summary>
    [LoggerMessage(
        EventId = 1003, Level = LogLevel.Warning, Message = "The user {User} at {Address} was not let in: {Reason}")]
    public static partial void LogInRefused(this ILogger logger, string user, string address, string reason);

    /// <summary>A client could not be taken.</summary>
    [LoggerMessage(EventId = 1004, Level = LogLevel.Warning, Message = "A client could not be taken: {Error}")]
    public static partial void AcceptFailed(this ILogger logger, string error);

    /// <summary>The server stops.</summary>
    [LoggerMessage(
        EventId = 1005, Level = LogLevel.Information, Message = "Stopping; statements may go on for {Seconds} s")]
    public static partial void Stopping(this ILogger logger, double seconds);

    /// <summary>A statement ended an instance of the engine.</summary>
    [LoggerMessage(
        EventId = 1006, Level = LogLevel.Error,
        Message = "A statement with the hash {Hash} ended the engine ({Times} times so far), "
            + "which was opened again: {Error}")]
    public static partial void EngineEnded(this ILogger logger, string hash, int times, string error);
}
