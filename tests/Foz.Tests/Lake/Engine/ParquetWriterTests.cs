using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine;

public sealed class ParquetWriterTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 1 << 30, Threads = 2 });
    readonly EngineSession session;
    readonly string root = Directory.CreateTempSubdirectory("foz-parquet-").FullName;
    readonly string folder;

    public ParquetWriterTests()
    {
        session = engines.Open(Workload.Models);
        folder = Path.Combine(root, "it's", "data");
    }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        Directory.Delete(root, recursive: true);
    }

    Task<IReadOnlyList<ParquetFile>> Write(string sql, ParquetWriteOptions? options = null) =>
        ParquetWriter.WriteAsync(session, sql, folder, options ?? new(), Token);

    long Count(IEnumerable<ParquetFile> files) => session.QueryScalar<long>(
        "SELECT count(*) FROM read_parquet($1)", Token, [files.Select(f => f.Path).ToArray()]);

    [Fact]
    public async Task One_file_tells_the_bounds_of_each_leaf_column()
    {
        var file = Assert.Single(await Write(
            """"
            SELECT i AS "id ""x""", CASE WHEN i > 0 THEN 'text ' || i END AS s, {'d': DATE '2024-01-01' + i::INT, 'l': [i]} AS st,
                CASE WHEN i = 1 THEN 'nan'::DOUBLE ELSE i END AS v, i = 1 AS b,
                TIMESTAMPTZ '2024-01-01 00:00:00.5+00' + INTERVAL (i) DAYS AS ts, 1.5::DECIMAL(5,2) AS c
            FROM range(3) t(i) -- with a comment at its end
            """"));
        Assert.Equal(3, file.RowCount);
        Assert.Equal(new FileInfo(file.Path).Length, file.SizeBytes);
        Assert.Empty(file.PartitionKeys);
        var columns = file.Columns.ToDictionary(c => string.Join('|', c.Path));
        Assert.Equal(("0", "2", 0, false), Bounds("id \"x\""));
        Assert.Equal(("text 1", "text 2", 1, false), Bounds("s"));
        Assert.Equal(("2024-01-01", "2024-01-03", 0, false), Bounds("st|d"));
        Assert.Equal(("0", "2", 0, false), Bounds("st|l|element"));
        Assert.Equal(("0.0", "2.0", 0, true), Bounds("v"));
        Assert.Equal(("0", "1", 0, false), Bounds("b"));
        Assert.Equal(("2024-01-01 00:00:00.5+00", "2024-01-03 00:00:00.5+00", 0, false), Bounds("ts"));
        Assert.Equal(("1.50", "1.50", 0, false), Bounds("c"));
        Assert.Equal(3, Count([file]));

        (string?, string?, long?, bool) Bounds(string path) =>
            (columns[path].Min, columns[path].Max, columns[path].NullCount, columns[path].HasNaN);
    }

    [Fact]
    public async Task An_empty_result_leaves_no_file()
    {
        Assert.Empty(await Write("SELECT 1 AS i WHERE false"));
        Assert.Empty(await Write("SELECT 1 AS i WHERE false", new() { FileSizeBytes = 1000 }));
        Assert.Empty(await Write("SELECT 1 AS i WHERE false", new() { PerThreadOutput = true }));
        Assert.Empty(await Write("SELECT 1 AS i, 2 AS p WHERE false", new() { PartitionBy = ["p"] }));
        Assert.Empty(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Files_are_split_by_size_and_by_thread_beside_those_before()
    {
        var first = await Write("SELECT i FROM range(1000) t(i)");
        var bySize = await Write(
            "SELECT i, md5(i::VARCHAR) AS h FROM range(200000) t(i)",
            new() { FileSizeBytes = 1 << 20, RowGroupRows = 20_000 });
        Assert.True(bySize.Count > 1);
        Assert.Equal(200_000, bySize.Sum(f => f.RowCount));
        var byThread = await Write("SELECT i FROM range(1000000) t(i)", new() { PerThreadOutput = true });
        Assert.Equal(1_000_000, byThread.Sum(f => f.RowCount));
        Assert.Equal(1_201_000, Count([.. first, .. bySize, .. byThread]));
        Assert.All(bySize, f => Assert.StartsWith("part-", Path.GetFileName(f.Path), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_partition_has_its_values_and_its_files(bool sorts)
    {
        var files = await Write(
            "SELECT i, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'a/b =é' ELSE 'c' END AS p, i "
                + "% 2 AS q FROM range(1000) t(i)",
            new() { PartitionBy = ["p", "q"], SortsPartitions = sorts });
        Assert.Equal(1000, files.Sum(f => f.RowCount));
        Assert.Equal(
            [(null, "0"), ("", "1"), ("a/b =é", "0"), ("c", "1")],
            files.Select(f => (f.PartitionKeys[0].Value, f.PartitionKeys[1].Value)).Distinct()
                .OrderBy(p => p.Item1, StringComparer.Ordinal));
        Assert.All(files, f => Assert.Equal(["p", "q"], f.PartitionKeys.Select(k => k.Key)));
        Assert.All(files, f => Assert.Equal([["i"]], f.Columns.Select(c => c.Path)));
    }

    [Fact]
    public async Task Many_partitions_make_about_one_file_each_in_little_memory()
    {
        using var small = new EnginePool(new() { MemoryBytes = 384 << 20, Threads = 2 });
        using var models = small.Open(Workload.Models);
        var files = await ParquetWriter.WriteAsync(
            models, "SELECT i, md5(i::VARCHAR) AS h, (i * 7919) % 1000 AS p FROM range(300000) t(i)", folder,
            new() { PartitionBy = ["p"] }, Token);
        Assert.Equal(300_000, files.Sum(f => f.RowCount));
        Assert.InRange(files.Count, 1000, 1500);
    }

    [Fact]
    public async Task Field_ids_are_written_at_every_depth()
    {
        var file = Assert.Single(await Write(
            "SELECT 1 AS \"a b\", {'x': 1, 'l': [2]} AS st, MAP {'k': 3} AS m, 4 AS none",
            new()
            {
                FieldIds =
                [
                    new("a b", 1, []),
                    new("st", 2, [new("x", 3, []), new("l", 4, [new("element", 5, [])])]),
                    new("m", 6, [new("key", 7, []), new("value", 8, [])]),
                    new("none", null, []),
                ],
            }));
        using var ids = session.Query(
            "SELECT name, field_id FROM parquet_schema($1) WHERE field_id IS NOT NULL", Token, file.Path);
        Assert.Equal(
            ["a b 1", "element 5", "key 7", "l 4", "m 6", "st 2", "value 8", "x 3"],
            ids.Rows(Token).Select(r => $"{r[0]} {r[1]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_failing_query_or_folder_is_told()
    {
        Assert.Equal(ErrorKind.Data, (await Assert.ThrowsAsync<FozException>(
            () => Write("SELECT error('mine') FROM range(3)"))).Kind);
        Assert.Equal(ErrorKind.Sql, (await Assert.ThrowsAsync<FozException>(() => Write("SELECT nope"))).Kind);
    }
}
