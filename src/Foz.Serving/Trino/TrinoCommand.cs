namespace Foz.Serving.Trino;

/// <summary>A statement of Trino's that is about the session, or asks for what there is, and is no query.</summary>
abstract record TrinoCommand
{
    TrinoCommand() { }

    /// <summary>USE.</summary>
    public sealed record Use(string? Catalog, string Schema) : TrinoCommand;

    /// <summary>SET SESSION, SET TIME ZONE.</summary>
    public sealed record SetProperty(string Name, string Value) : TrinoCommand;

    /// <summary>RESET SESSION.</summary>
    public sealed record ResetProperty(string Name) : TrinoCommand;

    /// <summary>SET ROLE, which changes nothing: roles hold always.</summary>
    public sealed record SetRole : TrinoCommand;

    /// <summary>PREPARE.</summary>
    public sealed record Prepare(string Name, string Sql) : TrinoCommand;

    /// <summary>DEALLOCATE PREPARE.</summary>
    public sealed record Deallocate(string Name) : TrinoCommand;

    /// <summary>EXECUTE of a statement that the client keeps.</summary>
    public sealed record Execute(string Name, IReadOnlyList<string> Values) : TrinoCommand;

    /// <summary>EXECUTE IMMEDIATE.</summary>
    public sealed record ExecuteImmediate(string Sql, IReadOnlyList<string> Values) : TrinoCommand;

    /// <summary>DESCRIBE INPUT: what parameters a kept statement takes.</summary>
    public sealed record DescribeInput(string Name) : TrinoCommand;

    /// <summary>DESCRIBE OUTPUT: what columns a kept statement gives.</summary>
    public sealed record DescribeOutput(string Name) : TrinoCommand;

    /// <summary>EXPLAIN (TYPE VALIDATE): whether a query is one.</summary>
    public sealed record Validate(string Sql) : TrinoCommand;

    /// <summary>START TRANSACTION.</summary>
    /// <param name="ReadsOnly">Whether it only reads; null where that is not said.</param>
    public sealed record Begin(bool? ReadsOnly) : TrinoCommand;

    /// <summary>COMMIT or ROLLBACK.</summary>
    public sealed record End(bool IsCommitted) : TrinoCommand;

    /// <summary>CALL system.runtime.kill_query.</summary>
    public sealed record Kill(string QueryId) : TrinoCommand;

    /// <summary>SHOW and DESCRIBE.</summary>
    /// <param name="What">The thing to show.</param>
    /// <param name="Name">The name after FROM or FOR, in parts; empty if there is none.</param>
    /// <param name="Like">The SQL after LIKE; null if there is no LIKE.</param>
    public sealed record Show(ShowSubject What, IReadOnlyList<string> Name, string? Like) : TrinoCommand;
}

/// <summary>What SHOW shows.</summary>
enum ShowSubject
{
    /// <summary>Catalogs.</summary>
    Catalogs,

    /// <summary>Schemas of a catalog.</summary>
    Schemas,

    /// <summary>Tables of a schema.</summary>
    Tables,

    /// <summary>Columns of a table.</summary>
    Columns,

    /// <summary>The statement that would make a table.</summary>
    CreateTable,

    /// <summary>The statement that would make a view.</summary>
    CreateView,

    /// <summary>The statement that would make a schema.</summary>
    CreateSchema,

    /// <summary>Functions.</summary>
    Functions,

    /// <summary>Properties of the session.</summary>
    Session,

    /// <summary>Statistics of a table.</summary>
    Stats,

    /// <summary>Roles.</summary>
    Roles,

    /// <summary>What is granted.</summary>
    Grants,
}
