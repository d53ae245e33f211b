namespace Foz.DuckDB;

/// <summary>The kinds of DuckDB's failures, by the numbers of its C API (<c>duckdb_error_type</c>).</summary>
public enum DuckDBErrorKind
{
    /// <summary>No kind, or one not reported.</summary>
    Invalid = 0,

    /// <summary>A number does not fit its type.</summary>
    OutOfRange = 1,

    /// <summary>A value cannot be cast.</summary>
    Conversion = 2,

    /// <summary>A type is not known.</summary>
    UnknownType = 3,

    /// <summary>A decimal operation failed.</summary>
    Decimal = 4,

    /// <summary>Two types do not go together.</summary>
    MismatchType = 5,

    /// <summary>A division by zero.</summary>
    DivideByZero = 6,

    /// <summary>An object is too large.</summary>
    ObjectSize = 7,

    /// <summary>A type cannot be used there.</summary>
    InvalidType = 8,

    /// <summary>Reading or writing the internal format failed.</summary>
    Serialization = 9,

    /// <summary>The transaction conflicts or is aborted.</summary>
    Transaction = 10,

    /// <summary>DuckDB does not do that.</summary>
    NotImplemented = 11,

    /// <summary>An expression is not valid.</summary>
    Expression = 12,

    /// <summary>A table, function or setting does not exist, or already exists.</summary>
    Catalog = 13,

    /// <summary>The SQL text cannot be parsed.</summary>
    Parser = 14,

    /// <summary>The statement cannot be planned.</summary>
    Planner = 15,

    /// <summary>The task scheduler failed.</summary>
    Scheduler = 16,

    /// <summary>The executor failed.</summary>
    Executor = 17,

    /// <summary>A constraint is broken.</summary>
    Constraint = 18,

    /// <summary>An index failed.</summary>
    Index = 19,

    /// <summary>Statistics failed.</summary>
    Stat = 20,

    /// <summary>The connection failed or is closed.</summary>
    Connection = 21,

    /// <summary>The text of an argument has no valid syntax.</summary>
    Syntax = 22,

    /// <summary>A setting is not valid.</summary>
    Settings = 23,

    /// <summary>A name or type in the statement cannot be bound.</summary>
    Binder = 24,

    /// <summary>The network failed.</summary>
    Network = 25,

    /// <summary>The optimizer failed.</summary>
    Optimizer = 26,

    /// <summary>A null pointer inside DuckDB.</summary>
    NullPointer = 27,

    /// <summary>Reading or writing a file failed.</summary>
    IO = 28,

    /// <summary>The statement was interrupted.</summary>
    Interrupt = 29,

    /// <summary>The database instance must be closed.</summary>
    Fatal = 30,

    /// <summary>A bug of DuckDB.</summary>
    Internal = 31,

    /// <summary>An argument is not valid; also what a function written in C# throws.</summary>
    InvalidInput = 32,

    /// <summary>The memory limit, or the limit of the temporary directory, is reached.</summary>
    OutOfMemory = 33,

    /// <summary>Not allowed by the settings.</summary>
    Permission = 34,

    /// <summary>The type of a parameter is not known.</summary>
    ParameterNotResolved = 35,

    /// <summary>A parameter is where none may be.</summary>
    ParameterNotAllowed = 36,

    /// <summary>Another object depends on it.</summary>
    Dependency = 37,

    /// <summary>An HTTP request failed.</summary>
    Http = 38,

    /// <summary>An extension is needed.</summary>
    MissingExtension = 39,

    /// <summary>Loading an extension automatically failed.</summary>
    Autoload = 40,

    /// <summary>A sequence is exhausted.</summary>
    Sequence = 41,

    /// <summary>A secret or configuration is not valid.</summary>
    InvalidConfiguration = 42,
}

/// <summary>How messages name their kinds.</summary>
static class DuckDBErrorKinds
{
    /// <summary>By number; a message begins with the prefix and <c> Error: </c>.</summary>
    static readonly string[] Prefixes =
    [
        "Invalid", "Out of Range", "Conversion", "Unknown Type", "Decimal", "Mismatch Type", "Divide by Zero",
        "Object Size", "Invalid type", "Serialization", "TransactionContext", "Not implemented", "Expression",
        "Catalog", "Parser", "Planner", "Scheduler", "Executor", "Constraint", "Index", "Stat", "Connection",
        "Syntax", "Settings", "Binder", "Network", "Optimizer", "NullPointer", "IO", "INTERRUPT", "FATAL", "INTERNAL",
        "Invalid Input", "Out of Memory", "Permission", "Parameter Not Resolved", "Parameter Not Allowed",
        "Dependency", "HTTP", "Missing Extension", "Extension Autoloading", "Sequence", "Invalid Configuration",
    ];

    /// <summary>
    /// The kind that a message names at its beginning; <see cref="DuckDBErrorKind.Invalid"/> if none.
    /// </summary>
    public static DuckDBErrorKind OfMessage(string message)
    {
        var end = message.IndexOf(" Error:", StringComparison.Ordinal);
        var index = end < 0 ? -1 : Array.IndexOf(Prefixes, message[..end]);
        return index < 0 ? DuckDBErrorKind.Invalid : (DuckDBErrorKind)index;
    }
}
