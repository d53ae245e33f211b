using Foz.Lake.Configuration;

namespace Foz.Dbt.Jinja;

/// <summary>Assigns the arguments of a macro to its parameters.</summary>
static class JinjaBinding
{
    /// <summary>Sets a macro's parameters, and <c>varargs</c>, <c>kwargs</c> and <c>caller</c>.</summary>
    /// <param name="macro">The macro.</param>
    /// <param name="arguments">What it is handed.</param>
    /// <param name="scope">Its scope.</param>
    /// <param name="evaluate">Gives the values of defaults.</param>
    public static void Bind(
        JinjaMacroDefinition macro, JinjaArguments arguments, JinjaScope scope,
        Func<JinjaExpression, JinjaScope, object?> evaluate)
    {
        var parameters = macro.Parameters;
        if (arguments.Positional.Count > parameters.Count && !macro.Names.Contains("varargs"))
        {
            throw arguments.Error(
                $"the macro '{macro.Name}' takes "
                    + $"{(parameters.Count == 0 ? "nothing" : $"at most {parameters.Count} values")}, not "
                    + $"{arguments.Positional.Count}",
                $"it is defined at {macro.Place}");
        }
        var rest = new JinjaDict();
        var caller = (object?)new JinjaUndefined("'caller'");
        foreach (var (name, value) in arguments.Named)
        {
            if (parameters.Any(p => p.Name == name)) continue;
            if (name == "caller") caller = value;
            else if (macro.Names.Contains("kwargs")) rest[name] = value;
            else
            {
                throw arguments.Error(
                    $"the macro '{macro.Name}' has no parameter '{name}'",
                    NearestName.Hint(name, parameters.Select(p => p.Name)));
            }
        }
        for (var i = 0; i < parameters.Count; i++)
        {
            var (name, missing) = parameters[i];
            var isNamed = arguments.Named.TryGetValue(name, out var named);
            if (isNamed && i < arguments.Positional.Count)
                throw arguments.Error($"the macro '{macro.Name}' gets '{name}' twice", hint: null);
            scope.Set(
                name,
                i < arguments.Positional.Count ? arguments.Positional[i]
                    : isNamed ? named
                    : missing is null ? new JinjaUndefined($"the parameter '{name}'") : evaluate(missing, scope));
        }
        if (macro.Names.Contains("varargs"))
            scope.Set("varargs", new JinjaTuple([.. arguments.Positional.Skip(parameters.Count)]));
        if (macro.Names.Contains("kwargs")) scope.Set("kwargs", rest);
        if (macro.Keyword != "call" && macro.Names.Contains("caller") && !parameters.Any(p => p.Name == "caller"))
            scope.Set("caller", caller);
    }
}
