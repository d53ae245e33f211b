using System.Reflection;
using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>A macro of a package.</summary>
/// <param name="Package">The package.</param>
/// <param name="Definition">Its definition; the name of a generic test begins with <c>test_</c>.</param>
sealed record DbtMacro(string Package, JinjaMacroDefinition Definition)
{
    /// <summary>Its name.</summary>
    public string Name => Definition.Keyword == "test" ? TestPrefix + Definition.Name : Definition.Name;

    /// <summary>What the names of generic tests begin with among macros.</summary>
    public const string TestPrefix = "test_";
}

/// <summary>The macros of a project, of its packages, and the built-in ones.</summary>
/// <param name="project">The project's name.</param>
/// <param name="errors">Collects the errors in their files.</param>
sealed class DbtMacros(string project, ErrorList errors)
{
    /// <summary>The package of macros that are there without a name before them.</summary>
    public const string BuiltIn = "dbt";

    /// <summary>Built in as far as it is used most; an installed package takes precedence.</summary>
    public const string Utils = "dbt_utils";

    readonly Dictionary<string, Dictionary<string, DbtMacro>> packages = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> docs = new(StringComparer.Ordinal);
    readonly Dictionary<string, Place> materializations = new(StringComparer.Ordinal);

    /// <summary>The texts of <c>docs</c> blocks, by name.</summary>
    public IReadOnlyDictionary<string, string> Docs => docs;

    /// <summary>The materializations that macros define, with their places.</summary>
    public IReadOnlyDictionary<string, Place> Materializations => materializations;

    /// <summary>The packages that have macros.</summary>
    public IEnumerable<string> Packages => packages.Keys;

    /// <summary>All macros.</summary>
    public IEnumerable<DbtMacro> All => packages.Values.SelectMany(macros => macros.Values);

    /// <summary>Adds those that are built in, of packages that are not there.</summary>
    public void AddBuiltIn()
    {
        foreach (var package in new[]
        {
            BuiltIn, Utils,
        }.Where(package => package == BuiltIn || !packages.ContainsKey(package)))
        {
            using var stream =
                Assembly.GetExecutingAssembly().GetManifestResourceStream($"Foz.Dbt.Macros.{package}.sql")!;
            using var reader = new StreamReader(stream);
            Add(package, $"{package}.sql (built in)", reader.ReadToEnd().ReplaceLineEndings("\n"));
        }
    }

    /// <summary>Adds what a file defines.</summary>
    /// <param name="package">The package that it is part of.</param>
    /// <param name="file">The file, for errors.</param>
    /// <param name="text">Its text.</param>
    public void Add(string package, string file, string text)
    {
        try
        {
            foreach (var statement in JinjaTemplate.Read(text, file).Definitions) Add(package, statement);
        }
        catch (FozException e)
        {
            errors.Add(e);
        }
    }

    /// <summary>Adds what a template defines.</summary>
    public void Add(string package, JinjaStatement statement)
    {
        if (statement is JinjaStatement.Block { Keyword: "docs" } text) docs[text.Name] = text.BodyText.Trim();
        if (statement is JinjaStatement.Block { Keyword: "materialization" } own)
            materializations[own.Name] = own.Place;
        if (statement is not JinjaStatement.Macro { Definition: var definition }) return;
        if (!packages.TryGetValue(package, out var macros)) packages[package] = macros = new(StringComparer.Ordinal);
        var macro = new DbtMacro(package, definition);
        if (!macros.TryAdd(macro.Name, macro))
        {
            errors.Add(
                definition.Place, $"the {definition.Keyword} '{definition.Name}' is there twice",
                $"first at {macros[macro.Name].Definition.Place}");
        }
    }

    /// <summary>The macro of a package; null where it has none of the name.</summary>
    public DbtMacro? FindIn(string package, string name) =>
        packages.GetValueOrDefault(package)?.GetValueOrDefault(name);

    /// <summary>
    /// The macro that a name without a package means in a package: its own, the project's, or a built in one.
    /// </summary>
    public DbtMacro? Find(string name, string from) =>
        FindIn(from, name) ?? FindIn(project, name) ?? FindIn(BuiltIn, name);

    /// <summary>The names that can be called in a package without that of a package before them.</summary>
    public IEnumerable<string> NamesIn(string from) =>
        new[] { from, project, BuiltIn }.Distinct()
            .SelectMany(package => packages.GetValueOrDefault(package)?.Keys ?? Enumerable.Empty<string>());

    /// <summary>The names of macros of a package.</summary>
    public IEnumerable<string> NamesOf(string package) =>
        packages.GetValueOrDefault(package)?.Keys ?? Enumerable.Empty<string>();
}
