namespace Foz.Tests;

/// <summary>The folders of this checkout and of the shared data next to it.</summary>
public static class Repository
{
    /// <summary>The folder of the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// Gets the folder of shared test data: <c>FOZ_SHARED</c>, or <c>../shared</c> next to the checkout.
    /// </summary>
    public static string Shared { get; } =
        Environment.GetEnvironmentVariable("FOZ_SHARED") ?? Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    /// <summary>A folder of shared test data; skips the running test, saying so, where it is absent.</summary>
    public static string SharedFolder(string name)
    {
        var path = Path.Combine(Shared, name);
        var isAbsent = !Directory.Exists(path);
        if (Environment.GetEnvironmentVariable("CI") is not "true")
            Assert.SkipWhen(isAbsent, $"no test data at {path} (set FOZ_SHARED)");
        Assert.False(isAbsent, $"no test data at {path} (set FOZ_SHARED)");
        return path;
    }

    static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Foz.slnx"))) return folder;
        throw new InvalidOperationException("the tests do not run inside a checkout");
    }
}
