using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;

namespace Foz.Lake.Statements;

/// <summary>The tags that the columns of a query bring from the columns that they are made from.</summary>
/// <param name="session">The session that runs the query.</param>
/// <param name="names">Resolves names.</param>
sealed class QueryTags(EngineSession session, INameResolver names)
{
    /// <summary>Finds them.</summary>
    /// <param name="query">The query.</param>
    /// <param name="bound">The query as it runs.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// For each column of the query in order, its name and metadata that are tags; empty where nothing that it reads
    /// has tags. Where it cannot be traced what a column is made from, it has all of them.
    /// </returns>
    public async Task<IReadOnlyList<(string Column, IReadOnlyDictionary<string, string> Tags)>> FindAsync(
        string query, BoundStatement bound, CancellationToken cancellationToken)
    {
        if (bound.Analysis is not { } known || known.Tables.Count + known.TableFunctions.Count == 0) return [];
        return await FindAsync(
            query, () => [.. session.Describe(bound.Sql, cancellationToken).Select(column => column.Name)],
            cancellationToken);
    }

    /// <summary>Finds them.</summary>
    /// <param name="query">The query.</param>
    /// <param name="columns">Gives the names of its columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>As above.</returns>
    public async Task<IReadOnlyList<(string Column, IReadOnlyDictionary<string, string> Tags)>> FindAsync(
        string query, Func<IReadOnlyList<string>> columns, CancellationToken cancellationToken)
    {
        var statement = await new StatementResolver(names, session).ResolveAsync(query, cancellationToken);
        var inputs = statement.Bindings.Where(binding => binding.Value is RelationBinding.Rows)
            .SelectMany(binding => statement.FieldsOf(binding.Key)!.Select(field => (Span: binding.Key, Field: field)))
            .Where(input => ColumnTag.Of(input.Field).Count > 0).ToList();
        if (inputs.Count == 0) return [];
        try
        {
            var lineage = BoundPlan.ReadLineage(
                session, statement.Analysis, table => statement.FieldsOf(table.Span),
                call => statement.FieldsOf(call.Span), cancellationToken,
                span => statement.ThroughOf(span));
            return [.. lineage.Columns.Select(column =>
                (column.Column.Name,
                    (IReadOnlyDictionary<string, string>)Together(inputs.Where(input => column.Inputs.Any(made =>
                        made.Table == input.Span
                            && made.Column.Equals(
                                input.Field.Name,
                                StringComparison.OrdinalIgnoreCase))).Select(input => input.Field))))];
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            // It reads something that only its own instance of the engine has.
            IReadOnlyDictionary<string, string> all = Together(inputs.Select(input => input.Field));
            return [.. columns().Select(column => (column, all))];
        }
    }

    /// <summary>What a column lacks of tags, as far as none of them was released there.</summary>
    public static IReadOnlyDictionary<string, string?> Missing(
        Field column, IReadOnlyDictionary<string, string> tags) =>
        tags.Where(tag => !column.Metadata.ContainsKey(tag.Key)
                && !column.Metadata.ContainsKey(ColumnTag.ReleasePrefix + tag.Key[ColumnTag.Prefix.Length..]))
            .ToDictionary(tag => tag.Key, string? (tag) => tag.Value, StringComparer.Ordinal);

    static Dictionary<string, string> Together(IEnumerable<Field> fields)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in fields)
            foreach (var tag in ColumnTag.Of(field))
                if (!ColumnTag.IsRelease(tag))
                    tags.TryAdd(ColumnTag.Prefix + tag, $"{ColumnTag.InheritedPrefix}{field.Name}");
        return tags;
    }
}
