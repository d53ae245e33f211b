namespace Foz.Tests.Cli.Commands;

/// <summary>The dbt project of <c>examples/padaria</c>.</summary>
static class DbtExample
{
    /// <summary>Writes its files into the folder of a runner.</summary>
    public static void Write(CommandRunner foz)
    {
        var example = Path.Combine(Repository.Root, "examples", "padaria");
        foreach (var file in Directory.EnumerateFiles(example, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(example, file);
            if (path.Split(Path.DirectorySeparatorChar)[0] is not ("lake" or "target"))
                foz.Write(path, File.ReadAllText(file));
        }
    }
}
