using System.Text;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// The settings of a transaction, with which the server writes every value in one way. Nothing of them outlives the
/// transaction: a pooler may give the session to another client.
/// </summary>
static class SessionSettings
{
    /// <summary>From this version on a transaction has a limit of time besides that of its statements.</summary>
    const int TransactionTimeoutFrom = 17;

    /// <summary>Those that the server's version has.</summary>
    const string NoTimeoutsSql = """
        SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
         WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout',
                        'statement_timeout', 'transaction_timeout')
        """;

    /// <summary>Lets a session that is one client's alone wait for as long as it takes.</summary>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public static Task SetNoTimeoutsAsync(PgConnection session, CancellationToken cancellationToken) =>
        session.QueryAsync(NoTimeoutsSql, cancellationToken);

    /// <summary>The statements.</summary>
    /// <param name="options">How the server is reached.</param>
    /// <param name="majorVersion">The server's major version.</param>
    public static string Sql(PgOptions options, int majorVersion)
    {
        var sql = new StringBuilder();
        Add("DateStyle = ISO, MDY");
        Add("IntervalStyle = postgres");
        Add("TimeZone = 'UTC'");
        Add("extra_float_digits = 3");
        Add("bytea_output = hex");
        // A connection waits here while the engine works.
        Add("idle_in_transaction_session_timeout = 0");
        if (majorVersion >= TransactionTimeoutFrom) Add("transaction_timeout = 0");
        if (options.StatementTimeout is { } timeout) Add($"statement_timeout = {SqlText.Literal(timeout)}");
        return sql.ToString();

        void Add(string setting) => sql.Append("SET LOCAL ").Append(setting).Append("; ");
    }
}
