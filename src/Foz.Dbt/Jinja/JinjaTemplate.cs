using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>A template, read.</summary>
/// <param name="Body">What it does.</param>
sealed record JinjaTemplate(IReadOnlyList<JinjaStatement> Body)
{
    /// <summary>Reads a template.</summary>
    /// <param name="text">Its text, with <c>\n</c> as line breaks.</param>
    /// <param name="file">The file as errors name it.</param>
    /// <exception cref="FozException">It cannot be read; the place is where.</exception>
    public static JinjaTemplate Read(string text, string file) => new(new JinjaParser(text, new(file, 1, 1)).Read());

    /// <summary>Whether a text has anything of a template.</summary>
    public static bool IsTemplate(string text) =>
        text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal)
            || text.Contains("{#", StringComparison.Ordinal);

    /// <summary>Returns the outermost scope of a template: the functions that all templates have, and more.</summary>
    /// <param name="values">More names.</param>
    public static JinjaScope Context(params IEnumerable<(string Name, object? Value)> values)
    {
        var scope = new JinjaScope();
        foreach (var (name, value) in JinjaFunctions.All) scope.Set(name, value);
        foreach (var (name, value) in values) scope.Set(name, value);
        return scope;
    }

    /// <summary>What it writes.</summary>
    /// <param name="context">What names mean that it does not set.</param>
    /// <param name="limits">What it may take.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It is wrong, or takes more than it may.</exception>
    public string Render(JinjaScope context, JinjaLimits limits, CancellationToken cancellationToken) =>
        new JinjaEvaluator(context, limits, cancellationToken).Render(Body);

    /// <summary>All macros and other definitions that stand in it, not in other blocks.</summary>
    public IEnumerable<JinjaStatement> Definitions =>
        Body.Where(statement => statement is JinjaStatement.Macro or JinjaStatement.Block);
}
