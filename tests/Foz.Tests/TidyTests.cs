namespace Foz.Tests;

/// <summary>What keeps the sources readable and no analyzer checks.</summary>
public sealed class TidyTests
{
    const int LinesMax = 400;

    [Fact]
    public void Source_files_have_at_most_400_lines()
    {
        var tooLong = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(file => (file, lines: File.ReadLines(file).Count()))
            .Where(f => f.lines > LinesMax)
            .Select(f => $"{Path.GetRelativePath(Repository.Root, f.file)}: {f.lines}");
        Assert.Empty(tooLong);
    }
}
