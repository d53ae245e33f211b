namespace Foz.Benchmarks;

/// <summary>A figure that the project claims, measured against its peer or limit.</summary>
interface IBenchmark
{
    string Name { get; }

    Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder);
}

/// <summary>What was measured.</summary>
/// <param name="Work">The work.</param>
/// <param name="Against">The peer or limit.</param>
/// <param name="Ours">Our median, with its unit.</param>
/// <param name="Theirs">The peer's median, with its unit.</param>
/// <param name="Result">The ratio, or the figure that the goal is about.</param>
/// <param name="Goal">What it must reach.</param>
sealed record Figure(string Work, string Against, string Ours, string Theirs, string Result, string Goal);

/// <summary>What the benchmark needs is not on this machine.</summary>
sealed class SkippedException(string message) : Exception(message);

/// <summary>A folder for the data of one run.</summary>
sealed class WorkFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("foz-bench-").FullName;

    public string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public static void Empty(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
    }

    /// <summary>Copies a folder with all in it.</summary>
    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = System.IO.Path.Combine(to, System.IO.Path.GetRelativePath(from, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            System.IO.File.Copy(file, target);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
