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
    public DbtTexts(string root, JinjaScope context, ErrorList errors)
        : this(root, _ => context, errors)
    {
    }

    /// <summary>What templates in YAML may take.</summary>
    static readonly JinjaLimits Limits = new() { StepsMax = 100_000, CharactersMax = 1 << 20 };

    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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
