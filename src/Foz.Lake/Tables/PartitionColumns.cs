using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>The partition columns of a scan: their values are in the log, not in the files.</summary>
sealed class PartitionColumns
{
    readonly PartitionColumn[] columns;

    PartitionColumns(PartitionColumn[] columns) => this.columns = columns;

    /// <summary>How many there are.</summary>
    public int Count => columns.Length;

    /// <summary>Whether any column has different values in different files.</summary>
    public bool VaryByFile => columns.Any(column => column.Varies);

    /// <summary>The partition columns of a table, for some of its files.</summary>
    public static PartitionColumns Of(TableSnapshot table, IReadOnlyCollection<AddFile> files) =>
        new([.. table.Schema.PartitionColumns.Select((field, ordinal) =>
            new PartitionColumn(field, field.PhysicalName(table.Schema.Mapping), ordinal).Over(files))]);

    /// <summary>The partition column of a name; null where the column is an ordinary one.</summary>
    public PartitionColumn? Find(string name) =>
        Array.Find(columns, c => string.Equals(c.Field.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns a file's values, as the engine gets them.</summary>
    public IReadOnlyList<string?> ValuesOf(AddFile file) => [.. columns.Select(column => column.ValueOf(file))];
}

/// <summary>A partition column in a scan.</summary>
/// <param name="Field">The column.</param>
/// <param name="PhysicalName">Its name in the log's partition values.</param>
/// <param name="Ordinal">Its place among the partition columns.</param>
sealed record PartitionColumn(StructField Field, string PhysicalName, int Ordinal)
{
    string? only;

    /// <summary>Whether the scan's files have more than one value.</summary>
    public bool Varies { get; private init; }

    /// <summary>This column over some files.</summary>
    public PartitionColumn Over(IReadOnlyCollection<AddFile> files)
    {
        var first = ValueOf(files.First());
        return this with { only = first, Varies = files.Any(file => ValueOf(file) != first) };
    }

    /// <summary>A file's value as the engine casts it from text; null for SQL NULL.</summary>
    public string? ValueOf(AddFile file)
    {
        var logged = file.PartitionValues.Find(PhysicalName);
        if (string.IsNullOrEmpty(logged)) return null;
        return Field.Type == DeltaType.Binary
            ? Convert.ToHexString(PartitionValue.Parse(logged, Field.Type)!.Value.Bytes)
            : logged;
    }

    /// <summary>The value in SQL.</summary>
    /// <param name="token">The scan's files; not needed where all have one value.</param>
    public string Sql(ScanToken? token)
    {
        var text = Varies
            ? $"{ScanFunctions.Partition}({token!.Value}, {Ordinal}, filename)"
            : SqlText.LiteralOrNull(only);
        if (Field.Type == DeltaType.Binary) return $"unhex({text})";
        var value = $"CAST({text} AS {PhysicalColumns.LogicalTypeName(Field.Type)})";
        return Field.Type == DeltaType.String && TextLength.Of(Field) is { IsPadded: true } length
            ? PhysicalColumns.Padded(value, length)
            : value;
    }
}
