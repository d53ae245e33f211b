using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;

namespace Foz.Tests.Lake.Tables.ChangeFeed;

/// <summary>The changes that writers record, compared with the tables.</summary>
public sealed class ChangeFeedTests : IDisposable
{
    const string On = "delta.enableChangeDataFeed";

    readonly ChangedTable table = new();

    public static TheoryData<TableKind, bool, int> Histories
    {
        get
        {
            var data = new TheoryData<TableKind, bool, int>();
            foreach (var kind in Enum.GetValues<TableKind>())
                foreach (var isFed in (bool[])[true, false])
                    for (var seed = 1; seed <= 2; seed++) data.Add(kind, isFed, seed);
            return data;
        }
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Theory]
    [MemberData(nameof(Histories))]
    public async Task A_version_and_what_the_next_one_changed_are_the_next_one(TableKind kind, bool isFed, int seed)
    {
        var random = new Random(seed * 47 + (int)kind);
        await table.CreateAsync(kind, more: (On, isFed ? "true" : "false"));
        var statements = new List<string> { "CREATE TABLE" };
        for (var file = 0; file < 3; file++)
        {
            await table.AppendAsync(
                $"SELECT i AS id, 'k' || (i % 17) AS k, (i % 29)::INTEGER AS v, (i % 4)::INTEGER AS p "
                    + $"FROM range({file * 100}, {file * 100 + 100}) r(i)");
            statements.Add("INSERT");
        }
        for (var step = 0; step < 10; step++) statements.Add(await new RandomStatement(random, table).RunAsync());

        await table.FeedAsync("feed", from: 0);
        var commits = await table.Table.HistoryAsync(Cancel)
            .ToDictionaryAsync(commit => commit.Version, cancellationToken: Cancel);
        Assert.Equal(statements.Count, commits.Count);
        for (var version = 1; version < statements.Count; version++)
        {
            var what = $"{kind}, fed {isFed}, seed {seed}, version {version}: {statements[version]}";
            await AssertLeadsAsync(version, what);
            if (isFed) AssertTells(commits[version], what);
            // One scan of all versions gives what a scan of this one gives.
            var own = $"SELECT * FROM feed WHERE _commit_version = {version}";
            Assert.Equal(
                (what, "0|0"),
                (what, table.Query($"SELECT (SELECT count(*) FROM (SELECT * FROM step EXCEPT ALL {own})), "
                    + $"(SELECT count(*) FROM ({own} EXCEPT ALL SELECT * FROM step))")[0]));
        }
    }

    [Fact]
    public async Task Inserted_updated_and_deleted_rows_are_told_apart()
    {
        await table.CreateAsync(TableKind.DeletionVectors, more: (On, "true"));
        await table.AppendAsync("SELECT i AS id, 'old' AS k, i::INTEGER AS v, 0 AS p FROM range(10) r(i)");
        await MergeAsync(
            "SELECT * FROM (VALUES (0, 'd'), (1, 'u'), (20, 'i')) s(id, op)",
            new MergeClause(MergeMatch.Matched, new MergeAction.Delete(), "op = 'd'"),
            new MergeClause(
                MergeMatch.Matched, new MergeAction.Update(new Dictionary<string, string> { ["v"] = "v + 100" })),
            new MergeClause(
                MergeMatch.NotMatched,
                new MergeAction.Insert(new Dictionary<string, string> { ["id"] = "source.id" })));
        Assert.Equal(
            ["0|old|0|0|delete|2", "1|old|1|0|update_preimage|2", "1|old|101|0|update_postimage|2", "20||||insert|2"],
            await FeedAsync(2));

        // An upsert: the row of key 2 takes the place of another, the one of key 30 does not.
        await table.CommitAsync(await table.Writer.MergeAsync(
            table.Table, "SELECT * FROM (VALUES (2, 'new'), (30, 'new')) s(id, k)", new() { Keys = ["id"] }, Cancel));
        Assert.Equal(
            ["2|old|2|0|update_preimage|3", "2|new|||update_postimage|3", "30|new|||insert|3"], await FeedAsync(3));
    }

    [Fact]
    public async Task Change_data_files_are_written_only_where_files_and_vectors_do_not_tell()
    {
        await table.CreateAsync(TableKind.DeletionVectors, more: (On, "true"));
        await table.AppendAsync("SELECT i AS id, 'a' AS k, i::INTEGER AS v, 0 AS p FROM range(100) r(i)");
        Assert.Empty(await ToldAsync());
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id < 10", new(), Cancel));
        Assert.Empty(await ToldAsync());
        await table.CommitAsync(await table.Writer.ReplaceWhereAsync(
            table.Table, "SELECT 11 AS id, 'b' AS k, 0 AS v, 0 AS p", "id = 11", new(), Cancel));
        Assert.Empty(await ToldAsync());
        Assert.Equal(["11|a|11|0|delete|3", "11|b|0|0|insert|3"], await FeedAsync(3));

        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "0" }, "id = 12", new(), Cancel));
        var file = Assert.Single(await ToldAsync());
        Assert.StartsWith("_change_data/cdc-", file.Path.Value, StringComparison.Ordinal);
        // So many rows go that the file is rewritten, and the others only move.
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id BETWEEN 20 AND 79", new(), Cancel));
        Assert.Single(await ToldAsync());
        Assert.Equal(60, (await FeedAsync(5)).Count(row => row.Contains("|delete|", StringComparison.Ordinal)));
        await table.CommitAsync(await table.Writer.OverwriteAsync(
            table.Table, "SELECT 1::BIGINT AS id, 'z' AS k, 0 AS v, 0 AS p", new(), Cancel));
        Assert.Empty(await ToldAsync());
    }

    [Fact]
    public async Task The_feed_has_the_values_that_were_written()
    {
        await table.CreateAsync(TableKind.CopyOnWrite, more: (On, "true"));
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(10) r(i)");
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["k"] = "uuid()" }, "id < 5", new(), Cancel));
        await MergeAsync(
            "SELECT i AS id FROM range(8, 12) r(i)",
            new MergeClause(
                MergeMatch.Matched, new MergeAction.Update(new Dictionary<string, string> { ["k"] = "uuid()" })),
            new MergeClause(MergeMatch.NotMatched, new MergeAction.Insert(
                new Dictionary<string, string> { ["id"] = "source.id", ["k"] = "uuid()" })));
        await AssertLeadsAsync(2, "UPDATE");
        await AssertLeadsAsync(3, "MERGE");
    }

    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    public async Task Nested_columns_that_are_mapped_are_told(string mapping)
    {
        var inner = new StructType(
            new StructField("a", DeltaType.Integer), new StructField("b", new ArrayType(DeltaType.String, true)));
        await table.CreateAsync(
            TableKind.CopyOnWrite, new StructType(new StructField("id", DeltaType.Long), new StructField("s", inner)),
            (On, "true"), ("delta.columnMapping.mode", mapping), ("delta.enableRowTracking", "true"));
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT i AS id, {'a': i::INTEGER, 'b': ['x' || i]} AS s FROM range(3) r(i)", new(), Cancel));
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["s"] = "{'a': 9, 'b': NULL}" }, "id = 1", new(), Cancel));
        await table.FeedAsync("step", 2);
        Assert.Equal(
            ["1|1|['x1']|update_preimage", "1|9||update_postimage"],
            table.Query("SELECT id, s.a, CAST(s.b AS VARCHAR), _change_type FROM step ORDER BY s.a")
                .Select(row => row.Replace("[x1]", "['x1']", StringComparison.Ordinal)));
        var commit = await table.Table.Delta.ReadCommitAsync(2, Cancel);
        Assert.Equal("true", commit!.Info!.Tags!.Find("delta.rowTracking.preserved"));
    }

    [Fact]
    public async Task Values_that_the_table_counts_are_told_as_they_were_counted()
    {
        await table.CreateAsync(
            TableKind.DeletionVectors,
            new StructType(
                new IdentityColumn(10, 1, AllowsExplicit: false).ApplyTo(new("n", DeltaType.Long)),
                new StructField("id", DeltaType.Long), new StructField("k", DeltaType.String)),
            (On, "true"));
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT i AS id, 'a' AS k FROM range(2) r(i)", new(), Cancel));
        await MergeAsync(
            "SELECT i AS id FROM range(1, 4) r(i)",
            new MergeClause(
                MergeMatch.Matched, new MergeAction.Update(new Dictionary<string, string> { ["k"] = "'b'" })),
            new MergeClause(
                MergeMatch.NotMatched,
                new MergeAction.Insert(new Dictionary<string, string> { ["id"] = "source.id" })));
        await table.FeedAsync("step", 2);
        Assert.Equal(
            (await table.RowsAsync()).Where(row => !row.EndsWith("|0|a", StringComparison.Ordinal)),
            table.Query("SELECT n, id, k FROM step WHERE _change_type <> 'update_preimage' ORDER BY ALL"));
    }

    [Fact]
    public async Task Two_changes_of_one_file_are_each_told_by_its_own_version()
    {
        await table.CreateAsync(TableKind.DeletionVectors, more: (On, "true"));
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(10) r(i)");
        var update = await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "1" }, "id = 1", new(), Cancel);
        var delete = await table.Writer.DeleteAsync(table.Other(), "id IN (2, 3)", new(), Cancel);
        await delete.CommitAsync(Cancel);
        await update.CommitAsync(Cancel);
        Assert.Equal(["2|a|0|0|delete|2", "3|a|0|0|delete|2"], await FeedAsync(2));
        Assert.Equal(["1|a|0|0|update_preimage|3", "1|a|1|0|update_postimage|3"], await FeedAsync(3));
    }

    [Fact]
    public async Task What_was_told_of_a_change_that_is_not_made_is_deleted()
    {
        await table.CreateAsync(TableKind.CopyOnWrite, more: (On, "true"));
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(10) r(i)");
        var change = await table.Writer.DeleteAsync(table.Table, "id = 1", new(), Cancel);
        var folder = Path.Combine(table.Table.Root, "_change_data");
        Assert.NotEmpty(Directory.GetFiles(folder));
        await change.DisposeAsync();
        Assert.Empty(Directory.GetFiles(folder));
    }

    /// <summary>Asserts that a version's rows, with what the next one changed, are the next one's.</summary>
    async Task AssertLeadsAsync(long version, string what)
    {
        await table.FeedAsync("step", version, version);
        using var before = await (await table.Table.VersionAsync(version - 1, Cancel)).OpenAsync(table.Session, Cancel);
        using var after = await (await table.Table.VersionAsync(version, Cancel)).OpenAsync(table.Session, Cancel);
        const string columns = "id, k, v, p";
        var left = $"(SELECT * FROM {before.Sql} UNION ALL "
            + $"SELECT {columns} FROM step WHERE _change_type IN ('insert', 'update_postimage'))";
        var right = $"(SELECT * FROM {after.Sql} UNION ALL "
            + $"SELECT {columns} FROM step WHERE _change_type IN ('delete', 'update_preimage'))";
        Assert.True(table.Query($"FROM {left} EXCEPT ALL FROM {right} LIMIT 3") is [], $"{what}: too many rows");
        Assert.True(table.Query($"FROM {right} EXCEPT ALL FROM {left} LIMIT 3") is [], $"{what}: too few rows");
    }

    /// <summary>Asserts that the feed has exactly the rows that the statement changed.</summary>
    void AssertTells(TableCommit commit, string what)
    {
        var counts = table.Query(
            $"SELECT count(*) FILTER (_change_type IN ('insert', 'update_postimage')), "
            + $"count(*) FILTER (_change_type IN ('delete', 'update_preimage')) FROM feed WHERE "
            + $"_commit_version = {commit.Version}");
        Assert.Equal((what, $"{commit.RowsAdded}|{commit.RowsDeleted}"), (what, counts[0]));
    }

    async Task<IReadOnlyList<AddCdcFile>> ToldAsync()
    {
        var snapshot = await table.Table.LatestAsync(Cancel);
        var commit = await table.Table.Delta.ReadCommitAsync(snapshot.Version, Cancel);
        return [.. commit!.Actions.OfType<AddCdcFile>()];
    }

    async Task<List<string>> FeedAsync(long version)
    {
        await table.FeedAsync("step", version, version);
        return table.Query(
            "SELECT * EXCLUDE (_commit_timestamp) FROM step ORDER BY id, _change_type = "
                + "'update_postimage', _change_type");
    }

    async Task MergeAsync(string source, params MergeClause[] clauses) => await table.CommitAsync(
        await table.Writer.MergeAsync(
            table.Table, new() { Source = source, On = "target.id = source.id", Clauses = clauses }, Cancel));
}
