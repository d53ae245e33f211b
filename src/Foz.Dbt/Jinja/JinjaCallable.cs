using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Jinja;

/// <summary>What a template can call.</summary>
/// <param name="name">Its name, for errors.</param>
/// <param name="invoke">What it does.</param>
class JinjaCallable(string name, Func<JinjaArguments, object?> invoke)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>What it gives for what it is handed.</summary>
    public object? Invoke(JinjaArguments arguments) => invoke(arguments);

    /// <inheritdoc/>
    public override string ToString() => $"<function {Name}>";
}

/// <summary>A macro, which keeps the scope that it was defined in.</summary>
/// <param name="definition">What it does.</param>
/// <param name="invoke">Runs it.</param>
sealed class JinjaMacro(JinjaMacroDefinition definition, Func<JinjaArguments, object?> invoke)
    : JinjaCallable(definition.Name, invoke)
{
    /// <summary>Gets its definition in the template.</summary>
    public JinjaMacroDefinition Definition { get; } = definition;
}

/// <summary>What is handed to a function.</summary>
/// <param name="Rendering">What it is called in.</param>
/// <param name="Place">Where it is called.</param>
/// <param name="Name">What it is called there.</param>
/// <param name="Positional">The values without names.</param>
/// <param name="Named">Those with names.</param>
sealed record JinjaArguments(
    JinjaRendering Rendering, Place Place, string Name, IReadOnlyList<object?> Positional,
    IReadOnlyDictionary<string, object?> Named)
{
    static readonly Dictionary<string, object?> NoNames = [];

    /// <summary>Arguments without names.</summary>
    public static JinjaArguments Of(
        JinjaRendering rendering, Place place, string name, params IReadOnlyList<object?> values) =>
        new(rendering, place, name, values, NoNames);

    /// <summary>
    /// Returns the values of parameters in their order: for each the positional value, otherwise the named one.
    /// </summary>
    /// <param name="required">How many parameters must have a value.</param>
    /// <param name="names">The parameters.</param>
    /// <returns>One value for each; <see cref="Missing"/> where there is none.</returns>
    /// <exception cref="FozException">Thrown when a value is missing, passed twice, or unknown.</exception>
    public object?[] Bind(int required, params ReadOnlySpan<string> names)
    {
        if (Positional.Count > names.Length)
        {
            throw Error(
                names.Length == 0
                    ? $"{Name}() takes nothing"
                    : $"{Name}() takes at most {names.Length} values, not {Positional.Count}",
                hint: null);
        }
        var values = new object?[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var isNamed = Named.TryGetValue(names[i], out var named);
            if (isNamed && i < Positional.Count) throw Error($"{Name}() has two values for '{names[i]}'", hint: null);
            values[i] = i < Positional.Count ? Positional[i] : isNamed ? named : Missing;
            if (i < required && ReferenceEquals(values[i], Missing))
                throw Error($"{Name}() needs a value for '{names[i]}'", hint: null);
        }
        foreach (var name in Named.Keys)
        {
            if (!names.Contains(name))
                throw Error($"{Name}() has no parameter '{name}'", NearestName.Hint(name, names.ToArray()));
        }
        return values;
    }

    /// <summary>Gets the placeholder of an argument that was not passed.</summary>
    public static object Missing { get; } = new JinjaUndefined("a value");

    /// <summary>The only value.</summary>
    public object? Single(string name = "value") => Bind(1, name)[0];

    /// <summary>A value as a text; null where it was not handed over, or is none.</summary>
    public static string? TextOf(object? value) => value is null or JinjaUndefined ? null : JinjaValue.ToText(value);

    /// <summary>A value as a whole number.</summary>
    public long Integer(object? value, long missing) => value switch
    {
        JinjaUndefined or null => missing,
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => throw Error($"{Name}() needs a whole number, not {JinjaValue.ToCode(value)}", hint: null),
    };

    /// <summary>The items of a value.</summary>
    public IEnumerable<object?> Items(object? value) => JinjaValue.ItemsOf(value)
        ?? throw Error($"{Name} needs a list, not {JinjaValue.ToCode(value)}", hint: null);

    /// <summary>An error where it is called.</summary>
    public FozException Error(string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = Place, Hint = hint };
}
