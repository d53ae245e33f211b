using System.Collections.Immutable;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;

namespace Foz.Delta.Iceberg;

/// <summary>A data file as a manifest has it (Iceberg specification, "Data File Fields").</summary>
sealed record DataFile
{
    /// <summary>Where it is, in full.</summary>
    public required string Path { get; init; }

    /// <summary>The values of the partition columns, in their order; null for NULL.</summary>
    public required ImmutableArray<DeltaValue?> Partition { get; init; }

    /// <summary>How many rows it has.</summary>
    public required long RecordCount { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>How many values columns have, NULL included, by field id.</summary>
    public KeyValuePair<int, long>[] ValueCounts { get; init; } = [];

    /// <summary>How many values of columns are NULL, by field id.</summary>
    public KeyValuePair<int, long>[] NullCounts { get; init; } = [];

    /// <summary>At most every value of columns, by field id.</summary>
    public KeyValuePair<int, byte[]>[] LowerBounds { get; init; } = [];

    /// <summary>At least every value of columns, by field id.</summary>
    public KeyValuePair<int, byte[]>[] UpperBounds { get; init; } = [];
}

/// <summary>Turns files of Delta's log into those of Iceberg's manifests. Not for use by two threads at once.</summary>
sealed class DataFiles
{
    readonly string table;
    readonly string location;
    readonly PartitionSpec spec;
    readonly StatisticsColumn[] columns;
    readonly int[] ids;
    readonly StatisticsReader reader;
    readonly ColumnBounds[] bounds;

    /// <summary>The files of a table.</summary>
    /// <param name="table">The table, for messages.</param>
    /// <param name="location">Its folder, as Iceberg writes it.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="spec">How it is partitioned.</param>
    public DataFiles(string table, string location, TableSchema schema, PartitionSpec spec)
    {
        (this.table, this.location, this.spec) = (table, location, spec);
        var leaves = new StructType([.. schema.DataColumns]).Leaves()
            .Where(leaf => leaf.Field.Type is DecimalType or PrimitiveType && leaf.Field.ColumnId is not null).ToList();
        columns = [.. leaves.Select(leaf => new StatisticsColumn(schema.PhysicalPath(leaf.Path)!, leaf.Field.Type))];
        ids = [.. leaves.Select(leaf => leaf.Field.ColumnId!.Value)];
        reader = new(columns);
        bounds = new ColumnBounds[columns.Length];
    }

    /// <summary>A file.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Refused"/>: rows of it are deleted by a deletion vector, or its statistics do not say
    /// how many it has.
    /// </exception>
    public DataFile Of(AddFile file)
    {
        if (file.DeletionVector is not null) throw Refused(file, "has a deletion vector, which Iceberg cannot read");
        var count = reader.Read(file.Stats.Utf8.Span, bounds)
            ?? throw Refused(file, "has no number of rows in its statistics");
        var lower = new List<KeyValuePair<int, byte[]>>(ids.Length);
        var upper = new List<KeyValuePair<int, byte[]>>(ids.Length);
        var nulls = new List<KeyValuePair<int, long>>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            if (bounds[i].Min is { } min)
                lower.Add(new(ids[i], IcebergValue.ToBound(min, columns[i].Type, isMax: false)));
            if (bounds[i].Max is { } max)
                upper.Add(new(ids[i], IcebergValue.ToBound(max, columns[i].Type, isMax: true)));
            if (!bounds[i].MayBeNull) nulls.Add(new(ids[i], 0));
            else if (!bounds[i].MayHaveValues) nulls.Add(new(ids[i], count));
        }
        return new()
        {
            Path = FullPath.Of(location, file.Path),
            Partition = [.. spec.Fields.Select(field =>
                PartitionValue.Parse(file.PartitionValues.Find(field.PhysicalName), field.Type))],
            RecordCount = count,
            SizeBytes = file.SizeBytes,
            // What is not counted may hold any number of NULL.
            ValueCounts = [.. nulls.Select(pair => KeyValuePair.Create(pair.Key, count))],
            NullCounts = [.. nulls],
            LowerBounds = [.. lower],
            UpperBounds = [.. upper],
        };
    }

    DeltaException Refused(AddFile file, string fault) => new(DeltaErrorKind.Refused,
        $"{table} cannot be read as Iceberg: {file.Path} {fault}")
    { Path = file.Path.Value };
}
