namespace Foz.Lake.Sql;

/// <summary>How often a statement names each table, table function and function.</summary>
sealed class NameCounts
{
    readonly Dictionary<(NameKind Kind, string Name), int> counts = [];

    /// <summary>Counts the names of a statement's tree.</summary>
    public static NameCounts Of(SqlTreeReader tree)
    {
        var found = new NameCounts();
        foreach (var table in tree.Tables) found.Add(NameKind.Table, table.ToString(), table.Times);
        foreach (var call in tree.TableFunctions) found.Add(NameKind.TableFunction, call.Name, call.Times);
        foreach (var (function, count) in tree.Functions) found.Add(NameKind.Function, function, count);
        return found;
    }

    /// <summary>Counts the names of a statement, without the parts that edits replace.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="replaced">
    /// The places of the tables and calls that are replaced; calls have no functions in their arguments.
    /// </param>
    public static NameCounts Without(SqlAnalysis statement, Func<SqlSpan, bool> replaced)
    {
        var left = new NameCounts();
        left.Add(statement.Names);
        foreach (var table in statement.Tables.Where(t => replaced(t.Span)))
            left.Add(NameKind.Table, table.ToString(), -table.Times);
        foreach (var call in statement.TableFunctions.Where(c => replaced(c.Span)))
            left.Add(NameKind.TableFunction, call.Name, -call.Times);
        return left;
    }

    /// <summary>Adds those of another statement, some number of times.</summary>
    public void Add(NameCounts others, int times = 1)
    {
        foreach (var ((kind, name), count) in others.counts) Add(kind, name, count * times);
    }

    /// <summary>A name that another statement has more or less often; null where there is none.</summary>
    public string? FindDifference(NameCounts other) =>
        counts.Keys.Union(other.counts.Keys)
            .FirstOrDefault(key => counts.GetValueOrDefault(key) != other.counts.GetValueOrDefault(key)).Name;

    void Add(NameKind kind, string name, int count)
    {
        var key = (kind, name.ToLowerInvariant());
        counts[key] = counts.GetValueOrDefault(key) + count;
    }

    enum NameKind
    {
        Table,
        TableFunction,
        Function,
    }
}
