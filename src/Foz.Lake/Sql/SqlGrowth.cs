using System.Text.Json;

namespace Foz.Lake.Sql;

/// <summary>
/// Measures how much a statement grows while the engine binds it: calls of macros are replaced by their definitions,
/// and later uses of a column alias by its expression. The engine cannot be interrupted meanwhile.
/// </summary>
sealed class SqlGrowth
{
    // Above any limit, and finite: differences of sizes must be numbers.
    const double TimesMax = 1e12;

    readonly Func<string, MacroSize?> macros;
    readonly Dictionary<string, double> uses = new(StringComparer.OrdinalIgnoreCase);
    Dictionary<string, double> aliases = new(StringComparer.OrdinalIgnoreCase);
    double size;
    double written;

    SqlGrowth(Func<string, MacroSize?> macros) => this.macros = macros;

    /// <summary>How many more expressions a statement has when it is bound than are written in it.</summary>
    public static double Measure(JsonElement tree, MacroSizes macros)
    {
        var growth = new SqlGrowth(macros.Find);
        growth.Read(tree, 1);
        return growth.size - growth.written;
    }

    /// <summary>The size of a macro by the tree of its definition.</summary>
    public static MacroSize MeasureMacro(
        JsonElement tree, IReadOnlyList<string> parameters, Func<string, MacroSize?> macros)
    {
        var growth = new SqlGrowth(macros);
        foreach (var parameter in parameters) growth.uses[parameter] = 0;
        growth.Read(tree, 1);
        return new(growth.size, [.. parameters.Select(parameter => growth.uses[parameter])]);
    }

    void Read(JsonElement element, double times)
    {
        SqlNesting.Check();
        if (element.ValueKind is JsonValueKind.Array)
            foreach (var item in element.EnumerateArray()) Read(item, times);
        else if (element.ValueKind is not JsonValueKind.Object) return;
        else if (element.TryGetProperty("select_list", out var list)) ReadSelect(element, list, times);
        else if (element.TryGetProperty("class", out var kind)) ReadExpression(element, kind, times);
        else ReadParts(element, times);
    }

    void ReadParts(JsonElement element, double times)
    {
        foreach (var property in element.EnumerateObject()) Read(property.Value, times);
    }

    /// <summary>
    /// Reads a SELECT, whose aliases are known only inside of it: in subqueries of its expressions, but not in its
    /// relations.
    /// </summary>
    void ReadSelect(JsonElement select, JsonElement list, double times)
    {
        var around = aliases;
        aliases = new(around, StringComparer.OrdinalIgnoreCase);
        foreach (var item in list.EnumerateArray())
        {
            var before = size;
            Read(item, times);
            if (item.TryGetProperty("alias", out var alias) && alias.GetString() is { Length: > 0 } name)
                aliases[name] = (size - before) / times;
        }
        var own = aliases;
        foreach (var property in select.EnumerateObject())
        {
            if (property.NameEquals("select_list")) continue;
            aliases = property.NameEquals("from_table") || property.NameEquals("cte_map") ? [] : own;
            Read(property.Value, times);
        }
        aliases = around;
    }

    void ReadExpression(JsonElement expression, JsonElement kind, double times)
    {
        written++;
        if (kind.ValueEquals("COLUMN_REF")) ReadColumn(expression.GetProperty("column_names"), times);
        else if (kind.ValueEquals("FUNCTION") && expression.GetProperty("catalog").GetString() is null or ""
            && macros(expression.GetProperty("function_name").GetString()!) is { } macro)
        {
            size += macro.Own * times;
            foreach (var (place, argument) in expression.GetProperty("children").EnumerateArray().Index())
                Read(argument, Math.Min(times * Math.Max(macro.Uses.ElementAtOrDefault(place), 1), TimesMax));
        }
        else
        {
            size += times;
            ReadParts(expression, times);
        }
    }

    void ReadColumn(JsonElement names, double times)
    {
        var name = names.GetArrayLength() == 1 ? names[0].GetString()! : "";
        if (uses.TryGetValue(name, out var used)) uses[name] = used + times;
        else size += Math.Min(times * aliases.GetValueOrDefault(name, 1), TimesMax);
    }
}
