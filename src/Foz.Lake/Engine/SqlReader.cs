using System.Text;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine;

/// <summary>Reads statements by the parser of a session's engine.</summary>
public static class SqlReader
{
    /// <summary>Reads a statement.</summary>
    /// <param name="session">A session of any workload.</param>
    /// <param name="sql">One SELECT; a semicolon may follow.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// It does not parse, is no SELECT, or is several statements: of kind <see cref="ErrorKind.Sql"/>, with the
    /// <see cref="FozException.Place"/> in the statement (its file is <see cref="SqlPlaces.File"/>).
    /// </exception>
    public static SqlAnalysis Analyze(this EngineSession session, string sql, CancellationToken cancellationToken)
    {
        if (session.Analyses.Find(sql) is { } known) return known;
        var analysis = Parse(session, sql, cancellationToken);
        session.Analyses.Add(sql, analysis);
        return analysis;
    }

    /// <summary>Reads many statements: one call of the engine parses all of them.</summary>
    /// <param name="session">A session of any workload.</param>
    /// <param name="statements">The statements.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// For each of them what it names, or why it cannot be read, of kind <see cref="ErrorKind.Sql"/>.
    /// </returns>
    public static IReadOnlyList<(SqlAnalysis? Analysis, FozException? Error)> AnalyzeMany(
        this EngineSession session, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        var found = new (SqlAnalysis?, FozException?)[statements.Count];
        var texts = new (string Sql, SqlTokens Tokens)[statements.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            try
            {
                texts[i] = SqlAnalysis.Tokenize(statements[i]);
            }
            catch (FozException e) when (e.Kind is ErrorKind.Sql)
            {
                (texts[i], found[i]) = (("", SqlTokens.Read("")), (null, e));
            }
        }
        using var rows = session.Query(
            "SELECT i, json_serialize_sql(s)::VARCHAR FROM (SELECT unnest(range($1)) AS i, "
            + $"unnest([{string.Join(',', texts.Select(text => SqlText.Literal(text.Sql)))}]) AS s)",
            cancellationToken, (long)texts.Length);
        while (rows.Fetch(cancellationToken) is { } chunk)
        {
            using (chunk)
            {
                for (var row = 0; row < chunk.RowCount; row++)
                {
                    var i = (int)chunk[0].Values<long>()[row];
                    if (found[i].Item2 is not null) continue;
                    try
                    {
                        found[i] =
                            (SqlAnalysis.Read(
                                texts[i].Sql, texts[i].Tokens, chunk[1].Bytes(row).ToArray(), session.Pool.Macros),
                                null);
                    }
                    catch (FozException e) when (e.Kind is ErrorKind.Sql)
                    {
                        found[i] = (null, e);
                    }
                }
            }
        }
        return found;
    }

    static SqlAnalysis Parse(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        (sql, var tokens) = SqlAnalysis.Tokenize(sql);
        var json = tokens.Count == 0 ? "" : session.QueryScalar<string>(
            "SELECT json_serialize_sql($1::VARCHAR)::VARCHAR", cancellationToken, sql);
        return SqlAnalysis.Read(sql, tokens, Encoding.UTF8.GetBytes(json), session.Pool.Macros);
    }
}
