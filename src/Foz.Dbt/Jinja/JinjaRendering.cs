using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>One rendering of a template, for what is called in it. It is for one template at one time.</summary>
/// <param name="limits">What it may take.</param>
/// <param name="run">Runs a macro whose names mean what they do in a scope.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class JinjaRendering(
    JinjaLimits limits, Func<JinjaMacroDefinition, JinjaScope, JinjaArguments, object?> run,
    CancellationToken cancellationToken)
{
    long steps;

    /// <summary>What it may take.</summary>
    public JinjaLimits Limits => limits;

    /// <summary>What the macro that is running returned; not set before it did.</summary>
    public (bool IsSet, object? Value) Returned { get; set; }

    /// <summary>Whether the macro that is running has ended, though what it is in the middle of has not.</summary>
    public bool HasReturned => Returned.IsSet;

    /// <summary>Ends the macro that is running, with a value: dbt's <c>return</c>.</summary>
    public void Return(object? value) => Returned = (true, value);

    /// <summary>A macro whose names mean what they do in a scope.</summary>
    public JinjaMacro Bind(JinjaMacroDefinition definition, JinjaScope scope) =>
        new(definition, arguments => run(definition, scope, arguments));

    /// <summary>Counts what is done.</summary>
    /// <exception cref="FozException">It is more than may be.</exception>
    public void Step(Place place)
    {
        if (++steps > limits.StepsMax)
        {
            throw new FozException(ErrorKind.Resource, $"the template does not end within {limits.StepsMax:N0} steps")
            {
                Place = place, Hint = "check for a very long loop, or macros that call each other",
            };
        }
        if ((steps & 0xFFF) == 0) cancellationToken.ThrowIfCancellationRequested();
    }
}
