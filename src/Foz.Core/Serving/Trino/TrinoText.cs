using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Serving.Trino;

/// <summary>Statements of Trino's clients as DuckDB's.</summary>
static class TrinoText
{
    /// <summary>What a translation asks of a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="isKept">Whether others read what is made of the statement: a view.</param>
    public static TrinoContext ContextOf(SqlSession session, bool isKept) =>
        new(isKept ? null : session.User.Name, session.Settings["TimeZone"], session.Schema);

    /// <summary>Turns a query; its tables are looked up only where their columns' types decide.</summary>
    /// <exception cref="FozException">It has what DuckDB has no words for.</exception>
    public static async Task<RewrittenSql> TranslateAsync(SqlSession session, string sql, CancellationToken cancellationToken)
    {
        var (context, unknown) = (ContextOf(session, isKept: false), new TrinoColumns(tables: null));
        var translated = TrinoTranslator.Translate(sql, context, unknown);
        return unknown.IsAsked && await TablesOfAsync(session, translated.Text, cancellationToken) is { } tables
            ? TrinoTranslator.Translate(sql, context, new(tables))
            : translated;
    }

    /// <summary>The columns of each table that a statement names; null where it names something that is not there.</summary>
    static async Task<List<IReadOnlyList<Field>>?> TablesOfAsync(SqlSession session, string sql, CancellationToken cancellationToken)
    {
        try
        {
            var resolver = new StatementResolver(new SessionNames(session, Workload.Serving), session.Service.Lake.Engines);
            var resolved = await resolver.ResolveAsync(SqlParameters.Read(sql).Replace(static _ => "NULL").Text, cancellationToken);
            return [.. resolved.Analysis.Tables.Select(table => resolved.FieldsOf(table.Span)).OfType<IReadOnlyList<Field>>()];
        }
        catch (FozException)
        {
            // The statement itself fails so too, with its own places.
            return null;
        }
    }
}
