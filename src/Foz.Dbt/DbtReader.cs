using Foz.Dbt.Templates;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Dbt;

/// <summary>Reads dbt projects.</summary>
public sealed class DbtReader : IProjectReader
{
    DbtReader()
    {
    }

    /// <summary>The only one: it keeps nothing.</summary>
    public static DbtReader Instance { get; } = new();

    /// <inheritdoc/>
    public bool IsProject(string folder) => File.Exists(Path.Combine(folder, DbtPackage.FileName));

    /// <inheritdoc/>
    public string? NamedFolder(Func<string, string?> variable) => DbtEnvironment.ProjectFolder(variable);

    /// <inheritdoc/>
    public ProjectFile? ReadFile(string folder, ProjectOptions options, ErrorList errors) =>
        new DbtFileReader(options, errors).Read(folder);

    /// <inheritdoc/>
    public ProjectParts ReadParts(
        ProjectFile file, ProjectOptions options, ErrorList errors, CancellationToken cancellationToken) =>
        new DbtProjectReader(file, options, errors, cancellationToken).Read();
}
