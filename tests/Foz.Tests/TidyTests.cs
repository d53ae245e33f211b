namespace Foz.Tests;

/// <summary>What keeps the sources readable and no analyzer checks.</summary>
public sealed class TidyTests
{
    const int LinesMax = 400;
    const int ColumnsMax = 120;

    [Fact]
    public void Source_files_have_at_most_400_lines()
    {
        var tooLong = Directory.EnumerateFiles(
            Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(file => (file, lines: File.ReadLines(file).Count()))
            .Where(f => f.lines > LinesMax)
            .Select(f => $"{Path.GetRelativePath(Repository.Root, f.file)}: {f.lines}");
        Assert.Empty(tooLong);
    }

    /// <summary>
    /// On a busy machine a limit of time fails what is right. A pattern that backtracks without bounds is to be written
    /// otherwise.
    /// </summary>
    [Fact]
    public void Regular_expressions_have_no_limit_of_time()
    {
        const string Limit = "match" + "Timeout";
        var limited = new[] { "src", "tests", "bench" }.Select(folder => Path.Combine(Repository.Root, folder))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => File.ReadAllText(file).Contains(Limit, StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(Repository.Root, file));
        Assert.Empty(limited);
    }
}
