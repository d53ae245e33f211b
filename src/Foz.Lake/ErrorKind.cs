namespace Foz.Lake;

/// <summary>
/// What kind of failure an error is. One table, <see cref="ErrorKindExtensions"/>, maps each kind to its exit code,
/// SQLSTATE and HTTP status.
/// </summary>
public enum ErrorKind
{
    /// <summary>A command was called with arguments that it does not take.</summary>
    Usage,

    /// <summary>A project file, model, source or option is wrong.</summary>
    Configuration,

    /// <summary>A SQL text does not parse or bind.</summary>
    Sql,

    /// <summary>A name that exists nowhere: a table, column, model, source, version.</summary>
    NotFound,

    /// <summary>A source could not be reached or read.</summary>
    Source,

    /// <summary>Data that breaks a rule: a failed check, a value that its type cannot hold.</summary>
    Data,

    /// <summary>A Delta table that is corrupt, or uses a feature that is not supported.</summary>
    Table,

    /// <summary>Another writer won, or holds the lake.</summary>
    Conflict,

    /// <summary>Storage failed: no space, no permission, an object store's error.</summary>
    Storage,

    /// <summary>A limit was reached: memory, spill space, time.</summary>
    Resource,

    /// <summary>The user lacks the permission.</summary>
    Denied,

    /// <summary>The user or the host asked to stop.</summary>
    Canceled,

    /// <summary>A fault of Foz itself.</summary>
    Bug,
}

/// <summary>How each kind of error is reported to clients.</summary>
public static class ErrorKindExtensions
{
    /// <summary>
    /// The one table. Exit codes are 1 for what a run handles (a model, check or source that failed, a refused table),
    /// and 2 for usage, configuration, interruption and faults of Foz, as dbt has them; SQLSTATEs are those of
    /// PostgreSQL's documentation, appendix A.
    /// </summary>
    static (string When, int ExitCode, string SqlState, int HttpStatus) RowOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Usage =>
            ("a command was called with arguments that it does not take; a selector means nothing; no project is there",
                2, "22023", 400),
        ErrorKind.Configuration => ("a project file, model, source or option is wrong", 2, "F0000", 500),
        ErrorKind.Sql => ("a SQL text does not parse or bind", 1, "42601", 400),
        ErrorKind.NotFound => ("a name exists nowhere: a table, column, model, source, version", 1, "42P01", 404),
        ErrorKind.Source => ("a source could not be reached or read", 1, "HV000", 500),
        ErrorKind.Data => ("data breaks a rule: a failed check, a value that its type cannot hold", 1, "22000", 400),
        ErrorKind.Table => ("a Delta table is corrupt, or uses a feature that is not supported", 1, "XX001", 500),
        ErrorKind.Conflict => ("another writer won, or another run holds a step or the lake", 1, "40001", 409),
        ErrorKind.Storage => ("storage failed: no space, no permission, an object store's error", 1, "58030", 500),
        ErrorKind.Resource => ("a limit was reached: memory, spill space, time", 1, "53000", 503),
        ErrorKind.Denied => ("permission denied", 1, "42501", 403),
        ErrorKind.Canceled => ("the user or the host asked to stop", 2, "57014", 503),
        _ => ("a fault of Foz itself", 2, "XX000", 500),
    };

    extension(ErrorKind kind)
    {
        /// <summary>When an error is of the kind: a phrase, without a capital and a full stop.</summary>
        public string When => RowOf(kind).When;

        /// <summary>The exit code of the command: 1 or 2.</summary>
        public int ExitCode => RowOf(kind).ExitCode;

        /// <summary>The SQLSTATE of an error that has no more exact <see cref="FozException.SqlState"/>.</summary>
        public string SqlState => RowOf(kind).SqlState;

        /// <summary>The status of an answer over HTTP.</summary>
        public int HttpStatus => RowOf(kind).HttpStatus;

        /// <summary>
        /// Returns the kind of an error that another server reports: the inverse of <see cref="get_SqlState"/>; other
        /// codes by their class.
        /// </summary>
        /// <param name="sqlState">The five letters of the SQLSTATE.</param>
        public static ErrorKind OfSqlState(string sqlState)
        {
            foreach (var candidate in Enum.GetValues<ErrorKind>())
                if (candidate.SqlState == sqlState) return candidate;
            return sqlState switch
            {
                "42703" or "42883" or "42704" or "3D000" or "3F000" => ErrorKind.NotFound,
                ['2', '8', ..] => ErrorKind.Denied,
                ['2', '2' or '3', ..] => ErrorKind.Data,
                ['4', '0', ..] => ErrorKind.Conflict,
                ['5', '3' or '4', ..] => ErrorKind.Resource,
                ['0', '8', ..] or ['5', '7', ..] => ErrorKind.Source,
                ['5', '8', ..] => ErrorKind.Storage,
                ['X', 'X', ..] => ErrorKind.Bug,
                _ => ErrorKind.Sql,
            };
        }
    }
}
