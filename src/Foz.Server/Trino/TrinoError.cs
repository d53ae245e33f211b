using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Serving;

namespace Foz.Server.Trino;

/// <summary>An error with Trino's names and numbers (its <c>StandardErrorCode</c>).</summary>
/// <param name="Name">The name.</param>
/// <param name="Code">The number.</param>
/// <param name="Message">The message.</param>
sealed partial record TrinoError(string Name, int Code, string Message)
{
    const int Internal = 65_536, Resources = 131_072;

    static readonly Dictionary<string, (string Name, int Code)> states = new(StringComparer.Ordinal)
    {
        ["F0000"] = ("GENERIC_USER_ERROR", 0),
        ["08P01"] = ("GENERIC_USER_ERROR", 0),
        ["42601"] = ("SYNTAX_ERROR", 1),
        ["57014"] = ("USER_CANCELED", 3),
        ["42501"] = ("PERMISSION_DENIED", 4),
        ["42704"] = ("NOT_FOUND", 5),
        ["26000"] = ("NOT_FOUND", 5),
        ["42883"] = ("FUNCTION_NOT_FOUND", 6),
        ["22023"] = ("INVALID_FUNCTION_ARGUMENT", 7),
        ["07001"] = ("INVALID_PARAMETER_USAGE", 80),
        ["25000"] = ("UNKNOWN_TRANSACTION", 20),
        ["3F001"] = ("MISSING_SCHEMA_NAME", 57),
        ["22000"] = ("INVALID_FUNCTION_ARGUMENT", 7),
        ["22012"] = ("DIVISION_BY_ZERO", 8),
        ["22P02"] = ("INVALID_CAST_ARGUMENT", 9),
        ["22008"] = ("INVALID_CAST_ARGUMENT", 9),
        ["42P07"] = ("TABLE_ALREADY_EXISTS", 50),
        ["42710"] = ("ALREADY_EXISTS", 12),
        ["0A000"] = ("NOT_SUPPORTED", 13),
        ["42P05"] = ("ALREADY_EXISTS", 12),
        ["55P02"] = ("INVALID_SESSION_PROPERTY", 14),
        ["40001"] = ("TRANSACTION_CONFLICT", 17),
        ["22003"] = ("NUMERIC_VALUE_OUT_OF_RANGE", 19),
        ["25P01"] = ("NOT_IN_TRANSACTION", 21),
        ["25006"] = ("READ_ONLY_VIOLATION", 23),
        ["25P02"] = ("TRANSACTION_ALREADY_ABORTED", 22),
        ["3D000"] = ("CATALOG_NOT_FOUND", 44),
        ["3F000"] = ("SCHEMA_NOT_FOUND", 45),
        ["42P01"] = ("TABLE_NOT_FOUND", 46),
        ["42703"] = ("COLUMN_NOT_FOUND", 47),
        ["42702"] = ("AMBIGUOUS_NAME", 62),
        ["42803"] = ("EXPRESSION_NOT_AGGREGATE", 73),
        ["42804"] = ("TYPE_MISMATCH", 58),
        ["53300"] = ("QUERY_QUEUE_FULL", Resources + 2),
        ["53100"] = ("EXCEEDED_SPILL_LIMIT", Resources + 6),
        ["53200"] = ("EXCEEDED_LOCAL_MEMORY_LIMIT", Resources + 7),
        ["54000"] = ("EXCEEDED_FUNCTION_MEMORY_LIMIT", 33),
        ["54001"] = ("STACK_OVERFLOW", 32),
        ["53000"] = ("GENERIC_INSUFFICIENT_RESOURCES", Resources),
    };

    /// <summary>The error of a statement whose rows are no longer fetched.</summary>
    public static TrinoError Abandoned { get; } = new(
        "ABANDONED_QUERY", 2, "Query was not asked for its rows in time, and was given up");

    /// <summary>The error of a statement that a user canceled.</summary>
    public static TrinoError Canceled { get; } = new("USER_CANCELED", 3, "Query was canceled");

    /// <summary>The error of a statement that a user stopped by SQL.</summary>
    public static TrinoError Killed { get; } = new("ADMINISTRATIVELY_KILLED", 38, "Query killed");

    /// <summary>It took longer than the session lets it.</summary>
    public static TrinoError TimedOut { get; } =
        new("EXCEEDED_TIME_LIMIT", Resources + 3, "Query exceeded the maximum time limit of its session");

    /// <summary>The server stops.</summary>
    public static TrinoError ShuttingDown { get; } = new(
        "SERVER_SHUTTING_DOWN", Internal + 9, "The server is shutting down");

    /// <summary>Gets the type, which says whose fault the error is.</summary>
    public string Type => Code switch
    {
        >= Resources => "INSUFFICIENT_RESOURCES",
        >= Internal => "INTERNAL_ERROR",
        _ => "USER_ERROR",
    };

    /// <summary>Line and column in the statement, counted from 1; null where none is known.</summary>
    public (int Line, int Column)? Location { get; init; }

    /// <summary>Gets the message after its place, as Trino writes it.</summary>
    public string PlacedMessage => Location is var (line, column) ? $"line {line}:{column}: {Message}" : Message;

    /// <summary>Returns the error that a client gets for an exception.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="sql">The statement.</param>
    public static TrinoError Of(Exception exception, string sql) => exception switch
    {
        FozException { Kind: ErrorKind.Resource, SqlState: "57014" } late =>
            new(TimedOut.Name, TimedOut.Code, late.Message),
        FozException known => Of(known).WithoutPaths(sql),
        OperationCanceledException => Canceled,
        OutOfMemoryException => new("EXCEEDED_LOCAL_MEMORY_LIMIT", Resources + 7, "out of memory"),
        // What it says may hold values that the user may not see; the log has it.
        _ => new("GENERIC_INTERNAL_ERROR", Internal, $"internal error ({exception.GetType().Name})"),
    };

    /// <summary>The message; of a missing column as Trino writes it, since clients read the name from it.</summary>
    static string MessageOf(FozException error) =>
        error.SqlState == "42703" && MissingColumn.Match(error.Message) is { Success: true } match
            ? $"Column '{match.Groups["name"].Value}' cannot be resolved"
            : error.Message;

    [GeneratedRegex("column (named )?\"(?<name>[^\"]+)\"", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex MissingColumn { get; }

    TrinoError WithoutPaths(string sql) => this with { Message = ServedText.WithoutPaths(Message, sql) };

    static TrinoError Of(FozException error)
    {
        var (name, code) = states.GetValueOrDefault(
            error.SqlState ?? error.Kind.SqlState, ("GENERIC_INTERNAL_ERROR", Internal));
        return new(
            name, code,
            error is { Hint: { } hint, SqlState: not "42703" } ? $"{MessageOf(error)} ({hint})" : MessageOf(error))
        {
            Location = error.Place is { Line: > 0 } place ? (place.Line, Math.Max(place.Column, 1)) : null,
        };
    }
}
