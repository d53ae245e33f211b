using Foz.Core.Serving;

namespace Foz.Tests.Core.Serving;

/// <summary>Statements whose parts are nested so deep that reading them would exhaust the stack, which ends a process.</summary>
public sealed class DeepStatementTests : IAsyncLifetime
{
    const int Deep = 100_000;

    ServedLake lake = null!;
    SqlSession session = null!;

    public static TheoryData<string> Statements =>
    [
        $"SELECT {new string('(', Deep)}1{new string(')', Deep)}",
        $"SELECT {new string('(', Deep)}1",
        $"SELECT {string.Concat(Enumerable.Repeat("CASE WHEN true THEN 1 ELSE ", 20_000))}1{string.Concat(Enumerable.Repeat(" END", 20_000))}",
        $"SELECT {string.Concat(Enumerable.Repeat("CAST(", 20_000))}1{string.Concat(Enumerable.Repeat(" AS int)", 20_000))}",
        $"SELECT ARRAY[1]{string.Concat(Enumerable.Repeat("[1]", 5_000))}",
        $"SELECT '{new string('{', Deep)}{new string('}', Deep)}'::int[]",
    ];

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Statements), DisableDiscoveryEnumeration = true)]
    public async Task A_statement_that_is_nested_too_deep_is_refused(string sql)
    {
        Assert.Matches("^(54|42|22)", await session.FailAsync(sql));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT 1"));
    }
}
