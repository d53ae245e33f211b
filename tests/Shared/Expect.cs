using System.Runtime.CompilerServices;

namespace Foz.Tests;

/// <summary>
/// Expectations kept as files next to the tests; FOZ_UPDATE_EXPECTED=1 writes them again, for review.
/// </summary>
static class Expect
{
    /// <summary>Whether expectations are written again.</summary>
    public static bool IsUpdating => Environment.GetEnvironmentVariable("FOZ_UPDATE_EXPECTED") is "1";

    /// <summary>The text is that of <c>Expected/name</c> in the folder of the calling test.</summary>
    public static void File(string name, string actual, [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, "Expected", name);
        if (IsUpdating)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            System.IO.File.WriteAllText(path, actual);
        }
        Assert.True(System.IO.File.Exists(path), $"{path} is not there: FOZ_UPDATE_EXPECTED=1 writes it");
        Assert.Equal(System.IO.File.ReadAllText(path), actual);
    }
}
