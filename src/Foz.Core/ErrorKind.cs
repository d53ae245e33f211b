namespace Foz.Core;

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

    /// <summary>Who asks may not.</summary>
    Denied,

    /// <summary>The user or the host asked to stop.</summary>
    Canceled,

    /// <summary>A fault of Foz itself.</summary>
    Bug,
}

/// <summary>How each kind of error is told to the outside.</summary>
public static class ErrorKindExtensions
{
    extension(ErrorKind kind)
    {
        /// <summary>
        /// The exit code of the command: 1 for what a run handles (a model, check or source that failed, a refused
        /// table), 2 for usage, configuration, interruption and faults of Foz, as dbt has them.
        /// </summary>
        public int ExitCode => kind switch
        {
            ErrorKind.Usage or ErrorKind.Configuration or ErrorKind.Canceled or ErrorKind.Bug => 2,
            _ => 1,
        };

        /// <summary>
        /// The SQLSTATE of an error that has no more exact <see cref="FozException.SqlState"/> (PostgreSQL's
        /// documentation, appendix A).
        /// </summary>
        public string SqlState => kind switch
        {
            ErrorKind.Usage => "22023",
            ErrorKind.Configuration => "F0000",
            ErrorKind.Sql => "42601",
            ErrorKind.NotFound => "42P01",
            ErrorKind.Source => "HV000",
            ErrorKind.Data => "22000",
            ErrorKind.Table => "XX001",
            ErrorKind.Conflict => "40001",
            ErrorKind.Storage => "58030",
            ErrorKind.Resource => "53000",
            ErrorKind.Denied => "42501",
            ErrorKind.Canceled => "57014",
            _ => "XX000",
        };

        /// <summary>The kind of an error that another server tells: the inverse of <see cref="get_SqlState"/>, of others by their class.</summary>
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

        /// <summary>The status of an answer over HTTP.</summary>
        public int HttpStatus => kind switch
        {
            ErrorKind.Usage or ErrorKind.Sql or ErrorKind.Data => 400,
            ErrorKind.Denied => 403,
            ErrorKind.NotFound => 404,
            ErrorKind.Conflict => 409,
            ErrorKind.Resource or ErrorKind.Canceled => 503,
            _ => 500,
        };
    }
}
