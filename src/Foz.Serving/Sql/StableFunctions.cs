using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>
/// Which statements give the same rows whenever they read the same tables: those whose functions the engine says that
/// of, and of macros those that call no others. What is not known is not taken for one.
/// </summary>
sealed class StableFunctions
{
    /// <summary>What the engine does not list: functions of windows.</summary>
    static readonly FrozenSet<string> ofWindows = FrozenSet.ToFrozenSet(
    [
        "row_number", "rank", "dense_rank", "rank_dense", "percent_rank", "cume_dist", "ntile", "lag", "lead",
        "first_value",
        "last_value", "nth_value",
    ], StringComparer.Ordinal);

    /// <summary>What tells of the moment or of the session, though the engine does not say that of it.</summary>
    static readonly FrozenSet<string> ofTheMoment = FrozenSet.ToFrozenSet(
        ["age", "current_localtime", "current_localtimestamp", "current_setting", "getvariable"],
        StringComparer.Ordinal);

    static readonly FrozenSet<string> tableFunctions = FrozenSet.ToFrozenSet(
        ["range", "generate_series", "unnest"], StringComparer.Ordinal);

    /// <summary>Names of columns that are values of the moment or of the session where no column has them.</summary>
    static readonly FrozenSet<string> values = FrozenSet.ToFrozenSet(
    [
        "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
        "current_user",
        "localtime", "localtimestamp", "session_user", "user",
    ], StringComparer.OrdinalIgnoreCase);

    /// <summary>Words of statements that tell of the engine, or take rows by chance.</summary>
    static readonly FrozenSet<string> words = FrozenSet.ToFrozenSet(
        ["sample", "tablesample", "show", "describe", "desc", "summarize", "pragma", "explain"],
        StringComparer.OrdinalIgnoreCase);

    const string SystemCatalog = "system";

    readonly FrozenSet<string> stable;
    readonly ConditionalWeakTable<SqlAnalysis, object> decided = [];

    StableFunctions(FrozenSet<string> stable) => this.stable = stable;

    /// <summary>Asks the engine.</summary>
    public static StableFunctions Read(EngineSession engine, CancellationToken cancellationToken)
    {
        var known = new HashSet<string>(ofWindows, StringComparer.Ordinal);
        List<(string Name, string? Definition, bool IsConsistent)> functions = [];
        using (var rows = engine.Query(
            """
            SELECT function_name, macro_definition, bool_and(stability = 'CONSISTENT' AND NOT has_side_effects)
            FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro') GROUP BY ALL
            """, cancellationToken))
            foreach (var row in rows.Rows(cancellationToken))
                functions.Add(((string)row[0]!, row[1] as string, row[2] is true));
        // If a name has several functions, all of them must be stable.
        var macros = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        List<string> definitions = [];
        foreach (var overloads in functions.GroupBy(function => function.Name))
        {
            if (!overloads.All(function =>
                function.Definition is not null || (function.IsConsistent && !ofTheMoment.Contains(function.Name))))
                continue;
            // As a macro calls what it stands in front of.
            known.Add($"{SystemCatalog}.{overloads.Key}");
            var bodiesOfIt = overloads.Where(function => function.Definition is not null)
                .Select(macro => $"SELECT {macro.Definition}").ToList();
            if (bodiesOfIt.Count == 0) known.Add(overloads.Key);
            else macros.Add(overloads.Key, [.. bodiesOfIt.Select((_, i) => definitions.Count + i)]);
            definitions.AddRange(bodiesOfIt);
        }
        var bodies = engine.AnalyzeMany(definitions, cancellationToken);
        for (var found = -1; found != known.Count;)
        {
            found = known.Count;
            foreach (var (name, numbers) in macros)
                if (numbers.All(i =>
                    bodies[i].Analysis is { Tables: [], TableFunctions: [] } body && IsStable(body, known)))
                    known.Add(name);
        }
        // These tell of a session's catalog, by a number that no other session has.
        known.RemoveWhere(OwnNames.Has);
        return new(known.ToFrozenSet(StringComparer.Ordinal));
    }

    /// <summary>Whether a statement gives the same rows whenever it reads the same tables.</summary>
    public bool AreAll(SqlAnalysis statement) => (bool)decided.GetValue(
        statement,
        s => IsStable(s, stable) && s.TableFunctions.All(call => tableFunctions.Contains(call.Name))
            && !HasWord(s.Tokens));

    static bool IsStable(SqlAnalysis analysis, IReadOnlySet<string> known) =>
        analysis.Functions.All(name => known.Contains(name) || ServedFunctions.Allows(ServedFunctions.Syntax, name))
        && !analysis.Columns.Any(column => values.Contains(column.Parts[^1]));

    static bool HasWord(SqlTokens tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
            if (tokens[i].Kind == SqlTokenKind.Word && words.Contains(tokens.TextOf(i).ToString())
                // A direction of ORDER BY follows something.
                && !(tokens.IsWord(i, "desc") && i > 0 && !tokens.IsSymbol(i - 1, '('))) return true;
        return false;
    }
}
