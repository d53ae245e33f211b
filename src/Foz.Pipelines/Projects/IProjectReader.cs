using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>Reads projects that another tool's files describe, as projects of Foz. The host registers them.</summary>
public interface IProjectReader
{
    /// <summary>Whether a folder is that of one of its projects.</summary>
    /// <param name="folder">The folder.</param>
    bool IsProject(string folder);

    /// <summary>
    /// The folder of the project that the tool's environment variables name; null where they name none.
    /// </summary>
    /// <param name="variable">Gives environment variables.</param>
    string? NamedFolder(Func<string, string?> variable);

    /// <summary>Reads what <c>foz.yml</c> says of a project of Foz; null where it cannot be read at all.</summary>
    /// <param name="folder">The project's folder, as a full path.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="errors">Takes what is wrong.</param>
    ProjectFile? ReadFile(string folder, ProjectOptions options, ErrorList errors);

    /// <summary>Reads all of a project.</summary>
    /// <param name="file">What <see cref="ReadFile"/> returned.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="cancellationToken">Stops it.</param>
    ProjectParts ReadParts(
        ProjectFile file, ProjectOptions options, ErrorList errors, CancellationToken cancellationToken);
}

/// <summary>
/// What the files of another tool's project say, as their <see cref="IProjectReader"/> keeps it for itself.
/// </summary>
/// <param name="Reader">Who read it.</param>
public abstract record ForeignProject(IProjectReader Reader)
{
    /// <summary>What its environment asks of commands.</summary>
    public virtual CommandDefaults Defaults => CommandDefaults.None;

    /// <summary>
    /// The packages that it is made of, itself first, each with its folder below the project's: empty, or with <c>/</c>
    /// at the end.
    /// </summary>
    public abstract IEnumerable<(string Name, string Folder)> PackageFolders { get; }
}

/// <summary>What commands do where the command line does not say it.</summary>
public sealed record CommandDefaults
{
    /// <summary>Nothing.</summary>
    public static CommandDefaults None { get; } = new();

    /// <summary>Whether runs make incremental tables again from the beginning of their inputs.</summary>
    public bool IsFullRefresh { get; init; }

    /// <summary>Whether the first step that fails keeps others from starting.</summary>
    public bool FailsFast { get; init; }

    /// <summary>What <c>--state</c> names; null for nothing.</summary>
    public string? State { get; init; }

    /// <summary>Whether <c>--defer</c> holds.</summary>
    public bool Defers { get; init; }
}
