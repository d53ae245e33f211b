using System.Globalization;
using Foz.Core;
using Foz.Core.Engine;
using Foz.Core.Serving;

namespace Foz.Tests.Core.Serving;

/// <summary>Functions that stand in the place of the engine's, and what one call of them may make.</summary>
public sealed class BoundedFunctionTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Each one that is bounded is the platform's own, whichever of its overloads is called.</summary>
    [Fact]
    public async Task Bounded_functions_refuse_what_is_too_large_for_one_call()
    {
        await using var lake = await ServedLake.CreateAsync();
        using var engine = lake.Lake.Engines.Open(Workload.Serving);
        var calls = new Dictionary<string, string[]>
        {
            ["repeat"] = ["repeat('x', 1000000000)", "repeat('x'::BLOB, 1000000000)", "repeat([1], 1000000000)", "repeat('abc', i * 10000) FROM range(2000) t(i)"],
            ["lpad"] = ["lpad('x', 1000000000, 'y')", "lpad('x', (i * 100000)::INTEGER, 'é') FROM range(2000) t(i)"],
            ["rpad"] = ["rpad('x', 1000000000, 'y')", "rpad('', 2000000000, 'abc')"],
            ["replace"] = ["replace(repeat('x', 1000000), 'x', repeat('y', 10000))"],
            ["range"] = ["range(1000000000)", "range(0, 9223372036854775807)", "range(9223372036854775807, -9223372036854775808, -1)", "range(i * 1000) FROM range(2000) t(i)"],
            ["generate_series"] = ["generate_series(1000000000)", "generate_series(0, 100000000, 3)"],
            ["string_split"] = ["string_split(repeat('x', 10000000), '')", "string_split(repeat('x', 10000000), 'x')"],
            ["str_split"] = ["str_split(repeat('x', 10000000), '')"],
            ["string_to_array"] = ["string_to_array(repeat('x', 10000000), 'x')"],
            ["split"] = ["split(repeat('x', 10000000), 'x')"],
            ["damerau_levenshtein"] = ["damerau_levenshtein(repeat('x', 10000), repeat('y', 10000))"],
            ["levenshtein"] = [], ["editdist3"] = [],
            ["format"] = ["format('{:1000000000d}', 1)", "format('{:{}}', 1, 1000000000)"],
            ["foz_format_text"] =
            [
                "foz_format_text('%s%s', repeat('x', 10000000), repeat('y', 10000000))",
                "foz_format_text('%20000000s', 'x')", "foz_format_text(repeat('%1$1000s', 100000), 'x')",
            ],
            ["printf"] = ["printf('%1000000000d', 1)", "printf('%*d', 1000000000, 1)", "printf('%.1000000000f', 1.0)"],
        };
        Assert.Equal(ServedFunctions.Bounded.Order(), calls.Keys.Order());

        foreach (var call in calls.Values.SelectMany(c => c))
        {
            var error = Assert.Throws<FozException>(() => engine.QueryScalar<string>($"SELECT max(x::VARCHAR) FROM (SELECT {(call.Contains("FROM", StringComparison.Ordinal) ? call.Replace(" FROM", " AS x FROM", StringComparison.Ordinal) : call + " AS x")})", Token));
            Assert.True(error.SqlState is "54000" or "0A000", $"{call}: {error.SqlState} {error.Message}");
            if (error.SqlState == "54000") Assert.Contains("exceeds 16MiB for the rows that are computed together", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Long_work_stops_when_it_is_canceled()
    {
        await using var lake = await ServedLake.CreateAsync();
        using var engine = lake.Lake.Engines.Open(Workload.Serving);
        foreach (var call in (string[])["levenshtein(x, x || 'y')", "editdist3('y' || x, x)"])
        {
            using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
            source.CancelAfter(TimeSpan.FromMilliseconds(300));
            // Two texts of a megabyte: 10^12 comparisons.
            Assert.ThrowsAny<OperationCanceledException>(() => engine.QueryScalar<long>(
                $"SELECT max({call}) FROM (SELECT repeat('a', 1000000) || i AS x FROM range(8) t(i))", source.Token));
        }
    }

    /// <summary>The engine's own functions are the oracle, in an instance where nothing stands in their place.</summary>
    [Theory]
    [InlineData("repeat({0}, {2})")]
    [InlineData("repeat(encode({0}), {2})")]
    [InlineData("repeat([{0}], {2})")]
    [InlineData("CASE WHEN len({1}) > 0 THEN lpad({0}, {2}::INTEGER, {1}) END")]
    [InlineData("CASE WHEN len({1}) > 0 THEN rpad({0}, {2}::INTEGER, {1}) END")]
    [InlineData("replace({0}, {1}, {3})")]
    [InlineData("range({2})")]
    [InlineData("range({2}, {4})")]
    [InlineData("range({2}, {4}, {5})")]
    [InlineData("generate_series({2})")]
    [InlineData("generate_series({2}, {4})")]
    [InlineData("generate_series({2}, {4}, {5})")]
    [InlineData("string_split({0}, {1})")]
    [InlineData("levenshtein({0}, {3})")]
    [InlineData("damerau_levenshtein({0}, {3})")]
    [InlineData("format('{{}}-{{:3d}}', {0}, {2})")]
    [InlineData("printf('%s-%05d', {0}, {2})")]
    public async Task Results_are_those_of_the_engine(string call)
    {
        await using var lake = await ServedLake.CreateAsync();
        using var bounded = lake.Lake.Engines.Open(Workload.Serving);
        using var own = lake.Lake.Engines.Open(Workload.Models);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var rows = string.Join(
            ", ", Enumerable.Range(0, 300).Select(i => $"({i}, {Text(random)}, {Text(random)}, {Number(random)}, {Text(random)}, {Number(random)}, {Number(random)})"));
        var sql = $"SELECT i, ({string.Format(CultureInfo.InvariantCulture, call, "a", "b", "n", "c", "m", "s")})::VARCHAR FROM (VALUES {rows}) t(i, a, b, n, c, m, s)";

        Assert.Equal(Rows(own, sql), Rows(bounded, sql));
        // Constants, which the engine folds.
        var constant = $"SELECT ({string.Format(CultureInfo.InvariantCulture, call, Text(random), "'é'", "3", Text(random), "-4", "2")})::VARCHAR";
        Assert.Equal(Rows(own, constant), Rows(bounded, constant));
    }

    static List<string> Rows(EngineSession engine, string sql)
    {
        using var rows = engine.Query(sql, Token);
        return [.. rows.Rows(Token).Select(row => string.Join('|', row))];
    }

    static string Text(Random random)
    {
        if (random.Next(8) == 0) return "NULL";
        string[] letters = ["a", "b", "ab", "é", "日", "😀", "x"];
        return SqlText.Literal(string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)])));
    }

    static string Number(Random random) =>
        random.Next(8) == 0 ? "NULL::BIGINT" : string.Create(CultureInfo.InvariantCulture, $"({random.Next(-9, 20)})::BIGINT");
}
