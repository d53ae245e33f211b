using System.Globalization;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Expressions;

namespace Foz.Lake.Tables.Writing;

/// <summary>The schema that a table has after rows are written to it, and how the rows are brought into it.</summary>
public sealed class TargetSchema
{
    const string TypeWideningPreview = "typeWidening-preview";

    readonly HashSet<string> given;
    readonly string? maxColumnId;
    readonly bool isWidened;

    TargetSchema(
        TableSchema schema, bool isChanged, IEnumerable<string> given, string? maxColumnId = null,
        bool isWidened = false)
    {
        (Schema, IsChanged, this.maxColumnId, this.isWidened) = (schema, isChanged, maxColumnId, isWidened);
        this.given = new(given, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The schema.</summary>
    public TableSchema Schema { get; }

    /// <summary>Whether the table's metadata must change.</summary>
    public bool IsChanged { get; }

    /// <summary>
    /// Whether the statement gives a column a value of its own: a generated column is computed where it does not, and
    /// checked where it does.
    /// </summary>
    public bool IsGiven(StructField field) => given.Contains(field.Name);

    /// <summary>The same schema for rows that are given these columns.</summary>
    public TargetSchema Giving(IEnumerable<string> columns) => new(Schema, IsChanged, columns, maxColumnId, isWidened);

    /// <summary>The schema of a table that has the rows of a statement and nothing else.</summary>
    /// <param name="present">
    /// The table so far, whose partitioning, comments and column ids stay, as does what it fills itself: generated and
    /// identity columns and those with a default; null for a new one.
    /// </param>
    /// <param name="columns">The statement's columns.</param>
    /// <param name="options">How they are written.</param>
    /// <param name="table">The table's name.</param>
    /// <exception cref="FozException">
    /// A column has no name or type, two have one name, or a partition column is missing.
    /// </exception>
    public static TargetSchema Replace(
        TableSnapshot? present, IReadOnlyList<EngineColumn> columns, WriteOptions options, string table)
    {
        try
        {
            var schema = DeclaredColumns.Declare(DeltaTypes.ToSchema(FieldsOf(columns, options)), columns);
            schema.Validate();
            schema = UntypedColumns.Fill(schema, present?.Schema.Columns, table);
            if (present is not null)
            {
                CheckIdentities(present, columns.Select(column => column.Name));
                schema = KeepKnown(present.Schema.Columns, schema);
            }
            // A table that is made, or gets other properties with its rows, may come to map its columns.
            var properties = options.Properties.Aggregate(
                present?.State.Metadata.Configuration ?? StringMap.Empty, (all, own) => all.With(own.Key, own.Value));
            if (present is null) properties = IcebergCompat.ForNew(properties);
            var mapping = present is null || options.Properties.Any(own => own.Key == ColumnMapping.ModeProperty)
                ? ColumnMapping.ModeOf(properties)
                : present.Schema.Mapping;
            (schema, var maxColumnId) = Map(mapping, properties, schema);
            var target = new TableSchema(schema, options.PartitionBy, mapping);
            var isChanged = present is null || !present.Schema.Columns.Equals(schema)
                || !present.PartitionColumns.SequenceEqual(options.PartitionBy, StringComparer.OrdinalIgnoreCase);
            return new(target, isChanged, columns.Select(column => column.Name), maxColumnId);
        }
        catch (DeltaException e)
        {
            throw DeltaErrors.Translate(e);
        }
    }

    /// <summary>
    /// Returns the unchanged schema of a table; no column is given until a projection of assignments gives it.
    /// </summary>
    public static TargetSchema Keep(TableSnapshot table) => new(table.Schema, isChanged: false, []);

    /// <summary>Finds what keeps rows from being added to a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">The columns of the rows.</param>
    /// <param name="options">How they are written.</param>
    /// <returns>
    /// The error of a column whose type the table cannot hold; null where it can hold all, as far as is known.
    /// </returns>
    public static DeltaException? FindMisfit(TableSnapshot table, IEnumerable<Field> columns, WriteOptions options)
    {
        // A column of NULL and nothing else fits any.
        var typed = columns.Where(column => !UntypedNulls.MayBeIn(ColumnTypes.ToLogicalType(column.Type)));
        try
        {
            SchemaEvolution.Merge(table.Schema.Columns, DeltaTypes.ToSchema([.. typed]), WidensTypes(table, options));
            return null;
        }
        catch (DeltaException e) when (e.Kind is DeltaErrorKind.TypeMismatch or DeltaErrorKind.TypeWideningDisabled)
        {
            return e;
        }
    }

    /// <summary>
    /// The schema of a table that the rows of a statement are added to. Types are widened where the table or the
    /// options allow it.
    /// </summary>
    /// <exception cref="FozException">
    /// The table cannot hold a column's type, lacks a column and may not be given it, or not without a type, or counts
    /// a column itself.
    /// </exception>
    public static TargetSchema Evolve(TableSnapshot table, IReadOnlyList<EngineColumn> columns, WriteOptions options)
    {
        CheckIdentities(table, columns.Select(column => column.Name));
        try
        {
            var data = DeltaTypes.ToSchema(FieldsOf(columns, options));
            data.Validate();
            data = UntypedColumns.Fill(data, table.Schema.Columns, table.State.Table);
            var kept = options.RemovesColumns ? Without(table, data) : table.Schema.Columns;
            var evolution = SchemaEvolution.Merge(kept, data, WidensTypes(table, options));
            if (evolution.IsChanged && !options.AddsColumns)
                throw new FozException(
                    ErrorKind.Data, $"{table.State.Table} has no column '{evolution.Added[0]}'");
            var (schema, maxColumnId) = evolution.IsChanged
                ? Map(table.Schema.Mapping, table.State.Metadata.Configuration, evolution.Schema)
                : (evolution.Schema, null);
            return new(
                new(schema, table.PartitionColumns, table.Schema.Mapping),
                evolution.IsChanged || kept.Fields.Length < table.Schema.Columns.Fields.Length,
                columns.Select(column => column.Name), maxColumnId,
                isWidened: !evolution.Widened.IsEmpty);
        }
        catch (DeltaException e)
        {
            throw DeltaErrors.Translate(e, table.State.Table);
        }
    }

    /// <summary>The table's metadata with this schema.</summary>
    public Metadata Apply(Metadata metadata) => metadata with
    {
        SchemaString = Schema.Columns.ToString(),
        PartitionColumns = StringList.From(Schema.PartitionColumns.Select(column => column.Name)),
        Configuration = Properties(metadata.Configuration),
    };

    StringMap Properties(StringMap known)
    {
        if (maxColumnId is not null) known = known.With(ColumnMapping.MaxColumnIdProperty, maxColumnId);
        return isWidened ? known.With(TypeWidening.EnableProperty, "true") : known;
    }

    /// <summary>
    /// What a statement's rows are as a list of SELECT: in the table's order, by physical names, of the table's types;
    /// the column's default or NULL where the statement lacks a column.
    /// </summary>
    /// <param name="columns">The statement's columns.</param>
    /// <param name="alias">The name of the statement's relation.</param>
    public string Projection(IReadOnlyList<EngineColumn> columns, string alias) => List(field =>
    {
        var type = PhysicalColumns.LogicalTypeName(field.Type);
        var column = columns.FirstOrDefault(c => string.Equals(c.Name, field.Name, StringComparison.OrdinalIgnoreCase));
        if (column is null) return Absent(field);
        var value = $"{alias}.{SqlText.Identifier(column.Name)}";
        return DeclaredColumns.Stored(field, value)
            ?? (column.Type.ToString() == type ? value : $"CAST({value} AS {type})");
    });

    /// <summary>What a column of a new row is that the statement does not give: its default, or NULL.</summary>
    public static string Absent(StructField field)
    {
        if (field.Metadata.GetString(FieldMetadata.CurrentDefaultKey) is not { } text)
            return $"CAST(NULL AS {PhysicalColumns.LogicalTypeName(field.Type)})";
        try
        {
            var value = SparkValues.Cast(SparkExpression.Translate(text, _ => null).Value, field.Type).Sql;
            return DeclaredColumns.Stored(field, value) ?? value;
        }
        catch (FozException e)
        {
            throw new FozException(e.Kind, $"the default of column {field.Name}: {e.Message}", e)
            {
                Hint = $"give {field.Name} a value, or another default with foz alter",
            };
        }
    }

    /// <summary>
    /// What the table's own rows become by assignments, as a list of SELECT. The assigned columns count as given.
    /// </summary>
    /// <param name="alias">The name of the table's relation.</param>
    /// <param name="present">The schema that the relation has.</param>
    /// <param name="assignments">What is assigned; null for nothing.</param>
    /// <exception cref="FozException">An identity column is assigned.</exception>
    public string Projection(string alias, TableSchema present, ColumnAssignments? assignments)
    {
        if (assignments is not null) given.UnionWith(assignments.Columns);
        foreach (var name in assignments?.Columns ?? [])
            if (Schema.Columns.Find(name) is { } field && IdentityColumn.Of(field) is not null)
                throw new FozException(ErrorKind.Data, $"the identity column {field.Name} cannot be updated");
        return List(field =>
            Old(field, alias, present) is var old && assignments?.ValueOf(field, old) is { } value ? value : old);
    }

    /// <summary>The value that a row of the table has in a column; NULL where the column is new.</summary>
    /// <param name="field">The column.</param>
    /// <param name="alias">The name of the table's relation.</param>
    /// <param name="present">The schema that the relation has.</param>
    public static string Old(StructField field, string alias, TableSchema present)
    {
        var type = PhysicalColumns.LogicalTypeName(field.Type);
        if (present.Columns.Find(field.Name) is not { } old) return $"CAST(NULL AS {type})";
        var value = $"{alias}.{SqlText.Identifier(field.Name)}";
        return PhysicalColumns.LogicalTypeName(old.Type) == type && DeclaredType.Of(field) is null
            ? value
            : $"CAST({value} AS {type})";
    }

    /// <summary>A list of SELECT with a value for each column, by physical names.</summary>
    public string List(Func<StructField, string> value) => string.Join(
        ", ",
        Schema.Columns.Fields.Where(PhysicalColumns.IsInFiles).Select(
            field => $"{value(field)} AS {SqlText.Identifier(field.PhysicalName(Schema.Mapping))}"));

    static bool WidensTypes(TableSnapshot table, WriteOptions options) =>
        options.AddsColumns
        && (options.WidensTypes
            || ((table.State.Protocol.Supports(TableFeature.TypeWidening)
                || table.State.Protocol.Supports(TypeWideningPreview))
                && string.Equals(
                    table.State.Metadata.Configuration.Find(TypeWidening.EnableProperty), "true",
                    StringComparison.OrdinalIgnoreCase)));

    /// <summary>Gives columns that have none an id and a physical name, where the table maps its columns.</summary>
    static (StructType Schema, string? MaxColumnId) Map(
        ColumnMappingMode mapping, StringMap properties, StructType schema)
    {
        if (mapping == ColumnMappingMode.None) return (schema, null);
        var (assigned, maxColumnId) = ColumnMapping.Assign(schema, properties);
        return (assigned, maxColumnId.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Returns a statement's columns with what the table knows of those of the same name and type, and after them the
    /// columns that the table fills itself.
    /// </summary>
    static StructType KeepKnown(StructType present, StructType data)
    {
        var fields = data.Fields.Select(field =>
            present.Find(field.Name) is { } known && SameType(known.Type, field.Type)
                ? field.Metadata.Entries.Aggregate(known, (kept, entry) =>
                    kept with { Metadata = kept.Metadata.With(entry.Key, entry.Value) })
                : field);
        var filled = present.Fields.Where(field => data.Find(field.Name) is null && IsFilled(field));
        return new([.. fields, .. filled]);
    }

    /// <summary>The table's columns without those that a statement lacks.</summary>
    static StructType Without(TableSnapshot table, StructType data)
    {
        var removed = table.Schema.Columns.Fields.Where(field => data.Find(field.Name) is null && !IsFilled(field))
            .Select(field => ColumnPath.Of(field.Name).ToString()).ToList();
        if (removed.Count == 0) return table.Schema.Columns;
        var draft = new TableBuilder(table.State.Table, table);
        _ = ColumnAlterations.Apply(draft, new TableAlteration.DropColumns(removed));
        return draft.Schema;
    }

    static bool IsFilled(StructField field) =>
        field.Metadata[FieldMetadata.GenerationExpressionKey] is not null
        || field.Metadata[FieldMetadata.IdentityStartKey] is not null
        || field.Metadata[FieldMetadata.CurrentDefaultKey] is not null;

    // Equal except for what schemas say of columns besides their names and types.
    static bool SameType(DeltaType a, DeltaType b) => DeltaTypes.ToDataType(Bare(a)) == DeltaTypes.ToDataType(Bare(b));

    static DeltaType Bare(DeltaType type) => type switch
    {
        StructType parent => new StructType([.. parent.Fields.Select(f => new StructField(f.Name, Bare(f.Type)))]),
        ArrayType array => new ArrayType(Bare(array.Element), ContainsNull: true),
        MapType map => new MapType(Bare(map.Key), Bare(map.Value), ValueContainsNull: true),
        _ => type,
    };

    static void CheckIdentities(TableSnapshot table, IEnumerable<string> columns)
    {
        foreach (var name in columns)
            if (table.Schema.Columns.Find(name) is { } field && IdentityColumn.Of(field) is { AllowsExplicit: false })
                throw new FozException(
                    ErrorKind.Data,
                    $"{table.State.Table} counts its column {field.Name} itself (GENERATED ALWAYS AS IDENTITY)")
                {
                    Hint = $"leave {field.Name} out of the rows",
                };
    }

    static List<Field> FieldsOf(IReadOnlyList<EngineColumn> columns, WriteOptions options)
    {
        var known = options.Fields.ToDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase);
        return [.. columns.Select(column =>
        {
            var field = column.ToField(ofNull: DataType.Void);
            return known.TryGetValue(field.Name, out var described)
                ? field with { Metadata = field.Metadata.SetItems(described.Metadata) }
                : field;
        })];
    }
}
