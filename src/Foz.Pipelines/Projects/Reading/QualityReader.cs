using Foz.Lake.Configuration;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Cleaning;
using Foz.Pipelines.Quality.Contracts;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads what a model or stream says of its rows besides checks: how they are cleaned, and its contract.
/// </summary>
/// <param name="reader">What it stands in.</param>
/// <param name="columns">Its columns.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class QualityReader(MappingReader reader, IReadOnlyList<ColumnDefinition> columns, ErrorList errors)
{
    /// <summary>The rules of the table for all columns, then those of each column, then those of rows.</summary>
    public IReadOnlyList<CleanRule> Clean()
    {
        var table = new CleanReader(errors).Read(reader.Node("clean"), column: null);
        return
        [
            .. table.Where(rule => rule is not CleanRule.Deduplicate), .. columns.SelectMany(column => column.Clean),
            .. table.OfType<CleanRule.Deduplicate>(),
        ];
    }

    /// <summary>The contract; null where there is none.</summary>
    /// <param name="isInherited">Whether there is one where nothing is said.</param>
    public TableContract? Contract(bool isInherited = false)
    {
        if (!(TableContract.Read(reader, errors) ?? isInherited)) return null;
        if (columns.Count == 0)
        {
            errors.Add(
                reader.PlaceOf("contract"), "a contract needs the columns and their types",
                "declare them under 'columns:'");
            return null;
        }
        foreach (var column in columns.Where(column => column.Type is null))
            errors.Add(
                column.Place, $"the column '{column.Name}' has no type, and the contract needs one",
                "add 'type: …' to it");
        return new(
            [
                .. columns.Select(column =>
                    new ContractColumn(column.Name, column.Type ?? "", column.IsNullable, column.Place)),
            ]);
    }
}
