using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>Adds the row for unknown values to the rows of a dimension.</summary>
static partial class UnknownMember
{
    /// <summary>
    /// Returns the rows with that row among them, if the model has one and its table would otherwise lack it: the table
    /// is new, or its strategy removes or ends rows that do not arrive.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows that it gives.</param>
    /// <param name="isNew">Whether the table is created or rebuilt.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The row has a column that the rows do not, or lacks the time that orders the versions of its history.
    /// </exception>
    public static Relation Add(Model model, Relation rows, bool isNew, CancellationToken cancellationToken)
    {
        // What replaces all rows loses it, and a history ends what is not among its rows.
        var isEachTime =
            model.Materialization.Strategy is null or IncrementalStrategy.TruncateInsert or IncrementalStrategy.Scd2;
        if (model.UnknownMember.Count == 0 || !(isNew || isEachTime)) return rows;
        if (model.Materialization.Strategy is IncrementalStrategy.Scd2ByTime { UpdatedAt: var time }
            && !model.UnknownMember.Any(member =>
                member.Value is not null && member.Column.Equals(time, StringComparison.OrdinalIgnoreCase)))
            throw new FozException(
                ErrorKind.Data, $"'unknown_member' of {model.Name} says no {time}, which tells versions apart")
            {
                Place = model.UnknownMember[0].Place,
                Hint = $"say since when it is known that it is not: {time}: '1900-01-01'",
            };
        var columns = rows.Describe(cancellationToken);
        var values = model.UnknownMember.Select(member =>
        {
            var column = columns.FirstOrDefault(c => c.Name.Equals(member.Column, StringComparison.OrdinalIgnoreCase))
                ?? throw new FozException(
                    ErrorKind.Data,
                    $"'unknown_member' of {model.Name} names a column '{member.Column}', "
                        + "which its SELECT does not give")
                {
                    Place = member.Place, Hint = NearestName.Hint(member.Column, columns.Select(c => c.Name)),
                };
            var value = member.Value is not { } text ? "NULL" : Call.IsMatch(text) ? text : SqlText.Literal(text);
            return $"{(column.IsNull ? value : $"CAST({value} AS {column.TypeName})")} AS "
                + $"{SqlText.Identifier(column.Name)}";
        });
        return rows.Derive($"SELECT * FROM ({rows.Sql}\n) UNION ALL BY NAME SELECT {string.Join(", ", values)}");
    }

    [GeneratedRegex(@"\Asurrogate_key\s*\(.*\)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Call { get; }
}
