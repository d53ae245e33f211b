using Foz.Core.Configuration;

namespace Foz.Core.Statements;

/// <summary>Reads statements that change tables.</summary>
public static class StatementReader
{
    // What begins a statement of ours and no query.
    static readonly string[] firstWords =
    [
        "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "ALTER", "COMMENT", "CREATE", "REPLACE", "DROP", "RESTORE",
        .. MaintenanceReader.FirstWords,
    ];

    /// <summary>Reads a statement.</summary>
    /// <param name="sql">One statement; a semicolon may follow.</param>
    /// <param name="schemaOf">The schema of a table that is named without one; null where each must be named with it.</param>
    /// <returns>Null where it is none that changes tables or tells of them: a query.</returns>
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
        if (cursor.Takes("TRUNCATE", "TABLE")) return new Statement.Delete(cursor.Table(), "t", "true");
        if (cursor.Takes("MERGE")) return MergeReader.Read(cursor);
        if (cursor.Takes("ALTER", "TABLE")) return AlterationReader.Read(cursor);
        if (cursor.Takes("COMMENT", "ON")) return AlterationReader.ReadComment(cursor);
        if (cursor.Takes("CREATE", "VIEW") || cursor.Sees("CREATE", "OR", "REPLACE", "VIEW")) return View(cursor);
        if (cursor.Takes("DROP")) return Drop(cursor);
        if (cursor.Sees("CREATE") || cursor.Sees("REPLACE")) return TableCreationReader.Read(cursor);
        if (cursor.Takes("RESTORE")) return Restore(cursor);
        if (cursor.Takes("DESCRIBE", "HISTORY") || cursor.Takes("DESC", "HISTORY")) return History(cursor);
        if (cursor.Takes("DESCRIBE", "DETAIL") || cursor.Takes("DESC", "DETAIL"))
            return new Statement.DescribeDetail(cursor.Table());
        if (cursor.Takes("SHOW", "TBLPROPERTIES")) return new Statement.ShowProperties(cursor.Table());
        return MaintenanceReader.Read(cursor) ?? throw cursor.Unexpected("a statement such as DELETE FROM or ALTER TABLE");
    }

    /// <summary>What stands behind <c>CREATE VIEW</c>, or <c>CREATE OR REPLACE VIEW</c> itself.</summary>
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
        return isView ? new Statement.DropView(target, ifExists) : new Statement.DropTable(target, ifExists);
    }

    static Statement.Insert Insert(StatementCursor cursor)
    {
        var overwrites = cursor.Takes("OVERWRITE");
        if (!overwrites) cursor.Expect("INTO");
        cursor.Takes("TABLE");
        var table = cursor.Table();
        IReadOnlyList<string>? columns = null;
        string? replaced = null;
        if (!overwrites && cursor.Takes("REPLACE", "WHERE"))
            replaced = cursor.Expression("a condition", "SELECT", "WITH", "VALUES", "FROM");
        else if (cursor.SeesSymbol('(') && !cursor.SeesBehindNext("SELECT") && !cursor.SeesBehindNext("WITH")
            && !cursor.SeesBehindNext("VALUES") && !cursor.SeesBehindNext("FROM"))
            columns = cursor.Names();
        var isByName = cursor.Takes("BY", "NAME");
        if (!cursor.SeesQuery()) throw cursor.Unexpected("SELECT or VALUES");
        return new(table, cursor.Rest("a query"))
        {
            Columns = columns, IsByName = isByName, Overwrites = overwrites, ReplacedWhere = replaced,
        };
    }

    static Statement.Update Update(StatementCursor cursor)
    {
        var table = cursor.Table();
        var alias = cursor.Alias("SET") ?? NameOf(table);
        cursor.Expect("SET");
        var assignments = Assignments(cursor, "WHERE");
        return new(table, alias, assignments, Condition(cursor));
    }

    static Statement.Delete Delete(StatementCursor cursor)
    {
        var table = cursor.Table();
        var alias = cursor.Alias("WHERE") ?? NameOf(table);
        return new(table, alias, Condition(cursor));
    }

    static string Condition(StatementCursor cursor) =>
        cursor.Takes("WHERE") ? cursor.Rest("a condition") : "true";

    /// <summary>What rows are called that have no alias.</summary>
    internal static string NameOf(TableTarget table) => table.Name?.Name ?? "t";

    /// <summary><c>a = x, b = y</c>, up to a word.</summary>
    internal static Dictionary<string, string> Assignments(StatementCursor cursor, string stop)
    {
        var assignments = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        do
        {
            var column = cursor.Assigned();
            cursor.ExpectSymbol('=');
            if (!assignments.TryAdd(column, cursor.Expression("a value", stop)))
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
