using System.Text;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// The settings of a transaction, with which the server writes every value in one way. Nothing outlives the
/// transaction: a pooler may give the session to another client.
/// </summary>
static class SessionSettings
{
    /// <summary>From this version on a transaction has a limit of time besides that of its statements.</summary>
    const int TransactionTimeoutFrom = 17;

    /// <summary>Settings with which a transaction may wait for as long as it takes.</summary>
    /// <param name="majorVersion">The server's major version.</param>
    public static IEnumerable<string> NoTimeouts(int majorVersion) => majorVersion >= TransactionTimeoutFrom
        ? ["idle_in_transaction_session_timeout = 0", "transaction_timeout = 0"]
        : ["idle_in_transaction_session_timeout = 0"];

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
        foreach (var setting in NoTimeouts(majorVersion)) Add(setting);
        if (options.StatementTimeout is { } timeout) Add($"statement_timeout = {SqlText.Literal(timeout)}");
        return sql.ToString();

        void Add(string setting) => sql.Append("SET LOCAL ").Append(setting).Append("; ");
    }
}
