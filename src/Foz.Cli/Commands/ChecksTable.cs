using Foz.Core;
using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Cli.Commands;

/// <summary>What a check found when it was last made.</summary>
sealed record LastCheck(
    string Table, string Title, bool Passed, long Violations, long RowsChecked, string OnViolation, object CheckedAt);

/// <summary>Reads <c>foz.checks</c>.</summary>
static class ChecksTable
{
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
                SELECT table_name, "check" || coalesce('(' || "column" || ')', ''), passed, violations, rows_checked,
                    on_violation, checked_at
                FROM foz.checks {where}
                QUALIFY row_number() OVER (PARTITION BY table_name, "check", "column" ORDER BY checked_at DESC) = 1
                ORDER BY ALL
                """, cancellationToken);
            return
            [
                .. rows.Select(r => new LastCheck(
                    (string)r[0]!, (string)r[1]!, (bool)r[2]!, (long)r[3]!, (long)r[4]!, (string)r[5]!, r[6]!)),
            ];
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound)
        {
            // No run has made a check yet.
            return [];
        }
    }
}
