using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Tests;

namespace Foz.AcceptanceTests.Judge;

/// <summary>Tables that Foz writes, read and written by ClickHouse with delta-kernel.</summary>
public sealed class JudgeTests(JudgeProcess judge) : IDisposable
{
    const string Name = "silver.judged";
    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task All_types_are_read_equally()
    {
        await lake.AppendAsync(Name, """
            SELECT i::TINYINT - 2 AS t, i::SMALLINT * 9000 AS s, i::INTEGER * -70000 AS i, i * 9000000000 AS b,
                i / 3.0::FLOAT AS f, i / 7.0::DOUBLE AS d, i % 2 = 0 AS flag, 'ação "quoted" \' || i AS text,
                ('\xFF\x00' || i)::BLOB AS bytes, DATE '1969-12-30' + i::INTEGER AS day,
                TIMESTAMPTZ '2024-02-29 23:59:59.123456+00' + to_days(i::INTEGER) AS at,
                TIMESTAMP '1969-12-31 23:59:59.999999' + to_hours(i::INTEGER) AS local,
                (i * 1.01)::DECIMAL(9,2) AS small, (i * 1000000000.0001)::DECIMAL(18,4) AS medium,
                (i * -12345678901234567890.00000001)::DECIMAL(38,8) AS large
            FROM range(3) r(i) UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
            """);

        Assert.Equal(4, await AssertReadEquallyAsync());
    }

    [Fact]
    public async Task Nested_types_are_read_equally()
    {
        await lake.AppendAsync(Name, """
            SELECT i AS id, [i, NULL, i * 2] AS list, [['a', NULL], [], ['ç' || i]] AS lists,
                {'a': i, 'b': {'c': 'x' || i, 'd': [DATE '2024-01-01']}} AS struct,
                [{'a': i, 'b': NULL::VARCHAR}, {'a': NULL, 'b': 'z'}] AS structs,
                MAP {'k' || i: i, 'é': NULL} AS map, MAP {i: [{'v': i * 1.5}]} AS maps
            FROM range(5) r(i)
            """);
        await lake.AppendAsync(Name, """
            SELECT 9 AS id, NULL::BIGINT[] AS list, []::VARCHAR[][] AS lists, NULL::MAP(VARCHAR, BIGINT) AS map,
                {'a': NULL::BIGINT, 'b': {'c': NULL::VARCHAR, 'd': []::DATE[]}} AS struct
            """);

        Assert.Equal(6, await AssertReadEquallyAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_version_of_a_table_that_merges_changed_is_read_equally(bool isPartitioned)
    {
        await lake.AppendAsync(
            Name, "SELECT i AS id, 'v0' AS v, i % 3 AS p FROM range(1000) r(i)",
            new() { PartitionBy = isPartitioned ? ["p"] : [] });
        for (var round = 1; round <= 3; round++)
        {
            await ChangeAsync((w, t) => w.MergeAsync(t, new()
            {
                Source =
                    $"SELECT i * {round + 1} AS id, 'v{round}' AS v, i % 3 AS p, {round} AS round FROM range(400) r(i)",
                On = "target.id = source.id AND target.p = source.p",
                Clauses =
                [
                    new(MergeMatch.Matched, new MergeAction.Delete(), "target.id % 20 = 0"),
                    new(MergeMatch.Matched, new MergeAction.UpdateAll()),
                    new(MergeMatch.NotMatched, new MergeAction.InsertAll(), "source.id % 2 = 0"),
                    new(
                        MergeMatch.NotMatchedBySource,
                        new MergeAction.Update(new Dictionary<string, string> { ["v"] = "v || '!'" }), "id % 7 = 0"),
                ],
                EvolvesSchema = true,
            }, Cancel));
            await ChangeAsync((w, t) => w.ReplaceWhereAsync(
                t, $"SELECT {round} AS id, 'replaced' AS v, 1 AS p", $"p = 1 AND id < {round * 50}", new(), Cancel));
        }
        var newest = await (await lake.TableAsync(Name)).LatestAsync(Cancel);
        for (var version = 0L; version <= newest.Version; version++)
            Assert.True(await AssertReadEquallyAsync(version) > 0);
    }

    [Fact]
    public async Task Every_version_of_a_changed_table_is_read_equally()
    {
        await lake.AppendAsync(Name, "SELECT i AS id, 'v0' AS v FROM range(1000) r(i)");
        await ChangeAsync((w, t) => w.MergeAsync(
            t, "SELECT i * 3 AS id, 'v1' AS v FROM range(500) r(i)", new() { Keys = ["id"] }, Cancel));
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id % 10 = 0", new(), Cancel));
        await ChangeAsync((w, t) => w.UpdateAsync(
            t, new Dictionary<string, string> { ["v"] = "'changed ' || v" }, "id < 20", new(), Cancel));
        await lake.AppendAsync(Name, "SELECT 5000 + i AS id, NULL::VARCHAR AS v, 'late' AS added FROM range(10) r(i)");
        await ChangeAsync((w, t) => w.MergeAsync(
            t, "SELECT i AS id, 'v5' AS v, 'x' AS added FROM range(2000) r(i)", new() { Keys = ["id"] }, Cancel));
        await ChangeAsync((w, t) => w.OverwriteAsync(t, "SELECT 1 AS other, 'kept' AS v", new(), Cancel));

        var table = await lake.TableAsync(Name);
        var counts = new List<long>();
        for (var version = 0; version <= 6; version++)
        {
            counts.Add(await AssertReadEquallyAsync(version));
            Assert.Equal(counts[^1], await judge.CountAsync(table.Root, version));
        }
        Assert.Equal([1000, 1166, 1050, 1050, 1060, 2010, 1], counts);
    }

    [Fact]
    public async Task Partitions_with_odd_values_are_read_equally()
    {
        await lake.AppendAsync(
            Name,
            """
            SELECT unnest(['a b', 'a/b', 'a%20b', 'ã:=?*', '', NULL, '{}', 'x''y"z', '__HIVE_DEFAULT_PARTITION__', 'a+b&c#d'])
                    AS text,
                unnest([1, -1, 0, NULL, 5, 6, 7, 8, 9, 10]) AS n,
                unnest([DATE '2024-02-29', NULL, DATE '0001-01-01', DATE '9999-12-31', DATE '1970-01-01', DATE '1969-12-31',
                    DATE '2000-01-01', DATE '2001-01-01', DATE '2002-01-01', DATE '2003-01-01']) AS day,
                range(10) AS list_of, unnest(range(10)) AS id
            """,
            new() { PartitionBy = ["text", "n", "day"] });
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id = 3", new(), Cancel));

        Assert.Equal(9, await AssertReadEquallyAsync());
    }

    [Fact]
    public async Task Checkpoints_and_time_travel_behind_them_are_read_equally()
    {
        const int commits = 120;
        await lake.AppendAsync(
            Name, "SELECT -1 AS commit, j AS id, j % 2 AS part FROM range(10) r(j)", new() { PartitionBy = ["part"] });
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id IN (3, 4)", new(), Cancel));
        for (var i = 0; i < commits; i++)
            await lake.AppendAsync(Name, $"SELECT {i} AS commit, j AS id, j % 2 AS part FROM range({i % 5 + 1}) r(j)");
        var log = Path.Combine(lake.Lake.Folder, "silver/judged/_delta_log");
        var checkpoints = Directory.GetFiles(log, "*.checkpoint.parquet");
        Assert.NotEmpty(checkpoints);

        // Another process, which knows the table only from its log.
        using var reader = new TestLake(lake.Folder);
        using var session = reader.Open();
        var table = await reader.TableAsync(Name);
        var first = checkpoints.Min(file => int.Parse(Path.GetFileName(file)[..20]));
        foreach (var version in new long?[] { 1, first - 1, first, first + 1, null })
            await judge.AssertReadEquallyAsync(session, table, version);
        Assert.Equal(8 + commits * 3, await judge.CountAsync(table.Root));
    }

    [Fact]
    public async Task What_the_judge_appends_between_our_commits_is_read_and_changed()
    {
        await lake.AppendAsync(Name, "SELECT i AS id, 'ours' AS v FROM range(100) r(i)");
        var table = await lake.TableAsync(Name);
        await judge.AppendAsync(table.Root, "SELECT toInt64(number + 100) AS id, 'judge' AS v FROM numbers(100)");
        Assert.Equal(
            ["judge|100", "ours|100"], await lake.QueryAsync($"SELECT v, count(*) FROM {Name} GROUP BY v ORDER BY v"));

        await ChangeAsync((w, t) => w.MergeAsync(
            t, "SELECT i AS id, 'merged' AS v FROM range(90, 210) r(i)", new() { Keys = ["id"] }, Cancel));
        await judge.AppendAsync(table.Root, "SELECT toInt64(1000) AS id, 'judge' AS v");
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id < 10", new(), Cancel));

        Assert.Equal(201, await AssertReadEquallyAsync());
        Assert.Equal(
            ["judge|1", "merged|120", "ours|80"],
            await lake.QueryAsync($"SELECT v, count(*) FROM {Name} GROUP BY v ORDER BY v"));
    }

    [Fact]
    public async Task Random_changes_are_read_equally_at_random_versions()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        await lake.AppendAsync(
            Name, "SELECT i AS id, i % 4 AS part, 'v' || i AS v FROM range(200) r(i)",
            new() { PartitionBy = random.Next(2) == 0 ? [] : ["part"] });
        const int changes = 14;
        for (var i = 1; i <= changes; i++)
        {
            var rows =
                $"SELECT i AS id, i % 4 AS part, '{i}-' || i AS v FROM range({random.Next(300)}, "
                    + $"{random.Next(300, 400)}) r(i)";
            var condition = $"id % {random.Next(2, 9)} = 0";
            var kind = random.Next(4);
            await ChangeAsync((w, t) => kind switch
            {
                0 => w.AppendAsync(t, rows, new(), Cancel),
                1 => w.DeleteAsync(t, condition, new(), Cancel),
                2 => w.UpdateAsync(t, new Dictionary<string, string> { ["v"] = $"'u{i}'" }, condition, new(), Cancel),
                _ => w.MergeAsync(t, rows, new() { Keys = ["id"] }, Cancel),
            });
        }

        var last = (await (await lake.TableAsync(Name)).LatestAsync(Cancel)).Version;
        foreach (var version in new[] { random.NextInt64(last), random.NextInt64(last), last })
            await AssertReadEquallyAsync(version);
    }

    async Task<long> AssertReadEquallyAsync(long? version = null)
    {
        using var session = lake.Open();
        return await judge.AssertReadEquallyAsync(session, await lake.TableAsync(Name), version);
    }

    async Task ChangeAsync(Func<TableWriter, LakeTable, Task<TableChange>> change)
    {
        using var session = lake.Open();
        await (await change(new TableWriter(session), await lake.TableAsync(Name))).CommitAsync(Cancel);
    }
}
