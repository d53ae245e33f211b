namespace Foz.Serving.Sessions;

/// <summary>Whose SQL the statements of a session are, and whose catalogs they see.</summary>
public enum SqlDialect
{
    /// <summary>PostgreSQL's.</summary>
    PostgreSql,

    /// <summary>Trino's.</summary>
    Trino,
}
