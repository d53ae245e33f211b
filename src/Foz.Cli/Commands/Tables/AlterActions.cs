using System.CommandLine;
using Foz.Lake;
using Foz.Lake.Tables.Alterations;

namespace Foz.Cli.Commands.Tables;

/// <summary>Makes the command of one alteration.</summary>
delegate Command AlterActionFactory(
    string name, string description, IReadOnlyList<string> examples, IReadOnlyList<Symbol> arguments,
    Func<ParseResult, TableAlteration> alteration);

/// <summary>The alterations that <c>foz alter &lt;table&gt;</c> knows, each as a command.</summary>
/// <param name="make">Makes one.</param>
sealed class AlterActions(AlterActionFactory make)
{
    /// <summary>All of them.</summary>
    public IEnumerable<Command> All() =>
    [
        AddColumn(), RenameColumn(), DropColumn(), MoveColumn(), SetType(), .. NotNull(), .. Default(), Comment(),
        Tag(),
        Set(), Unset(), .. Constraint(), ClusterBy(), .. Feature(), SyncIdentity(),
    ];

    Command AddColumn()
    {
        var column = Column("The new column; a path adds it to a struct: address.zip");
        var type = Text("type", "Its type in Spark's words: bigint, 'decimal(10,2)', 'array<string>'");
        var comment = new Option<string?>("--comment") { Description = "The column's description", HelpName = "text" };
        var (first, after) = Place();
        return make(
            "add-column", "Add a column, NULL in existing rows",
            [
                "foz alter silver.orders add-column note string",
                "foz alter silver.orders add-column address.zip string --after address.street",
            ],
            [column, type, comment, first, after],
            arguments => new TableAlteration.AddColumns(
                new NewColumn(arguments.GetRequiredValue(column), arguments.GetRequiredValue(type))
                {
                    Comment = arguments.GetValue(comment), Place = PlaceOf(arguments, first, after),
                }));
    }

    Command RenameColumn()
    {
        var column = Column();
        var name = Text("name", "Its new name, without the path");
        return make(
            "rename-column", "Rename a column without rewriting files; needs delta.columnMapping.mode=name",
            ["foz alter silver.orders rename-column note remark"], [column, name],
            arguments => new TableAlteration.RenameColumn(
                arguments.GetRequiredValue(column), arguments.GetRequiredValue(name)));
    }

    Command DropColumn()
    {
        var columns = Texts("columns", "The columns");
        var ifExists = IfExists();
        return make(
            "drop-column", "Drop columns without rewriting files; needs delta.columnMapping.mode=name",
            ["foz alter silver.orders drop-column note address.zip"], [columns, ifExists],
            arguments => new TableAlteration.DropColumns(
                arguments.GetRequiredValue(columns), arguments.GetValue(ifExists)));
    }

    Command MoveColumn()
    {
        var column = Column();
        var (first, after) = Place();
        return make(
            "move-column", "Move a column among its siblings",
            ["foz alter silver.orders move-column id --first", "foz alter silver.orders move-column note --after id"],
            [column, first, after],
            arguments => new TableAlteration.MoveColumn(
                arguments.GetRequiredValue(column), PlaceOf(arguments, first, after)));
    }

    Command SetType()
    {
        var column = Column();
        var type = Text("type", "The wider type in Spark's words: bigint, 'decimal(18,2)'");
        return make(
            "set-type", "Widen a column's type without rewriting files; needs delta.enableTypeWidening=true",
            ["foz alter silver.orders set-type quantity bigint"], [column, type],
            arguments => new TableAlteration.ChangeType(
                arguments.GetRequiredValue(column), arguments.GetRequiredValue(type)));
    }

    IEnumerable<Command> NotNull()
    {
        var (set, drop) = (Column(), Column());
        yield return make(
            "set-not-null", "Require a value; all existing rows are checked first",
            ["foz alter silver.orders set-not-null id"], [set],
            arguments => new TableAlteration.SetNotNull(arguments.GetRequiredValue(set)));
        yield return make(
            "drop-not-null", "Allow NULL in a column", ["foz alter silver.orders drop-not-null id"], [drop],
            arguments => new TableAlteration.DropNotNull(arguments.GetRequiredValue(drop)));
    }

    IEnumerable<Command> Default()
    {
        var (set, drop) = (Column(), Column());
        var expression = Text("expression", "Spark SQL without columns: 0, \"'new'\", 'current_timestamp()'");
        yield return make(
            "set-default", "Set a column's default for new rows",
            ["foz alter silver.orders set-default status \"'new'\""], [set, expression],
            arguments => new TableAlteration.SetDefault(
                arguments.GetRequiredValue(set), arguments.GetRequiredValue(expression)));
        yield return make(
            "drop-default", "Remove a column's default", ["foz alter silver.orders drop-default status"], [drop],
            arguments => new TableAlteration.DropDefault(arguments.GetRequiredValue(drop)));
    }

    Command Comment()
    {
        var text = Text("text", "The description; '' removes it");
        var column = OfColumn();
        return make(
            "comment", "Describe the table, or a column of it",
            [
                "foz alter silver.orders comment 'one row an order'",
                "foz alter silver.orders comment 'in cents' --column amount",
            ],
            [text, column],
            arguments => new TableAlteration.Comment(
                arguments.GetValue(column), arguments.GetRequiredValue(text) is { Length: > 0 } given ? given : null));
    }

    Command Tag()
    {
        var tags = Texts("tags", "The tags: pii=email; name= removes a tag");
        var column = OfColumn();
        return make(
            "tag", "Tag the table, or a column of it",
            ["foz alter silver.orders tag domain=sales", "foz alter silver.customers tag pii=email --column email"],
            [tags, column],
            arguments => new TableAlteration.Tag(
                arguments.GetValue(column),
                Pairs(arguments.GetRequiredValue(tags)).ToDictionary(
                    p => p.Key, p => p.Value.Length == 0 ? null : p.Value)));
    }

    Command Set()
    {
        var properties = Texts("properties", "The properties: delta.appendOnly=true");
        return make(
            "set", "Set properties; names that begin with delta. must be known",
            [
                "foz alter silver.orders set delta.enableTypeWidening=true",
                "foz alter silver.orders set 'delta.logRetentionDuration=interval 90 days' team=sales",
            ],
            [properties],
            arguments => new TableAlteration.SetProperties(Pairs(arguments.GetRequiredValue(properties))));
    }

    Command Unset()
    {
        var properties = Texts("properties", "The properties");
        var ifExists = IfExists();
        return make(
            "unset", "Remove properties", ["foz alter silver.orders unset delta.appendOnly"], [properties, ifExists],
            arguments => new TableAlteration.UnsetProperties(
                arguments.GetRequiredValue(properties), arguments.GetValue(ifExists)));
    }

    IEnumerable<Command> Constraint()
    {
        var (added, dropped) = (Text("name", "The constraint"), Text("name", "The constraint"));
        var expression = Text("expression", "A condition in Spark SQL over the table's columns");
        var ifExists = IfExists();
        yield return make(
            "add-constraint", "Add a condition for every row; all existing rows are checked first",
            ["foz alter silver.orders add-constraint positive 'amount > 0'"], [added, expression],
            arguments => new TableAlteration.AddConstraint(
                arguments.GetRequiredValue(added), arguments.GetRequiredValue(expression)));
        yield return make(
            "drop-constraint", "Remove a constraint", ["foz alter silver.orders drop-constraint positive"],
            [dropped, ifExists],
            arguments => new TableAlteration.DropConstraint(
                arguments.GetRequiredValue(dropped), arguments.GetValue(ifExists)));
    }

    Command ClusterBy()
    {
        var columns = new Argument<string[]>("columns")
        {
            Description = "One to four columns; none turns clustering off", Arity = ArgumentArity.ZeroOrMore,
        };
        return make(
            "cluster-by", "Set the columns by which rows are clustered",
            ["foz alter silver.orders cluster-by customer_id ordered_at", "foz alter silver.orders cluster-by"],
            [columns],
            arguments => new TableAlteration.ClusterBy(arguments.GetValue(columns) ?? []));
    }

    IEnumerable<Command> Feature()
    {
        var (added, dropped) = (Text("feature", "The feature: deletionVectors"), Text("feature", "The feature"));
        yield return make(
            "add-feature", "Require a table feature of all clients",
            ["foz alter silver.orders add-feature deletionVectors"], [added],
            arguments => new TableAlteration.SetProperties(new Dictionary<string, string>
            {
                ["delta.feature." + arguments.GetRequiredValue(added)] = "supported",
            }));
        yield return make(
            "drop-feature", "Drop a table feature that the table does not use",
            ["foz alter silver.orders drop-feature checkConstraints"], [dropped],
            arguments => new TableAlteration.DropFeature(arguments.GetRequiredValue(dropped)));
    }

    Command SyncIdentity()
    {
        var column = Column();
        return make(
            "sync-identity", "Continue an identity column after its greatest value",
            ["foz alter silver.orders sync-identity id"], [column],
            arguments => new TableAlteration.SyncIdentity(arguments.GetRequiredValue(column)));
    }

    static Argument<string> Column(string description = "The column; a path leads into structs: address.zip") =>
        Text("column", description);

    static Argument<string> Text(string name, string description) => new(name) { Description = description };

    static Argument<string[]> Texts(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.OneOrMore };

    static Option<bool> IfExists() => new("--if-exists") { Description = "Ignore names that do not exist" };

    static Option<string?> OfColumn() =>
        new("--column") { Description = "The column; without it, the table", HelpName = "column" };

    static (Option<bool> First, Option<string?> After) Place() =>
    (
        new("--first") { Description = "Place it first" },
        new("--after") { Description = "Place it after this column", HelpName = "column" }
    );

    static ColumnPlace PlaceOf(ParseResult arguments, Option<bool> first, Option<string?> after) =>
        (arguments.GetValue(first), arguments.GetValue(after)) switch
        {
            (true, null) => ColumnPlace.First,
            (false, { } column) => ColumnPlace.AfterColumn(column[(column.LastIndexOf('.') + 1)..]),
            (false, null) => default,
            _ => throw new FozException(ErrorKind.Usage, "--first and --after cannot both be given"),
        };

    static Dictionary<string, string> Pairs(IEnumerable<string> texts)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw AlterCommand.Unpaired(text);
            var key = text[..at].Trim();
            if (!pairs.TryAdd(key, text[(at + 1)..].Trim()))
                throw new FozException(ErrorKind.Usage, $"{key} is given twice");
        }
        return pairs;
    }
}
