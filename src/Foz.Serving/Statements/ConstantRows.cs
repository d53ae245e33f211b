using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Results;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>Few rows that are known, given as the engine's, so that all cursors give chunks.</summary>
static class ConstantRows
{
    /// <summary>Opens a cursor of the rows.</summary>
    /// <param name="session">The session.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">For each row its values, in parentheses, as SQL writes them.</param>
    /// <param name="tag">The tag that the client gets at the end.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Task<SqlCursor> OpenAsync(
        SqlSession session, IReadOnlyList<ServedColumn> columns, IEnumerable<string> rows, string tag,
        CancellationToken cancellationToken)
    {
        var values = string.Join(", ", rows);
        var selected = columns.Select((c, i) =>
            $"CAST({(values.Length == 0 ? "NULL" : $"c{i}")} AS {c.Type}) AS {SqlText.Identifier(c.Name)}");
        var names = string.Join(", ", columns.Select((_, i) => $"c{i}"));
        var from = values.Length == 0 ? "(SELECT 1) WHERE false" : $"(VALUES {values}) AS t({names})";
        var engine = session.Host.Lake.Engines.Find(Workload.Serving)
            .Borrow(EngineSession.TimeZoneDefault, cancellationToken);
        try
        {
            var bound = new BoundStatement($"SELECT {string.Join(", ", selected)} FROM {from}");
            return Task.FromResult<SqlCursor>(
                new EngineCursor(session, engine, bound, bound.Sql, tag, cancellationToken));
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }
}
