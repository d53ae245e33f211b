using Foz.Lake.Sql;
using Foz.Lake.Tables.Merging;

namespace Foz.Lake.Statements;

/// <summary>Reads <c>MERGE</c>.</summary>
static class MergeReader
{
    public static Statement Read(StatementCursor cursor)
    {
        var evolves = cursor.Takes("WITH", "SCHEMA", "EVOLUTION");
        cursor.Expect("INTO");
        var target = cursor.Table();
        var targetAlias = cursor.Alias("USING") ?? StatementReader.NameOf(target);
        cursor.Expect("USING");
        var (source, sourceName) = Source(cursor);
        var sourceAlias = cursor.Alias("ON") ?? sourceName;
        cursor.Expect("ON");
        var on = cursor.Expression("a condition", "WHEN");
        List<MergeClause> clauses = [];
        while (cursor.Takes("WHEN")) clauses.Add(Clause(cursor));
        if (clauses.Count == 0) throw cursor.Unexpected("WHEN MATCHED or WHEN NOT MATCHED");
        return new Statement.Merge(target, new()
        {
            Source = source,
            SourceAlias = sourceAlias,
            TargetAlias = targetAlias,
            On = on,
            Clauses = clauses,
            EvolvesSchema = evolves,
        });
    }

    /// <summary>A table or query that rows come from, and what it is called without an alias.</summary>
    internal static (string Query, string Name) Source(StatementCursor cursor)
    {
        if (cursor.SeesSymbol('(')) return (cursor.Parenthesized("a query"), "source");
        var table = cursor.Table();
        var query = table is { Name: { } name }
            ? $"SELECT * FROM {SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}"
            : $"SELECT * FROM delta_scan({SqlText.Literal(table.Folder!)})";
        return (query, table.Name?.Name ?? "source");
    }

    static MergeClause Clause(StatementCursor cursor)
    {
        var match = Match(cursor);
        var condition = cursor.Takes("AND") ? cursor.Expression("a condition", "THEN") : null;
        cursor.Expect("THEN");
        return new(match, Action(cursor, match), condition);
    }

    static MergeMatch Match(StatementCursor cursor)
    {
        if (cursor.Takes("MATCHED")) return MergeMatch.Matched;
        cursor.Expect("NOT", "MATCHED");
        if (cursor.Takes("BY", "SOURCE")) return MergeMatch.NotMatchedBySource;
        cursor.Takes("BY", "TARGET");
        return MergeMatch.NotMatched;
    }

    static MergeAction Action(StatementCursor cursor, MergeMatch match)
    {
        if (match == MergeMatch.NotMatched)
        {
            cursor.Expect("INSERT");
            if (cursor.TakesSymbol('*')) return new MergeAction.InsertAll();
            return Insert(cursor);
        }
        if (cursor.Takes("DELETE")) return new MergeAction.Delete();
        cursor.Expect("UPDATE");
        cursor.Expect("SET");
        if (match == MergeMatch.Matched && cursor.TakesSymbol('*')) return new MergeAction.UpdateAll();
        var assignments = StatementReader.Assignments(cursor, "WHEN");
        return new MergeAction.Update(assignments);
    }

    static MergeAction.Insert Insert(StatementCursor cursor)
    {
        List<string> columns = [];
        cursor.ExpectSymbol('(');
        do columns.Add(cursor.Assigned());
        while (cursor.TakesSymbol(','));
        cursor.ExpectSymbol(')');
        cursor.Expect("VALUES");
        cursor.ExpectSymbol('(');
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (number, column) in columns.Index())
        {
            if (number > 0) cursor.ExpectSymbol(',');
            if (!values.TryAdd(column, cursor.Expression("a value")))
                throw cursor.Unexpected($"no second value for {column}");
        }
        cursor.ExpectSymbol(')');
        return new(values);
    }
}
