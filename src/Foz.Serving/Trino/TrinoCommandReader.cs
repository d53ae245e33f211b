using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Lake.Statements;

namespace Foz.Serving.Trino;

/// <summary>Reads <see cref="TrinoCommand"/>s.</summary>
static class TrinoCommandReader
{
    /// <summary>Reads a statement; null for another one.</summary>
    /// <exception cref="FozException">It begins as one, and goes on otherwise.</exception>
    public static TrinoCommand? Read(string sql)
    {
        var cursor = new StatementCursor(sql);
        var command = ReadStart(cursor);
        if (command is not (null or TrinoCommand.Prepare or TrinoCommand.Validate)) cursor.ExpectEnd();
        return command;
    }

    static TrinoCommand? ReadStart(StatementCursor cursor)
    {
        if (cursor.Takes("USE")) return Use(cursor);
        if (cursor.Takes("SET")) return Set(cursor);
        if (cursor.Takes("RESET", "SESSION")) return new TrinoCommand.ResetProperty(Property(cursor));
        if (cursor.Takes("PREPARE"))
        {
            var name = Lower(cursor.Name("the name of a statement"));
            cursor.Expect("FROM");
            return new TrinoCommand.Prepare(name, cursor.Rest("a statement"));
        }
        if (cursor.Takes("DEALLOCATE", "PREPARE")) return new TrinoCommand.Deallocate(Lower(cursor.Name()));
        if (cursor.Takes("EXECUTE", "IMMEDIATE"))
            return new TrinoCommand.ExecuteImmediate(cursor.Text("a statement in quotes"), Values(cursor));
        if (cursor.Takes("EXECUTE")) return new TrinoCommand.Execute(Lower(cursor.Name()), Values(cursor));
        if (cursor.Takes("DESCRIBE", "INPUT")) return new TrinoCommand.DescribeInput(Lower(cursor.Name()));
        if (cursor.Takes("DESCRIBE", "OUTPUT")) return new TrinoCommand.DescribeOutput(Lower(cursor.Name()));
        if (IsOfDelta(cursor)) return null;
        if (cursor.Takes("DESCRIBE") || cursor.Takes("DESC"))
            return new TrinoCommand.Show(ShowSubject.Columns, Name(cursor), Like: null);
        if (cursor.Takes("SHOW")) return Show(cursor);
        if (cursor.Sees("EXPLAIN")) return Explain(cursor);
        if (cursor.Takes("CALL")) return Call(cursor);
        return Transaction(cursor);
    }

    /// <summary>Statements that tell of tables in Delta's words.</summary>
    static bool IsOfDelta(StatementCursor cursor) =>
        cursor.Sees("DESCRIBE", "HISTORY") || cursor.Sees("DESCRIBE", "DETAIL") || cursor.Sees("SHOW", "TBLPROPERTIES");

    static TrinoCommand.Use Use(StatementCursor cursor) => Name(cursor) switch
    {
        [var schema] => new(null, schema),
        [var catalog, var schema] => new(catalog, schema),
        _ => throw cursor.Refused("USE takes a schema, or a catalog and a schema", "42601"),
    };

    static TrinoCommand Set(StatementCursor cursor)
    {
        if (cursor.Takes("SESSION"))
        {
            if (cursor.Takes("AUTHORIZATION")) throw cursor.Refused("SET SESSION AUTHORIZATION is not supported");
            var name = Property(cursor);
            cursor.ExpectSymbol('=');
            return new TrinoCommand.SetProperty(name, cursor.SettingValue());
        }
        if (cursor.Takes("TIME", "ZONE"))
            return new TrinoCommand.SetProperty(
                TrinoProperties.TimeZone, cursor.Takes("LOCAL") ? "UTC" : cursor.Text("a time zone in quotes"));
        if (!cursor.Takes("ROLE")) throw cursor.Unexpected("SESSION, TIME ZONE or ROLE");
        if (cursor.Takes("ALL") || cursor.Takes("NONE")) return new TrinoCommand.SetRole();
        throw cursor.Refused("SET ROLE takes ALL or NONE: the roles of a user hold always");
    }

    static TrinoCommand.Show Show(StatementCursor cursor)
    {
        if (cursor.Takes("CREATE")) return ShowCreate(cursor);
        if (cursor.Takes("STATS"))
        {
            cursor.Expect("FOR");
            if (cursor.SeesSymbol('('))
                throw cursor.Refused("SHOW STATS FOR a query is not supported, only for a table");
            return new TrinoCommand.Show(ShowSubject.Stats, Name(cursor), Like: null);
        }
        if (cursor.Takes("CATALOGS")) return Of(ShowSubject.Catalogs);
        if (cursor.Takes("SCHEMAS") || cursor.Takes("DATABASES")) return Of(ShowSubject.Schemas);
        if (cursor.Takes("TABLES")) return Of(ShowSubject.Tables);
        if (cursor.Takes("COLUMNS")) return Of(ShowSubject.Columns);
        if (cursor.Takes("FUNCTIONS")) return Of(ShowSubject.Functions);
        if (cursor.Takes("SESSION")) return Of(ShowSubject.Session);
        if (cursor.Takes("CURRENT", "ROLES") || cursor.Takes("ROLE", "GRANTS") || cursor.Takes("ROLES"))
            return Of(ShowSubject.Roles);
        if (cursor.Takes("GRANTS"))
        {
            if (cursor.Takes("ON")) cursor.Takes("TABLE");
            return new TrinoCommand.Show(ShowSubject.Grants, cursor.IsAtEnd ? [] : Name(cursor), Like: null);
        }
        throw cursor.Unexpected(
            "CATALOGS, SCHEMAS, TABLES, COLUMNS, CREATE, STATS FOR, FUNCTIONS, SESSION, ROLES or GRANTS");

        TrinoCommand.Show Of(ShowSubject what)
        {
            var name = cursor.Takes("FROM") || cursor.Takes("IN") ? Name(cursor) : [];
            return new(what, name, Like(cursor));
        }
    }

    static TrinoCommand.Show ShowCreate(StatementCursor cursor)
    {
        cursor.Takes("MATERIALIZED");
        var what = cursor.Takes("TABLE") ? ShowSubject.CreateTable
            : cursor.Takes("VIEW") ? ShowSubject.CreateView
            : cursor.Takes("SCHEMA") ? ShowSubject.CreateSchema
            : throw cursor.Unexpected("TABLE, VIEW or SCHEMA");
        return new(what, Name(cursor), Like: null);
    }

    static string? Like(StatementCursor cursor)
    {
        if (!cursor.Takes("LIKE")) return null;
        var pattern = SqlText.Literal(cursor.Text("a pattern in quotes"));
        return cursor.Takes("ESCAPE")
            ? $"{pattern} ESCAPE {SqlText.Literal(cursor.Text("a character in quotes"))}"
            : pattern;
    }

    static TrinoCommand.Validate? Explain(StatementCursor cursor)
    {
        cursor.Takes("EXPLAIN");
        if (!cursor.SeesSymbol('(') || cursor.SeesBehindNext("SELECT")) return null;
        var options = cursor.Parenthesized("options");
        return options.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Contains(
            "VALIDATE", StringComparer.OrdinalIgnoreCase)
            ? new(cursor.Rest("a query"))
            : null;
    }

    static TrinoCommand.Kill Call(StatementCursor cursor)
    {
        var name = Name(cursor);
        if (name is not (["system", "runtime", "kill_query"] or ["runtime", "kill_query"]))
            throw new FozException(ErrorKind.Sql, $"Procedure not registered: {string.Join('.', name)}")
            {
                SqlState = "42883",
            };
        cursor.ExpectSymbol('(');
        var id = Argument();
        while (cursor.TakesSymbol(',')) Argument();
        cursor.ExpectSymbol(')');
        return new(id);

        string Argument()
        {
            if (cursor.IsName)
            {
                cursor.Name();
                cursor.ExpectSymbol('=');
                cursor.ExpectSymbol('>');
            }
            return cursor.Text();
        }
    }

    static TrinoCommand? Transaction(StatementCursor cursor)
    {
        if (cursor.Takes("START", "TRANSACTION"))
        {
            bool? readsOnly = null;
            while (!cursor.IsAtEnd) readsOnly = Mode(cursor) ?? readsOnly;
            return new TrinoCommand.Begin(readsOnly);
        }
        if (!cursor.Sees("COMMIT") && !cursor.Sees("ROLLBACK")) return null;
        var isCommitted = cursor.Takes("COMMIT");
        if (!isCommitted) cursor.Expect("ROLLBACK");
        cursor.Takes("WORK");
        return new TrinoCommand.End(isCommitted);
    }

    /// <returns>Whether the transaction only reads; null for a mode that says nothing of it.</returns>
    static bool? Mode(StatementCursor cursor)
    {
        cursor.TakesSymbol(',');
        if (cursor.Takes("READ", "ONLY")) return true;
        if (cursor.Takes("READ", "WRITE")) return false;
        cursor.Expect("ISOLATION", "LEVEL");
        if (!cursor.Takes("READ", "UNCOMMITTED") && !cursor.Takes("READ", "COMMITTED")
            && !cursor.Takes("REPEATABLE", "READ"))
            cursor.Expect("SERIALIZABLE");
        return null;
    }

    /// <summary>Reads the expressions after USING.</summary>
    static List<string> Values(StatementCursor cursor)
    {
        if (!cursor.Takes("USING")) return [];
        var values = new List<string>();
        do values.Add(cursor.Expression("a value"));
        while (cursor.TakesSymbol(','));
        return values;
    }

    static string Property(StatementCursor cursor)
    {
        var name = cursor.Name("a property");
        while (cursor.TakesSymbol('.')) name += "." + cursor.Name();
        return Lower(name);
    }

    static List<string> Name(StatementCursor cursor)
    {
        var parts = new List<string> { Lower(cursor.Name()) };
        while (cursor.TakesSymbol('.')) parts.Add(Lower(cursor.Name()));
        return parts;
    }

    // Trino's names are the same in any letters.
    static string Lower(string name) => name.ToLowerInvariant();
}
