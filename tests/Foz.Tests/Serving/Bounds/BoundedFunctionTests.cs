using System.Globalization;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Tests.Serving.Bounds;

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
            ["repeat"] =
            [
                "repeat('x', 1000000000)", "repeat('x'::BLOB, 1000000000)", "repeat([1], 1000000000)",
                "repeat('abc', i * 10000) FROM range(2000) t(i)",
            ],
            ["lpad"] = ["lpad('x', 1000000000, 'y')", "lpad('x', (i * 100000)::INTEGER, 'é') FROM range(2000) t(i)"],
            ["rpad"] = ["rpad('x', 1000000000, 'y')", "rpad('', 2000000000, 'abc')"],
            ["replace"] = ["replace(repeat('x', 1000000), 'x', repeat('y', 10000))"],
            ["range"] =
            [
                "range(1000000000)", "range(0, 9223372036854775807)",
                "range(9223372036854775807, -9223372036854775808, -1)", "range(i * 1000) FROM range(2000) t(i)",
            ],
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
            ["foz_regexp_replace"] = ["foz_regexp_replace(repeat('x', 10000), 'x', repeat('y', 10000), 'g')"],
            ["json_pretty"] = ["json_pretty(repeat('[', 900) || repeat('1,', 100000) || '1' || repeat(']', 900))"],
            ["printf"] = ["printf('%1000000000d', 1)", "printf('%*d', 1000000000, 1)", "printf('%.1000000000f', 1.0)"],
        };
        Assert.Equal(ServedFunctions.Bounded.Order(), calls.Keys.Order());

        foreach (var call in calls.Values.SelectMany(c => c))
        {
            var error = Assert.Throws<FozException>(() =>
                engine.QueryScalar<string>(
                    $"SELECT max(x::VARCHAR) FROM (SELECT "
                        + $"{(call.Contains("FROM", StringComparison.Ordinal) ? call.Replace(" FROM", " AS x FROM", StringComparison.Ordinal) : call + " AS x")})", Token));
            Assert.True(error.SqlState is "54000" or "0A000", $"{call}: {error.SqlState} {error.Message}");
            if (error.SqlState == "54000")
                Assert.Contains(
                    "exceeds 16MiB for the rows that are computed together", error.Message, StringComparison.Ordinal);
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

    /// <summary>
    /// What calls itself for each level of JSON would end the process; what the texts are is known when a row is
    /// computed.
    /// </summary>
    [Fact]
    public async Task Json_that_is_too_deep_is_refused_row_by_row()
    {
        await using var lake = await ServedLake.CreateAsync();
        using var engine = lake.Lake.Engines.Open(Workload.Serving);
        string[] calls =
        [
            "json_structure({0})", "json_pretty({0})", "json_contains({0}, '1')", "json_contains('1', {0})",
            "json_merge_patch({0}, {0})",
            "json_merge_patch('{{}}', '{{}}', {0})", "json_group_structure({0}::JSON)",
            "(SELECT count(*) FROM json_tree({0}))",
            "(SELECT count(*) FROM json_tree({0}, '$.a'))",
        ];
        string[] shaped =
        [
            "json_transform('1', {0})", "json_transform_strict('null', {0})", "from_json('1', {0})",
            "from_json_strict('null', {0})",
        ];
        foreach (var text in (string[])[
            "repeat('[', {1}) || '\"INT\"' || repeat(']', {1})",
            "repeat('{{\"a\":', {1}) || '\"INT\"' || repeat('}}', {1})",
        ])
            foreach (var (call, isShape) in calls.Select(c => (c, false)).Concat(shaped.Select(c => (c, true))))
            {
                string Of(int depth, string type) => string.Format(
                    CultureInfo.InvariantCulture, call,
                    "(" + string.Format(CultureInfo.InvariantCulture, text, "", depth) + ")" + type);
                foreach (var type in (string[])["", "::JSON"])
                {
                    var error = Assert.Throws<FozException>(() => Ask(Of(100_000, type)));
                    Assert.True(error.SqlState == "54001", $"{call}: {error.SqlState} {error.Message}");
                    // It quotes no value, so that it is shown to all.
                    Assert.Equal(ErrorKind.Resource, error.Kind);
                    Ask(Of(isShape ? 100 : call.Contains("group", StringComparison.Ordinal) ? 999 : 1000, type));
                }
                if (!isShape)
                    Assert.Equal(
                        "54001", Assert.Throws<FozException>(() => Ask(Of(1001, "") + " FROM range(3)")).SqlState);
            }
        // Brackets in texts are none.
        Ask("json_structure('[\"' || repeat('[{\\\"', 100000) || '\"]')");

        void Ask(string call) =>
            engine.QueryScalar<string>(
                $"SELECT max(x::VARCHAR) FROM (SELECT "
                    + $"{(call.Contains(" FROM range", StringComparison.Ordinal) ? call.Replace(" FROM range", " AS x FROM range", StringComparison.Ordinal) : call + " AS x")})", Token);
    }

    [Theory]
    [InlineData("SELECT '[1]'::json::variant")]
    [InlineData("SELECT TRY_CAST(j AS VARIANT[]) FROM (SELECT '[1]'::json[] AS j) t")]
    [InlineData("SELECT CAST(j AS STRUCT(a \"Variant\")) FROM (SELECT NULL AS j) t")]
    [InlineData("INSERT INTO silver.orders SELECT 6, ('[1]'::json::variant)::text, 6")]
    [InlineData("UPDATE silver.orders SET name = CAST(CAST(CAST(name AS JSON) AS VARIANT) AS VARCHAR)")]
    public async Task Casts_to_variant_are_refused(string sql)
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();

        Assert.Equal("42883", await session.FailAsync(sql));
    }

    /// <summary>The engine tries each way to match a wildcard for each way to match the one before.</summary>
    [Theory]
    [InlineData("x LIKE {0}")]
    [InlineData("x NOT LIKE {0}")]
    [InlineData("x ILIKE {0}")]
    [InlineData("x LIKE {0} ESCAPE '\\'")]
    [InlineData("x NOT ILIKE {0} ESCAPE '\\'")]
    [InlineData("x GLOB translate({0}, '%_', '*?')")]
    public async Task Patterns_take_a_time_that_grows_with_their_length(string match)
    {
        await using var lake = await ServedLake.CreateAsync();
        using var engine = lake.Lake.Engines.Open(Workload.Serving);
        foreach (var pattern in (string[])[
            "repeat('%a', 40) || '%b'", "'" + string.Concat(Enumerable.Repeat("%a_", 20)) + "%b'",
            "repeat('%a_', 20) || s || 'b'",
        ])
            engine.QueryScalar<long>(
                $"SELECT count(*) FROM (SELECT repeat('a', 2000) AS x, CASE WHEN i < 0 THEN NULL ELSE '%' END AS s "
                    + $"FROM range(50) t(i)) WHERE {string.Format(CultureInfo.InvariantCulture, match, pattern)}",
                Token);
    }

    [Fact]
    public async Task A_long_pattern_stops_when_it_is_canceled()
    {
        await using var lake = await ServedLake.CreateAsync();
        using var engine = lake.Lake.Engines.Open(Workload.Serving);
        foreach (var match in (string[])[
            "x LIKE '%_' || left(x, 500000) || 'b'", "x GLOB '*?' || left(x, 500000) || 'b'",
        ])
        {
            using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
            source.CancelAfter(TimeSpan.FromMilliseconds(300));
            Assert.ThrowsAny<OperationCanceledException>(() => engine.QueryScalar<long>(
                $"SELECT count(*) FROM (SELECT repeat('a', 1000000) || i AS x FROM range(8) t(i)) WHERE {match}",
                source.Token));
        }
    }

    /// <summary>The engine's own operators are the oracle, with patterns that are mostly wildcards.</summary>
    [Theory]
    [InlineData("{0} LIKE {1}", "a", "b", "é", "日", "%", "_", "%_")]
    [InlineData("{0} NOT LIKE {1}", "a", "b", "é", "%", "_")]
    [InlineData("{0} ILIKE {1}", "a", "A", "É", "é", "%", "_", "İ", "ẞ")]
    [InlineData("{0} NOT ILIKE {1}", "a", "A", "É", "%", "_")]
    [InlineData("{0} LIKE {1} || 'b' ESCAPE '!'", "a", "b", "!", "%", "_", "é")]
    [InlineData("{0} LIKE {1} || 'b' ESCAPE ''", "a", "b", "!", "%", "_", "é")]
    [InlineData("{0} NOT LIKE {1} || 'b' ESCAPE '!'", "a", "b", "!", "%", "_", "é")]
    [InlineData("{0} ILIKE {1} || 'b' ESCAPE '!'", "a", "B", "!", "%", "_", "É")]
    [InlineData("{0} NOT ILIKE {1} || 'b' ESCAPE 'a'", "a", "B", "%", "_", "É")]
    [InlineData("{0} GLOB {1}", "a", "b", "é", "*", "?", "[a-b]", "[!a]", "[", "]", "\\", "-")]
    public async Task Patterns_match_as_in_the_engine(string match, params string[] parts)
    {
        await using var lake = await ServedLake.CreateAsync();
        using var bounded = lake.Lake.Engines.Open(Workload.Serving);
        using var own = lake.Lake.Engines.Open(Workload.Models);
        var seed = Soak.Seed();
        var random = new Random(seed);
        string Text(int most) => random.Next(16) == 0
            ? "NULL" : SqlText.Literal(
                string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => parts[random.Next(parts.Length)])));
        var texts = Enumerable.Range(0, 60).Select(_ => Text(8)).ToList();
        var patterns = Enumerable.Range(0, 60).Select(_ => Text(7)).ToList();
        var values = $"(VALUES {string.Join(", ", texts.Select((t, i) => $"({i}, {t})"))}) t(i, x)";
        var sql =
            $"SELECT i, j, {string.Format(CultureInfo.InvariantCulture, match, "x", "p")} FROM {values}, (VALUES "
                + $"{string.Join(", ", patterns.Select((t, i) => $"({i}, {t})"))}) u(j, p) ORDER BY i, j";

        Assert.True(Rows(own, sql).SequenceEqual(Rows(bounded, sql)), $"seed {seed}");
        // Constants, of which the optimizer makes other functions.
        foreach (var pattern in patterns.Take(20))
        {
            var constant =
                $"SELECT i, {string.Format(CultureInfo.InvariantCulture, match, "x", pattern)} FROM {values} ORDER BY "
                    + "i";
            Assert.True(Rows(own, constant).SequenceEqual(Rows(bounded, constant)), $"seed {seed}: {pattern}");
        }
    }

    /// <summary>
    /// The engine's own functions are the oracle, in an instance where nothing stands in their place.
    /// </summary>
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
    [InlineData("json_structure(json_quote({0}))")]
    [InlineData("json_pretty(json_array({0}, [{2}], {{'a': {3}}}))")]
    [InlineData("json_contains(json_array({0}, {2}), json_quote({3}))")]
    [InlineData("json_merge_patch(json_object('a', {0}, 'b', {2}), json_object('a', {3}))")]
    [InlineData("from_json(json_object('a', {0}, 'b', {2}), '{{\"a\": \"VARCHAR\", \"b\": \"DOUBLE\"}}')")]
    [InlineData("levenshtein({0}, {3})")]
    [InlineData("damerau_levenshtein({0}, {3})")]
    [InlineData("format('{{}}-{{:3d}}', {0}, {2})")]
    [InlineData("printf('%s-%05d', {0}, {2})")]
    public async Task Results_are_those_of_the_engine(string call)
    {
        await using var lake = await ServedLake.CreateAsync();
        using var bounded = lake.Lake.Engines.Open(Workload.Serving);
        using var own = lake.Lake.Engines.Open(Workload.Models);
        var seed = Soak.Seed();
        var random = new Random(seed);
        var rows = string.Join(
            ", ",
            Enumerable.Range(0, 300)
                .Select(i =>
                    $"({i}, {Text(random)}, {Text(random)}, {Number(random)}, {Text(random)}, "
                        + $"{Number(random)}, {Number(random)})"));
        var sql =
            $"SELECT i, ({string.Format(CultureInfo.InvariantCulture, call, "a", "b", "n", "c", "m", "s")})::VARCHAR "
                + $"FROM (VALUES {rows}) t(i, a, b, n, c, m, s)";

        Assert.Equal(Rows(own, sql), Rows(bounded, sql));
        // Constants, which the engine folds.
        var constant =
            $"SELECT ({string.Format(CultureInfo.InvariantCulture, call, Text(random), "'é'", "3", Text(random), "-4", "2")})::VARCHAR";
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
        return SqlText.Literal(
            string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)])));
    }

    static string Number(Random random) =>
        random.Next(8) == 0
            ? "NULL::BIGINT"
            : string.Create(CultureInfo.InvariantCulture, $"({random.Next(-9, 20)})::BIGINT");
}
