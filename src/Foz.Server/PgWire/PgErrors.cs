using System.Collections.Immutable;
using System.Globalization;
using Foz.Lake;
using Foz.Serving;
using Foz.Serving.Sql;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>Errors as clients get them.</summary>
static class PgErrors
{
    /// <summary>The severity of an error that the session outlives.</summary>
    public const string Error = "ERROR";

    /// <summary>The severity of an error that ends the session.</summary>
    public const string Fatal = "FATAL";

    /// <summary>Returns the message that a client gets for an exception.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="sql">The statement; null where the error has none.</param>
    /// <param name="before">The text before the statement in what the client sent.</param>
    /// <returns>The message; its severity says whether it ends the session.</returns>
    public static ServerMessage Of(Exception exception, string? sql = null, string before = "") => exception switch
    {
        PgEndException end => end.ToMessage(),
        PlacedException placed => Of(placed.Error, placed.Sql, before),
        FozException known => Of(known, sql, before),
        WireException { Kind: WireErrorKind.Encoding } wire => new(Error, "22021", wire.Message),
        WireException { Kind: WireErrorKind.Value } wire => new(Error, "22P03", wire.Message),
        WireException { Kind: WireErrorKind.Authentication } wire => new(Fatal, "28P01", wire.Message),
        WireException { Kind: WireErrorKind.Unsupported } wire => new(Error, "0A000", wire.Message),
        WireException wire => new(Fatal, "08P01", wire.Message),
        OutOfMemoryException => new(Error, "53200", "out of memory"),
        // What it says may hold values that the user may not see; the log has it.
        _ => new(Error, "XX000", $"internal error ({exception.GetType().Name})"),
    };

    /// <summary>Whether an error ends the session.</summary>
    public static bool IsFatal(Exception exception) => Of(exception).Severity == Fatal;

    static ServerMessage Of(FozException error, string? sql, string before)
    {
        var message = new ServerMessage(Error, error.SqlState ?? error.Kind.SqlState, Printable(error.Message, sql))
        {
            Hint = error.Hint is { } hint ? Printable(hint, sql) : null,
            Context = error.Context is { } context ? Printable(context, sql) : null,
        };
        if (sql is null || SqlPosition.Of(sql, error) is not { } position) return message;
        position += before.EnumerateRunes().Count();
        return message with
        {
            Others = ImmutableSortedDictionary<char, string>.Empty.Add(
                'P', position.ToString(CultureInfo.InvariantCulture)),
        };
    }

    /// <summary>
    /// Returns a text as the protocol can carry it: texts end with NUL, and must not reveal the server's files.
    /// </summary>
    static string Printable(string text, string? sql) => ServedText.WithoutPaths(text, sql).Replace('\0', '?');
}
