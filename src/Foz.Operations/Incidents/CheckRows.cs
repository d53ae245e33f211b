using Foz.Lake.Data;
using Foz.Pipelines.Quality;

namespace Foz.Operations.Incidents;

/// <summary>How the rows that break a check are found in its table.</summary>
static class CheckRows
{
    /// <summary>A longer SELECT, as of a list of thousands of values, is not kept with the incident.</summary>
    const int SqlCharsMax = 8000;

    /// <summary>Returns how they are found; null where no SELECT finds them.</summary>
    /// <param name="check">The check.</param>
    /// <param name="table">Its table, by its name in the lake.</param>
    public static BadRows? Of(CheckDefinition check, TableName table) =>
        check.SelectBroken(table) is { Length: <= SqlCharsMax } sql
            ? new(Table: null, sql) { Decides = [.. Deciding(check, table)] }
            : null;

    static IEnumerable<DecidingColumns> Deciding(CheckDefinition check, TableName table)
    {
        // Other conditions than those of columns may read any of them.
        var isOfColumns = check.Where is null
            && check is not (CheckDefinition.Custom or CheckDefinition.Expression);
        yield return new($"{table}", isOfColumns ? check.Columns : null, NeedsAllRows: false);
        if (check is CheckDefinition.Relationships { To: var to, Field: var field })
            yield return new($"{to}", [field], NeedsAllRows: true);
    }
}
