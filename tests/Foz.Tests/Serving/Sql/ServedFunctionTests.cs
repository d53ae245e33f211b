using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Tests.Serving.Sql;

/// <summary>The list of functions that served statements may call.</summary>
public sealed class ServedFunctionTests
{
    [Fact]
    public async Task Every_function_of_the_engine_is_decided_about_and_nothing_else()
    {
        await using var lake = await ServedLake.CreateAsync();
        using var session = lake.Lake.Engines.Open(Workload.Serving);
        var known = new SortedSet<string>(StringComparer.Ordinal);
        using var rows = session.Query(
            "SELECT DISTINCT CASE WHEN function_type IN ('table', 'table_macro') THEN 'table' WHEN "
                + "function_type = 'pragma' THEN 'pragma' "
            + "ELSE 'call' END || ' ' || function_name FROM duckdb_functions()",
            TestContext.Current.CancellationToken);
        while (rows.Fetch(TestContext.Current.CancellationToken) is { } chunk)
            using (chunk)
                for (var row = 0; row < chunk.RowCount; row++) known.Add((string)chunk[0].GetValue(row)!);

        // No statement can call those, as no user knows their names.
        known.RemoveWhere(OwnNames.Has);
        var decided = ServedFunctions.Refusals.Keys.Where(f => f.Kind != ServedFunctions.Syntax)
            .Select(f => $"{f.Kind} {f.Name}").ToHashSet(StringComparer.Ordinal);
        Assert.True(
            known.SetEquals(decided),
            "served_functions.tsv has a line 'kind, name, allowed', 'heavy', 'bounded' or 'refused, why' for each "
                + "function of the engine; "
            + $"undecided: {string.Join(", ", known.Except(decided))}; unknown to the engine: "
            + $"{string.Join(", ", decided.Except(known))}");
    }

    [Fact]
    public void Functions_that_read_files_run_texts_or_tell_of_the_process_are_refused()
    {
        foreach (var name in new[]
        {
            "read_text", "read_csv", "read_parquet", "parquet_scan", "glob", "query", "query_table", "duckdb_settings",
            "duckdb_secrets",
            "histogram", "summary", "arrow_scan", "read_duckdb", "json_execute_serialized_sql", "pragma_database_size",
            "foz_stream",
        })
            Assert.False(ServedFunctions.Allows(ServedFunctions.Table, name), name);
        foreach (var name in new[]
        {
            "getvariable", "current_setting", "stats", "finalize", "combine", "json_serialize_plan", "nextval",
            "setseed", "write_log",
            "foz_live", "sleep_ms", "pg_sleep", "current_query",
        })
            Assert.False(ServedFunctions.Allows(ServedFunctions.Call, name), name);
    }

    /// <summary>The model: a set of names that is allowed; whatever else is called is refused.</summary>
    [Fact]
    public void Nothing_passes_that_is_not_allowed()
    {
        var allowed = ServedFunctions.Refusals.Where(f =>
            f.Key.Kind is ServedFunctions.Call or ServedFunctions.Syntax && f.Value is null)
            .Select(f => f.Key.Name).ToHashSet(StringComparer.Ordinal);
        var names = ServedFunctions.Refusals.Keys.Select(f => f.Name).ToList();
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var calls = Enumerable.Range(0, random.Next(4))
                .Select(_ => Mutated(names[random.Next(names.Count)], random)).ToHashSet(StringComparer.Ordinal);
            var error = Record.Exception(() => ServedFunctions.Check(calls)) as FozException;
            Assert.True(calls.IsSubsetOf(allowed) == (error is null), $"seed {seed}: {string.Join(", ", calls)}");
            if (error is not null) Assert.Equal("42883", error.SqlState);
        }
    }

    [Theory]
    [InlineData(ServedFunctions.Call, "uper", "did you mean upper?")]
    [InlineData(ServedFunctions.Table, "genrate_series", "did you mean generate_series?")]
    [InlineData(ServedFunctions.Table, "read_text", null)]
    [InlineData(ServedFunctions.Call, "foz_anyy", null)]
    public void The_nearest_function_that_may_be_called_is_told(string kind, string name, string? hint) =>
        Assert.Equal(hint, ServedFunctions.Missing(kind, name).Hint);

    static string Mutated(string name, Random random) => random.Next(3) switch
    {
        0 => name.Insert(random.Next(name.Length + 1), "x"),
        1 when name.Length > 1 => name.Remove(random.Next(name.Length), 1),
        _ => name,
    };
}
