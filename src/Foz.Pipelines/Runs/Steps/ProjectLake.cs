using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>What templates of a project ask the lake, each table at its newest version.</summary>
/// <param name="lake">The lake.</param>
public sealed class ProjectLake(Lakehouse lake) : IProjectLake
{
    /// <summary>How many rows a query of a template may give.</summary>
    const int RowsMax = 100_000;

    /// <inheritdoc/>
    public string? KindOf(TableName table) =>
        Wait(async () => await lake.Catalog.FindAsync(table, CancellationToken.None) switch
        {
            null => null,
            { Kind: DefinitionKind.View } => "view",
            _ => await (await lake.OpenTableAsync(table, CancellationToken.None))
                .FindLatestAsync(CancellationToken.None) is null ? null : "table",
        });

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, string Type)> ColumnsOf(TableName table, CancellationToken cancellationToken)
    {
        if (KindOf(table) is null) return [];
        return Bound(
            $"SELECT * FROM {SqlText.Identifier(table.Schema)}.{SqlText.Identifier(table.Name)}",
            (session, sql) =>
                (IReadOnlyList<(string, string)>)[
                    .. session.Describe(sql, cancellationToken).Select(column => (column.Name, column.TypeName)),
                ],
            cancellationToken);
    }

    /// <inheritdoc/>
    public (IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows) Query(
        string sql, CancellationToken cancellationToken) =>
        Bound(sql, (session, bound) =>
        {
            using var rows = session.Query(bound, cancellationToken);
            List<object?[]> found = [.. rows.Rows(cancellationToken).Take(RowsMax + 1)];
            if (found.Count > RowsMax)
                throw new FozException(
                    ErrorKind.Resource, $"the query of a template gives more than {RowsMax:N0} rows");
            return ((IReadOnlyList<string>)[.. rows.Columns.Select(column => column.Name)],
                (IReadOnlyList<object?[]>)found);
        }, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<TableName> TablesOf(string schema, CancellationToken cancellationToken) => Wait(async () =>
    {
        var found = new List<TableName>();
        await foreach (var definition in lake.Catalog.ListAsync(cancellationToken))
            if (definition.TableName.Schema.Equals(schema, StringComparison.OrdinalIgnoreCase))
                found.Add(definition.TableName);
        return found;
    });

    T Bound<T>(string sql, Func<EngineSession, string, T> read, CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        var names = new LakeNameResolver(lake, lake.Tables, static _ => null);
        using var bound = Wait(() => new StatementBinder(session, names).BindAsync(sql, cancellationToken));
        return read(session, bound.Sql);
    }

    // Templates are rendered synchronously: what they ask is answered before they go on.
    static T Wait<T>(Func<Task<T>> ask) => Task.Run(ask).GetAwaiter().GetResult();
}
