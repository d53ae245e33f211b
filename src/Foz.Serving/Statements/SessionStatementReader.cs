using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Statements;
using Foz.Serving.Transactions;

namespace Foz.Serving.Statements;

/// <summary>Reads statements that a session answers itself.</summary>
static class SessionStatementReader
{
    /// <summary>Reads a statement; null where it is for the lake.</summary>
    /// <exception cref="FozException">It is malformed; with its place.</exception>
    public static SessionStatement? Read(string sql)
    {
        var cursor = new StatementCursor(sql);
        if (cursor.Sees("SHOW", "TBLPROPERTIES")) return null;
        var statement = ReadTransaction(cursor) ?? ReadSetting(cursor) ?? ReadCursor(cursor) ?? ReadSchema(cursor)
            ?? ReadOther(cursor);
        if (statement is not null and not SessionStatement.Characteristics) cursor.ExpectEnd();
        return statement;
    }

    static SessionStatement? ReadTransaction(StatementCursor cursor)
    {
        if (cursor.Takes("BEGIN")) return Begin(cursor, "BEGIN");
        if (cursor.Takes("START", "TRANSACTION")) return Begin(cursor, "START TRANSACTION");
        if (cursor.Takes("COMMIT") || cursor.Takes("END"))
        {
            SkipWork(cursor);
            return new SessionStatement.Commit();
        }
        if (cursor.Takes("ABORT") || cursor.Takes("ROLLBACK"))
        {
            SkipWork(cursor);
            if (!cursor.Takes("TO")) return new SessionStatement.Rollback();
            cursor.Takes("SAVEPOINT");
            return new SessionStatement.RollbackTo(cursor.Name());
        }
        if (cursor.Takes("SAVEPOINT")) return new SessionStatement.Savepoint(cursor.Name());
        if (!cursor.Takes("RELEASE")) return null;
        cursor.Takes("SAVEPOINT");
        return new SessionStatement.Release(cursor.Name());
    }

    static SessionStatement.Begin Begin(StatementCursor cursor, string tag)
    {
        SkipWork(cursor);
        return new(tag, TakeModes(cursor));
    }

    static TransactionModes TakeModes(StatementCursor cursor)
    {
        var modes = default(TransactionModes);
        while (!cursor.IsAtEnd)
        {
            if (cursor.Sees("READ", "ONLY")) modes = modes with { ReadsOnly = true };
            else if (cursor.Sees("READ", "WRITE")) modes = modes with { ReadsOnly = false };
            modes = modes with { Isolation = TakeMode(cursor) ?? modes.Isolation };
        }
        return modes;
    }

    /// <summary>Words that say nothing.</summary>
    static void SkipWork(StatementCursor cursor)
    {
        if (!cursor.Takes("WORK")) cursor.Takes("TRANSACTION");
        if (cursor.Takes("AND", "NO", "CHAIN") || !cursor.Takes("AND", "CHAIN")) return;
        throw cursor.Refused("AND CHAIN is not supported");
    }

    /// <summary>Moves past a mode.</summary>
    /// <returns>The isolation level; null if the mode is another.</returns>
    static string? TakeMode(StatementCursor cursor)
    {
        string? isolation = null;
        if (cursor.Takes("ISOLATION", "LEVEL"))
        {
            isolation = cursor.Takes("SERIALIZABLE") ? "serializable"
                : cursor.Takes("REPEATABLE", "READ") ? "repeatable read"
                : cursor.Takes("READ", "COMMITTED") ? "read committed"
                : "read uncommitted";
            if (isolation == "read uncommitted") cursor.Expect("READ", "UNCOMMITTED");
        }
        else if (!cursor.Takes("READ", "ONLY") && !cursor.Takes("READ", "WRITE") && !cursor.Takes("NOT", "DEFERRABLE"))
        {
            cursor.Expect("DEFERRABLE");
        }
        cursor.TakesSymbol(',');
        return isolation;
    }

    static SessionStatement? ReadSetting(StatementCursor cursor)
    {
        if (cursor.Takes("SET")) return Set(cursor);
        if (cursor.Takes("RESET"))
            return new SessionStatement.Reset(cursor.Takes("ALL") ? null : SettingName(cursor));
        if (cursor.Takes("SHOW"))
            return new SessionStatement.Show(cursor.Takes("ALL") ? null : SettingName(cursor));
        if (!cursor.Takes("DISCARD")) return null;
        foreach (var what in new[] { "ALL", "PLANS", "SEQUENCES", "TEMPORARY", "TEMP" })
            if (cursor.Takes(what)) return new SessionStatement.Discard(what);
        throw cursor.Unexpected("ALL");
    }

    static SessionStatement Set(StatementCursor cursor)
    {
        var isOfSession = cursor.Takes("SESSION", "CHARACTERISTICS");
        if (isOfSession || cursor.Sees("TRANSACTION"))
        {
            cursor.Takes("AS");
            cursor.Expect("TRANSACTION");
            return new SessionStatement.Characteristics(isOfSession, TakeModes(cursor));
        }
        if (cursor.Sees("SESSION", "AUTHORIZATION") || cursor.Sees("ROLE") || cursor.Sees("LOCAL", "ROLE"))
            throw cursor.Refused("a session stays its user's");
        var isLocal = cursor.Takes("LOCAL");
        if (!isLocal) cursor.Takes("SESSION");
        if (cursor.Takes("TIME", "ZONE")) return new SessionStatement.Set("TimeZone", SettingValue(cursor), isLocal);
        if (cursor.Takes("NAMES")) return new SessionStatement.Set("client_encoding", SettingValue(cursor), isLocal);
        var name = cursor.ColumnPath();
        if (!cursor.TakesSymbol('=')) cursor.Expect("TO");
        return new SessionStatement.Set(name, SettingValue(cursor), isLocal);
    }

    static string SettingName(StatementCursor cursor)
    {
        if (cursor.Takes("TIME", "ZONE")) return "TimeZone";
        if (cursor.Takes("TRANSACTION", "ISOLATION", "LEVEL")) return "transaction_isolation";
        return cursor.Takes("SESSION", "AUTHORIZATION") ? "session_authorization" : cursor.ColumnPath();
    }

    /// <summary>A value, or several with commas between; null for DEFAULT.</summary>
    static string? SettingValue(StatementCursor cursor)
    {
        if (cursor.Takes("DEFAULT") || cursor.Takes("LOCAL")) return null;
        cursor.Takes("INTERVAL");
        var values = new List<string>();
        do values.Add(cursor.SettingValue());
        while (cursor.TakesSymbol(','));
        return string.Join(", ", values);
    }

    static SessionStatement? ReadCursor(StatementCursor cursor)
    {
        if (cursor.Takes("DECLARE")) return Declare(cursor);
        if (cursor.Takes("FETCH")) return Fetch(cursor, isMove: false);
        if (cursor.Takes("MOVE")) return Fetch(cursor, isMove: true);
        if (cursor.Takes("CLOSE")) return new SessionStatement.Close(cursor.Takes("ALL") ? null : cursor.Name());
        return null;
    }

    static SessionStatement.Declare Declare(StatementCursor cursor)
    {
        var name = cursor.Name("the name of a cursor");
        while (cursor.Takes("BINARY") || cursor.Takes("INSENSITIVE") || cursor.Takes("ASENSITIVE")
            || cursor.Takes("NO", "SCROLL") || cursor.Takes("SCROLL"))
        {
        }
        cursor.Expect("CURSOR");
        var isHeld = cursor.Takes("WITH", "HOLD");
        if (!isHeld) cursor.Takes("WITHOUT", "HOLD");
        cursor.Expect("FOR");
        var start = cursor.Position;
        return new(name, cursor.Rest("a query"), start, isHeld);
    }

    static SessionStatement.Fetch Fetch(StatementCursor cursor, bool isMove)
    {
        long? rows = 1;
        if (cursor.Takes("FORWARD"))
        {
            if (cursor.Takes("ALL")) rows = null;
            else if (!cursor.Sees("FROM") && !cursor.Sees("IN") && !cursor.IsName) rows = cursor.Integer();
        }
        else if (cursor.Takes("ALL")) rows = null;
        else if (cursor.Sees("BACKWARD") || cursor.Sees("PRIOR") || cursor.Sees("FIRST") || cursor.Sees("LAST")
            || cursor.Sees("ABSOLUTE") || cursor.Sees("RELATIVE"))
            throw cursor.Refused("a cursor goes forward only", "55000");
        else if (!cursor.Takes("NEXT") && !cursor.Sees("FROM") && !cursor.Sees("IN") && !cursor.IsName)
            rows = cursor.Integer();
        if (rows < 0) throw cursor.Refused("a cursor goes forward only", "55000");
        if (!cursor.Takes("FROM")) cursor.Takes("IN");
        return new(cursor.Name("the name of a cursor"), rows, isMove);
    }

    static SessionStatement? ReadSchema(StatementCursor cursor)
    {
        if (cursor.Takes("CREATE", "SCHEMA"))
        {
            var ifNotExists = cursor.Takes("IF", "NOT", "EXISTS");
            var name = SchemaName(cursor);
            // Everything has one owner.
            if (cursor.Takes("AUTHORIZATION")) cursor.Name("a role");
            return new SessionStatement.CreateSchema(name, ifNotExists);
        }
        if (!cursor.Takes("DROP", "SCHEMA")) return null;
        var ifExists = cursor.Takes("IF", "EXISTS");
        var dropped = new SessionStatement.DropSchema(SchemaName(cursor), ifExists);
        if (cursor.Takes("CASCADE"))
            throw cursor.Refused("tables are dropped one by one: DROP SCHEMA takes none with it");
        cursor.Takes("RESTRICT");
        return dropped;
    }

    /// <summary>A schema, which may have the catalog before it.</summary>
    static string SchemaName(StatementCursor cursor)
    {
        var name = cursor.Name("the name of a schema");
        return name == TableName.Catalog && cursor.TakesSymbol('.') ? cursor.Name("the name of a schema") : name;
    }

    static SessionStatement? ReadOther(StatementCursor cursor)
    {
        if (cursor.Takes("LISTEN")) return Notification(cursor, "LISTEN");
        if (cursor.Takes("UNLISTEN"))
            return cursor.TakesSymbol('*')
                ? new SessionStatement.Notification("UNLISTEN")
                : Notification(cursor, "UNLISTEN");
        if (cursor.Takes("NOTIFY"))
        {
            var notification = Notification(cursor, "NOTIFY");
            if (cursor.TakesSymbol(',')) cursor.Text();
            return notification;
        }
        if (cursor.Takes("PREPARE"))
        {
            var name = cursor.Name("the name of a statement");
            List<string> types = cursor.TakesSymbol('(') ? Expressions(cursor, "a type") : [];
            cursor.Expect("AS");
            var start = cursor.Position;
            return new SessionStatement.Prepare(name, types, cursor.Rest("a statement"), start);
        }
        if (cursor.Takes("EXECUTE"))
            return new SessionStatement.Execute(
                cursor.Name("the name of a statement"), cursor.TakesSymbol('(') ? Expressions(cursor, "a value") : []);
        if (!cursor.Takes("DEALLOCATE")) return null;
        cursor.Takes("PREPARE");
        return new SessionStatement.Deallocate(cursor.Takes("ALL") ? null : cursor.Name());
    }

    /// <summary>What stands between parentheses, of which the opening one was taken, and commas.</summary>
    static List<string> Expressions(StatementCursor cursor, string what)
    {
        var expressions = new List<string>();
        do expressions.Add(cursor.Expression(what));
        while (cursor.TakesSymbol(','));
        cursor.ExpectSymbol(')');
        return expressions;
    }

    static SessionStatement.Notification Notification(StatementCursor cursor, string tag)
    {
        cursor.Name("a channel");
        return new(tag);
    }
}
