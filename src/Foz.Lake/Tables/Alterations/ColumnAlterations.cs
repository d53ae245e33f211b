using System.Text.Json.Nodes;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Expressions;

namespace Foz.Lake.Tables.Alterations;

/// <summary>What alterations of columns make of a table, and what its history says of them.</summary>
static class ColumnAlterations
{
    /// <summary>
    /// The prefix of the metadata that hold a column's tags, and of the properties that hold a table's.
    /// </summary>
    public const string TagPrefix = "foz.tag.";

    public static TableOperation Apply(TableBuilder draft, TableAlteration.AddColumns change)
    {
        var added = new JsonArray();
        foreach (var column in change.Columns)
        {
            var path = TableBuilder.PathOf(column.Name);
            if (SchemaEdit.Find(draft.Schema, path) is not null)
                throw new FozException(ErrorKind.Data, $"{draft.Name} has a column {path} already");
            var field = TypeText.ParseColumn(path.Names[^1], column.Type);
            if (column.Comment is { } comment)
                field = field with { Metadata = field.Metadata.With(FieldMetadata.CommentKey, comment) };
            draft.Schema = SchemaEdit.ChangeStruct(
                draft.Schema, path.Parent, parent => Place(parent, field, column.Place));
            var description = new JsonObject { ["column"] = TableBuilder.Describe(path, field) };
            if (column.Place != default) description["position"] = column.Place.ToString();
            added.Add((JsonNode)description);
        }
        draft.AssignIds();
        return TableOperation.Of("ADD COLUMNS", ("columns", TableBuilder.Json(added)));
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.RenameColumn change)
    {
        DemandMapping(draft);
        var path = TableBuilder.PathOf(change.Column);
        var old = draft.Find(path);
        var renamed = path.Parent.Then(change.NewName);
        if (SchemaEdit.Find(draft.Schema, renamed) is not null && !renamed.Equals(path))
            throw new FozException(ErrorKind.Data, $"{draft.Name} has a column {renamed} already");
        DemandUnused(draft, path, "renamed", withPartitioning: false);
        draft.Schema = SchemaEdit.ChangeField(draft.Schema, path, field => field with { Name = change.NewName });
        if (path.Names.Length == 1)
            draft.PartitionColumns = [.. draft.PartitionColumns.Select(
                name => name.Equals(old.Name, StringComparison.OrdinalIgnoreCase) ? change.NewName : name)];
        return TableOperation.Of(
            "RENAME COLUMN", ("oldColumnPath", path.ToString()), ("newColumnPath", renamed.ToString()));
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.DropColumns change)
    {
        DemandMapping(draft);
        var dropped = new List<string>();
        foreach (var path in change.Columns.Select(TableBuilder.PathOf))
        {
            if (change.IfExists && SchemaEdit.Find(draft.Schema, path) is null) continue;
            var column = draft.Find(path);
            DemandUnused(draft, path, "dropped", withPartitioning: true);
            if (path.Names.Length == 1 && PropertyAlterations.ClusteringColumns(draft.Snapshot) is { } clustering
                && clustering.Any(physical => physical[0] == column.PhysicalName(draft.Mapping)))
                throw InUse(draft, path, "dropped", "the table's clustering");
            draft.Schema = SchemaEdit.ChangeStruct(draft.Schema, path.Parent, parent => parent.Fields.Length == 1
                ? throw new FozException(
                    ErrorKind.Data, $"{draft.Name} cannot drop {path}: it is the only column at that level")
                : new(parent.Fields.RemoveAt(parent.IndexOf(path.Names[^1]))));
            dropped.Add(path.ToString());
        }
        return TableOperation.Of("DROP COLUMNS", ("columns", TableBuilder.Json(dropped)));
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.MoveColumn change)
    {
        var path = TableBuilder.PathOf(change.Column);
        var field = draft.Find(path);
        draft.Schema = SchemaEdit.ChangeStruct(draft.Schema, path.Parent, parent => Place(parent, field, change.Place));
        return Changed(draft, path, change.Place);
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.ChangeType change)
    {
        var path = TableBuilder.PathOf(change.Column);
        var old = draft.Find(path);
        var wanted = TypeText.ParseColumn(old.Name, change.Type);
        DemandUnused(draft, path, "changed", withPartitioning: false);
        if (DeclaredType.Of(wanted) is { } declared && declared != DeclaredType.Of(old))
            throw new FozException(
                ErrorKind.Data,
                $"column {path} cannot become {declared}: other texts may be there")
            { SqlState = "0A000" };
        if (old.Type == DeltaType.String && wanted.Type == DeltaType.String)
        {
            if (TextLength.Of(wanted) is { } length && !(TextLength.Of(old) is { IsPadded: false } before
                && !length.IsPadded && length.LengthMax >= before.LengthMax))
                throw new FozException(
                    ErrorKind.Data, $"column {path} cannot become {length}: longer texts may be there");
            var metadata = TextLength.Of(wanted) is { } noted
                ? old.Metadata.With(TextLength.TypeKey, noted.ToString())
                : old.Metadata.Without(TextLength.TypeKey);
            if (DeclaredType.Of(wanted) is null) metadata = metadata.Without(DeclaredType.Key);
            draft.Schema = SchemaEdit.ChangeField(draft.Schema, path, field => field with { Metadata = metadata });
            return Changed(draft, path);
        }
        if (!string.Equals(
            draft.Properties.Find(TypeWidening.EnableProperty), "true", StringComparison.OrdinalIgnoreCase))
            throw new FozException(ErrorKind.Data, $"{draft.Name} does not allow types to be widened")
            {
                Hint = $"set {TypeWidening.EnableProperty} to true first; readers must then "
                    + "know the feature typeWidening",
            };
        draft.Schema = SchemaEdit.ChangeField(draft.Schema, path, field => SchemaEdit.Retype(field, wanted.Type, path));
        return Changed(draft, path);
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.SetNotNull change)
    {
        var path = TableBuilder.PathOf(change.Column);
        draft.Find(path);
        if (draft.Schema.Find(path) is null)
            throw new FozException(
                ErrorKind.Data, $"column {path} lies in an array or map, where NOT NULL is not checked");
        draft.Schema = SchemaEdit.ChangeField(draft.Schema, path, field => field with { Nullable = false });
        draft.Demand = RowRules.Of(
                draft.Name, draft.Schema, StringMap.Empty, field => $"r.{SqlText.Identifier(field.Name)}")
            .Rules.First(rule => path.Equals(rule.NotNullColumn));
        return Changed(draft, path);
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.DropNotNull change)
    {
        var path = TableBuilder.PathOf(change.Column);
        draft.Find(path);
        draft.Schema = SchemaEdit.ChangeField(draft.Schema, path, field => field with { Nullable = true });
        return Changed(draft, path);
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.SetDefault change)
    {
        var path = TableBuilder.PathOf(change.Column);
        var column = draft.Find(path);
        if (path.Names.Length > 1)
            throw new FozException(ErrorKind.Data, $"column {path} lies in a struct: only whole columns have defaults");
        if (column.Metadata[FieldMetadata.GenerationExpressionKey] is not null || IdentityColumn.Of(column) is not null)
            throw new FozException(
                ErrorKind.Data, $"the table makes the values of column {path} itself: it takes no default");
        SparkExpression.Translate(change.Expression, _ => null);
        draft.Schema = draft.Schema.With(column with
        {
            Metadata = column.Metadata.With(FieldMetadata.CurrentDefaultKey, change.Expression),
        });
        return Changed(draft, path);
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.DropDefault change)
    {
        var path = TableBuilder.PathOf(change.Column);
        draft.Find(path);
        Without(draft, path, FieldMetadata.CurrentDefaultKey);
        return Changed(draft, path);
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.Comment change)
    {
        if (change.Column is null)
        {
            draft.Description = change.Text;
            return TableOperation.Of(
                "SET TBLPROPERTIES", ("properties", TableBuilder.Json(new JsonObject { ["comment"] = change.Text })));
        }
        var path = TableBuilder.PathOf(change.Column);
        draft.Find(path);
        if (change.Text is null) Without(draft, path, FieldMetadata.CommentKey);
        else With(draft, path, FieldMetadata.CommentKey, change.Text);
        return Changed(draft, path);
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.Tag change)
    {
        if (change.Column is null)
        {
            foreach (var (tag, value) in change.Tags)
                draft.Properties = value is null
                    ? draft.Properties.Without(TagPrefix + tag)
                    : draft.Properties.With(TagPrefix + tag, value);
            var description = new JsonObject(
                change.Tags.Select(t => KeyValuePair.Create(TagPrefix + t.Key, (JsonNode?)t.Value)));
            return TableOperation.Of("SET TBLPROPERTIES", ("properties", TableBuilder.Json(description)));
        }
        var path = TableBuilder.PathOf(change.Column);
        draft.Find(path);
        foreach (var (tag, value) in change.Tags)
            if (value is null) Without(draft, path, TagPrefix + tag);
            else With(draft, path, TagPrefix + tag, value);
        return Changed(draft, path);
    }

    static StructType Place(StructType parent, StructField field, ColumnPlace place) =>
        SchemaEdit.Place(parent, field, place.IsFirst, place.After);

    static void With(TableBuilder draft, ColumnPath path, string key, string value) => draft.Schema =
        SchemaEdit.ChangeField(draft.Schema, path, field => field with { Metadata = field.Metadata.With(key, value) });

    static void Without(TableBuilder draft, ColumnPath path, string key) => draft.Schema =
        SchemaEdit.ChangeField(draft.Schema, path, field => field with { Metadata = field.Metadata.Without(key) });

    static TableOperation Changed(TableBuilder draft, ColumnPath path, ColumnPlace place = default)
    {
        var column = ("column", TableBuilder.Json(TableBuilder.Describe(path, draft.Find(path))));
        return place == default
            ? TableOperation.Of("CHANGE COLUMN", column)
            : TableOperation.Of("CHANGE COLUMN", column, ("position", place.ToString()));
    }

    static void DemandMapping(TableBuilder draft)
    {
        if (draft.Mapping == ColumnMappingMode.None)
            throw new FozException(
                ErrorKind.Data,
                $"{draft.Name} finds columns in its files by their names: none can be renamed or dropped")
            {
                Hint = $"set {ColumnMapping.ModeProperty} to name first; readers must then "
                    + "know the feature columnMapping",
            };
    }

    static void DemandUnused(TableBuilder draft, ColumnPath path, string verb, bool withPartitioning)
    {
        if (draft.UserOf(path, withPartitioning) is { } user) throw InUse(draft, path, verb, user);
    }

    static FozException InUse(TableBuilder draft, ColumnPath path, string verb, string user) =>
        new(ErrorKind.Data, $"column {path} of {draft.Name} cannot be {verb}: {user} uses it")
        {
            Hint = $"change or drop {user} first",
        };
}
