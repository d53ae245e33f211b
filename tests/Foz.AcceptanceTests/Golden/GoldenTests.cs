using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Storage;
using Foz.Tests;

namespace Foz.AcceptanceTests.Golden;

/// <summary>
/// Delta tables that other writers made: the rows of the newest and of every stored version; what cannot be read is
/// refused with a reason that names the fault.
/// </summary>
public sealed partial class GoldenTests(GoldenEngine engine) : IClassFixture<GoldenEngine>
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Readable => Names(table =>
        table.Kind is "data" or "unjudged" && GoldenNote.Find(table)?.Refusal is null);

    public static TheoryData<string> Refused => Names(table => GoldenNote.Find(table)?.Refusal is not null);

    public static TheoryData<string> WithChanges => Names(table => File.Exists(ChangesOf(table)));

    public static TheoryData<string> WithVersions =>
        Names(table => table.Kind != "log-only" && table.RowCounts().Count > 0);

    [Theory]
    [MemberData(nameof(Readable))]
    public async Task The_newest_version_has_the_expected_rows(string name)
    {
        var golden = GoldenTable.Find(name);
        var table = engine.Table(golden);
        using var session = engine.Open();
        using var rows = await (await table.LatestAsync(Cancel)).OpenAsync(session, Cancel);
        var note = GoldenNote.Find(golden);
        var judged = Path.Combine(golden.Folder, "expected-chdb.jsonl");
        if (note?.Rows is { } right)
            GoldenRows.AssertEqual(session, rows.Sql, $"({right.Replace("{0}", golden.Root, default)})", name);
        else if (golden.Suite == "dat") await AssertVersionsAsync(session, golden, table);
        else if (File.Exists(judged)) GoldenRows.AssertJudged(session, rows.Sql, judged, name);
        else if (golden.Expected.StartsWith("rows=", StringComparison.Ordinal))
            Assert.Equal(golden.Expected, $"rows={Count(session, rows)} (chdb){golden.Expected.Split("(chdb)")[1]}");
        else
            GoldenRows.AssertEqual(
                session, rows.Sql, Parquet(Path.Combine(golden.Folder, "expected")), name, note?.WaivedColumn);
    }

    [Theory]
    [MemberData(nameof(WithVersions))]
    public async Task Every_version_has_the_rows_that_another_engine_counted(string name)
    {
        var golden = GoldenTable.Find(name);
        var table = engine.Table(golden);
        using var session = engine.Open();
        var counts = golden.RowCounts();
        if (GoldenNote.Find(golden)?.Count is { } right) counts[right.Version] = right.Rows;
        foreach (var (version, expected) in counts)
        {
            using var rows = await (await table.VersionAsync(version, Cancel)).OpenAsync(session, Cancel);
            Assert.Equal((version, expected), (version, Count(session, rows)));
        }
    }

    [Theory]
    [MemberData(nameof(WithChanges))]
    public async Task The_change_feed_has_the_rows_that_another_engine_read(string name)
    {
        var golden = GoldenTable.Find(name);
        var range = VersionRange.Match(golden.Expected);
        using var session = engine.Open();
        var changes = await engine.Table(golden).ChangesAsync(
            long.Parse(range.Groups["from"].Value, CultureInfo.InvariantCulture),
            long.Parse(range.Groups["to"].Value, CultureInfo.InvariantCulture), Cancel);
        using var rows = await (await changes.RowsAsync(Cancel)).OpenAsync(session, filter: null, Cancel);
        GoldenRows.AssertJudged(
            session, $"(SELECT * EXCLUDE (_commit_timestamp) FROM {rows.Sql})", ChangesOf(golden), name);
        Assert.Equal(0, session.QueryScalar<long>(
            $"SELECT count(*) FROM {rows.Sql} WHERE _commit_timestamp IS NULL", Cancel));
    }

    [Theory]
    [MemberData(nameof(WithVersions))]
    public async Task Every_version_has_the_rows_of_the_one_before_and_those_that_it_changed(string name)
    {
        var golden = GoldenTable.Find(name);
        var table = engine.Table(golden);
        using var session = engine.Open();
        var counts = golden.RowCounts();
        if (GoldenNote.Find(golden)?.Count is { } right) counts[right.Version] = right.Rows;
        var untold = GoldenNote.Untold(golden);
        if (untold is "") return;
        var refusal = await Record.ExceptionAsync(async () =>
        {
            foreach (var (version, rows) in counts.Where(count => counts.ContainsKey(count.Key - 1)))
                Assert.Equal(
                    (version, rows), (version, counts[version - 1] + await DifferenceAsync(session, table, version)));
        });
        if (untold is null) Assert.True(refusal is null, $"{refusal}");
        else Assert.Contains(untold, Assert.IsType<FozException>(refusal).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_be_read_is_refused_by_name(string name)
    {
        var golden = GoldenTable.Find(name);
        var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var session = engine.Open();
            using var rows = await (await engine.Table(golden).LatestAsync(Cancel)).OpenAsync(session, Cancel);
            Count(session, rows);
        });
        Assert.True(error is DeltaException or StorageException or FozException, error.ToString());
        Assert.Contains(GoldenNote.Find(golden)!.Refusal!, error.Message, StringComparison.Ordinal);
        Assert.Contains(golden.Root, error.Message, StringComparison.Ordinal);
    }

    [GeneratedRegex(
        @"-cdf\.jsonl \((?<from>\d+)\.\.(?<to>\d+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex VersionRange { get; }

    static string ChangesOf(GoldenTable table) => Path.Combine(table.Folder, "expected-chdb-cdf.jsonl");

    /// <summary>How many rows more than before a version has, by what it changed.</summary>
    static async Task<long> DifferenceAsync(EngineSession session, LakeTable table, long version)
    {
        var changes = await (await table.ChangesAsync(version, version, Cancel)).RowsAsync(Cancel);
        using var relation = await changes.OpenAsync(session, filter: null, Cancel);
        return session.QueryScalar<long>(
            $"""
            SELECT count(*) FILTER (_change_type IN ('insert', 'update_postimage'))
                - count(*) FILTER (_change_type IN ('delete', 'update_preimage')) FROM (SELECT * FROM {relation.Sql})
            """, Cancel);
    }

    static async Task AssertVersionsAsync(EngineSession session, GoldenTable golden, LakeTable table)
    {
        foreach (var folder in Directory.GetDirectories(Path.Combine(golden.Folder, "expected")))
        {
            var version = Path.GetFileName(folder);
            var snapshot = version == "latest"
                ? await table.LatestAsync(Cancel)
                : await table.VersionAsync(long.Parse(version[1..], CultureInfo.InvariantCulture), Cancel);
            using var rows = await snapshot.OpenAsync(session, Cancel);
            GoldenRows.AssertEqual(
                session, rows.Sql, Parquet(Path.Combine(folder, "table_content")), $"{golden} {version}");
        }
    }

    static string Parquet(string folder) =>
        $"read_parquet({SqlText.Literal(folder + "/*.parquet")}, hive_partitioning = false)";

    // Of all columns, so that every row is read.
    static long Count(EngineSession session, TableRelation rows) => session.QueryScalar<long>(
        $"SELECT count(*) FROM (SELECT * FROM {rows.Sql})", Cancel);

    static TheoryData<string> Names(Func<GoldenTable, bool> choose)
    {
        var index = Path.Combine(Repository.Shared, "golden", "INDEX.tsv");
        return File.Exists(index)
            ? [.. GoldenTable.All().Where(choose).Select(table => table.ToString())]
            : ["(absent)"];
    }
}
