using System.Globalization;
using Foz.Delta.Log;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>Finds the files of the partitions for which a SQL condition holds.</summary>
static class PartitionFilter
{
    const int PartitionsAtOnce = 1_000;

    /// <summary>The files of these partitions; all without a condition.</summary>
    /// <exception cref="FozException">
    /// The condition does not bind, or is about other columns than those of the partitions.
    /// </exception>
    public static IReadOnlyCollection<AddFile> Files(
        EngineSession session, TableSnapshot table, string? condition, CancellationToken cancellationToken)
    {
        var files = table.State.Files;
        if (condition is null) return files;
        if (table.Schema.PartitionColumns.IsEmpty)
            throw new FozException(
                ErrorKind.Usage, $"{table.State.Table} is not partitioned: --where has nothing to choose from");
        var named = session.Analyze($"SELECT ({condition}\n)", cancellationToken);
        if (named.Tables.Count + named.TableFunctions.Count > 0)
            throw new FozException(ErrorKind.Sql, $"partitions cannot be chosen by {condition}: it holds a query")
            {
                Hint = $"the condition can be about the partition columns only: "
                    + $"{string.Join(", ", table.PartitionColumns)}",
            };
        if (files.Count == 0) return files;
        var partitions = files.GroupBy(OptimizePlan.PartitionOf, StringComparer.Ordinal).ToList();
        var chosen = new List<AddFile>();
        foreach (var some in partitions.Chunk(PartitionsAtOnce))
            foreach (var number in Matches(
                session, table, [.. some.Select(partition => partition.First())], condition, cancellationToken))
                chosen.AddRange(some[number]);
        return chosen;
    }

    static List<int> Matches(
        EngineSession session, TableSnapshot table, IReadOnlyList<AddFile> files, string condition,
        CancellationToken cancellationToken)
    {
        var columns = table.Schema.PartitionColumns.Select((field, ordinal) =>
            new PartitionColumn(field, field.PhysicalName(table.Schema.Mapping), ordinal)).ToList();
        var rows = files.Select((file, number) =>
            $"({number.ToString(CultureInfo.InvariantCulture)}, "
                + $"{string.Join(", ", columns.Select(column => column.Over([file]).Sql(null)))})");
        var names = SqlText.Identifiers(columns.Select(column => column.Field.Name));
        try
        {
            using var found = session.Query(
                $"""
                SELECT foz_number FROM (VALUES {string.Join(", ", rows)}) AS t(foz_number, {names}) WHERE ({condition}
                )
                """, cancellationToken);
            return
            [
                .. found.Rows(cancellationToken).Select(row => Convert.ToInt32(row[0], CultureInfo.InvariantCulture)),
            ];
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            throw new FozException(ErrorKind.Sql, $"partitions cannot be chosen by {condition}: {e.Message}", e)
            {
                Hint = $"the condition can be about the partition columns only: "
                    + $"{string.Join(", ", table.PartitionColumns)}",
            };
        }
    }
}
