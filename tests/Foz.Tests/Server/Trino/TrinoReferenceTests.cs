using Foz.Serving.Trino.Functions;

namespace Foz.Tests.Server.Trino;

public sealed class TrinoReferenceTests
{
    [Fact]
    public async Task The_reference_has_each_function_with_its_example()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs", "reference", "trino.md"), TestContext.Current.CancellationToken);
        var refused = page[page.IndexOf("Known and refused", StringComparison.Ordinal)..];
        foreach (var function in TrinoFunctions.All.Values)
            if (function.IsRefused) Assert.Contains($"`{function.Name}`", refused, StringComparison.Ordinal);
            else Assert.Contains(
                $"| `{function.Name}` | `{Escaped(function.Example)}` | `{Escaped(function.Value)}` |", page,
                StringComparison.Ordinal);
        var lines = page[page.IndexOf("## Functions", StringComparison.Ordinal)..].Split('\n')
            .Count(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(TrinoFunctions.All.Values.Count(f => !f.IsRefused), lines);
    }

    static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
