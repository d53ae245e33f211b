using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Statements;

/// <summary>The tags that columns get by what UPDATE and MERGE assign to them.</summary>
/// <param name="context">What the statement works on.</param>
sealed class AssignedTags(StatementContext context)
{
    readonly EngineSession session = context.Session;

    /// <summary>Brings the tags of an UPDATE.</summary>
    /// <param name="change">What it has changed.</param>
    /// <param name="update">The statement.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task BringAsync(TableChange change, Statement.Update update, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.OrdinalIgnoreCase);
        await FindAsync(
            found, change, update.Alias, update.Assignments, From(update.Table, update.Alias), cancellationToken);
        Bring(change, found);
    }

    /// <summary>Brings the tags of a MERGE.</summary>
    /// <param name="change">What it has changed.</param>
    /// <param name="merge">The statement.</param>
    /// <param name="source">Its source, of which the engine knows all that is named.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task BringAsync(
        TableChange change, Statement.Merge merge, string source, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.OrdinalIgnoreCase);
        var definition = merge.Definition;
        var alias = SqlText.Identifier(definition.SourceAlias);
        var (target, given) = (From(merge.Table, definition.TargetAlias), $"({definition.Source}\n) AS {alias}");
        foreach (var clause in definition.Clauses)
        {
            var values = clause.Action switch
            {
                MergeAction.Update update => update.Assignments,
                MergeAction.Insert insert => insert.Values,
                MergeAction.UpdateAll or MergeAction.InsertAll => session.Describe(source, cancellationToken)
                    .ToDictionary(
                        column => column.Name, column => $"{alias}.{SqlText.Identifier(column.Name)}",
                        StringComparer.OrdinalIgnoreCase),
                _ => new Dictionary<string, string>(),
            };
            // A name means what there is of source and target.
            var from = clause.Match switch
            {
                MergeMatch.NotMatched => given,
                MergeMatch.NotMatchedBySource => target,
                _ => $"{target}, {given}",
            };
            await FindAsync(found, change, definition.TargetAlias, values, from, cancellationToken);
        }
        Bring(change, found);
    }

    static string From(TableTarget table, string alias)
    {
        var relation = table.Name is { } name
            ? $"{SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}"
            : $"{Foz.Lake.Catalog.LakeNameResolver.DeltaScan}({SqlText.Literal(table.Folder!)})";
        return $"{relation} AS {SqlText.Identifier(alias)}";
    }

    /// <summary>Adds the tags that values bring to their columns.</summary>
    async Task FindAsync(
        Dictionary<string, IReadOnlyDictionary<string, string>> found, TableChange change, string alias,
        IReadOnlyDictionary<string, string> assignments, string from, CancellationToken cancellationToken)
    {
        // The word means a column's default, which is made from nothing.
        var values = assignments.Where(a =>
            !a.Value.AsSpan().Trim().Equals("default", StringComparison.OrdinalIgnoreCase)).ToList();
        if (values.Count == 0) return;
        var names = values.Select((_, i) => $"c{i}").ToList();
        var select = string.Join(", ", values.Zip(names, (value, name) => $"({value.Value}\n) AS {name}"));
        var tags = await context.Tags.FindAsync($"SELECT {select} FROM {from}", () => names, cancellationToken);
        foreach (var (value, (_, brought)) in values.Zip(tags))
            foreach (var column in change.Fields.Select(field => field.Name).Where(column => IsOf(column, value.Key)))
                found[column] = found.TryGetValue(column, out var known)
                    ? known.Concat(brought).DistinctBy(tag => tag.Key).ToDictionary()
                    : brought;

        // A field of a struct is written with dots, and the alias may come before it.
        bool IsOf(string column, string assigned) =>
            $"{assigned}.".StartsWith($"{column}.", StringComparison.OrdinalIgnoreCase)
            || $"{assigned}.".StartsWith($"{alias}.{column}.", StringComparison.OrdinalIgnoreCase);
    }

    static void Bring(TableChange change, Dictionary<string, IReadOnlyDictionary<string, string>> found) =>
        change.Describe(
            field =>
                found.TryGetValue(field.Name, out var tags)
                    ? QueryTags.Missing(field, tags)
                    : new Dictionary<string, string?>());
}
