namespace Foz.AcceptanceTests.Clients;

/// <summary>An intended difference between Foz and PostgreSQL, and its reason.</summary>
/// <param name="Kind">The kind of difference.</param>
/// <param name="Reason">The reason, for people who move to Foz.</param>
/// <param name="Statements">Texts of which a statement has one, or the client's action.</param>
sealed record Difference(string Kind, string Reason, params string[] Statements)
{
    const string Rows = "rows";

    /// <summary>All that are known; the first that fits a statement is its reason.</summary>
    public static IReadOnlyList<Difference> All { get; } =
    [
        new(Rows, "`version()` names Foz, after the version of PostgreSQL whose protocol and catalogs it has.",
            "SELECT version()", "select version()", "pg_catalog.version()"),
        new(Rows, "A lake is one database, and has no templates.", "GetSchema(Databases)", @"\l", @"\l+",
            "SELECT datname FROM pg_database"),
        new(Rows, "Everything is owned by one role, `foz`; users of `policies/` are not listed as roles.",
            "GetSchema(Schemata)", "GetSchema(Users)", @"\dn", @"\dn+", @"\db", @"\du", "SELECT rolname"),
        new(Rows,
            "Types that no column of a lake can have are not listed: ranges, composites, "
                + "domains, geometry, text search.",
            "ns.nspname, t.oid, t.typname", "getTypeInfo", "getUDTs", "t.typname as \"name\",",
            "typ.oid, att.attname, att.atttypid"),
        new(Rows,
            "Columns of the system's own catalogs have the types that Foz gives them "
                + "(text for name), and are nullable.",
            "GetSchema(Columns)", "SQLColumns(all)", "SQLForeignKeys(out)", "SQLForeignKeys(in)", "SQLStatistics",
            "SQLProcedures", "SQLPrimaryKeys"),
        new(Rows, "Delta tables have no keys and indexes, and the system's catalogs have none in Foz.",
            "GetSchema(Constraints)", "GetSchema(PrimaryKey)", "GetSchema(UniqueKeys)", "getTables(null,null,%,null)",
            @"\dt *.*"),
        new(Rows, "A view cannot be written through.", "GetSchema(Views)"),
        new(Rows, "A view's text is what was written.", @"\sv sales.v", "get_view_definition"),
        new(Rows, "Words of DuckDB's grammar are listed too.", "pg_get_keywords()"),
        new(Rows, "The moment of the statement, and numbers of processes, are each server's own.", "now()",
            "pg_backend_pid()"),
        new(Rows, "The bytes are those of the Delta table.", @"\dt+"),
        new(Rows, "NULL followed by a list is NULL.", "c.reloptions || array(select"),
        new(Rows, "The functions of DuckDB are not listed in `pg_proc`.", @"\df+ upper"),
        new(Rows, "There are no extensions, and no procedural languages.", @"\dx"),
        new(Rows, "Settings are the session's; those of a server's files do not exist.", @"\dconfig"),
        new(Rows, "A plan is DuckDB's.", "EXPLAIN"),
        new("types", "`generate_series` gives bigint, whatever its bounds are.", "getImportedKeys", "getExportedKeys",
            "getCrossReference"),
        new("error 0A000", "Tables have no composite types: a whole row as a column is refused.",
            "select $1::int[], c from sales.customer"),
        new("types", "A function that gives nothing gives NULL.", "pg_advisory_unlock_all"),
        new("error 42883", "There are no ranges.", "int4range"),
    ];

    /// <summary>Whether it is the reason of a statement's difference.</summary>
    public bool Fits(RecordedStatement statement, string kind) => kind == Kind && Statements.Any(text =>
        statement.Section == text || statement.Sql.Contains(text, StringComparison.Ordinal));
}
