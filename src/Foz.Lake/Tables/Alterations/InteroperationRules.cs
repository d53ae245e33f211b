using Foz.Delta.DeletionVectors;
using Foz.Delta.Manifests;
using Foz.Delta.Transactions;

namespace Foz.Lake.Tables.Alterations;

/// <summary>What a table must be so that programs can read its files that do not read its log.</summary>
static class InteroperationRules
{
    /// <summary>Refuses what would keep them from it.</summary>
    /// <exception cref="FozException">It says what is missing, and what to do.</exception>
    public static void Check(TableBuilder draft)
    {
        CheckIceberg(draft);
        CheckManifests(draft);
    }

    /// <summary>What an alteration that is done leaves to be done; null for nothing.</summary>
    public static Warning? WarningOf(TableBuilder draft)
    {
        var before = draft.Snapshot.State;
        var isEnabled = IcebergCompat.IsRequired(draft.Properties)
            && !IcebergCompat.IsRequired(before.Metadata.Configuration);
        return isEnabled && draft.PartitionColumns.Count > 0 && before.FileCount > 0
            ? new(
                $"files that {draft.Name} has already do not hold its partition columns "
                    + $"({string.Join(", ", draft.PartitionColumns)})",
                "readers of Iceberg that do not take them from the metadata show NULL there, "
                    + "until those files are rewritten")
            : null;
    }

    static void CheckIceberg(TableBuilder draft)
    {
        var faults = IcebergCompat.FaultsOf(draft.Schema, draft.Properties);
        var isNew = !IcebergCompat.IsRequired(draft.Snapshot.State.Metadata.Configuration);
        if (isNew && (faults.Count > 0 || IcebergCompat.IsRequired(draft.Properties)))
            faults = [.. faults, .. IcebergCompat.FaultsOf(draft.Snapshot.State.Files)];
        if (faults.Count == 0) return;
        throw new FozException(
            ErrorKind.Data,
            $"{draft.Name} cannot be read as Iceberg: {string.Join("; ", faults.Select(f => f.Message))}")
        {
            Hint = HintOf(draft, faults),
        };
    }

    static string? HintOf(TableBuilder draft, IReadOnlyList<IcebergFault> faults)
    {
        if (faults.Any(fault => fault is IcebergFault.Column)) return null;
        var steps = new List<string>();
        if (faults.Any(fault => fault is IcebergFault.DeletedRows)) steps.Add(Purge(draft));
        if (faults.Any(fault => fault is IcebergFault.Statistics)) steps.Add($"foz analyze {draft.Name}");
        var settings = faults.OfType<IcebergFault.Property>().Select(fault => $"{fault.Name}={fault.Value}").ToList();
        if (settings.Count > 0) steps.Add($"set these too, in one command: {string.Join(' ', settings)}");
        return string.Join("; then ", steps);
    }

    static string Purge(TableBuilder draft) => $"foz optimize {draft.Name} --purge";

    static void CheckManifests(TableBuilder draft)
    {
        if (!IsTrue(draft, SymlinkManifests.Property)) return;
        if (IsTrue(draft, DeletionVectorDescriptor.Property))
            throw new FozException(
                ErrorKind.Data,
                $"{draft.Name} can have no manifests: rows may be deleted by deletion vectors, which their readers "
                + "do not know")
            {
                Hint = $"set this too, in one command: {DeletionVectorDescriptor.Property}=false",
            };
        if (IsTrue(draft.Snapshot.State.Metadata.Configuration.Find(SymlinkManifests.Property))) return;
        if (draft.Snapshot.State.Files.FirstOrDefault(file => file.DeletionVector is not null) is { } file)
            throw new FozException(
                ErrorKind.Data,
                $"{draft.Name} can have no manifests: rows of {file.Path} are deleted by a deletion vector")
            {
                Hint = Purge(draft),
            };
    }

    static bool IsTrue(TableBuilder draft, string property) => IsTrue(draft.Properties.Find(property));

    static bool IsTrue(string? value) => string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
