using System.Globalization;

namespace Foz.Tests.Pipelines.Materializations;

/// <summary>Strategies that find rows by indexes of keys, in tables much larger than their batches.</summary>
public sealed class KeyIndexTests : IDisposable
{
    const int Rows = 3_000;
    const int Batches = 6;

    readonly ModelLake lake = new();
    readonly Random random;

    public KeyIndexTests()
    {
        var seed = Soak.Seed();
        random = new(seed);
    }

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Delete_insert_is_what_a_model_of_it_says()
    {
        lake.Model(
            "{type: incremental, strategy: delete+insert, unique_key: [id, k]}", "SELECT * FROM STREAM(bronze.t)");
        var expected = new List<(int Id, string K, int V)>();
        await BringAsync(Enumerable.Range(0, Rows).Select(i => (i, "a", 0)));
        for (var batch = 1; batch <= Batches; batch++)
        {
            // Several rows of a key, and keys that are new.
            var rows = Enumerable.Range(0, 40)
                .Select(_ => (random.Next(Rows * 2), random.Next(2) == 0 ? "a" : "b", batch)).ToList();
            await BringAsync([.. rows, rows[0]]);
        }

        Assert.Equal(
            expected.Select(row => $"{row.Id}|{row.K}|{row.V}").Order(StringComparer.Ordinal),
            (await lake.RowsAsync()).Order(StringComparer.Ordinal));
        Assert.NotEmpty(
            Directory.GetFiles(
                Path.Combine(lake.Lake.Folder, "_foz", "cache", "keys"), "*.keys", SearchOption.AllDirectories));

        async Task BringAsync(IEnumerable<(int Id, string K, int V)> rows)
        {
            var all = rows.ToList();
            expected.RemoveAll(old => all.Exists(row => (row.Id, row.K) == (old.Id, old.K)));
            expected.AddRange(all);
            await lake.AppendAsync("SELECT * FROM (VALUES " + string.Join(", ", all.Select(
                row => string.Create(CultureInfo.InvariantCulture, $"({row.Id}, '{row.K}', {row.V})")))
                + ") v(id, k, v)");
            await lake.RunWellAsync();
        }
    }

    [Fact]
    public async Task A_history_is_that_of_all_its_changes()
    {
        lake.Model(
            "{type: incremental, strategy: scd2_by_time, unique_key: id, updated_at: ts}",
            "SELECT id, v, ts FROM STREAM(bronze.t)");
        await lake.AppendAsync($"SELECT i AS id, 'v' || i AS v, TIMESTAMP '2026-01-01' AS ts FROM range({Rows}) r(i)");
        await lake.RunWellAsync();
        for (var batch = 1; batch <= Batches; batch++)
        {
            await lake.AppendAsync(string.Create(CultureInfo.InvariantCulture, $"""
                SELECT CAST(hash(i + {random.Next(1_000_000)}) % {Rows * 2} AS BIGINT) AS id, 'b{batch}' AS v,
                    TIMESTAMP '2025-12-01' + to_days(CAST(hash(i * 31 + {random.Next(1_000_000)}) % 90 AS INTEGER)) AS ts
                FROM range(40) r(i)
                """));
            await lake.RunWellAsync();
        }

        Assert.Equal(
            await lake.QueryAsync("""
                SELECT id, v, ts, ts, lead(ts) OVER w, lead(ts) OVER w IS NULL
                FROM (SELECT id, max(v) AS v, ts FROM bronze.t GROUP BY id, ts) WINDOW w AS (PARTITION BY id ORDER BY ts)
                ORDER BY id, ts
                """),
            await lake.QueryAsync("SELECT id, v, ts, valid_from, valid_to, is_current FROM silver.m ORDER BY id, ts"));
    }
}
