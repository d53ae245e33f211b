using Foz.Lake.Configuration;
using Foz.Lake.Tables.Merging;

namespace Foz.Lake.Statements;

/// <summary>Reads statements that change tables.</summary>
public static class StatementReader
{
    // The first words of statements of Foz that are no queries.
    static readonly string[] firstWords =
    [
        "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "ALTER", "COMMENT", "CREATE", "REPLACE", "DROP", "RESTORE",
        .. MaintenanceReader.FirstWords,
    ];

    /// <summary>Reads a statement.</summary>
    /// <param name="sql">One statement; a semicolon may follow.</param>
    /// <param name="schemaOf">
    /// The schema of a table that is named without one; null where each must be named with it.
    /// </param>
    /// <returns>Null where it neither changes nor describes tables: a query.</returns>
    /// <exception cref="FozException">
    /// It is malformed: of kind <see cref="ErrorKind.Sql"/>, with its place.
    /// </exception>
    public static Statement? Read(string sql, Func<string, string>? schemaOf = null)
    {
        var cursor = new StatementCursor(sql, schemaOf);
        if (!IsStatement(cursor)) return null;
        var statement = Read(cursor);
        cursor.ExpectEnd();
        return statement;
    }

    static bool IsStatement(StatementCursor cursor) =>
        Array.Exists(firstWords, word => cursor.Sees(word))
        || cursor.Sees("DESCRIBE", "HISTORY") || cursor.Sees("DESC", "HISTORY")
        || cursor.Sees("DESCRIBE", "DETAIL") || cursor.Sees("DESC", "DETAIL") || cursor.Sees("SHOW", "TBLPROPERTIES");

    static Statement Read(StatementCursor cursor)
    {
        if (cursor.Takes("INSERT")) return Insert(cursor);
        if (cursor.Takes("UPDATE")) return Update(cursor);
        if (cursor.Takes("DELETE", "FROM")) return Delete(cursor);
        if (cursor.Takes("TRUNCATE")) return Truncate(cursor);
        if (cursor.Takes("MERGE")) return MergeReader.Read(cursor);
        if (cursor.Takes("ALTER", "TABLE")) return AlterationReader.Read(cursor);
        if (cursor.Takes("ALTER", "VIEW")) return AlterationReader.ReadView(cursor);
        if (cursor.Takes("COMMENT", "ON")) return AlterationReader.ReadComment(cursor);
        if (cursor.Takes("CREATE", "VIEW") || cursor.Sees("CREATE", "OR", "REPLACE", "VIEW")) return View(cursor);
        if (cursor.Takes("DROP")) return Drop(cursor);
        if (cursor.Sees("CREATE") || cursor.Sees("REPLACE")) return TableCreationReader.Read(cursor);
        if (cursor.Takes("RESTORE")) return Restore(cursor);
        if (cursor.Takes("DESCRIBE", "HISTORY") || cursor.Takes("DESC", "HISTORY")) return History(cursor);
        if (cursor.Takes("DESCRIBE", "DETAIL") || cursor.Takes("DESC", "DETAIL"))
            return new Statement.DescribeDetail(cursor.Table());
        if (cursor.Takes("SHOW", "TBLPROPERTIES")) return new Statement.ShowProperties(cursor.Table());
        return MaintenanceReader.Read(cursor)
            ?? throw cursor.Unexpected("a statement such as DELETE FROM or ALTER TABLE");
    }

    /// <summary>Reads the text after <c>CREATE VIEW</c>, or <c>CREATE OR REPLACE VIEW</c> itself.</summary>
    static Statement.CreateView View(StatementCursor cursor)
    {
        var replaces = cursor.Takes("CREATE", "OR", "REPLACE", "VIEW");
        var ifNotExists = cursor.Takes("IF", "NOT", "EXISTS");
        var view = cursor.Table();
        var comment = cursor.Takes("COMMENT") ? cursor.Text() : null;
        cursor.Expect("AS");
        if (!cursor.SeesQuery()) throw cursor.Unexpected("SELECT");
        return new(view, cursor.Rest("a query")) { IfNotExists = ifNotExists, Replaces = replaces, Comment = comment };
    }

    static Statement Drop(StatementCursor cursor)
    {
        var isView = cursor.Takes("VIEW");
        if (!isView && !cursor.Takes("TABLE")) throw cursor.Unexpected("TABLE or VIEW");
        var ifExists = cursor.Takes("IF", "EXISTS");
        var target = cursor.Table();
        // Views name what they read: whatever is dropped, they stay.
        if (!cursor.Takes("CASCADE")) cursor.Takes("RESTRICT");
        return isView ? new Statement.DropView(target, ifExists) : new Statement.DropTable(target, ifExists);
    }

    static Statement.Insert Insert(StatementCursor cursor)
    {
        var overwrites = cursor.Takes("OVERWRITE");
        if (!overwrites) cursor.Expect("INTO");
        cursor.Takes("TABLE");
        var table = cursor.Table();
        var named = cursor.Takes("AS") ? cursor.Name("an alias") : null;
        IReadOnlyList<string>? columns = null;
        string? replaced = null;
        if (!overwrites && cursor.Takes("REPLACE", "WHERE"))
            replaced = cursor.Expression("a condition", "SELECT", "WITH", "VALUES", "FROM");
        else if (cursor.SeesSymbol('(') && !cursor.SeesBehindNext("SELECT") && !cursor.SeesBehindNext("WITH")
            && !cursor.SeesBehindNext("VALUES") && !cursor.SeesBehindNext("FROM"))
            columns = cursor.Names();
        var isByName = cursor.Takes("BY", "NAME");
        if (columns is null && cursor.Takes("DEFAULT", "VALUES"))
            return new(table, "") { Alias = named, IsOfDefaults = true, Returning = Returning(cursor) };
        if (!cursor.SeesQuery()) throw cursor.Unexpected("SELECT or VALUES");
        var query = cursor.RestBefore("a query", "ON CONFLICT", "RETURNING");
        var conflict = cursor.Takes("ON", "CONFLICT") ? Conflict(cursor, named ?? NameOf(table)) : null;
        if ((overwrites || replaced is not null) && cursor.Sees("RETURNING"))
            throw cursor.Refused("an INSERT that replaces rows takes no RETURNING");
        return new(table, query)
        {
            Alias = named, Returning = Returning(cursor),
            Columns = columns, IsByName = isByName, Overwrites = overwrites, ReplacedWhere = replaced,
            OnConflict = conflict,
        };
    }

    /// <summary>
    /// Reads the text after <c>ON CONFLICT</c>; null where nothing conflicts, since a table has no keys of its own.
    /// </summary>
    static InsertConflict? Conflict(StatementCursor cursor, string alias)
    {
        if (cursor.Sees("ON", "CONSTRAINT"))
            throw cursor.Refused("tables have no unique constraints: name the columns, ON CONFLICT (a, b)");
        var keys = cursor.SeesSymbol('(') ? cursor.Names() : [];
        cursor.Expect("DO");
        if (cursor.Takes("NOTHING")) return keys.Count == 0 ? null : new(keys, alias);
        if (keys.Count == 0)
            throw cursor.Refused("ON CONFLICT DO UPDATE requires inference specification or constraint name", "42601");
        cursor.Expect("UPDATE", "SET");
        var assignments = Assignments(cursor, "WHERE", "RETURNING");
        return new(keys, alias)
        {
            Assignments = assignments,
            Condition = cursor.Takes("WHERE") ? cursor.RestBefore("a condition", "RETURNING") : null,
        };
    }

    static string? Returning(StatementCursor cursor) => cursor.Takes("RETURNING") ? cursor.Rest("columns") : null;

    /// <summary><c>TRUNCATE [TABLE] [ONLY] t</c>, as PostgreSQL and Spark have it.</summary>
    static Statement.Delete Truncate(StatementCursor cursor)
    {
        cursor.Takes("TABLE");
        cursor.Takes("ONLY");
        var table = cursor.Table();
        if (cursor.SeesSymbol(',')) throw cursor.Refused("TRUNCATE takes one table");
        if (cursor.Sees("RESTART") || cursor.Sees("CASCADE"))
            throw cursor.Refused("TRUNCATE takes neither RESTART IDENTITY nor CASCADE");
        cursor.Takes("CONTINUE", "IDENTITY");
        cursor.Takes("RESTRICT");
        return new(table, "t", "true") { IsTruncate = true };
    }

    static Statement Update(StatementCursor cursor)
    {
        cursor.Takes("ONLY");
        var table = cursor.Table();
        var alias = cursor.Alias("SET") ?? NameOf(table);
        cursor.Expect("SET");
        var assignments = Assignments(cursor, "WHERE", "FROM", "RETURNING");
        return cursor.Takes("FROM")
            ? UpdateFrom(cursor, table, alias, assignments)
            : new Statement.Update(table, alias, assignments, Condition(cursor)) { Returning = Returning(cursor) };
    }

    /// <summary><c>UPDATE … SET … FROM u WHERE …</c>, PostgreSQL's: a MERGE that only updates.</summary>
    static Statement.Merge UpdateFrom(
        StatementCursor cursor, TableTarget table, string alias, IReadOnlyDictionary<string, string> assignments)
    {
        var (source, name) = MergeReader.Source(cursor);
        var sourceAlias = cursor.Alias("WHERE", "JOIN", "LEFT", "INNER", "CROSS", "RETURNING") ?? name;
        if (!cursor.IsAtEnd && !cursor.Sees("WHERE") && !cursor.Sees("RETURNING"))
            throw cursor.Refused(
                "UPDATE … FROM takes one table or query: join inside of a query, FROM (SELECT …) AS s");
        return new(table, new()
        {
            Source = source, SourceAlias = sourceAlias, TargetAlias = alias, On = Condition(cursor),
            Clauses = [new(MergeMatch.Matched, new MergeAction.Update(assignments))],
        })
        {
            Word = "UPDATE", Returning = Returning(cursor),
        };
    }

    static Statement.Delete Delete(StatementCursor cursor)
    {
        cursor.Takes("ONLY");
        var table = cursor.Table();
        var alias = cursor.Alias("WHERE", "USING", "RETURNING") ?? NameOf(table);
        var others = cursor.Takes("USING") ? cursor.RestBefore("a table", "WHERE", "RETURNING") : null;
        var condition = Condition(cursor);
        if (others is not null) condition = $"EXISTS (SELECT 1 FROM {others} WHERE ({condition}\n))";
        return new(table, alias, condition) { Returning = Returning(cursor) };
    }

    static string Condition(StatementCursor cursor) =>
        cursor.Takes("WHERE") ? cursor.RestBefore("a condition", "RETURNING") : "true";

    /// <summary>What rows are called that have no alias.</summary>
    internal static string NameOf(TableTarget table) => table.Name?.Name ?? "t";

    /// <summary><c>a = x, b = y</c>, up to one of some words.</summary>
    internal static Dictionary<string, string> Assignments(StatementCursor cursor, params ReadOnlySpan<string> stops)
    {
        var assignments = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        do
        {
            var column = cursor.Assigned();
            cursor.ExpectSymbol('=');
            if (!assignments.TryAdd(column, cursor.Expression("a value", stops)))
                throw cursor.Unexpected($"no second value for {column}");
        }
        while (cursor.TakesSymbol(','));
        return assignments;
    }

    static Statement.Restore Restore(StatementCursor cursor)
    {
        cursor.Takes("TABLE");
        var table = cursor.Table();
        cursor.Expect("TO");
        if (cursor.Takes("VERSION", "AS", "OF")) return new(table, cursor.Integer("a version"), null);
        cursor.Expect("TIMESTAMP", "AS", "OF");
        return new(table, null, InstantOf(cursor));
    }

    /// <summary>An instant in quotes.</summary>
    internal static DateTimeOffset InstantOf(StatementCursor cursor) =>
        Instant.ParseSql(cursor.Text("a timestamp in quotes"));

    static Statement.DescribeHistory History(StatementCursor cursor)
    {
        var table = cursor.Table();
        return new(table, cursor.Takes("LIMIT") ? (int)Math.Min(int.MaxValue, cursor.Integer()) : null);
    }
}
