using System.Text;
using Foz.DuckDB;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine;

/// <summary>DuckDB's failures in the platform's words.</summary>
public static class EngineErrors
{
    /// <summary>What DuckDB names where it may not spill more.</summary>
    const string SpillSetting = "max_temp_directory_size";

    const int MessageMax = 200;

    /// <summary>
    /// How the message of a call begins that would make too much: of what functions throw, the engine keeps no more.
    /// </summary>
    const string TooLargeStart = "the result of one call of ";

    /// <summary>How the message begins of a pattern of <c>format</c> that is refused.</summary>
    public const string FormatStart = "a format with ";

    /// <summary>The error of a function that would make more at a time than it may.</summary>
    /// <param name="function">The function.</param>
    /// <param name="most">The most, for people.</param>
    public static FozException TooLarge(string function, string most) =>
        new(ErrorKind.Resource, $"{TooLargeStart}{function} exceeds {most} for the rows that are computed together")
        {
            SqlState = "54000",
        };

    /// <summary>
    /// The platform's error for a failure of DuckDB, with its place in the statement where DuckDB knows it.
    /// </summary>
    /// <param name="error">The failure.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="tables">What the folders of tables hold that the statement may read.</param>
    public static FozException Translate(
        DuckDBException error, string? sql = null, IEnumerable<(string Folder, string Table)>? tables = null)
    {
        if (error.InnerException is FozException inner) return inner;
        if (error.Kind == DuckDBErrorKind.IO && tables is not null && OfTable(error, tables) is { } ofTable)
            return ofTable;
        if (error.Kind == DuckDBErrorKind.OutOfMemory && error.Message.Contains(SpillSetting, StringComparison.Ordinal))
            return OfSpill(error);
        var message = OwnNames.Hide(Trim(error.Message)).Split('\n', 2, StringSplitOptions.TrimEntries);
        if (error.Kind == DuckDBErrorKind.InvalidInput
            && message[0].StartsWith(TooLargeStart, StringComparison.Ordinal))
            return new(ErrorKind.Resource, message[0], error)
            {
                SqlState = "54000", Hint = "let it make less at a time, or give its workload more with `memory:`",
            };
        if (error.Kind == DuckDBErrorKind.InvalidInput && message[0].StartsWith(FormatStart, StringComparison.Ordinal))
            return new(ErrorKind.Sql, message[0], error) { SqlState = "0A000" };
        if (error.Kind == DuckDBErrorKind.InvalidInput && FunctionFault.Read(message[0]) is { } fault)
            return new(KindOf(fault), fault.Message, error) { SqlState = fault.SqlState };
        return new(
            IsUnsupported(error.Kind, message[0]) ? ErrorKind.Sql : KindOf(error.Kind), message[0].TrimEnd('.'), error)
        {
            Place = sql is not null && error.Position is { } position ? PlaceOf(error.Kind, sql, position) : null,
            Statement = sql,
            // After the first line DuckDB suggests what was perhaps meant.
            Hint = HintOf(error.Kind) ?? (message.Length > 1 ? message[1] : null),
            SqlState = StateOf(error.Kind, message[0]),
        };
    }

    /// <summary>
    /// Whether a failure ends the instance: DuckDB takes no statement after an error of its own, or does not know any
    /// more what its memory holds.
    /// </summary>
    public static bool EndsInstance(DuckDBException error) =>
        error.Kind is DuckDBErrorKind.Internal or DuckDBErrorKind.Fatal;

    /// <summary>Whether something failed because the instance has ended in which it ran, whatever ended it.</summary>
    public static bool IsOfEnd(Exception error) => CauseOf(error) is { } cause && EndsInstance(cause);

    /// <summary>
    /// Whether a statement failed as it ended its instance, and not as one of those that ran there at the same time.
    /// </summary>
    public static bool IsFatal(Exception error) => IsOfEnd(error) && !IsOfOther(CauseOf(error)!);

    /// <summary>
    /// What the engine said of an error that <see cref="IsFatal"/>, without what it quoted: that may be values.
    /// </summary>
    public static string FatalMessage(Exception error) => WithoutValues(CauseOf(error) ?? error);

    /// <summary>
    /// The error of a statement whose instance has ended: by the statement itself, or by another one.
    /// </summary>
    public static FozException OfDeath(DuckDBException error) => IsOfOther(error)
        ? new(ErrorKind.Resource, "another statement ended the engine in which this one ran", error)
        {
            SqlState = "XX000", IsTransient = true, Hint = "try again: the engine was opened again",
        }
        : new(ErrorKind.Resource, $"the engine failed inside of the statement: {WithoutValues(error)}", error)
        {
            SqlState = "XX000",
            Hint = "try again: the engine was opened again; where it fails again, write the statement otherwise",
        };

    /// <summary>
    /// Returns the error of a statement that the engine stopped for an error which it did not report.
    /// </summary>
    public static FozException OfUnknownCause(DuckDBException error) =>
        new(ErrorKind.Resource, "the engine stopped the statement for an error that it did not report", error)
        {
            SqlState = "XX000", IsTransient = true, Hint = "try again",
        };

    /// <summary>The first line of what DuckDB says, without what it quotes: that may be values.</summary>
    static string WithoutValues(Exception error)
    {
        var line = Trim(error.Message).AsSpan();
        if (line.IndexOf('\n') is >= 0 and var end) line = line[..end];
        var text = new StringBuilder(MessageMax);
        for (var i = 0; i < line.Length && text.Length < MessageMax; i++)
        {
            if (line[i] is '"' or '\'' && line[(i + 1)..].IndexOf(line[i]) is >= 0 and var length)
            {
                text.Append('…');
                i += length + 1;
            }
            else text.Append(char.IsControl(line[i]) ? ' ' : line[i]);
        }
        return text.ToString().TrimEnd('.');
    }

    /// <summary>The error of a session that cannot reach a folder which the instance reaches by now.</summary>
    public static FozException OfOutdated() =>
        new(ErrorKind.Resource, "the statement reads or writes a folder that the engine did not reach when it began")
        {
            SqlState = "XX000", IsTransient = true, Hint = "try again: new statements reach it",
        };

    /// <summary>The error of a statement for which there is no room left, neither in memory nor on the disk.</summary>
    static FozException OfSpill(DuckDBException error) =>
        new(ErrorKind.Resource,
            "the statement needs more memory than there is, and more room on the disk than it may take", error)
        {
            SqlState = "53100",
            Hint = "let it handle less at a time, or give its workload more with `memory:` or `spill:`",
        };

    /// <summary>The error of a data file, by the table that has it; null where it is another file.</summary>
    static FozException? OfTable(DuckDBException error, IEnumerable<(string Folder, string Table)> tables)
    {
        var owners = tables.Where(t => error.Message.Contains(t.Folder + '/', StringComparison.Ordinal))
            .Select(t => t.Table).Distinct().ToList();
        if (owners.Count == 0) return null;
        var isMissing = error.Message.Contains("No files found", StringComparison.Ordinal)
            || error.Message.Contains("No such file", StringComparison.Ordinal);
        var quoted = error.Message.Split('"');
        var file = quoted.Length > 1 ? quoted[1] : "";
        return new(
            ErrorKind.Storage,
            isMissing
                ? $"the data file {file} of {string.Join(" or ", owners)} is missing"
                : $"{string.Join(" or ", owners)}: {Trim(error.Message)}",
            error)
        {
            Hint = isMissing
                ? "restore it from a backup, read an earlier version of the table, or rebuild the table"
                : null,
        };
    }

    static Place PlaceOf(DuckDBErrorKind kind, string sql, int position) =>
        kind == DuckDBErrorKind.Parser ? SqlPlaces.OfCodePoint(sql, position) : SqlPlaces.OfByte(sql, position);

    static ErrorKind KindOf(FunctionFault fault) => fault.SqlState switch
    {
        "0A000" => ErrorKind.Sql,
        // Its message quotes no value.
        "54001" => ErrorKind.Resource,
        _ => ErrorKind.Data,
    };

    static ErrorKind KindOf(DuckDBErrorKind kind) => kind switch
    {
        DuckDBErrorKind.Parser or DuckDBErrorKind.Syntax or DuckDBErrorKind.Binder or DuckDBErrorKind.Catalog
            or DuckDBErrorKind.ParameterNotResolved or DuckDBErrorKind.ParameterNotAllowed => ErrorKind.Sql,
        DuckDBErrorKind.OutOfMemory => ErrorKind.Resource,
        DuckDBErrorKind.IO or DuckDBErrorKind.Permission => ErrorKind.Storage,
        DuckDBErrorKind.Interrupt => ErrorKind.Canceled,
        DuckDBErrorKind.MissingExtension or DuckDBErrorKind.NotImplemented or DuckDBErrorKind.Settings
            or DuckDBErrorKind.InvalidConfiguration => ErrorKind.Configuration,
        _ => ErrorKind.Data,
    };

    /// <summary>Returns the SQLSTATE of errors that DuckDB distinguishes by their message only.</summary>
    static string? StateOf(DuckDBErrorKind kind, string message) => kind switch
    {
        _ when IsUnsupported(kind, message) => "0A000",
        // Functions of Foz that look names up.
        DuckDBErrorKind.InvalidInput when message.Contains("\" does not exist", StringComparison.Ordinal) =>
            message.Contains("column \"", StringComparison.Ordinal) ? "42703"
            : message.Contains("relation \"", StringComparison.Ordinal) ? "42P01"
            : message.Contains("database \"", StringComparison.Ordinal) ? "3D000"
            : message.Contains("function \"", StringComparison.Ordinal) ? "42883"
            : message.Contains("schema \"", StringComparison.Ordinal) ? "3F000" : "42704",
        DuckDBErrorKind.InvalidInput when message.StartsWith("Division by zero", StringComparison.OrdinalIgnoreCase) =>
            "22012",
        DuckDBErrorKind.InvalidInput when message.StartsWith("Cannot cast ", StringComparison.Ordinal) => "22P02",
        DuckDBErrorKind.InvalidInput when message.Contains("unrecognized privilege type: ", StringComparison.Ordinal) =>
            "22023",
        DuckDBErrorKind.InvalidInput when message.EndsWith("\" is not a sequence", StringComparison.Ordinal) => "42809",
        DuckDBErrorKind.Catalog when message.Contains("Function", StringComparison.Ordinal) => "42883",
        DuckDBErrorKind.Catalog when message.Contains("Table", StringComparison.Ordinal) => "42P01",
        DuckDBErrorKind.Catalog when message.Contains("Type", StringComparison.Ordinal) => "42704",
        DuckDBErrorKind.Catalog => "42704",
        DuckDBErrorKind.Binder when message.Contains("No function matches", StringComparison.Ordinal) => "42883",
        DuckDBErrorKind.Binder when message.Contains("Ambiguous", StringComparison.OrdinalIgnoreCase) => "42702",
        DuckDBErrorKind.Binder when message.Contains("GROUP BY", StringComparison.Ordinal) => "42803",
        DuckDBErrorKind.Binder when message.Contains("table", StringComparison.Ordinal)
            && message.Contains("not found", StringComparison.Ordinal)
            && message.StartsWith("Referenced table", StringComparison.Ordinal) => "42P01",
        DuckDBErrorKind.Binder when message.Contains("column", StringComparison.OrdinalIgnoreCase) => "42703",
        DuckDBErrorKind.Binder => "42601",
        DuckDBErrorKind.Conversion => "22P02",
        DuckDBErrorKind.OutOfRange => "22003",
        DuckDBErrorKind.DivideByZero => "22012",
        DuckDBErrorKind.OutOfMemory => "53200",
        DuckDBErrorKind.NotImplemented => "0A000",
        _ => null,
    };

    /// <summary>Whether a function of Foz refused by name what it was called with.</summary>
    static bool IsUnsupported(DuckDBErrorKind kind, string message) =>
        kind is DuckDBErrorKind.InvalidInput && message.EndsWith(DateFields.Unsupported, StringComparison.Ordinal);

    static string? HintOf(DuckDBErrorKind kind) => kind switch
    {
        DuckDBErrorKind.OutOfMemory => "give it more with `memory:` in foz.yml, or let the query handle less at a time",
        _ => null,
    };

    static DuckDBException? CauseOf(Exception error)
    {
        for (var cause = error.InnerException; cause is not null; cause = cause.InnerException)
            if (cause is DuckDBException found) return found;
        return null;
    }

    /// <summary>Whether a statement failed only because its instance had ended before.</summary>
    static bool IsOfOther(DuckDBException error) =>
        error.Message.Contains("database has been invalidated", StringComparison.Ordinal);

    /// <summary>DuckDB's message without the kind in front, which the kind of the error says.</summary>
    static string Trim(string message)
    {
        const string Marker = " Error: ";
        var end = message.IndexOf(Marker, StringComparison.Ordinal);
        return end is >= 0 and < 24 ? message[(end + Marker.Length)..] : message;
    }
}
