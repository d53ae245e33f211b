using Foz.Lake;

namespace Foz.Dbt.Imports;

/// <summary>Imports projects of other tools, each by the reader of its tool.</summary>
public static class ProjectImport
{
    /// <summary>Reads the project of another tool in a folder: of Bruin or SQLMesh.</summary>
    /// <param name="folder">The folder, as a full path.</param>
    /// <exception cref="FozException">It holds no such project, or a file of it cannot be read.</exception>
    public static ImportedProject Read(string folder)
    {
        if (!Directory.Exists(folder)) throw new FozException(ErrorKind.Usage, $"there is no folder {folder}");
        if (BruinImport.FindPipeline(folder) is { } pipeline) return new BruinImport(pipeline).Read();
        if (SqlMeshImport.IsProject(folder)) return new SqlMeshImport(folder).Read();
        throw new FozException(ErrorKind.Usage, $"{folder} is no project that Foz can take over")
        {
            Hint = File.Exists(Path.Combine(folder, "dbt_project.yml"))
                ? "a dbt project runs unchanged: foz run in its folder"
                : "it takes over a pipeline of Bruin (pipeline.yml and assets/) or a project of "
                    + "SQLMesh (config.yaml and models/)",
        };
    }

    /// <summary>The tool that a folder looks to be a project of; null for none that <see cref="Read"/> knows.</summary>
    /// <param name="folder">The folder, as a full path.</param>
    public static string? ToolOf(string folder) =>
        BruinImport.IsPipeline(folder) ? "Bruin" : SqlMeshImport.IsProject(folder) ? "SQLMesh" : null;
}
