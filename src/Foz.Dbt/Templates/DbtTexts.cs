using System.Text;
using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>Reads files of a dbt project, and renders the templates in its YAML.</summary>
/// <param name="root">The project's folder, as a full path.</param>
/// <param name="scopeOf">Returns the scope of names in a file, whose path is relative to the project.</param>
/// <param name="errors">Collects errors.</param>
sealed class DbtTexts(string root, Func<string, JinjaScope> scopeOf, ErrorList errors)
{
    /// <summary>Texts in which names mean the same in each file.</summary>
    public DbtTexts(string root, JinjaScope surroundings, ErrorList errors)
        : this(root, _ => surroundings, errors)
    {
    }

    /// <summary>What templates in YAML may take.</summary>
    static readonly JinjaLimits Limits = new() { StepsMax = 100_000, CharactersMax = 1 << 20 };

    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Returns the reader of YAML files next to resources: names mean in them what they mean in the package whose file
    /// it is.
    /// </summary>
    /// <param name="root">The project's folder, as a full path.</param>
    /// <param name="surroundings">The context in which templates are rendered.</param>
    /// <param name="errors">Collects errors.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static DbtTexts Of(
        string root, DbtSurroundings surroundings, ErrorList errors, CancellationToken cancellationToken)
    {
        var packages = surroundings.Packages.Values.OrderByDescending(package => package.Path.Length).ToList();
        var scopes = new Dictionary<DbtPackage, JinjaScope>();
        return new(root, ScopeOf, errors);

        JinjaScope ScopeOf(string file)
        {
            var package = packages.Find(package => file.StartsWith(package.Path, StringComparison.Ordinal))
                ?? surroundings.Project;
            if (scopes.TryGetValue(package, out var known)) return known;
            var request = new DbtRequest
            {
                Package = package.Name, Name = package.Name, File = DbtPackage.FileName, Kind = "operation",
            };
            return scopes[package] = new DbtScopes(new(surroundings, request, cancellationToken)).Root;
        }
    }

    /// <summary>A file's text; empty, with an error, where it cannot be read.</summary>
    /// <param name="file">The file, relative to the project.</param>
    public string Read(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, file), StrictUtf8).Replace(
                "\r\n", "\n", StringComparison.Ordinal);
        }
        catch (DecoderFallbackException)
        {
            errors.Add(new Place(file), "the file is not UTF-8", "save it as UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(
                new FozException(ErrorKind.Storage, $"the file cannot be read: {e.Message}", e) { Place = new(file) });
        }
        return "";
    }

    /// <summary>A node as a value, templates in it rendered.</summary>
    public object? Value(YamlNode? node) => DbtValues.Of(node, scalar => DbtValues.OfText(Render(scalar) ?? ""));

    /// <summary>Returns a single value as a text; null if there is none.</summary>
    public string? Text(YamlNode? node) => node switch
    {
        null or { IsNull: true } => null,
        YamlNode.Scalar scalar => Render(scalar),
        _ => Wrong(node),
    };

    string? Render(YamlNode.Scalar scalar)
    {
        if (!JinjaTemplate.IsTemplate(scalar.Text)) return scalar.Text;
        try
        {
            var template = new JinjaTemplate(new JinjaParser(scalar.Text, scalar.Place).Read());
            return template.Render(scopeOf(scalar.Place.File), Limits, CancellationToken.None);
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }

    string? Wrong(YamlNode node)
    {
        errors.Add(node.Place, $"a single value is needed here, not {node.Kind}");
        return null;
    }
}
