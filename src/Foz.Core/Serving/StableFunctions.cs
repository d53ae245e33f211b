using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Foz.Core.Engine;

namespace Foz.Core.Serving;

/// <summary>
/// Which statements give the same rows whenever they read the same tables: those whose functions the engine says that of, and of
/// macros those that call no others. What is not known is not taken for one.
/// </summary>
sealed class StableFunctions
{
    /// <summary>What the engine does not list: functions of windows.</summary>
    static readonly FrozenSet<string> ofWindows = FrozenSet.ToFrozenSet(
    [
        "row_number", "rank", "dense_rank", "rank_dense", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
        "last_value", "nth_value",
    ], StringComparer.Ordinal);

    /// <summary>What tells of the moment or of the session, though the engine does not say that of it.</summary>
    static readonly FrozenSet<string> ofTheMoment = FrozenSet.ToFrozenSet(
        ["age", "current_localtime", "current_localtimestamp", "current_setting", "getvariable"], StringComparer.Ordinal);

    static readonly FrozenSet<string> tableFunctions = FrozenSet.ToFrozenSet(["range", "generate_series", "unnest"], StringComparer.Ordinal);

    /// <summary>Names of columns that are values of the moment or of the session where no column has them.</summary>
    static readonly FrozenSet<string> values = FrozenSet.ToFrozenSet(
    [
        "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp", "current_user",
        "localtime", "localtimestamp", "session_user", "user",
    ], StringComparer.OrdinalIgnoreCase);

    /// <summary>Words of statements that tell of the engine, or take rows by chance.</summary>
    static readonly FrozenSet<string> words = FrozenSet.ToFrozenSet(
        ["sample", "tablesample", "show", "describe", "desc", "summarize", "pragma", "explain"], StringComparer.OrdinalIgnoreCase);

    readonly FrozenSet<string> stable;
    readonly ConditionalWeakTable<SqlAnalysis, object> decided = [];

    StableFunctions(FrozenSet<string> stable) => this.stable = stable;

    /// <summary>Asks the engine.</summary>
    public static StableFunctions Read(EngineSession engine, CancellationToken cancellationToken)
    {
        var known = new HashSet<string>(ofWindows, StringComparer.Ordinal);
        List<(string Name, string Definition)> macros = [];
        // Of names that stand for several functions all must be.
        using (var rows = engine.Query(
            """
            SELECT function_name, max(macro_definition), bool_and(macro_definition IS NOT NULL OR (stability = 'CONSISTENT' AND NOT has_side_effects)),
                count(DISTINCT macro_definition), bool_or(macro_definition IS NULL)
            FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro') GROUP BY ALL
            """, cancellationToken))
            foreach (var row in rows.Rows(cancellationToken))
            {
                if (row is [string name, null, true, ..] && !ofTheMoment.Contains(name)) known.Add(name);
                else if (row is [string macro, string definition, true, 1L, false]) macros.Add((macro, definition));
            }
        var bodies = SqlAnalysis.ReadMany(engine, [.. macros.Select(macro => $"SELECT {macro.Definition}")], cancellationToken);
        for (var found = -1; found != known.Count;)
        {
            found = known.Count;
            for (var i = 0; i < macros.Count; i++)
                if (bodies[i].Analysis is { Tables: [], TableFunctions: [] } body && IsStable(body, known)) known.Add(macros[i].Name);
        }
        // These tell of a session's catalog, by a number that no other session has.
        known.RemoveWhere(OwnNames.Has);
        return new(known.ToFrozenSet(StringComparer.Ordinal));
    }

    /// <summary>Whether a statement gives the same rows whenever it reads the same tables.</summary>
    public bool AreAll(SqlAnalysis statement) => (bool)decided.GetValue(
        statement, s => IsStable(s, stable) && s.TableFunctions.All(call => tableFunctions.Contains(call.Name)) && !HasWord(s.Tokens));

    static bool IsStable(SqlAnalysis analysis, IReadOnlySet<string> known) =>
        analysis.Functions.All(name => known.Contains(name) || ServedFunctions.Allows(ServedFunctions.Syntax, name))
        && !analysis.Columns.Any(column => values.Contains(column.Parts[^1]));

    static bool HasWord(SqlTokens tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
            if (tokens[i].Kind == SqlTokenKind.Word && words.Contains(tokens.TextOf(i).ToString())
                // A direction of ORDER BY stands behind something.
                && !(tokens.IsWord(i, "desc") && i > 0 && !tokens.IsSymbol(i - 1, '('))) return true;
        return false;
    }
}
