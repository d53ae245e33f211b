using System.Collections.Frozen;
using System.Text.Json;

namespace Foz.Lake.Engine;

/// <summary>How large the definition of a macro is, and how often it has each of its arguments.</summary>
/// <param name="Own">Its expressions, without its arguments.</param>
/// <param name="Uses">For each argument how often it stands in the definition.</param>
readonly record struct MacroSize(double Own, IReadOnlyList<double> Uses);

/// <summary>
/// The sizes of an engine's macros. The engine puts a macro's definition in the place of each call, with the arguments in it: one that has
/// an argument twice doubles it, and calls inside of each other double each time.
/// </summary>
sealed class MacroSizes
{
    readonly FrozenDictionary<string, MacroSize> sizes;

    MacroSizes(FrozenDictionary<string, MacroSize> sizes) => this.sizes = sizes;

    /// <summary>The size of a macro; null for what is no macro.</summary>
    public MacroSize? Find(string name) => sizes.TryGetValue(name, out var size) ? size : null;

    /// <summary>Measures the macros of an engine, its own and those that were made.</summary>
    public static MacroSizes Read(EngineSession session, CancellationToken cancellationToken)
    {
        using var rows = session.Query(
            """
            SELECT lower(function_name), array_to_string(parameters, chr(10)), json_serialize_sql('SELECT ' || macro_definition)::VARCHAR
            FROM duckdb_functions() WHERE function_type = 'macro' AND macro_definition IS NOT NULL
            """,
            cancellationToken);
        var definitions = rows.Rows(cancellationToken)
            .Select(row => new Definition((string)row[0]!, ((string)row[1]!).Split('\n'), (string)row[2]!)).ToLookup(definition => definition.Name);
        var known = new Dictionary<string, MacroSize>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in definitions.Select(group => group.Key)) Measure(name);
        return new(known.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));

        MacroSize? Measure(string name)
        {
            if (known.TryGetValue(name, out var size)) return size;
            if (!definitions.Contains(name)) return null;
            // One that calls a function of its own name means the engine's.
            known[name] = new(1, []);
            return known[name] = definitions[name].Select(SizeOf).Aggregate(Larger);
        }

        MacroSize SizeOf(Definition definition)
        {
            using var tree = JsonDocument.Parse(definition.Tree, new() { MaxDepth = SqlTreeReader.DepthMax });
            return SqlGrowth.MeasureMacro(tree.RootElement, definition.Parameters, Measure);
        }
    }

    static MacroSize Larger(MacroSize one, MacroSize other) => new(
        Math.Max(one.Own, other.Own),
        [.. Enumerable.Range(0, Math.Max(one.Uses.Count, other.Uses.Count)).Select(i => Math.Max(one.Uses.ElementAtOrDefault(i), other.Uses.ElementAtOrDefault(i)))]);

    sealed record Definition(string Name, IReadOnlyList<string> Parameters, string Tree);
}
