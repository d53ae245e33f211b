using Foz.Delta.DeletionVectors;
using Foz.Delta.Iceberg;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>What keeps a table from being read as Iceberg.</summary>
/// <param name="Message">What it is, of the table: <c>its columns have no ids</c>.</param>
public abstract record IcebergFault(string Message)
{
    /// <summary>A property lacks a value.</summary>
    /// <param name="Message">What it is.</param>
    /// <param name="Name">The property.</param>
    /// <param name="Value">The value.</param>
    public sealed record Property(string Message, string Name, string Value) : IcebergFault(Message);

    /// <summary>Iceberg has no such column.</summary>
    /// <param name="Message">What it is.</param>
    public sealed record Column(string Message) : IcebergFault(Message);

    /// <summary>A file has a deletion vector.</summary>
    /// <param name="Message">What it is.</param>
    public sealed record DeletedRows(string Message) : IcebergFault(Message);

    /// <summary>The statistics of a file do not say how many rows it has.</summary>
    /// <param name="Message">What it is.</param>
    public sealed record Statistics(string Message) : IcebergFault(Message);
}

/// <summary>
/// What a table must be so that Iceberg can read its files (PROTOCOL.md, "Iceberg Compatibility V2").
/// </summary>
public static class IcebergCompat
{
    /// <summary>The tag of files that were written for such a table.</summary>
    public const string FileTag = "ICEBERG_COMPAT_VERSION";

    /// <summary>Whether a table must be so.</summary>
    public static bool IsRequired(StringMap properties) => ColumnMapping.IsIcebergCompatible(properties);

    /// <summary>
    /// Returns the properties of a new table, with those that others of them require and that are not set.
    /// </summary>
    public static StringMap ForNew(StringMap properties)
    {
        if (IcebergTable.IsEnabled(properties) && properties.Find(ColumnMapping.IcebergCompatProperty) is null)
            properties = properties.With(ColumnMapping.IcebergCompatProperty, "true");
        return IsRequired(properties) && properties.Find(ColumnMapping.ModeProperty) is null
            ? properties.With(ColumnMapping.ModeProperty, "name")
            : properties;
    }

    /// <summary>What a table lacks, besides its files; nothing where it need not be so.</summary>
    public static IReadOnlyList<IcebergFault> FaultsOf(StructType schema, StringMap properties)
    {
        var faults = new List<IcebergFault>();
        var isRequired = IsRequired(properties);
        var hasMetadata = IcebergTable.IsEnabled(properties);
        if (hasMetadata && !isRequired)
            faults.Add(new IcebergFault.Property("it must be kept so", ColumnMapping.IcebergCompatProperty, "true"));
        if (!hasMetadata && !isRequired) return faults;
        var isMapped = ColumnMapping.ModeOf(properties) != ColumnMappingMode.None;
        if (!isMapped)
            faults.Add(new IcebergFault.Property("its columns have no ids", ColumnMapping.ModeProperty, "name"));
        if (IsTrue(properties, DeletionVectorDescriptor.Property))
            faults.Add(new IcebergFault.Property(
                "rows may be deleted by deletion vectors", DeletionVectorDescriptor.Property, "false"));
        AddFaults(schema, ColumnPath.Root, faults);
        return faults;
    }

    /// <summary>What the files of a table lack.</summary>
    public static IReadOnlyList<IcebergFault> FaultsOf(IEnumerable<AddFile> files)
    {
        foreach (var file in files)
        {
            if (file.DeletionVector is not null)
                return [new IcebergFault.DeletedRows($"rows of {file.Path} are deleted by a deletion vector")];
            if (FileStatistics.RecordCount(file) is null)
                return [new IcebergFault.Statistics($"the statistics of {file.Path} do not tell how many rows it has")];
        }
        return [];
    }

    /// <summary>Refuses what a commit would make of a table.</summary>
    internal static void Check(string table, Metadata metadata, IEnumerable<AddFile> files)
    {
        var faults = FaultsOf(StructType.ParseSchema(metadata.SchemaString), metadata.Configuration);
        if (faults.Count == 0 && IsRequired(metadata.Configuration)) faults = FaultsOf(files);
        if (faults.Count > 0)
            throw new DeltaException(DeltaErrorKind.Refused,
                $"{table} must stay readable as Iceberg ({ColumnMapping.IcebergCompatProperty}): "
                + string.Join("; ", faults.Select(fault => fault.Message)));
    }

    static bool IsTrue(StringMap properties, string property) =>
        string.Equals(properties.Find(property), "true", StringComparison.OrdinalIgnoreCase);

    static void AddFaults(DeltaType type, ColumnPath path, List<IcebergFault> faults)
    {
        switch (type)
        {
            case StructType parent:
                foreach (var field in parent.Fields)
                {
                    foreach (var change in TypeWidening.ChangesOf(field).Where(change => !IsAllowed(change)))
                        faults.Add(
                            new IcebergFault.Column(
                                $"column {path.Then(field.Name)} was widened from {change.From} to {change.To}, "
                                    + "which Iceberg does not allow"));
                    AddFaults(field.Type, path.Then(field.Name), faults);
                }
                break;
            case ArrayType array:
                AddFaults(array.Element, path.Then("element"), faults);
                break;
            case MapType map:
                AddFaults(map.Key, path.Then("key"), faults);
                AddFaults(map.Value, path.Then("value"), faults);
                break;
            case PrimitiveType { Kind: PrimitiveKind.Void or PrimitiveKind.Variant }:
                faults.Add(
                    new IcebergFault.Column(
                        $"column {path} is {type.ToString().Trim('"')}, for which Iceberg has no type"));
                break;
        }
    }

    // Iceberg specification, "Schema Evolution": of whole numbers it knows int and long.
    static bool IsAllowed(TypeChange change) => (change.From, change.To) switch
    {
        (PrimitiveType from, PrimitiveType to) => IsWhole(from) && IsWhole(to)
            || (from.Kind, to.Kind) is (PrimitiveKind.Float, PrimitiveKind.Double),
        (DecimalType from, DecimalType to) => from.Scale == to.Scale,
        _ => false,
    };

    static bool IsWhole(PrimitiveType type) =>
        type.Kind is PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer or PrimitiveKind.Long;
}
