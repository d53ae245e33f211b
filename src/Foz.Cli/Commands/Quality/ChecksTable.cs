using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Cli.Commands.Quality;

/// <summary>What a check found when it was last made.</summary>
sealed record LastCheck(
    string Table, string Title, string Arguments, bool Passed, long Violations, long RowsChecked, string OnViolation,
    string? Actual);

/// <summary>Reads <c>foz.checks</c>.</summary>
static class ChecksTable
{
    const int ShownMax = 40;

    /// <summary>Arguments as they stand in a table for people.</summary>
    public static string Short(string arguments) =>
        arguments.Length <= ShownMax ? arguments : string.Concat(arguments.AsSpan(0, ShownMax - 1), "…");

    /// <summary>The last result of each check.</summary>
    /// <param name="workspace">The project.</param>
    /// <param name="table">The table; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<LastCheck>> ReadLastAsync(
        Workspace workspace, TableName? table, CancellationToken cancellationToken)
    {
        var where = table is null ? "" : $"WHERE lower(table_name) = lower({SqlText.Literal($"{table}")})";
        try
        {
            var rows = await workspace.QueryAsync(
                $"""
                SELECT table_name, "check" || coalesce('(' || "column" || ')', ''), coalesce(arguments, '') AS asked, passed, violations,
                    rows_checked, on_violation, actual
                FROM foz.checks {where}
                QUALIFY row_number() OVER (PARTITION BY table_name, "check", "column", asked ORDER BY checked_at DESC) = 1
                ORDER BY ALL
                """, cancellationToken);
            return
            [
                .. rows.Select(r => new LastCheck(
                    (string)r[0]!, (string)r[1]!, (string)r[2]!, (bool)r[3]!, (long)r[4]!, (long)r[5]!, (string)r[6]!,
                    (string?)r[7])),
            ];
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound)
        {
            // No run has made a check yet.
            return [];
        }
    }
}
