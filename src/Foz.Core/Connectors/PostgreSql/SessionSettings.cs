using System.Text;

namespace Foz.Core.Connectors.PostgreSql;

/// <summary>What a session is set to, so that the server writes every value in one way.</summary>
static class SessionSettings
{
    /// <summary>The statements.</summary>
    /// <param name="options">The connection.</param>
    /// <param name="isLocal">Whether they hold for the transaction only, so that a pooler may share the session.</param>
    public static string Sql(PgOptions options, bool isLocal)
    {
        var set = isLocal ? "SET LOCAL " : "SET ";
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

        void Add(string setting) => sql.Append(set).Append(setting).Append("; ");
    }
}
