using Foz.Delta.Schema;
using Foz.Lake.Data;
using Foz.Lake.Tables.Alterations;

namespace Foz.Lake.Tables.Writing;

/// <summary>What a change of rows says of the table besides, by the same commit.</summary>
public static class TableChangeSettings
{
    /// <summary>Clusters the table, where it is not clustered so already.</summary>
    /// <param name="change">The change that clusters it.</param>
    /// <param name="columns">The columns; at least one.</param>
    /// <exception cref="FozException">It has no such column, or cannot be clustered by it.</exception>
    public static void ClusterBy(this TableChange change, IReadOnlyList<string> columns)
    {
        var draft = new TableBuilder(change.Transaction.Table.Name, change.Preview());
        _ = PropertyAlterations.Apply(draft, new TableAlteration.ClusterBy(columns));
        var (domain, configuration) = draft.Domains.Single();
        if (change.Present?.State.Domains.GetValueOrDefault(domain)?.Configuration == configuration) return;
        change.Transaction.AddFeatures(draft.AddedFeatures);
        change.Transaction.SetDomain(domain, configuration);
    }

    /// <summary>Changes what the schema says of columns, by the same commit.</summary>
    /// <param name="change">The change.</param>
    /// <param name="changesOf">What changes of a column's metadata: values by key; null takes one away.</param>
    public static void Describe(this TableChange change, Func<Field, IReadOnlyDictionary<string, string?>> changesOf)
    {
        var schema = change.Transaction.Schema.Columns;
        foreach (var field in change.Fields)
            foreach (var (key, value) in changesOf(field))
                schema = SchemaEdit.ChangeField(schema, ColumnPath.Of(field.Name), column => column with
                {
                    Metadata = value is null ? column.Metadata.Without(key) : column.Metadata.With(key, value),
                });
        if (schema.Equals(change.Transaction.Schema.Columns)) return;
        change.Transaction.SetMetadata(
            (change.Transaction.Metadata ?? change.Present!.State.Metadata) with { SchemaString = schema.ToString() });
    }
}
