using Foz.AcceptanceTests.Documents;
using Foz.AcceptanceTests.Judge;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;
using Foz.Tests;

namespace Foz.AcceptanceTests.Golden;

/// <summary>
/// Copies of tables that other writers made, to which rows are appended: read again by Foz and by the judge.
/// </summary>
public sealed class GoldenAppendTests(GoldenEngine engine, JudgeProcess judge)
    : IClassFixture<GoldenEngine>, IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-golden-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Readable => GoldenTests.Readable;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Readable))]
    public async Task A_copy_has_its_rows_and_those_appended(string name)
    {
        var golden = GoldenTable.Find(name);
        DemoCheckout.CopyFolder(golden.Root, Path.Combine(folder, "delta"));
        using var session = engine.Open();
        var table = engine.Table(folder);
        var before = await table.LatestAsync(Cancel);
        using (var rows = await before.OpenAsync(session, Cancel))
            session.Execute($"CREATE TEMP TABLE before_rows AS FROM {rows.Sql}", Cancel);
        session.Execute("CREATE TEMP TABLE added_rows AS FROM before_rows LIMIT 3", Cancel);

        var refusal = await AppendAsync(session, table);
        if (refusals.TryGetValue(name, out var reason))
            Assert.Contains(reason, refusal?.Message, StringComparison.Ordinal);
        else Assert.Null(refusal);
        var after = await engine.Table(folder).LatestAsync(Cancel);
        Assert.Equal(refusal is null ? before.Version + 1 : before.Version, after.Version);
        using var read = await after.OpenAsync(session, Cancel);
        var wanted = refusal is null ? "(FROM before_rows UNION ALL FROM added_rows)" : "before_rows";
        if (before.Fields.Count > ColumnsMax) AssertSameSums(session, wanted, read.Sql);
        else GoldenRows.AssertEqual(session, read.Sql, wanted, name);
        // What the judge can read of the table, it can still read after our commit.
        if (refusal is null && golden.Expected.Contains("chdb", StringComparison.Ordinal) && IsJudged(golden))
            Assert.Equal(
                session.QueryScalar<long>("SELECT count(*) FROM before_rows", Cancel)
                    + session.QueryScalar<long>("SELECT count(*) FROM added_rows", Cancel),
                await judge.CountAsync(table.Root));
    }

    // What no engine compares row by row in the memory of a test.
    const int ColumnsMax = 1000;

    const string Variants = "not supported: variantType";

    static readonly Dictionary<string, string> refusals = new(StringComparer.Ordinal)
    {
        ["dat/iceberg_compat_v1"] = "not supported: icebergCompatV1",
        ["delta-golden/collations-table"] = "not supported: collations",
        ["delta-golden/collations-preview-table"] = "not supported: collations-preview",
        ["delta-rs/issue-2152"] = "counts its column",
        ["delta-rs/spark-variant-checkpoint"] = Variants,
        ["delta-rs/table_with_liquid_clustering"] = "not supported: liquid",
        ["delta-spark/variant-stats-no-checkpoint"] = "variantType",
        ["delta-spark/variant-stats-nested-no-checkpoint"] = "variantType",
        ["delta-spark/variant-stats-with-struct-no-checkpoint"] = "variantType",
        ["duckdb-delta/variant-basic"] = Variants,
    };

    static void AssertSameSums(EngineSession session, string expected, string actual)
    {
        string Sum(string relation) => session.QueryScalar<string>(
            $"SELECT count(*) || ' ' || sum(hash(t)) FROM (SELECT * FROM {relation}) AS t", Cancel);
        Assert.Equal(Sum(expected), Sum(actual));
    }

    static bool IsJudged(GoldenTable golden) => File.Exists(Path.Combine(golden.Folder, "expected-chdb.jsonl"));

    static async Task<Exception?> AppendAsync(EngineSession session, LakeTable table)
    {
        try
        {
            await using var change = await new TableWriter(session).AppendAsync(
                table, "FROM added_rows", new(), Cancel);
            await change.CommitAsync(Cancel);
            return null;
        }
        catch (Exception e) when (e is DeltaException or StorageException or FozException)
        {
            return e;
        }
    }
}
