namespace Foz.Core.Serving;

/// <summary>Which functions of the engine statements of others may not call.</summary>
static class ServedFunctions
{
    /// <summary>The beginning of the names of the platform's own functions, which only it calls.</summary>
    public const string OwnPrefix = "foz_";

    // They tell of other sessions or of the process, keep something, wait, or take a statement as a text.
    static readonly HashSet<string> refused = new(StringComparer.Ordinal)
    {
        "getvariable", "current_setting", "current_query", "current_query_id", "current_connection_id", "current_transaction_id",
        "json_serialize_plan", "json_serialize_sql", "json_deserialize_sql", "json_execute_serialized_sql", "nextval", "currval",
        "setseed", "sleep_ms", "pg_sleep", "write_log", "parse_duckdb_log_message", "in_search_path", "get_block_size", "getenv",
        "sql_auto_complete",
    };

    // What the translation of a statement puts in.
    static readonly HashSet<string> own = new(StringComparer.Ordinal)
    {
        "foz_any", "foz_catalog_text", "foz_catalog_bool", "foz_catalog_oid", "foz_catalog_long",
    };

    /// <summary>Makes sure that none is called that may not be.</summary>
    /// <exception cref="FozException">One is.</exception>
    public static void Check(IReadOnlySet<string> functions)
    {
        foreach (var function in functions)
            if (refused.Contains(function)
                || (function.StartsWith(OwnPrefix, StringComparison.Ordinal) && !own.Contains(function)))
                throw Missing(function);
    }

    /// <summary>The error of a function that there is not for who asks.</summary>
    public static FozException Missing(string function) =>
        new(ErrorKind.Sql, $"function {function} does not exist") { SqlState = "42883" };
}
