using Foz.Lake.Data;
using Foz.Lake.Tables.Alterations;

namespace Foz.Lake.Statements;

/// <summary>Reads <c>ALTER TABLE</c> and <c>COMMENT ON</c>.</summary>
static class AlterationReader
{
    public static Statement Read(StatementCursor cursor)
    {
        var ifExists = cursor.Takes("IF", "EXISTS");
        cursor.Takes("ONLY");
        var table = cursor.Table();
        if (cursor.Takes("RENAME", "TO"))
            return new Statement.Rename(table, NewName(cursor, table)) { IfExists = ifExists };
        if (ifExists) throw cursor.Refused("ALTER TABLE IF EXISTS renames only");
        return new Statement.Alter(table, Alteration(cursor));
    }

    /// <summary>Reads the text after <c>ALTER VIEW</c>.</summary>
    public static Statement.Rename ReadView(StatementCursor cursor)
    {
        var ifExists = cursor.Takes("IF", "EXISTS");
        var view = cursor.Table();
        cursor.Expect("RENAME");
        cursor.Expect("TO");
        return new(view, NewName(cursor, view)) { IsView = true, IfExists = ifExists };
    }

    /// <summary>The other name, in the same schema where none is written.</summary>
    static TableTarget NewName(StatementCursor cursor, TableTarget table) => cursor.TableNames() switch
    {
        [var name] when table.Name is { } known => new(known with { Name = name }, null),
        [var schema, var name] => new(new TableName(schema, name), null),
        [var catalog, var schema, var name]
            when catalog.Equals(TableName.Catalog, StringComparison.OrdinalIgnoreCase) =>
            new(new TableName(schema, name), null),
        _ => throw cursor.Refused("only a table of the lake is renamed"),
    };

    /// <summary><c>COMMENT ON TABLE t IS '…'</c>, <c>COMMENT ON COLUMN s.t.c IS '…'</c>.</summary>
    public static Statement ReadComment(StatementCursor cursor)
    {
        var isColumn = cursor.Takes("COLUMN");
        if (!isColumn) cursor.Expect("TABLE");
        string? column = null;
        TableTarget table;
        if (isColumn)
        {
            var schema = cursor.Name("a schema");
            cursor.ExpectSymbol('.');
            var name = cursor.Name("a table");
            cursor.ExpectSymbol('.');
            (table, column) = (new(new(schema, name), null), cursor.ColumnPath());
        }
        else
        {
            table = cursor.Table();
        }
        cursor.Expect("IS");
        var text = cursor.Takes("NULL") ? null : cursor.Text();
        return new Statement.Alter(table, new TableAlteration.Comment(column, text));
    }

    static TableAlteration Alteration(StatementCursor cursor)
    {
        if (cursor.Takes("ADD", "COLUMN") || cursor.Takes("ADD", "COLUMNS")) return Add(cursor);
        if (cursor.Takes("ADD", "CONSTRAINT")) return AddConstraint(cursor);
        if (cursor.Takes("ADD", "FEATURE")) return Feature(cursor.Name("a feature"));
        if (cursor.Takes("RENAME", "COLUMN")) return Rename(cursor);
        if (cursor.Takes("DROP", "COLUMN") || cursor.Takes("DROP", "COLUMNS")) return Drop(cursor);
        if (cursor.Takes("DROP", "CONSTRAINT"))
        {
            var ifExists = cursor.Takes("IF", "EXISTS");
            return new TableAlteration.DropConstraint(cursor.Name("a constraint"), ifExists);
        }
        if (cursor.Takes("DROP", "FEATURE")) return new TableAlteration.DropFeature(cursor.Name("a feature"));
        if (cursor.Takes("SET", "TBLPROPERTIES")) return new TableAlteration.SetProperties(Pairs(cursor));
        if (cursor.Takes("UNSET", "TBLPROPERTIES")) return Unset(cursor);
        if (cursor.Takes("SET", "TAGS")) return new TableAlteration.Tag(null, Tags(cursor));
        if (cursor.Takes("UNSET", "TAGS")) return new TableAlteration.Tag(null, Untagged(cursor));
        if (cursor.Sees("SET", "SCHEMA"))
            throw cursor.Refused("write RENAME TO with the other schema: RENAME TO gold.orders");
        // PostgreSQL's words, in which COLUMN may be left out.
        if (cursor.Takes("ADD")) return Add(cursor);
        if (cursor.Takes("RENAME")) return Rename(cursor);
        if (cursor.Takes("DROP")) return Drop(cursor);
        if (cursor.Takes("CLUSTER", "BY"))
            return new TableAlteration.ClusterBy(cursor.Takes("NONE") ? [] : cursor.Names());
        if (cursor.Takes("ALTER", "COLUMN") || cursor.Takes("CHANGE", "COLUMN") || cursor.Takes("ALTER")
            || cursor.Takes("CHANGE"))
            return Column(cursor);
        throw cursor.Unexpected("ADD, ALTER COLUMN, CLUSTER BY, DROP, RENAME COLUMN, SET or UNSET");
    }

    static TableAlteration.AddColumns Add(StatementCursor cursor)
    {
        if (cursor.Sees("IF", "NOT", "EXISTS")) throw cursor.Refused("ADD COLUMN IF NOT EXISTS is not supported");
        var isInParentheses = cursor.TakesSymbol('(');
        List<NewColumn> columns = [];
        do
        {
            var name = cursor.ColumnPath();
            var type = cursor.Type(
                "COMMENT", "FIRST", "AFTER", "NOT", "NULL", "DEFAULT", "CHECK", "UNIQUE", "PRIMARY", "REFERENCES");
            cursor.Takes("NULL");
            CheckPlain(cursor);
            var comment = cursor.Takes("COMMENT") ? cursor.Text() : null;
            columns.Add(new(name, type) { Comment = comment, Place = Place(cursor) ?? default });
        }
        while (cursor.TakesSymbol(','));
        if (isInParentheses) cursor.ExpectSymbol(')');
        return new(columns);
    }

    /// <summary>Refuses what a new column cannot be: rows that are there have no value of it.</summary>
    static void CheckPlain(StatementCursor cursor)
    {
        if (cursor.Sees("NOT", "NULL") || cursor.Sees("DEFAULT"))
            throw cursor.Refused(
                "a column is added without NOT NULL and DEFAULT: UPDATE it, then ALTER "
                    + "COLUMN … SET DEFAULT, SET NOT NULL");
        if (cursor.Sees("CHECK") || cursor.Sees("UNIQUE") || cursor.Sees("PRIMARY") || cursor.Sees("REFERENCES"))
            throw cursor.Refused(
                "a column is added without constraints: ADD CONSTRAINT … CHECK (…) is a statement of its own");
    }

    static ColumnPlace? Place(StatementCursor cursor) =>
        cursor.Takes("FIRST") ? ColumnPlace.First
        : cursor.Takes("AFTER") ? ColumnPlace.AfterColumn(cursor.Name("a column"))
        : null;

    static TableAlteration.AddConstraint AddConstraint(StatementCursor cursor)
    {
        var name = cursor.Name("the constraint's name");
        cursor.Expect("CHECK");
        return new(name, cursor.Parenthesized("a condition"));
    }

    static TableAlteration.SetProperties Feature(string name) =>
        new(new Dictionary<string, string> { ["delta.feature." + name] = "supported" });

    static TableAlteration.RenameColumn Rename(StatementCursor cursor)
    {
        var column = cursor.ColumnPath();
        cursor.Expect("TO");
        return new(column, cursor.Name("a name"));
    }

    static TableAlteration.DropColumns Drop(StatementCursor cursor)
    {
        var ifExists = cursor.Takes("IF", "EXISTS");
        if (cursor.SeesSymbol('(')) return new(cursor.Names(), ifExists);
        List<string> columns = [cursor.ColumnPath()];
        while (cursor.TakesSymbol(',')) columns.Add(cursor.ColumnPath());
        cursor.Takes("RESTRICT");
        return new(columns, ifExists);
    }

    static TableAlteration.UnsetProperties Unset(StatementCursor cursor)
    {
        var ifExists = cursor.Takes("IF", "EXISTS");
        return new(Keys(cursor), ifExists);
    }

    static TableAlteration Column(StatementCursor cursor)
    {
        var column = cursor.ColumnPath();
        if (Place(cursor) is { } place) return new TableAlteration.MoveColumn(column, place);
        if (cursor.Takes("TYPE") || cursor.Takes("SET", "DATA", "TYPE"))
        {
            var type = cursor.RestBefore("a type", "USING");
            return !cursor.Sees("USING")
                ? new TableAlteration.ChangeType(column, type)
                : throw cursor.Refused("values are widened only: ALTER COLUMN … TYPE takes no USING");
        }
        if (cursor.Takes("SET", "NOT", "NULL")) return new TableAlteration.SetNotNull(column);
        if (cursor.Takes("DROP", "NOT", "NULL")) return new TableAlteration.DropNotNull(column);
        if (cursor.Takes("SET", "DEFAULT")) return new TableAlteration.SetDefault(column, cursor.Rest("an expression"));
        if (cursor.Takes("DROP", "DEFAULT")) return new TableAlteration.DropDefault(column);
        if (cursor.Takes("COMMENT"))
            return new TableAlteration.Comment(column, cursor.Text() is { Length: > 0 } text ? text : null);
        if (cursor.Takes("SET", "TAGS")) return new TableAlteration.Tag(column, Tags(cursor));
        if (cursor.Takes("UNSET", "TAGS")) return new TableAlteration.Tag(column, Untagged(cursor));
        if (cursor.Takes("SYNC", "IDENTITY")) return new TableAlteration.SyncIdentity(column);
        throw cursor.Unexpected("AFTER, COMMENT, DROP, FIRST, SET, SYNC IDENTITY or TYPE");
    }

    static Dictionary<string, string?> Tags(StatementCursor cursor) =>
        Pairs(cursor).ToDictionary(pair => pair.Key, pair => (string?)pair.Value);

    static Dictionary<string, string?> Untagged(StatementCursor cursor) =>
        Keys(cursor).ToDictionary(key => key, _ => (string?)null);

    /// <summary><c>('a' = 'x', b.c = true)</c>.</summary>
    internal static Dictionary<string, string> Pairs(StatementCursor cursor)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        cursor.ExpectSymbol('(');
        do
        {
            var key = cursor.Key();
            cursor.ExpectSymbol('=');
            pairs[key] = cursor.Value();
        }
        while (cursor.TakesSymbol(','));
        cursor.ExpectSymbol(')');
        return pairs;
    }

    static List<string> Keys(StatementCursor cursor)
    {
        List<string> keys = [];
        cursor.ExpectSymbol('(');
        do keys.Add(cursor.Key());
        while (cursor.TakesSymbol(','));
        cursor.ExpectSymbol(')');
        return keys;
    }
}
