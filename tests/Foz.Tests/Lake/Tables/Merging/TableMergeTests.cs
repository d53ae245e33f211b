using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables.Merging;

public sealed class TableMergeTests : IDisposable
{
    readonly ChangedTable table = new();

    public static TheoryData<TableKind, int> KindsAndSeeds
    {
        get
        {
            var data = new TheoryData<TableKind, int>();
            foreach (var kind in Enum.GetValues<TableKind>())
                for (var seed = 1; seed <= 3; seed++) data.Add(kind, seed);
            return data;
        }
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task The_first_clause_whose_condition_holds_is_taken()
    {
        await CreateAsync("SELECT i AS id, 'old' AS k, i::INTEGER AS v, 0 AS p FROM range(6) r(i)");
        var change = await MergeAsync(
            "SELECT * FROM (VALUES (0, 'd'), (1, 'u'), (2, 'x'), (8, 'd'), (9, 'i')) s(id, op)",
            "target.id = source.id",
            new MergeClause(MergeMatch.Matched, new MergeAction.Delete(), "op = 'd'"),
            new MergeClause(MergeMatch.Matched, Update(("v", "v + 100"), ("k", "'new'")), "op = 'u'"),
            new MergeClause(MergeMatch.NotMatched, Insert(("id", "source.id"), ("k", "op")), "op <> 'd'"),
            new MergeClause(MergeMatch.NotMatchedBySource, Update(("v", "-1")), "target.id = 3"),
            new MergeClause(MergeMatch.NotMatchedBySource, new MergeAction.Delete(), "target.id = 4"));

        Assert.Equal(["1|new|101|0", "2|old|2|0", "3|old|-1|0", "5|old|5|0", "9|i||"], await table.RowsAsync());
        Assert.Equal(
            (5, 1, 2, 2, 1, 1, 1, 1),
            (Of("numSourceRows"), Of("numTargetRowsInserted"), Of("numTargetRowsUpdated"), Of("numTargetRowsDeleted"),
                Of("numTargetRowsMatchedUpdated"), Of("numTargetRowsMatchedDeleted"),
                Of("numTargetRowsNotMatchedBySourceUpdated"), Of("numTargetRowsNotMatchedBySourceDeleted")));

        long Of(string metric) => change.Metrics[metric];
    }

    [Fact]
    public async Task Two_rows_that_change_one_are_an_error_and_two_that_delete_it_are_not()
    {
        await CreateAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(4) r(i)");
        const string twice = "SELECT * FROM (VALUES (1, 'x'), (1, 'y')) s(id, k)";
        var error = await Assert.ThrowsAsync<FozException>(() => MergeAsync(
            twice, "target.id = source.id", new MergeClause(MergeMatch.Matched, Update(("k", "source.k")))));
        Assert.Contains("(id = 1, k = x) and (id = 1, k = y)", error.Message, StringComparison.Ordinal);

        // Only one of them does something.
        await MergeAsync(
            twice, "target.id = source.id",
            new MergeClause(MergeMatch.Matched, Update(("k", "source.k")), "source.k = 'y'"));
        var change = await MergeAsync(
            twice, "target.id = source.id", new MergeClause(MergeMatch.Matched, new MergeAction.Delete()));
        Assert.Equal(1, change.Metrics["numTargetRowsDeleted"]);
        Assert.Equal(["0|a|0|0", "2|a|0|0", "3|a|0|0"], await table.RowsAsync());
    }

    [Fact]
    public async Task Columns_and_fields_that_the_target_lacks_are_added_where_asked_for()
    {
        await table.CreateAsync(TableKind.DeletionVectors, new StructType(
            new StructField("id", DeltaType.Long),
            new StructField("s", new StructType(new StructField("a", DeltaType.Integer)))));
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT i AS id, {'a': i::INTEGER} AS s FROM range(3) r(i)", new(), Cancel));
        await table.CommitAsync(await table.Writer.MergeAsync(table.Table, new()
        {
            Source =
                "SELECT * FROM (VALUES (1, {'a': 10, 'b': 'x'}, 2.5), (7, {'a': 70, 'b': 'y'}, NULL)) v(id, s, extra)",
            On = "target.id = source.id",
            Clauses =
            [
                new MergeClause(MergeMatch.Matched, new MergeAction.UpdateAll()),
                new MergeClause(MergeMatch.NotMatched, new MergeAction.InsertAll()),
                new MergeClause(MergeMatch.NotMatchedBySource, Update(("s.a", "s.a + 100")), "id = 2"),
            ],
            EvolvesSchema = true,
        }, Cancel));

        using var rows = await (await table.Table.LatestAsync(Cancel)).OpenAsync(table.Session, Cancel);
        using var result = table.Session.Query($"SELECT id, s.a, s.b, extra FROM {rows.Sql} ORDER BY id", Cancel);
        Assert.Equal(
            ["0|0||", "1|10|x|2.5", "2|102||", "7|70|y|"],
            result.Rows(Cancel).Select(row => string.Join('|', row)));
    }

    [Fact]
    public async Task Generated_columns_follow_the_columns_that_clauses_write()
    {
        await table.CreateAsync(TableKind.DeletionVectors, new StructType(
            new StructField("id", DeltaType.Long), new StructField("v", DeltaType.Integer),
            new StructField("twice", DeltaType.Integer, nullable: true,
                FieldMetadata.Empty.With(FieldMetadata.GenerationExpressionKey, "v * 2"))));
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT i AS id, i::INTEGER AS v FROM range(3) r(i)", new(), Cancel));
        await MergeAsync(
            "SELECT * FROM (VALUES (1), (9)) s(id)", "target.id = source.id",
            new MergeClause(MergeMatch.Matched, Update(("v", "v + 100"))),
            new MergeClause(MergeMatch.NotMatched, Insert(("id", "source.id"), ("v", "7"), ("twice", "14"))));
        Assert.Equal(["0|0|0", "1|101|202", "2|2|4", "9|7|14"], await table.RowsAsync());
    }

    [Theory]
    [InlineData("x", null, "has no column 'x'")]
    [InlineData("v", "nothing", "nothing")]
    [InlineData("v", "'a text'", "a text")]
    public async Task What_does_not_fit_is_an_error_that_names_it(string column, string? value, string named)
    {
        await CreateAsync("SELECT 1 AS id, 'a' AS k, 0 AS v, 0 AS p");
        var error = await Assert.ThrowsAsync<FozException>(() => MergeAsync(
            "SELECT 1 AS id", "target.id = source.id",
            new MergeClause(MergeMatch.Matched, Update((column, value ?? "1")))));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal(["1|a|0|0"], await table.RowsAsync());
    }

    [Fact]
    public async Task Clauses_that_no_row_would_reach_or_that_do_not_fit_their_rows_are_refused()
    {
        await CreateAsync("SELECT 1 AS id, 'a' AS k, 0 AS v, 0 AS p");
        foreach (var clauses in new MergeClause[][]
        {
            [],
            [
                new MergeClause(MergeMatch.Matched, new MergeAction.Delete()),
                new MergeClause(MergeMatch.Matched, new MergeAction.UpdateAll()),
            ],
            [new MergeClause(MergeMatch.NotMatched, new MergeAction.Delete())],
            [new MergeClause(MergeMatch.NotMatchedBySource, new MergeAction.UpdateAll())],
            [new MergeClause(MergeMatch.Matched, new MergeAction.InsertAll())],
        })
        {
            var error = await Assert.ThrowsAsync<FozException>(
                () => MergeAsync("SELECT 1 AS id", "target.id = source.id", clauses));
            Assert.Contains("is refused", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task All_columns_of_the_target_are_asked_of_a_source_that_writes_all()
    {
        await CreateAsync("SELECT 1 AS id, 'a' AS k, 0 AS v, 0 AS p");
        var error = await Assert.ThrowsAsync<FozException>(() => MergeAsync(
            "SELECT 1 AS id", "target.id = source.id",
            new MergeClause(MergeMatch.Matched, new MergeAction.UpdateAll())));
        Assert.Contains("have no column 'k'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replacing_where_a_condition_holds_takes_rows_that_fulfil_it_and_no_others()
    {
        await CreateAsync("SELECT i AS id, 'a' AS k, 0 AS v, (i % 2)::INTEGER AS p FROM range(6) r(i)");
        await table.CommitAsync(await table.Writer.ReplaceWhereAsync(
            table.Table, "SELECT 9 AS id, 'new' AS k, 1 AS v, 1 AS p", "p = 1", new(), Cancel));
        Assert.Equal(["0|a|0|0", "2|a|0|0", "4|a|0|0", "9|new|1|1"], await table.RowsAsync());

        var error = await Assert.ThrowsAsync<FozException>(() => table.Writer.ReplaceWhereAsync(
            table.Table, "SELECT 9 AS id, 'new' AS k, 1 AS v, 2 AS p", "p = 1", new(), Cancel));
        Assert.Contains("1 rows cannot be written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_loses_most_rows_is_written_anew_and_others_are_only_marked()
    {
        await CreateAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(100) r(i)");
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(100, 200) r(i)");
        var change = await table.CommitAsync(
            await table.Writer.DeleteAsync(table.Table, "id < 60 OR id >= 190", new(), Cancel));

        Assert.Equal(
            (70, 40, 1, 1, 1),
            (change.Metrics["numDeletedRows"], change.Metrics["numCopiedRows"], change.Metrics["numAddedFiles"],
                change.Metrics["numRemovedFiles"], change.Metrics["numDeletionVectorsAdded"]));
    }

    [Fact]
    public async Task Only_files_that_can_hold_rows_of_a_condition_are_read()
    {
        await CreateAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(100) r(i)");
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(100, 200) r(i)");
        var state = (await table.Table.LatestAsync(Cancel)).State;
        // A file that is gone is not missed where statistics leave it out.
        File.Delete(Path.Combine(table.Table.Root, state.Files.First().Path.Value));

        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id = 150", new(), Cancel));
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "1" }, "id BETWEEN 160 AND 170", new(), Cancel));
        await MergeAsync(
            "SELECT 180 AS id", "target.id = source.id AND target.v < 5",
            new MergeClause(MergeMatch.Matched, new MergeAction.Delete()));
        await MergeAsync(
            "SELECT 1 AS x", "target.id = 181 AND source.x = target.p + 1",
            new MergeClause(MergeMatch.Matched, new MergeAction.Delete()));
        Assert.Equal(197, (await table.Table.LatestAsync(Cancel)).RowCount);
    }

    /// <summary>Random statements, against the same ones on a native table.</summary>
    [Theory]
    [MemberData(nameof(KindsAndSeeds))]
    public async Task Random_statements_give_what_a_native_table_gives(TableKind kind, int seed)
    {
        var random = new Random(seed * 31 + (int)kind);
        await table.CreateAsync(kind);
        for (var file = 0; file < 3; file++)
            await table.AppendAsync(
                $"SELECT i AS id, 'k' || (i % 17) AS k, (i % 29)::INTEGER AS v, (i % 4)::INTEGER AS p "
                    + $"FROM range({file * 100}, {file * 100 + 100}) r(i)");
        for (var step = 0; step < 10; step++)
        {
            var statement = await new RandomStatement(random, table).RunAsync();
            await table.AssertEqualAsync($"{kind}, seed {seed}, step {step}: {statement}");
        }
    }

    static MergeAction.Update Update(params (string Column, string Value)[] assignments) =>
        new(assignments.ToDictionary(a => a.Column, a => a.Value));

    static MergeAction.Insert Insert(params (string Column, string Value)[] values) =>
        new(values.ToDictionary(a => a.Column, a => a.Value));

    async Task CreateAsync(string rows)
    {
        await table.CreateAsync(TableKind.DeletionVectors);
        await table.AppendAsync(rows);
    }

    async Task<TableChange> MergeAsync(string source, string on, params MergeClause[] clauses) =>
        await table.CommitAsync(await table.Writer.MergeAsync(
            table.Table, new() { Source = source, On = on, Clauses = clauses }, Cancel));
}
