using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Reviews;

/// <summary>The tests whose file a change adds or edits: they run, whatever tables the change reaches.</summary>
/// <param name="project">The project with the change.</param>
/// <param name="before">The project without it.</param>
sealed class ChangedTests(Project project, Project before)
{
    readonly Dictionary<string, bool> files = new(StringComparer.Ordinal);

    /// <summary>Whether the text of a test's file is another one, or there was none.</summary>
    /// <param name="file">The file, from the project's folder on.</param>
    public bool Has(string file)
    {
        if (files.TryGetValue(file, out var known)) return known;
        var (now, old) = (Path.Combine(project.File.Folder, file), Path.Combine(before.File.Folder, file));
        return files[file] = !File.Exists(old)
            || !File.ReadAllBytes(now).AsSpan().SequenceEqual(File.ReadAllBytes(old));
    }
}
