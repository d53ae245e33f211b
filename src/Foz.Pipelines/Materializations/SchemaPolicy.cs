using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>What becomes of the columns of rows where the table has others.</summary>
/// <param name="model">The model.</param>
sealed class SchemaPolicy(Model model)
{
    OnSchemaChange Policy => model.Materialization.OnSchemaChange;

    /// <summary>Rows with the columns that go into the table.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="present">The table; null where there is none.</param>
    /// <param name="own">Columns of the table that the strategy fills, and the rows do not have.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The columns are others, and the policy is to fail.</exception>
    public Relation Fit(
        Relation rows, TableSnapshot? present, IReadOnlyList<string> own, CancellationToken cancellationToken)
    {
        if (present is null || Policy is not (OnSchemaChange.Fail or OnSchemaChange.Ignore)) return rows;
        var given = rows.Describe(cancellationToken).Select(column => column.Name).ToList();
        var fields =
            present.Schema.Columns.Fields.Where(field => !own.Contains(field.Name, StringComparer.OrdinalIgnoreCase));
        var added = given.Where(name => present.Schema.Columns.Find(name) is null).ToList();
        if (Policy is OnSchemaChange.Ignore)
        {
            if (added.Count == 0) return rows;
            var kept = given.Except(added);
            return rows.Derive($"SELECT {SqlText.Identifiers(kept)} FROM ({rows.Sql}\n)");
        }
        var missing = fields.Where(field =>
            !given.Contains(field.Name, StringComparer.OrdinalIgnoreCase) && !IsFilled(field))
            .Select(field => field.Name).ToList();
        if (added.Count == 0 && missing.Count == 0) return rows;
        throw new FozException(
            ErrorKind.Data,
            $"the columns of {model.Name} changed: {string.Join("; ", Differences(added, missing))}")
        {
            Place = model.Place,
            Hint = "'on_schema_change: fail' forbids it; 'sync' takes them over, and "
                + "--full-refresh rebuilds the table",
        };
    }

    /// <summary>How rows are written by the policy.</summary>
    /// <param name="options">How they are written anyway.</param>
    /// <param name="isNew">Whether the table is made, with all of its columns.</param>
    public WriteOptions Apply(WriteOptions options, bool isNew) => Policy switch
    {
        OnSchemaChange.Sync when isNew => options with
        {
            // Columns can only go without rewriting all files where these do not find them by name.
            Properties = [KeyValuePair.Create(ColumnMapping.ModeProperty, (string?)"name")],
        },
        OnSchemaChange.Sync => options with { RemovesColumns = true, WidensTypes = true },
        _ => options,
    };

    static IEnumerable<string> Differences(List<string> added, List<string> missing)
    {
        if (added.Count > 0) yield return $"the SELECT has {string.Join(", ", added)}, which the table lacks";
        if (missing.Count > 0) yield return $"the table has {string.Join(", ", missing)}, which the SELECT lacks";
    }

    // What the table fills itself, the SELECT need not give.
    static bool IsFilled(StructField field) =>
        field.Metadata[FieldMetadata.GenerationExpressionKey] is not null
        || field.Metadata[FieldMetadata.IdentityStartKey] is not null
        || field.Metadata[FieldMetadata.CurrentDefaultKey] is not null;
}
