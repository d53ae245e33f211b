using System.Collections.Frozen;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Finds what takes changes out of a SELECT over the log of a table: conditions on its columns, of which a delete may
/// have the key alone and a truncate none, and joins that need a partner.
/// </summary>
sealed class LogFilter
{
    static readonly FrozenSet<string> ends = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "group", "order", "having", "qualify", "window", "limit", "offset", "union",
        "except", "intersect", "where");

    static readonly FrozenSet<string> words = """
        and or not in is null between like ilike glob similar to true false case when then else end distinct from escape
        any all some exists select collate at time zone as symmetric asymmetric isnull notnull array lambda partition by order asc desc nulls
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    readonly SqlTokens tokens;
    readonly HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
    readonly bool[] isOfLog;
    FilteredChanges? found;

    LogFilter(string sql, IEnumerable<int> logs)
    {
        tokens = SqlTokens.Read(sql);
        isOfLog = new bool[tokens.Count];
        foreach (var log in logs)
            if (tokens.IndexAt(log) is >= 0 and var index)
                isOfLog[index] = true;
    }

    /// <summary>
    /// Refuses a SELECT of events that takes changes of a log out: a delete has the key alone, and a row that no longer
    /// passes would stay.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="logs">Where it names tables that have the changes of a log.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static void Refuse(Model model, IEnumerable<int> logs, ErrorList errors)
    {
        if (model.Materialization.Strategy is not IncrementalStrategy.Cdc { ReadsLog: true }
            || logs.ToList() is not { Count: > 0 } found
            || Find(model.Body.Text, found) is not { } filter) return;
        var says = $"'strategy: cdc' of {model.Name} reads a log, and its";
        errors.Add(
            model.Body.PlaceOf(filter.At),
            filter.Column is { } column
                ? $"{says} condition looks at '{column}': a delete has the key alone, a truncate no column, and a row "
                    + "that no longer passes would stay"
                : $"{says} join leaves out changes without a partner: a delete has the key alone",
            filter.Column is null
                ? $"write LEFT JOIN, or join in a model that reads {model.Name}"
                : $"filter in a model that reads {model.Name}; conditions on columns _cdc_… are possible here");
    }

    /// <summary>Finds the first of them; null for none.</summary>
    /// <param name="sql">The SELECT.</param>
    /// <param name="logs">Where it names tables that have the changes of a log.</param>
    /// <exception cref="Foz.Lake.FozException">The text cannot be read.</exception>
    public static FilteredChanges? Find(string sql, IEnumerable<int> logs)
    {
        var filter = new LogFilter(sql, logs);
        filter.Read(0, filter.tokens.Count);
        return filter.found;
    }

    /// <summary>Reads a query: the tokens between two; those in parentheses are queries of their own.</summary>
    /// <returns>Whether it has rows of a log.</returns>
    bool Read(int start, int end)
    {
        var (hasLog, conditions) = (false, new List<(int Start, int End)>());
        var joins = new List<int>();
        for (var i = start; i < end; i++)
        {
            hasLog |= isOfLog[i]
                || tokens.IsName(i) && names.Contains(tokens.NameOf(i)) && !tokens.IsSymbol(i - 1, '.');
            if (tokens.IsSymbol(i, '('))
            {
                var closing = Math.Min(tokens.Closing(i), end);
                var isLog = Read(i + 1, closing);
                hasLog |= isLog;
                if (isLog && NameBefore(i) is { } name) names.Add(name);
                i = closing;
            }
            // FILTER (WHERE …) of an aggregate is none of the query.
            else if (i > start && (tokens.IsWord(i, "where") || tokens.IsWord(i, "qualify")))
                conditions.Add((i + 1, EndOf(i + 1, end)));
            else if (tokens.IsWord(i, "join") && !KeepsRows(i)) joins.Add(i);
        }
        if (!hasLog) return false;
        foreach (var (from, to) in conditions)
            if (ColumnIn(from, to) is { } column)
                found ??= new(tokens[column].Start, tokens.NameOf(column));
        foreach (var join in joins) found ??= new(tokens[join].Start, Column: null);
        return true;
    }

    /// <summary>The name that a parenthesis defines a table for, in <c>WITH name AS (</c>.</summary>
    string? NameBefore(int parenthesis)
    {
        var at = parenthesis - 1;
        if (tokens.IsWord(at, "materialized")) at -= tokens.IsWord(at - 1, "not") ? 2 : 1;
        return tokens.IsWord(at, "as") && tokens.IsName(at - 1) ? tokens.NameOf(at - 1) : null;
    }

    int EndOf(int at, int end)
    {
        for (; at < end; at++)
            if (tokens.IsSymbol(at, '(')) at = tokens.Closing(at);
            else if (tokens.IsSymbol(at, ';') || tokens.IsName(at) && ends.Contains(tokens.NameOf(at))) return at;
        return end;
    }

    /// <summary>Whether a join leaves all rows of its left side.</summary>
    bool KeepsRows(int join)
    {
        var kind = join - 1;
        if (tokens.IsWord(kind, "outer")) kind--;
        return tokens.IsWord(kind, "left") || tokens.IsWord(kind, "cross");
    }

    /// <summary>The first column of a condition that says nothing of the change itself; null for none.</summary>
    int? ColumnIn(int start, int end)
    {
        for (var i = start; i < end; i++)
            if (IsColumn(i) && !ChangeColumns.Has(tokens.NameOf(i))) return i;
        return null;
    }

    bool IsColumn(int at) => tokens.IsName(at)
        && !(tokens[at].Kind is SqlTokenKind.Word && words.Contains(tokens.NameOf(at)))
        // A function, what qualifies a name, a literal such as DATE '2026-01-01', and the unit of INTERVAL 1 DAY.
        && !tokens.IsSymbol(at + 1, '(') && !tokens.IsSymbol(at + 1, '.')
        && !(at + 1 < tokens.Count && tokens[at + 1].Kind is SqlTokenKind.Text or SqlTokenKind.Number)
        && !(at > 0 && tokens[at - 1].Kind is SqlTokenKind.Number)
        // The type of a cast.
        && !(tokens.IsSymbol(at - 1, ':') && tokens.IsSymbol(at - 2, ':')) && !tokens.IsWord(at - 1, "as");
}

/// <summary>What takes changes out.</summary>
/// <param name="At">Where it is in the text.</param>
/// <param name="Column">The column that the condition names; null of a join.</param>
sealed record FilteredChanges(int At, string? Column);
