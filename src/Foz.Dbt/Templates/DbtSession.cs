using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Dbt.Templates;

/// <summary>One rendering of a template, and what it asked for.</summary>
/// <param name="context">The project's.</param>
/// <param name="request">The template to render.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class DbtSession(DbtContext context, DbtRequest request, CancellationToken cancellationToken)
{
    readonly List<DbtReference> references = [];

    // Those that are being rendered.
    readonly HashSet<string> variables = new(StringComparer.Ordinal);

    /// <summary>The project's.</summary>
    public DbtContext Context => context;

    /// <summary>Gets the request.</summary>
    public DbtRequest Request => request;

    /// <summary>Stops it.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The names that were asked for, in order.</summary>
    public IReadOnlyList<DbtReference> References => references;

    /// <summary>Whether it asked for something that is another in each run, or only in a run.</summary>
    public bool IsVolatile { get; set; }

    /// <summary>Whether it asked what the lake has.</summary>
    public bool AsksLake { get; set; }

    /// <summary>Whether it asked what the project is made of.</summary>
    public bool ReadsGraph { get; set; }

    /// <summary>What queries gave that templates gave names to.</summary>
    public Dictionary<string, object?> Results { get; } = new(StringComparer.Ordinal);

    /// <summary>Renders a template.</summary>
    /// <exception cref="FozException">It is wrong.</exception>
    public SqlBody Render(JinjaTemplate template)
    {
        var evaluator = new JinjaEvaluator(new DbtScopes(this).Root, JinjaLimits.Default, cancellationToken);
        var text = evaluator.Render(template.Body);
        return Body(text, evaluator.Marks);
    }

    /// <summary>
    /// What the text of a variable gives, which is a template of its own: it may ask for sources, models and other
    /// variables.
    /// </summary>
    /// <param name="name">The variable.</param>
    /// <param name="text">Its text.</param>
    /// <param name="place">Where it is asked for.</param>
    /// <exception cref="FozException">The text is wrong, or made of itself.</exception>
    public string RenderVariable(string name, string text, Place place)
    {
        if (!variables.Add(name))
            throw new FozException(ErrorKind.Configuration, $"the variable '{name}' is made of itself")
            {
                Place = place, Hint = $"give it a value of its own under 'vars' of {DbtPackage.FileName}",
            };
        try
        {
            var template = new JinjaTemplate(new JinjaParser(text, place).Read());
            return new JinjaEvaluator(
                new DbtScopes(this).Root, JinjaLimits.Default, cancellationToken).Render(template.Body);
        }
        finally
        {
            variables.Remove(name);
        }
    }

    /// <summary>Calls a macro.</summary>
    /// <returns>What it writes, or returns.</returns>
    /// <exception cref="FozException">It is wrong.</exception>
    public object? Call(
        DbtMacro macro, Place place, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named)
    {
        var scopes = new DbtScopes(this);
        var evaluator = new JinjaEvaluator(scopes.Root, JinjaLimits.Default, cancellationToken);
        return evaluator.Rendering.Bind(
            macro.Definition,
            scopes.Of(macro.Package)).Invoke(new(evaluator.Rendering, place, macro.Name, positional, named));
    }

    /// <summary>The relation that a reference means.</summary>
    public DbtRelation Resolve(DbtReference reference)
    {
        references.Add(reference);
        return context.Find(reference, request.Package)
            ?? new(new(reference.IsSource ? reference.Package! : context.Target.Schema, reference.Name));
    }

    /// <summary>Runs a query; nothing where none are run.</summary>
    public (IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows)? Query(string sql, Place place)
    {
        (IsVolatile, AsksLake) = (true, true);
        if (!request.Executes || request.Lake is null) return null;
        try
        {
            return request.Lake.Query(sql, cancellationToken);
        }
        catch (FozException e) when (e.Place is not { Line: > 0, File: not "sql" })
        {
            throw new FozException(e.Kind, e.Message, e) { Place = place, Hint = e.Hint };
        }
    }

    SqlBody Body(string text, IReadOnlyList<(int Index, Place Place, bool IsText)> marks)
    {
        var start = text.Length - text.TrimStart().Length;
        var sql = SqlEnd.Trim(text[start..]);
        return new(sql, new(request.File, 1, 1)) { Map = index => PlaceOf(index + start) };

        Place PlaceOf(int index)
        {
            var mark = marks.LastOrDefault(mark => mark.Index <= index);
            if (mark.Place.File is null) return new(request.File, 1, 1);
            if (!mark.IsText) return mark.Place;
            var passed = text.AsSpan(mark.Index, Math.Clamp(index - mark.Index, 0, text.Length - mark.Index));
            var lines = passed.Count('\n');
            return new(
                mark.Place.File, mark.Place.Line + lines,
                lines == 0 ? mark.Place.Column + passed.Length : passed.Length - passed.LastIndexOf('\n'));
        }
    }
}
