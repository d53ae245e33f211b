using System.Collections.Frozen;
using System.Text.Json;

namespace Foz.Lake.Sql;

/// <summary>How large the definition of a macro is, and how often it uses each of its parameters.</summary>
/// <param name="Own">The number of its expressions, without its parameters.</param>
/// <param name="Uses">For each parameter, how often the definition uses it.</param>
readonly record struct MacroSize(double Own, IReadOnlyList<double> Uses);

/// <summary>A macro of an engine.</summary>
/// <param name="Name">Its name, in small letters.</param>
/// <param name="Parameters">The names of its parameters.</param>
/// <param name="Tree">The tree of its definition, as the JSON of <c>json_serialize_sql</c>.</param>
sealed record MacroDefinition(string Name, IReadOnlyList<string> Parameters, string Tree);

/// <summary>
/// The sizes of an engine's macros. The engine replaces each call by the macro's definition: a parameter that is used
/// twice doubles its argument, and each level of nested calls doubles it again.
/// </summary>
sealed class MacroSizes
{
    readonly FrozenDictionary<string, MacroSize> sizes;

    MacroSizes(FrozenDictionary<string, MacroSize> sizes) => this.sizes = sizes;

    /// <summary>The size of a macro; null if there is no macro of that name.</summary>
    public MacroSize? Find(string name) => sizes.TryGetValue(name, out var size) ? size : null;

    /// <summary>Measures macros.</summary>
    /// <param name="macros">All macros of an engine, built-in and defined ones.</param>
    public static MacroSizes Of(IEnumerable<MacroDefinition> macros)
    {
        var definitions = macros.ToLookup(definition => definition.Name);
        var known = new Dictionary<string, MacroSize>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in definitions.Select(group => group.Key)) Measure(name);
        return new(known.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));

        MacroSize? Measure(string name)
        {
            if (known.TryGetValue(name, out var size)) return size;
            if (!definitions.Contains(name)) return null;
            // A macro that calls a function of its own name calls the engine's.
            known[name] = new(1, []);
            return known[name] = definitions[name].Select(SizeOf).Aggregate(Larger);
        }

        MacroSize SizeOf(MacroDefinition definition)
        {
            using var tree = JsonDocument.Parse(definition.Tree, new() { MaxDepth = SqlTreeReader.DepthMax });
            return SqlGrowth.MeasureMacro(tree.RootElement, definition.Parameters, Measure);
        }
    }

    static MacroSize Larger(MacroSize one, MacroSize other)
    {
        var parameters = Enumerable.Range(0, Math.Max(one.Uses.Count, other.Uses.Count));
        return new(
            Math.Max(one.Own, other.Own),
            [.. parameters.Select(i => Math.Max(one.Uses.ElementAtOrDefault(i), other.Uses.ElementAtOrDefault(i)))]);
    }
}
