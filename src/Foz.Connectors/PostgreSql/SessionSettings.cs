using System.Text;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// The settings of a transaction, with which the server writes every value in one way. Nothing outlives the
/// transaction: a pooler may give the session to another client.
/// </summary>
static class SessionSettings
{
    /// <summary>The statements.</summary>
    public static string Sql(PgOptions options)
    {
        var sql = new StringBuilder();
        Add("DateStyle = ISO, MDY");
        Add("IntervalStyle = postgres");
        Add("TimeZone = 'UTC'");
        Add("extra_float_digits = 3");
        Add("bytea_output = hex");
        // A connection waits here while the engine works.
        Add("idle_in_transaction_session_timeout = 0");
        if (options.StatementTimeout is { } timeout) Add($"statement_timeout = {SqlText.Literal(timeout)}");
        return sql.ToString();

        void Add(string setting) => sql.Append("SET LOCAL ").Append(setting).Append("; ");
    }
}
