using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>
/// Keeps the rows that tests find as tables or views, each in the place of those that the test found before.
/// </summary>
/// <param name="lake">The lake.</param>
sealed class FailureTables(Lakehouse lake)
{
    /// <summary>Keeps the rows of a test.</summary>
    /// <param name="test">The test, its template rendered.</param>
    /// <param name="store">Where.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Its columns cannot be those of a table.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task StoreAsync(SqlTest test, FailureStore store, CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        var runner = new StatementRunner(
            new(session, new EnvironmentNameResolver(lake, "", static _ => null), lake.Tables));
        var table = $"{SqlText.Identifier(store.Table.Schema)}.{SqlText.Identifier(store.Table.Name)}";
        var (kind, other) = store.IsView ? ("VIEW", "TABLE") : ("TABLE", "VIEW");
        if (await lake.Catalog.FindAsync(store.Table, cancellationToken) is { } present
            && present.Kind is DefinitionKind.View != store.IsView)
            await RunAsync($"DROP {other} {table}");
        await RunAsync(
            $"CREATE OR REPLACE {kind} {table} AS "
                + $"{LakeSql.Of(session, test.Found.Text, test.References, cancellationToken)}");

        Task RunAsync(string sql) => runner.RunAsync(StatementReader.Read(sql)!, cancellationToken);
    }
}
