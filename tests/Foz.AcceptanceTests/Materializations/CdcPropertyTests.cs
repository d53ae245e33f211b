namespace Foz.AcceptanceTests.Materializations;

/// <summary>
/// Random events in random order and batches give what an oracle computes of all of them. FOZ_SEED repeats one case.
/// </summary>
public sealed class CdcPropertyTests
{
    const int Cases = 5, Batches = 5, Keys = 40, EventsPerKey = 9, SequenceMax = 14;

    public static TheoryData<int> Seeds
    {
        get
        {
            if (int.TryParse(Environment.GetEnvironmentVariable("FOZ_SEED"), out var only)) return [only];
            var first = Random.Shared.Next(1_000_000);
            return [.. Enumerable.Range(first, Cases)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task The_last_version_of_rows_is_that_of_the_oracle(int seed)
    {
        var random = new Random(seed);
        var ignoresNulls = random.Next(2) == 0;
        var oracle = new CdcOracle(ignoresNulls, [true, true]);
        var events = Events(random, mayTruncate: random.Next(3) == 0);
        using var project = new CdcProject().Model(
            "keys: id, sequence_by: n, apply_as_delete_when: op = 'd', apply_as_truncate_when: op = 't', columns: [id, v, w]"
            + $", ignore_null_updates: {(ignoresNulls ? "true" : "false")}");
        await CompareAsync(project, random, events, oracle.Rows, "SELECT * FROM silver.m ORDER BY id", seed);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task All_versions_of_rows_are_those_of_the_oracle(int seed)
    {
        var random = new Random(seed);
        var ignoresNulls = random.Next(2) == 0;
        var (words, tracked) = random.Next(3) switch
        {
            0 => ("", (bool[])[true, true]),
            1 => (", track_history_columns: [v]", [true, false]),
            _ => (", track_history_except_columns: [v]", [false, true]),
        };
        var oracle = new CdcOracle(ignoresNulls, tracked);
        using var project = new CdcProject().Model(
            "keys: id, sequence_by: n, apply_as_delete_when: op = 'd', columns: [id, v, w], stored_as_scd_type: 2"
            + $", ignore_null_updates: {(ignoresNulls ? "true" : "false")}{words}");
        await CompareAsync(
            project, random, Events(random, mayTruncate: false), oracle.Versions,
            "SELECT * FROM silver.m ORDER BY id, __START_AT", seed);
    }

    static List<CdcEvent> Events(Random random, bool mayTruncate)
    {
        var hasAbsent = random.Next(2) == 0;
        var events = new List<CdcEvent>();
        for (var key = 0; key < Keys; key++)
            for (var i = random.Next(EventsPerKey); i >= 0; i--)
                events.Add(new(
                    key, random.Next(SequenceMax), random.Next(4) == 0 ? 'd' : 'u',
                    [Value(random), Value(random)],
                    [hasAbsent && random.Next(3) == 0, hasAbsent && random.Next(3) == 0]));
        if (mayTruncate)
            for (var i = 0; i < 2; i++) events.Add(new(0, random.Next(SequenceMax), 't', [null, null], [false, false]));
        return [.. events.OrderBy(_ => random.Next())];
    }

    static int? Value(Random random) => random.Next(4) is var value and > 0 ? value : null;

    static async Task CompareAsync(
        CdcProject project, Random random, List<CdcEvent> events, Func<IEnumerable<CdcEvent>, List<string>> expected,
        string query, int seed)
    {
        var arrived = new List<CdcEvent>();
        foreach (var batch in events.GroupBy(_ => random.Next(Batches)))
        {
            // Of one batch nothing tells which of two events of one sequence came last.
            var own = batch.DistinctBy(e => (e.Op == 't' ? -1 : e.Key, e.Sequence)).ToList();
            arrived.AddRange(own);
            var rows = own.Select(e =>
                $"({(e.Op == 't' ? "NULL" : e.Key)}, {Sql(e, 0)}, {Sql(e, 1)}, {e.Sequence}, '{e.Op}', {Absent(e)})");
            await project.Lake.AppendAsync(
                "bronze.t", $"SELECT CAST(id AS INTEGER) AS id, CAST(v AS INTEGER) AS v, CAST(w AS INTEGER) AS w, n, op, CAST(a AS VARCHAR[]) AS _cdc_unchanged FROM "
                    + $"(VALUES {string.Join(", ", rows)}) AS t(id, v, w, n, op, a)");
            await project.Lake.RunWellAsync();
            var found = await project.Lake.QueryAsync(query);
            Assert.True(
                expected(arrived).SequenceEqual(found),
                $"seed {seed}: expected {string.Join(' ', expected(arrived).Except(found))}, found {string.Join(' ', found.Except(expected(arrived)))}; "
                    + $"events {string.Join(' ', arrived.Where(e => expected(arrived).Concat(found).GroupBy(r => r).Any(r => r.Count() == 1 && r.Key.StartsWith($"{e.Key}|", StringComparison.Ordinal))))}");
        }
    }

    static string Sql(CdcEvent e, int column) => e.Absent[column] || e.Values[column] is not { } value ? "NULL" : $"{value}";

    static string Absent(CdcEvent e)
    {
        var names = new[] { "'v'", "'w'" }.Where((_, i) => e.Absent[i]).ToList();
        return names.Count == 0 || e.Op != 'u' ? "NULL" : $"[{string.Join(", ", names)}]";
    }
}
