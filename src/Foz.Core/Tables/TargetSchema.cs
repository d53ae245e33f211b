using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.Schema;

namespace Foz.Core.Tables;

/// <summary>The schema that a table has after rows are written to it, and how the rows are brought into it.</summary>
sealed class TargetSchema
{
    TargetSchema(TableSchema schema, bool isChanged) => (Schema, IsChanged) = (schema, isChanged);

    /// <summary>The schema.</summary>
    public TableSchema Schema { get; }

    /// <summary>Whether the table's metadata must change.</summary>
    public bool IsChanged { get; }

    /// <summary>The schema of a table that has the rows of a statement and nothing else.</summary>
    /// <param name="present">The table so far, whose partitioning and comments stay; null for a new one.</param>
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
            var schema = DeltaTypes.ToSchema(FieldsOf(columns, options));
            schema.Validate();
            schema = UntypedColumns.Fill(schema, present?.Schema.Columns, table);
            var target = new TableSchema(schema, options.PartitionBy, ColumnMappingMode.None);
            var isChanged = present is null || !present.Schema.Columns.Equals(schema)
                || !present.PartitionColumns.SequenceEqual(options.PartitionBy, StringComparer.OrdinalIgnoreCase);
            return new(target, isChanged);
        }
        catch (DeltaException e)
        {
            throw DeltaErrors.Translate(e);
        }
    }

    /// <summary>The schema of a table as it is.</summary>
    public static TargetSchema Keep(TableSnapshot table) => new(table.Schema, isChanged: false);

    /// <summary>The schema of a table that the rows of a statement are added to.</summary>
    /// <exception cref="FozException">
    /// The table cannot hold a column's type, or lacks a column and may not be given it, or not without a type.
    /// </exception>
    public static TargetSchema Evolve(TableSnapshot table, IReadOnlyList<EngineColumn> columns, WriteOptions options)
    {
        try
        {
            var data = DeltaTypes.ToSchema(FieldsOf(columns, options));
            data.Validate();
            data = UntypedColumns.Fill(data, table.Schema.Columns, table.State.Table);
            var evolution = SchemaEvolution.Merge(table.Schema.Columns, data);
            if (evolution.IsChanged && !options.AddsColumns)
                throw new FozException(
                    ErrorKind.Data, $"{table.State.Table} has no column '{evolution.Added[0]}'");
            return new(
                new(evolution.Schema, table.PartitionColumns, table.Schema.Mapping), evolution.IsChanged);
        }
        catch (DeltaException e)
        {
            throw DeltaErrors.Translate(e, table.State.Table);
        }
    }

    /// <summary>
    /// What a statement's rows are as a list of SELECT: in the table's order, by physical names, of the table's types;
    /// NULL where the statement lacks a column.
    /// </summary>
    /// <param name="columns">The statement's columns.</param>
    /// <param name="alias">The name of the statement's relation.</param>
    public string Projection(IReadOnlyList<EngineColumn> columns, string alias) => List(field =>
    {
        var type = PhysicalColumns.LogicalTypeName(field.Type);
        var column = columns.FirstOrDefault(c => string.Equals(c.Name, field.Name, StringComparison.OrdinalIgnoreCase));
        if (column is null) return Absent(field);
        var value = $"{alias}.{SqlText.Identifier(column.Name)}";
        return column.Type.ToString() == type ? value : $"CAST({value} AS {type})";
    });

    /// <summary>What the table's own rows become by assignments, as a list of SELECT.</summary>
    /// <param name="alias">The name of the table's relation.</param>
    /// <param name="present">The schema that the relation has.</param>
    /// <param name="assignments">SQL expressions, by column.</param>
    public string Projection(string alias, TableSchema present, IReadOnlyDictionary<string, string> assignments)
    {
        var byName = new Dictionary<string, string>(assignments, StringComparer.OrdinalIgnoreCase);
        return List(field => byName.TryGetValue(field.Name, out var expression)
            ? $"CAST(({expression}) AS {PhysicalColumns.LogicalTypeName(field.Type)})"
            : Old(field, alias, present));
    }

    /// <summary>The value of a column that a new row is not given.</summary>
    public static string Absent(StructField field) => $"CAST(NULL AS {PhysicalColumns.LogicalTypeName(field.Type)})";

    /// <summary>The value that a row of the table has in a column; NULL where the column is new.</summary>
    /// <param name="field">The column.</param>
    /// <param name="alias">The name of the table's relation.</param>
    /// <param name="present">The schema that the relation has.</param>
    public static string Old(StructField field, string alias, TableSchema present)
    {
        var type = PhysicalColumns.LogicalTypeName(field.Type);
        if (present.Columns.Find(field.Name) is not { } old) return $"CAST(NULL AS {type})";
        var value = $"{alias}.{SqlText.Identifier(field.Name)}";
        return PhysicalColumns.LogicalTypeName(old.Type) == type ? value : $"CAST({value} AS {type})";
    }

    /// <summary>A list of SELECT with a value for each column, by physical names.</summary>
    public string List(Func<StructField, string> value) => string.Join(
        ", ",
        Schema.Columns.Fields.Where(PhysicalColumns.IsInFiles).Select(
            field => $"{value(field)} AS {SqlText.Identifier(field.PhysicalName(Schema.Mapping))}"));

    static List<Field> FieldsOf(IReadOnlyList<EngineColumn> columns, WriteOptions options)
    {
        var known = options.Fields.ToDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase);
        return [.. columns.Select(column =>
        {
            var field = column.ToField(ofNull: DataType.Void);
            return known.TryGetValue(field.Name, out var told)
                ? field with { Metadata = field.Metadata.SetItems(told.Metadata) }
                : field;
        })];
    }
}
