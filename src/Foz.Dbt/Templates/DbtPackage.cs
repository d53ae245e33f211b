using Foz.Dbt.Jinja;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>A folder with a <c>dbt_project.yml</c>: the project itself, or a package that it uses.</summary>
sealed record DbtPackage
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "dbt_project.yml";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its folder, as a full path.</summary>
    public required string Folder { get; init; }

    /// <summary>Its folder below the project's, with <c>/</c> at the end; empty for the project itself.</summary>
    public required string Path { get; init; }

    /// <summary>Its version; empty where none is stated.</summary>
    public string Version { get; init; } = "";

    /// <summary>The name of the profile that it asks for; null where it asks for none.</summary>
    public string? Profile { get; init; }

    /// <summary>The folders of its files, by what they hold: <c>model-paths</c> and so on.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Paths { get; init; }

    /// <summary>
    /// Its variables; those of a package by its name are mappings. Templates in them are rendered where they are asked
    /// for.
    /// </summary>
    public required JinjaDict Vars { get; init; }

    /// <summary>
    /// What it configures: <c>models</c>, <c>seeds</c>, <c>snapshots</c>, <c>sources</c>, <c>data_tests</c>, … to the
    /// mapping.
    /// </summary>
    public required IReadOnlyDictionary<string, YamlNode> Configs { get; init; }

    /// <summary>Where macros of a namespace are looked for, by <c>dispatch</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Dispatch { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>SQL to run before everything else, and after it.</summary>
    public (YamlNode? Start, YamlNode? End) RunHooks { get; init; }

    /// <summary>The folder that packages are installed in, relative to this one.</summary>
    public string PackagesPath { get; init; } = "dbt_packages";

    /// <summary>The names of packages that <c>packages.yml</c> asks for.</summary>
    public IReadOnlyList<string> Asked { get; init; } = [];

    /// <summary>The files in folders of a kind, relative to the project, in order.</summary>
    /// <param name="kind">The key: <c>model-paths</c>.</param>
    /// <param name="extensions">Their endings.</param>
    public IEnumerable<string> Files(string kind, params IReadOnlyList<string> extensions)
    {
        foreach (var path in Paths[kind])
        {
            var root = System.IO.Path.Combine(Folder, path);
            if (!Directory.Exists(root)) continue;
            foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(file => System.IO.Path.GetRelativePath(Folder, file).Replace('\\', '/'))
                .Where(file => extensions.Contains(System.IO.Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
                    && !file.Split('/').Any(part => part.StartsWith('.')))
                .Order(StringComparer.Ordinal))
                yield return Path + file;
        }
    }

    /// <summary>The folders and name of a file below one of a kind's folders: <c>[staging, orders]</c>.</summary>
    public IReadOnlyList<string> Within(string kind, string file)
    {
        var own = file[Path.Length..];
        var root = Paths[kind].Where(path => own.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(path => path.Length) ?? "";
        var rest = own[(root.TrimEnd('/').Length + (root.Length > 0 ? 1 : 0))..];
        return [.. rest.Split('/')[..^1], System.IO.Path.GetFileNameWithoutExtension(rest)];
    }
}
