using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Trino.Translation;

namespace Foz.Serving.Trino;

/// <summary>Statements of Trino's clients as DuckDB's.</summary>
static class TrinoText
{
    /// <summary>What a translation asks of a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="schema">The schema of names that are written without one; null for none.</param>
    /// <param name="isKept">Whether others read what is made of the statement: a view.</param>
    public static TrinoContext ContextOf(SqlSession session, string? schema, bool isKept) =>
        new(isKept ? null : session.User.Name, session.Settings["TimeZone"], schema);

    /// <summary>Turns a query; its tables are looked up only where their columns' types decide.</summary>
    /// <exception cref="FozException">It has what DuckDB has no words for.</exception>
    public static async Task<RewrittenSql> TranslateAsync(
        ServedContext context, string? schema, string sql, CancellationToken cancellationToken)
    {
        var (asked, unknown) = (ContextOf(context.Session, schema, isKept: false), TrinoColumns.Unknown());
        var translated = TrinoTranslator.Translate(sql, asked, unknown);
        return unknown.IsAsked && await ColumnsOfAsync(context, [translated.Text], cancellationToken) is { } columns
            ? TrinoTranslator.Translate(sql, asked, columns)
            : translated;
    }

    /// <summary>What is known of the columns of queries; null where they name something that is not there.</summary>
    /// <param name="context">The statement that they are of.</param>
    /// <param name="queries">The queries in DuckDB's words.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static async Task<TrinoColumns?> ColumnsOfAsync(
        ServedContext context, IEnumerable<string> queries, CancellationToken cancellationToken)
    {
        try
        {
            var resolver = new StatementResolver(
                new SessionNameResolver(context, Workload.Serving), context.Session.Host.Lake.Engines);
            List<ResolvedStatement> resolved = [];
            foreach (var query in queries)
                resolved.Add(
                    await resolver.ResolveAsync(
                        SqlParameters.Read(query).Replace(static _ => "NULL").Text, cancellationToken));
            return TrinoColumns.Of(
                resolved.SelectMany(one =>
                    one.Analysis.Tables.Select(table => one.FieldsOf(table.Span)).OfType<IReadOnlyList<Field>>()),
                resolved.Select(one => one.Analysis.Sql));
        }
        catch (FozException)
        {
            // The statement itself fails so too, with its own places.
            return null;
        }
    }
}
