using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>The server ends a session, and says why.</summary>
/// <param name="sqlState">The SQLSTATE.</param>
/// <param name="message">Why.</param>
/// <param name="hint">What to do about it; null where nothing is known.</param>
sealed class PgEndException(string sqlState, string message, string? hint = null) : Exception(message)
{
    /// <summary>Returns the message that the client gets.</summary>
    public ServerMessage ToMessage() => new(PgErrors.Fatal, sqlState, Message) { Hint = hint };

    /// <summary>The server stops.</summary>
    public static PgEndException Stopping() => new("57P01", "terminating connection due to administrator command");
}
