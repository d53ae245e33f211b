using Foz.Lake.Tables.Expressions;

namespace Foz.Tests.Lake.Tables.Expressions;

public sealed class FunctionNamesTests
{
    [Fact]
    public void The_reference_names_every_function_that_expressions_can_call()
    {
        var names = string.Join(' ', SparkFunctions.Names);
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "delta.md"));
        var words = page.ReplaceLineEndings(" ");
        Assert.True(words.Contains($"`{names}`", StringComparison.Ordinal), $"docs/reference/delta.md lacks `{names}`");
    }
}
