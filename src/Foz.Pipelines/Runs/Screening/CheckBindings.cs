using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>What the checks of a step read besides its own table, bound for a session until it is disposed.</summary>
sealed class CheckBindings : IDisposable
{
    readonly List<BoundStatement> bound = [];
    readonly Dictionary<TableName, string> relations = [];
    readonly Dictionary<string, string> queries = new(StringComparer.Ordinal);

    CheckBindings() { }

    /// <summary>Returns another table, as SQL that may follow FROM.</summary>
    public string RelationOf(TableName table) => relations[table];

    /// <summary>The query of a SQL check, as the engine can run it.</summary>
    public string BindQuery(string query) => queries[query];

    /// <summary>Binds what checks read.</summary>
    public static async Task<CheckBindings> OpenAsync(
        EngineSession session, StepNameResolver names, IEnumerable<CheckDefinition> checks,
        CancellationToken cancellationToken)
    {
        var bindings = new CheckBindings();
        try
        {
            foreach (var check in checks) await bindings.AddAsync(session, names, check, cancellationToken);
            return bindings;
        }
        catch
        {
            bindings.Dispose();
            throw;
        }
    }

    async Task AddAsync(
        EngineSession session, StepNameResolver names, CheckDefinition check, CancellationToken cancellationToken)
    {
        TableName? other = check switch
        {
            CheckDefinition.Relationships { To: var to } => to,
            CheckDefinition.RowCountTo { To: var to } => to,
            _ => null,
        };
        if (other is { } table && !relations.ContainsKey(table))
        {
            bound.Add(await names.BindTableAsync(session, table, cancellationToken));
            relations[table] = $"({bound[^1].Sql})";
        }
        if (check is CheckDefinition.Custom { Query: var query } && !queries.ContainsKey(query))
        {
            bound.Add(await new StatementBinder(session, names).BindAsync(query, cancellationToken));
            queries[query] = bound[^1].Sql;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in bound) statement.Dispose();
    }
}
