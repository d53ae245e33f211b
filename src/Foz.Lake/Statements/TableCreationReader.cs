using Foz.Delta.Schema;

namespace Foz.Lake.Statements;

/// <summary>Reads <c>CREATE TABLE</c>.</summary>
static class TableCreationReader
{
    static readonly string[] behindType = ["NOT", "DEFAULT", "GENERATED", "COMMENT"];

    public static Statement Read(StatementCursor cursor)
    {
        var isReplace = cursor.Takes("REPLACE");
        var isCreateOrReplace = !isReplace && cursor.Takes("CREATE", "OR", "REPLACE");
        if (!isReplace && !isCreateOrReplace) cursor.Expect("CREATE");
        cursor.Expect("TABLE");
        var ifNotExists = cursor.Takes("IF", "NOT", "EXISTS");
        var table = cursor.Table();
        if (!isReplace && !isCreateOrReplace && (cursor.Sees("SHALLOW") || cursor.Sees("DEEP") || cursor.Sees("CLONE")))
            return MaintenanceReader.Clone(cursor, table, ifNotExists);
        var (columns, constraints) = cursor.SeesSymbol('(') ? Columns(cursor) : ([], []);
        var statement = new Statement.CreateTable(table, columns)
        {
            IfNotExists = ifNotExists, Replaces = isReplace || isCreateOrReplace, Constraints = constraints,
        };
        return Clauses(cursor, statement);
    }

    static Statement.CreateTable Clauses(StatementCursor cursor, Statement.CreateTable table)
    {
        while (!cursor.IsAtEnd)
        {
            if (cursor.Takes("USING")) cursor.Expect("DELTA");
            else if (cursor.Takes("PARTITIONED", "BY")) table = table with { PartitionedBy = cursor.Names() };
            else if (cursor.Takes("CLUSTER", "BY")) table = table with { ClusteredBy = cursor.Names() };
            else if (cursor.Takes("COMMENT")) table = table with { Comment = cursor.Text() };
            else if (cursor.Takes("TBLPROPERTIES")) table = table with { Properties = AlterationReader.Pairs(cursor) };
            else if (cursor.Takes("AS") || cursor.Sees("SELECT") || cursor.Sees("WITH"))
                return table with { Query = cursor.Rest("a query") };
            else throw cursor.Unexpected("USING DELTA, PARTITIONED BY, CLUSTER BY, TBLPROPERTIES, COMMENT or AS");
        }
        return table.Columns.Count > 0 ? table : throw cursor.Unexpected("columns or AS");
    }

    static (List<ColumnDefinition> Columns, Dictionary<string, string> Constraints) Columns(StatementCursor cursor)
    {
        List<ColumnDefinition> columns = [];
        var constraints = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        cursor.ExpectSymbol('(');
        do
        {
            if (cursor.Takes("CONSTRAINT"))
            {
                var name = cursor.Name("the constraint's name");
                cursor.Expect("CHECK");
                constraints[name] = cursor.Parenthesized("a condition");
            }
            else
            {
                columns.Add(Column(cursor));
            }
        }
        while (cursor.TakesSymbol(','));
        cursor.ExpectSymbol(')');
        return (columns, constraints);
    }

    static ColumnDefinition Column(StatementCursor cursor)
    {
        var name = cursor.Name("a column");
        var column = new ColumnDefinition(name, cursor.Type(behindType));
        while (!cursor.SeesSymbol(',') && !cursor.SeesSymbol(')'))
        {
            if (cursor.Takes("NOT", "NULL")) column = column with { IsNotNull = true };
            else if (cursor.Takes("DEFAULT"))
                column = column with { Default = cursor.Expression("an expression", behindType) };
            else if (cursor.Takes("COMMENT")) column = column with { Comment = cursor.Text() };
            else if (cursor.Takes("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"))
                column = column with { Identity = Identity(cursor, allowsExplicit: true) };
            else if (cursor.Takes("GENERATED", "ALWAYS", "AS", "IDENTITY"))
                column = column with { Identity = Identity(cursor, allowsExplicit: false) };
            else if (cursor.Takes("GENERATED", "ALWAYS", "AS"))
                column = column with { Generation = cursor.Parenthesized("an expression") };
            else throw cursor.Unexpected("NOT NULL, DEFAULT, GENERATED, COMMENT, a comma or ')'");
        }
        return column;
    }

    static IdentityColumn Identity(StatementCursor cursor, bool allowsExplicit)
    {
        var (start, step) = (1L, 1L);
        if (cursor.TakesSymbol('('))
        {
            if (cursor.Takes("START", "WITH")) start = cursor.Integer();
            cursor.TakesSymbol(',');
            if (cursor.Takes("INCREMENT", "BY")) step = cursor.Integer();
            cursor.ExpectSymbol(')');
        }
        return step != 0 ? new(start, step, allowsExplicit) : throw cursor.Unexpected("a step other than 0");
    }
}
