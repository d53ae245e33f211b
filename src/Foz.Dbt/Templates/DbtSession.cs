using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Dbt.Templates;

/// <summary>A name in <c>ref()</c> or <c>source()</c>, and where it stands.</summary>
/// <param name="IsSource">Whether it is that of a source.</param>
/// <param name="Package">The package, or the source's name; null where none is stated.</param>
/// <param name="Name">The name.</param>
/// <param name="Place">Where it stands.</param>
readonly record struct DbtReference(bool IsSource, string? Package, string Name, Place Place)
{
    /// <summary>The version of the model that is asked for; null for the latest.</summary>
    public string? Version { get; init; }

    /// <summary>As it is written.</summary>
    public override string ToString() =>
        $"{(IsSource ? "source" : "ref")}"
            + $"({(Package is null ? "" : $"'{Package}', ")}'{Name}'{(Version is null ? "" : $", v={Version}")})";
}

/// <summary>A request to render a template: the resource, and its context.</summary>
sealed record DbtRequest
{
    /// <summary>The package that it is part of.</summary>
    public required string Package { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its file, relative to the project.</summary>
    public required string File { get; init; }

    /// <summary><c>model</c>, <c>snapshot</c>, <c>test</c> or <c>operation</c>.</summary>
    public string Kind { get; init; } = "model";

    /// <summary>Its own table; null where it has none.</summary>
    public TableName? This { get; init; }

    /// <summary>Its configuration.</summary>
    public DbtConfig Config { get; init; } = new();

    /// <summary>Whether <c>config()</c> takes effect; otherwise it was read before.</summary>
    public bool Configures { get; init; }

    /// <summary>Whether queries are run, and <c>execute</c> is true.</summary>
    public bool Executes { get; init; }

    /// <summary>Whether its table is there and gets new rows only.</summary>
    public bool IsIncremental { get; init; }

    /// <summary>The lake; null where none is at hand.</summary>
    public IProjectLake? Lake { get; init; }

    /// <summary>
    /// More names, which stand over all others; one of a package's macro has the package and a dot before it.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Values { get; init; } = new Dictionary<string, object?>();

    /// <summary>The rendering of a resource, its configuration complete.</summary>
    public static DbtRequest Of(DbtResource resource) => new()
    {
        Package = resource.Package.Name, Name = resource.Name, File = resource.File, Kind = resource.Kind,
        This = resource.Table, Config = resource.Config,
    };
}

/// <summary>
/// What a dbt project's templates are rendered in: its packages, macros, target, variables and names.
/// </summary>
sealed record DbtSurroundings
{
    /// <summary>The project.</summary>
    public required DbtPackage Project { get; init; }

    /// <summary>It and its packages, by name.</summary>
    public required IReadOnlyDictionary<string, DbtPackage> Packages { get; init; }

    /// <summary>All macros.</summary>
    public required DbtMacros Macros { get; init; }

    /// <summary>Where it runs.</summary>
    public required DbtTarget Target { get; init; }

    /// <summary>Environment variables.</summary>
    public required Variables Variables { get; init; }

    /// <summary>Variables of the command line.</summary>
    public JinjaDict Vars { get; init; } = new();

    /// <summary>Whether the rows that tests find are kept, where the tests do not say.</summary>
    public bool StoresFailures { get; init; }

    /// <summary>What dbt's environment variables ask for.</summary>
    public DbtEnvironment Environment { get; init; } = DbtEnvironment.None;

    /// <summary>When the command began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The command's own id.</summary>
    public required string InvocationId { get; init; }

    /// <summary>The things of the project, as <c>graph</c> in templates has them.</summary>
    public Func<JinjaDict> Graph { get; init; } = static () => new();

    /// <summary>The command that is run, as <c>flags.WHICH</c>.</summary>
    public string Command { get; init; } = "run";

    /// <summary>Whether the command rebuilds tables.</summary>
    public bool IsFullRefresh { get; init; }

    /// <summary>Returns the relation of a reference; null where it is not known yet or does not exist.</summary>
    public Func<DbtReference, string, DbtRelation?> Find { get; init; } = static (_, _) => null;
}

/// <summary>One rendering of a template, and what it requested.</summary>
/// <param name="surroundings">The project's.</param>
/// <param name="request">The template to render.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class DbtSession(DbtSurroundings surroundings, DbtRequest request, CancellationToken cancellationToken)
{
    readonly List<DbtReference> references = [];

    // Those that are being rendered.
    readonly HashSet<string> variables = new(StringComparer.Ordinal);

    /// <summary>The project's.</summary>
    public DbtSurroundings Surroundings => surroundings;

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
        return evaluator.Bind(
            macro.Definition, scopes.Of(macro.Package)).Invoke(new(evaluator, place, macro.Name, positional, named));
    }

    /// <summary>The relation that a reference means.</summary>
    public DbtRelation Resolve(DbtReference reference)
    {
        references.Add(reference);
        return surroundings.Find(reference, request.Package)
            ?? new(new(reference.IsSource ? reference.Package! : surroundings.Target.Schema, reference.Name));
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
