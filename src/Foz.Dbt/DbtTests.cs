using System.Text.RegularExpressions;
using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>Reads the data tests of tables and columns in YAML files.</summary>
/// <param name="project">The project.</param>
/// <param name="texts">Renders templates in YAML.</param>
/// <param name="errors">Collects errors.</param>
sealed partial class DbtTestReader(DbtPackage project, DbtTexts texts, ErrorList errors)
{
    /// <summary>Keys that configure a test, also where they stand among its arguments.</summary>
    static readonly HashSet<string> ConfigKeys = new(StringComparer.Ordinal)
    {
        "severity", "where", "warn_if", "error_if", "fail_calc", "limit", "store_failures", "store_failures_as", "tags",
        "enabled", "meta", "group",
        "database", "schema", "alias",
    };

    /// <summary>Returns the tests of a table, those of its columns first.</summary>
    /// <param name="table">The properties of the table.</param>
    /// <param name="package">The package that states them.</param>
    public IEnumerable<DbtTest> Read(YamlNode.Mapping? table, DbtPackage package)
    {
        if (table is null) yield break;
        foreach (var column in (table["columns"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>() ?? [])
        {
            var name = (column["name"] as YamlNode.Scalar)?.Text;
            var isQuoted = texts.Value(column["quote"]) is true;
            foreach (var test in Items(column))
                if (Read(test, package, name is not null && isQuoted ? $"\"{name}\"" : name) is { } read)
                    yield return read;
        }
        foreach (var test in Items(table)) if (Read(test, package, column: null) is { } read) yield return read;
    }

    static IEnumerable<YamlNode> Items(YamlNode.Mapping of) =>
        ((of["data_tests"] as YamlNode.Sequence)?.Items ?? []).Concat((of["tests"] as YamlNode.Sequence)?.Items ?? []);

    DbtTest? Read(YamlNode node, DbtPackage package, string? column)
    {
        var config = Configured(package, node.Place.File, "model-paths");
        if (node is YamlNode.Scalar scalar)
            return new()
            {
                Test = scalar.Text, Column = column, Arguments = [], Config = config, Package = package,
                Place = node.Place,
            };
        if (node is not YamlNode.Mapping mapping || mapping.Entries.Count == 0)
        {
            errors.Add(node.Place, $"a test must be a name or a mapping with one, not {node.Kind}", "write - not_null");
            return null;
        }
        var stated = mapping["test_name"] as YamlNode.Scalar;
        var first = mapping.Entries.FirstOrDefault(entry =>
            entry.Key is not ("name" or "config" or "description" or "arguments") && !ConfigKeys.Contains(entry.Key));
        if (stated is null && first is null)
        {
            errors.Add(node.Place, "a test needs the name of a test", "write - not_null");
            return null;
        }
        IEnumerable<YamlEntry> own = stated is not null ? mapping.Entries.Where(entry => entry.Key != "test_name")
            : [.. (first!.Value as YamlNode.Mapping)?.Entries ?? [], .. mapping.Entries.Where(entry => entry != first)];
        var arguments = new List<YamlEntry>();
        string? name = null;
        foreach (var entry in own)
        {
            if (entry.Key == "name") name = texts.Text(entry.Value);
            else if (entry.Key == "config" && texts.Value(entry.Value) is JinjaDict said) config.Add(said);
            else if (entry.Key == "arguments") arguments.AddRange((entry.Value as YamlNode.Mapping)?.Entries ?? []);
            else if (ConfigKeys.Contains(entry.Key)) config.Add(entry.Key, texts.Value(entry.Value));
            else if (entry.Key == "column_name" && column is null) column = texts.Text(entry.Value);
            else if (entry.Key != "description") arguments.Add(entry);
        }
        return new()
        {
            Test = stated?.Text ?? first!.Key, StatedName = name, Column = column, Arguments = arguments,
            Config = config, Package = package,
            Place = first?.KeyPlace ?? node.Place,
        };
    }

    /// <summary>
    /// What the project files say of the tests that a file states: that of its package, and over it the project's own.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="file">The file.</param>
    /// <param name="paths">The key of the folders that it is below: <c>model-paths</c> or <c>test-paths</c>.</param>
    public DbtConfig Configured(DbtPackage package, string file, string paths)
    {
        var config = new DbtConfig();
        var path = package.Within(paths, file);
        foreach (var from in new[] { package, project }.Distinct())
        {
            if (from.Configs.GetValueOrDefault("data_tests") is YamlNode.Mapping said)
                config.Add(
                    said, [package.Name, .. paths == "model-paths" ? path.SkipLast(1) : path],
                    entry => texts.Value(entry.Value));
        }
        return config;
    }

    /// <summary>Whether a text is an expression in a test's arguments, though it stands without brackets.</summary>
    public static bool IsExpression(string text) => Expression.IsMatch(text);

    [GeneratedRegex(@"^\s*(ref|source|var|env_var)\s*\(.*\)\s*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Expression { get; }
}
