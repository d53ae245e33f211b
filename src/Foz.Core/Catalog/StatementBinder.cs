using Foz.Core.Engine;
using Foz.Core.Tables;

namespace Foz.Core.Catalog;

/// <summary>A statement that the engine can run: every table of the lake is a relation over one version's files.</summary>
public sealed class BoundStatement : IDisposable
{
    readonly List<TableRelation> relations;

    internal BoundStatement(string sql, List<TableRelation> relations) => (Sql, this.relations) = (sql, relations);

    /// <summary>The statement, for the session that it was bound for.</summary>
    public string Sql { get; }

    /// <summary>Takes what the engine knows of the tables' files away.</summary>
    public void Dispose()
    {
        foreach (var relation in relations) relation.Dispose();
    }
}

/// <summary>
/// Binds SELECTs of people to the lake: each reference to a table becomes its own relation for this statement and
/// session; views are put in as the SELECTs that they are.
/// </summary>
/// <param name="session">The session that will run the statements.</param>
/// <param name="names">What names stand for.</param>
public sealed class StatementBinder(EngineSession session, IRelationNames names)
{
    const int ViewDepthMax = 32;

    /// <summary>Binds a statement.</summary>
    /// <exception cref="FozException">It does not parse, or names what does not exist.</exception>
    public async Task<BoundStatement> BindAsync(string sql, CancellationToken cancellationToken)
    {
        var relations = new List<TableRelation>();
        try
        {
            return new(await BindAsync(sql, depth: 0, relations, cancellationToken), relations);
        }
        catch
        {
            foreach (var relation in relations) relation.Dispose();
            throw;
        }
    }

    async Task<string> BindAsync(
        string sql, int depth, List<TableRelation> relations, CancellationToken cancellationToken)
    {
        if (depth > ViewDepthMax)
            throw new FozException(ErrorKind.Sql, $"views are nested more than {ViewDepthMax} deep, or read themselves");
        var analysis = SqlAnalysis.Read(session, sql, cancellationToken);
        var tables = new Dictionary<TableReference, string>(ReferenceEqualityComparer.Instance);
        var functions = new Dictionary<TableFunctionCall, string>(ReferenceEqualityComparer.Instance);
        foreach (var reference in analysis.Tables)
            if (await names.FindAsync(reference, cancellationToken) is { } binding)
                tables[reference] = await OpenAsync(binding, depth, relations, cancellationToken);
        foreach (var call in analysis.TableFunctions)
            if (await names.FindAsync(call, cancellationToken) is { } binding)
                functions[call] = await OpenAsync(binding, depth, relations, cancellationToken);
        return analysis.Rewrite(
            reference => tables.GetValueOrDefault(reference), call => functions.GetValueOrDefault(call)).Text;
    }

    async Task<string> OpenAsync(
        RelationBinding binding, int depth, List<TableRelation> relations, CancellationToken cancellationToken)
    {
        switch (binding)
        {
            case RelationBinding.Rows rows:
                var relation = await rows.Table.OpenAsync(session, cancellationToken);
                relations.Add(relation);
                return relation.Sql;
            case RelationBinding.View view:
                return $"({await BindAsync(view.Sql, depth + 1, relations, cancellationToken)}\n)";
            case RelationBinding.Relation text:
                return text.Sql;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
