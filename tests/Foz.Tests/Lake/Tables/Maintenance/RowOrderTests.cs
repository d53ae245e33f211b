using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Tests.Lake.Tables.Maintenance;

public sealed class RowOrderTests : IDisposable
{
    const int Rows = 80_000;
    const long FileBytes = 16_000;

    readonly RulesTable table = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task Files_are_left_out_by_ranges_of_each_column_that_rows_are_ordered_by()
    {
        await CreateAsync();
        await OptimizeAsync(new() { FileBytes = FileBytes });
        var unordered = await SharesAsync();
        var rows = await SumAsync();
        var result = await OptimizeAsync(new() { FileBytes = FileBytes, ZOrderBy = ["n", "t", "s.d"] });

        Assert.InRange(result.Added.Files, 16, 60);
        Assert.All(unordered, share => Assert.Equal(1, share));
        // A twentieth of the values of one column of three: half of the eight octants, if there are not more files.
        Assert.All(await SharesAsync(), share => Assert.InRange(share, 0, 0.67));
        Assert.Equal(rows, await SumAsync());
    }

    [Fact]
    public async Task Clustering_orders_what_is_new_and_all_of_it_only_when_asked_to()
    {
        await CreateAsync();
        await table.AlterAsync(new TableAlteration.ClusterBy(["n", "t"]));
        var first = await OptimizeAsync(new() { FileBytes = FileBytes });
        Assert.InRange(first.Added.Files, 16, 60);
        Assert.All((await SharesAsync())[..2], share => Assert.InRange(share, 0, 0.5));
        Assert.All((await table.LatestAsync()).State.Files, file => Assert.Equal("liquid", file.ClusteringProvider));
        Assert.Equal(0, (await OptimizeAsync(new() { FileBytes = FileBytes })).Commits);

        await AppendAsync(3_000);
        var next = await OptimizeAsync(new() { FileBytes = FileBytes });
        Assert.Equal(1, next.Removed.Files);
        Assert.Equal(2, (await table.LatestAsync()).State.Files.GroupBy(file => file.Tags!["ZCUBE_ID"]).Count());

        // A second small one is ordered together with the first, the great one stays.
        await AppendAsync(3_000);
        Assert.Equal(1 + next.Added.Files, (await OptimizeAsync(new() { FileBytes = FileBytes })).Removed.Files);
        var all = (await table.LatestAsync()).FileCount;
        Assert.Equal(all, (await OptimizeAsync(new() { FileBytes = FileBytes, IsFull = true })).Removed.Files);
        Assert.Single((await table.LatestAsync()).State.Files.GroupBy(file => file.Tags!["ZCUBE_ID"]));
        Assert.Equal(Rows + 6_000, (await table.LatestAsync()).RowCount);
    }

    [Theory]
    [InlineData("n", "t", "s.d")]
    [InlineData("t")]
    public async Task Parts_are_one_after_the_other_what_is_sorted_at_once(params string[] columns)
    {
        await CreateAsync();
        var snapshot = await table.LatestAsync();
        var order = RowOrder.Of(snapshot, new() { ZOrderBy = columns })!;
        using var rows = await snapshot.OpenAsync(table.Session, Cancel);
        var all = order.Select(table.Session, "r.*", rows.Sql, 1, Cancel);
        var parts = order.Select(table.Session, "r.*", rows.Sql, 4, Cancel);

        Assert.Equal((1, 4), (all.Count, parts.Count));
        var counts = parts.Select(part => table.Session.QueryScalar<long>($"SELECT count(*) FROM ({part})", Cancel))
            .ToList();
        Assert.Equal(Rows, counts.Sum());
        // NULLs, a fiftieth of the texts, are all in the last part.
        Assert.All(counts, count => Assert.InRange(count, Rows / 8, Rows / 2));
        Assert.Equal(Sum($"({all[0]})"), Sum($"({string.Join(") UNION ALL (", parts)})"));
        if (columns is ["t"]) Assert.Equal(Texts(all), Texts(parts));

        string Sum(string sql) =>
            table.Session.QueryScalar<string>($"SELECT CAST(sum(hash(r)) AS VARCHAR) FROM ({sql}) AS r", Cancel);

        IEnumerable<object?> Texts(IReadOnlyList<string> selects) => selects.SelectMany(select =>
        {
            using var result = table.Session.Query($"SELECT t FROM ({select})", Cancel);
            return result.Rows(Cancel).Select(row => row[0]).ToList();
        });
    }

    [Theory]
    [InlineData("p", "partition column p")]
    [InlineData("x", "has no column 'x'")]
    [InlineData("flag", "files keep no bounds of it")]
    public async Task Columns_without_bounds_are_refused(string column, string told)
    {
        await table.CreateAsync(
            [new("id", DeltaType.Integer), new("flag", DeltaType.Boolean), new("p", DeltaType.Integer)], [], "p");
        var error = await Assert.ThrowsAsync<FozException>(() => OptimizeAsync(new() { ZOrderBy = [column] }));
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(3, 3)]
    [InlineData(4, 2)]
    public void The_curve_visits_each_cell_once_and_moves_by_one_step(int dimensions, int bits)
    {
        var side = 1 << bits;
        var cells = (int)Math.Pow(side, dimensions);
        var visited = new int[cells][];
        Span<int> cell = stackalloc int[dimensions];
        for (var i = 0; i < cells; i++)
        {
            for (int d = 0, rest = i; d < dimensions; d++, rest /= side) cell[d] = rest % side;
            var coordinates = cell.ToArray();
            var place = HilbertCurve.PlaceOf(cell, bits);
            Assert.Null(visited[place]);
            visited[place] = coordinates;
        }
        for (var place = 1; place < cells; place++)
            Assert.Equal(1, visited[place].Zip(visited[place - 1], (a, b) => Math.Abs(a - b)).Sum());
    }

    async Task CreateAsync()
    {
        await table.CreateAsync(
        [
            new("n", DeltaType.Long), new("t", DeltaType.String),
            new("s", new StructType(new StructField("d", DeltaType.Double))), new("filler", DeltaType.String),
        ]);
        for (var i = 0; i < 4; i++) await AppendAsync(Rows / 4);
    }

    async Task AppendAsync(int rows) => await table.AppendAsync(
        $$"""
        SELECT CAST(hash(i) % 100000 AS BIGINT) AS n,
        CASE WHEN i % 50 <> 0 THEN lpad(CAST(hash(i + 7) % 100000 AS VARCHAR), 5, '0') END AS t,
        {'d': CAST(hash(i * 3) % 100000 AS DOUBLE) / 7} AS s, md5(CAST(i AS VARCHAR)) AS filler
        FROM range({{rows}}) AS r(i)
        """);

    Task<OptimizeResult> OptimizeAsync(OptimizeOptions options) =>
        new TableOptimizer(table.Session).OptimizeAsync(table.Table, options, null, Cancel);

    /// <summary>The share of the files that a twentieth of the values of a column leaves, for each column.</summary>
    async Task<double[]> SharesAsync()
    {
        var state = (await table.LatestAsync()).State;
        (string Column, string From, string To)[] ranges =
        [
            ("n", "10000", "15000"), ("t", "10000", "15000"), ("s.d", "1428.0", "2142.0"),
        ];
        return
        [
            .. ranges.Select(range =>
            {
                var path = ColumnPath.Parse(range.Column);
                var pruner = new FilePruner(
                    state.TableSchema,
                    new Predicate.Compare(path, Comparison.GreaterOrEqual, range.From)
                        & new Predicate.Compare(path, Comparison.Less, range.To));
                return (double)pruner.Prune(state.Files).Count / state.FileCount;
            }),
        ];
    }

    async Task<string> SumAsync()
    {
        using var rows = await (await table.LatestAsync()).OpenAsync(table.Session, Cancel);
        return table.Session.QueryScalar<string>($"SELECT CAST(sum(hash(r)) AS VARCHAR) FROM {rows.Sql} AS r", Cancel);
    }
}
