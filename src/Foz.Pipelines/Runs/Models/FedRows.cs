using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Models;

/// <summary>
/// The rows by which an incremental model would change its table although it reads what its last batch read: those of a
/// SELECT that reads the table itself, or is another one once the table is there.
/// </summary>
/// <param name="session">What looks for them.</param>
/// <param name="model">The model, its template rendered.</param>
/// <param name="names">What names in its SELECT are.</param>
sealed class FedRows(EngineSession session, Model model, INameResolver names)
{
    /// <summary>Whether there are some.</summary>
    /// <param name="table">The model's table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<bool> AreThereAsync(TableName table, CancellationToken cancellationToken)
    {
        try
        {
            var columns = await ColumnsOfAsync(cancellationToken);
            foreach (var sql in QueriesOf($"{model.Sql}\n", table, columns))
                if (await HasRowsAsync(sql, cancellationToken)) return true;
            return false;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql or ErrorKind.NotFound)
        {
            // The step reports the error; a column that the table lacks is something new too.
            return true;
        }
    }

    /// <summary>Queries of rows that are a change each.</summary>
    IEnumerable<string> QueriesOf(string select, TableName table, string columns)
    {
        var own = $"{SqlText.Identifier(table.Schema)}.{SqlText.Identifier(table.Name)}";
        switch (model.Materialization.Strategy)
        {
            case IncrementalStrategy.Merge { UniqueKey.Count: > 0 }:
                yield return $"SELECT 1 FROM (SELECT {columns} FROM ({select}) EXCEPT SELECT "
                    + $"{columns} FROM {own}) LIMIT 1";
                break;
            case IncrementalStrategy.DeleteInsert { UniqueKey: { Count: > 0 } key, Predicates.Count: 0 }:
                yield return $"SELECT 1 FROM (SELECT {columns} FROM ({select}) EXCEPT ALL SELECT "
                    + $"{columns} FROM {own}) LIMIT 1";
                var keys = string.Join(", ", key.Select(SqlText.Identifier));
                yield return $"SELECT 1 FROM (SELECT {columns} FROM {own} SEMI JOIN ({select}) USING ({keys}) "
                    + $"EXCEPT ALL SELECT {columns} FROM ({select})) LIMIT 1";
                break;
            default:
                yield return $"SELECT 1 FROM ({select}) LIMIT 1";
                break;
        }
    }

    async Task<string> ColumnsOfAsync(CancellationToken cancellationToken)
    {
        using var bound = await new StatementBinder(session, names).BindAsync(model.Sql, cancellationToken);
        return string.Join(
            ", ", session.Describe(bound.Sql, cancellationToken).Select(column => SqlText.Identifier(column.Name)));
    }

    async Task<bool> HasRowsAsync(string sql, CancellationToken cancellationToken)
    {
        using var bound = await new StatementBinder(session, names).BindAsync(sql, cancellationToken);
        using var rows = session.Query(bound.Sql, cancellationToken);
        return rows.Rows(cancellationToken).Any();
    }
}
