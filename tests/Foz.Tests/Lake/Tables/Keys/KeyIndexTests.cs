using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Keys;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables.Keys;

public sealed class KeyIndexTests : IDisposable
{
    const string AllRows =
        """
        SELECT i AS id, 'k' || i AS k, DATE '2020-01-01' + i::INTEGER AS d, (i / 4)::DECIMAL(12, 2) AS n,
            TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (i) SECOND AS at, (i % 2 = 0) AS b, 0 AS v
        """;

    readonly string folder = Directory.CreateTempSubdirectory("foz-keys-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    readonly EngineSession session;
    KeyIndexCache cache;
    LakeTable table;

    public KeyIndexTests()
    {
        session = engines.Open(Workload.Query);
        (cache, table) = Open();
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string CacheFolder => Path.Combine(folder, "cache");

    string[] Indexes => Directory.Exists(CacheFolder)
        ? Directory.GetFiles(CacheFolder, "*.keys", SearchOption.AllDirectories)
        : [];

    public void Dispose()
    {
        cache.Dispose();
        session.Dispose();
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("id")]
    [InlineData("k")]
    [InlineData("d")]
    [InlineData("n", "id")]
    [InlineData("at")]
    [InlineData("k", "b", "id")]
    public async Task Merges_that_find_rows_by_an_index_give_what_a_native_table_gives(params string[] keys)
    {
        var random = new Random(keys.Length * 7 + keys[0].Length);
        session.Execute($"CREATE TEMP TABLE model AS {AllRows} FROM range(3000) r(i)", Cancel);
        for (var file = 0; file < 3; file++)
            await CommitAsync(await Writer.AppendAsync(
                table, $"{AllRows} FROM range({file * 1000}, {file * 1000 + 1000}) r(i)", new(), Cancel));
        for (var step = 0; step < 10; step++)
        {
            await MergeAsync(keys, random.Next(3000), random.Next(1, 90), step);
            await AssertEqualAsync($"keys {string.Join(',', keys)}, merge {step}");
            switch (step)
            {
                case 3:
                    Assert.NotEmpty(Indexes);
                    await ForeignCompactionAsync();
                    break;
                case 4:
                    await DeleteAsync("id % 11 = 3");
                    break;
                case 5:
                    Tear(random);
                    break;
                case 6:
                    await RestoreAsync();
                    break;
                case 7:
                    // Another process has nothing open.
                    (cache, table) = Open();
                    break;
            }
        }
        // One for each file that the merges looked at, none of those that are gone.
        var state = (await table.LatestAsync(Cancel)).State;
        Assert.InRange(Indexes.Length, 1, state.FileCount);
    }

    [Fact]
    public async Task Rows_without_a_key_equal_nothing_and_two_of_one_key_are_an_error()
    {
        await CommitAsync(await Writer.AppendAsync(
            table, "SELECT CASE WHEN i % 2 = 0 THEN i END AS id, 'a' AS k FROM range(1000) r(i)", new(), Cancel));
        for (var i = 0; i < 3; i++)
            await CommitAsync(await Writer.MergeAsync(
                table, "SELECT * FROM (VALUES (NULL, 'n'), (4, 'x')) v(id, k)", new() { Keys = ["id"] }, Cancel));
        Assert.NotEmpty(Indexes);
        Assert.Equal(1003, (await table.LatestAsync(Cancel)).RowCount);

        var error = await Assert.ThrowsAsync<FozException>(() => Writer.MergeAsync(
            table, "SELECT * FROM (VALUES (8, 'n'), (8, 'x')) v(id, k)", new() { Keys = ["id"] }, Cancel));
        Assert.Contains("id = 8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Strings_of_one_hash_are_told_apart_by_the_strings()
    {
        var list = new KeyList();
        foreach (var key in new[] { "a", "b" })
        {
            list.Begin();
            list.Append(System.Text.Encoding.UTF8.GetBytes(key));
            list.End(key[0]);
        }
        // As if both had the first one's hash.
        list.Hashes[1] = list.Hashes[0];
        var path = Path.Combine(folder, "x.keys");
        KeyIndexFile.Write(path, 7, list);
        using var index = Assert.IsType<KeyIndexFile>(KeyIndexFile.Open(path, 7));
        var rows = new List<long>();
        index.Find(list, list.Hashes[..1], [0], rows);
        index.Find(list, list.Hashes[1..], [1], rows);
        Assert.Equal([(long)'a', 'b'], rows);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    public void Every_byte_of_an_index_counts(int count)
    {
        var list = new KeyList();
        for (var i = 0; i < count; i++) list.Add(KeyHash.Of(i * 31L), (uint)i);
        var path = Path.Combine(folder, "x.keys");
        KeyIndexFile.Write(path, 7, list);
        using (var index = Assert.IsType<KeyIndexFile>(KeyIndexFile.Open(path, 7)))
        {
            var order = Enumerable.Range(0, count).ToArray();
            var hashes = list.Hashes.ToArray();
            Array.Sort(hashes, order);
            var rows = new List<long>();
            index.Find(list, hashes, order, rows);
            Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), rows.Order());
        }
        Assert.Null(KeyIndexFile.Open(path, 8));
        var whole = File.ReadAllBytes(path);
        var random = new Random(count);
        for (var i = 0; i < 40; i++)
        {
            var at = i < 48 && i < whole.Length ? i : random.Next(whole.Length);
            var torn = whole.ToArray();
            torn[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, torn);
            Assert.Null(KeyIndexFile.Open(path, 7));
            File.WriteAllBytes(path, whole[..random.Next(whole.Length)]);
            Assert.Null(KeyIndexFile.Open(path, 7));
        }
    }

    [Fact]
    public void Numbers_that_differ_have_other_hashes()
    {
        var random = new Random(1);
        var numbers = Enumerable.Range(-5000, 10_000).Select(i => (long)i)
            .Concat(Enumerable.Range(0, 10_000).Select(_ => random.NextInt64())).Distinct().ToList();
        Assert.Equal(numbers.Count, numbers.Select(KeyHash.Of).Distinct().Count());
    }

    [Fact]
    public async Task A_key_that_was_renamed_and_widened_is_found_by_the_indexes_of_before()
    {
        var definition = new TableDefinition
        {
            Schema = new(new StructField("id", DeltaType.Integer), new StructField("v", DeltaType.String)),
            Properties = StringMap.Empty.With("delta.enableDeletionVectors", "true")
                .With("delta.columnMapping.mode", "name").With("delta.enableTypeWidening", "true"),
        };
        var created = Transaction.Create(table.Delta, definition, new() { Operation = "CREATE TABLE" });
        (await created.CommitAsync(Cancel)).OrThrow();
        await CommitAsync(
            await Writer.AppendAsync(table, "SELECT i::INTEGER AS id, 'a' AS v FROM range(1000) r(i)", new(), Cancel));
        for (var i = 0; i < 2; i++)
            await CommitAsync(await Writer.MergeAsync(
                table, $"SELECT {i}::INTEGER AS id, 'b' AS v", new() { Keys = ["id"] }, Cancel));
        var built = Indexes;

        var state = (await table.LatestAsync(Cancel)).State;
        var id = state.Schema.Fields[0] with { Name = "number", Type = DeltaType.Long };
        var changed = new Transaction(table.Delta, state, new() { Operation = "ALTER TABLE" });
        changed.SetMetadata(state.Metadata with
        {
            SchemaString = new StructType(
                TypeWidening.Record(id, new(DeltaType.Integer, DeltaType.Long, null)),
                state.Schema.Fields[1]).ToString(),
        });
        (await changed.CommitAsync(Cancel)).OrThrow();
        await CommitAsync(await Writer.MergeAsync(
            table, "SELECT * FROM (VALUES (7, 'c'), (5000000000, 'c')) s(number, v)", new() { Keys = ["number"] },
            Cancel));

        Assert.NotEmpty(built);
        Assert.Superset(built.ToHashSet(), Indexes.ToHashSet());
        Assert.Equal(1001, (await table.LatestAsync(Cancel)).RowCount);
        using var rows = await (await table.LatestAsync(Cancel)).OpenAsync(session, Cancel);
        Assert.Equal(
            "5000000007",
            session.QueryScalar<string>($"SELECT sum(number)::VARCHAR FROM {rows.Sql} WHERE v = 'c'", Cancel));
    }

    [Fact]
    public async Task The_indexes_that_were_not_used_for_longest_go_first()
    {
        for (var file = 0; file < 4; file++)
            await CommitAsync(await Writer.AppendAsync(
                table, $"SELECT i AS id FROM range({file * 1000}, {file * 1000 + 1000}) r(i)", new(), Cancel));
        cache = new KeyIndexCache(CacheFolder, TimeProvider.System, bytesMax: 30_000);
        table = new TableStore(new LocalObjectStore(Path.Combine(folder, "lake")), engines, TimeProvider.System, cache)
            .Open("t");
        for (var i = 0; i < 4; i++)
            await CommitAsync(await Writer.MergeAsync(
                table, $"SELECT {i} + range * 500 AS id FROM range(8)", new() { Keys = ["id"] }, Cancel));
        Assert.InRange(Indexes.Sum(path => new FileInfo(path).Length), 1, 30_000);
        Assert.Equal(4000, (await table.LatestAsync(Cancel)).RowCount);
    }

    TableWriter Writer => new(session);

    (KeyIndexCache, LakeTable) Open()
    {
        var opened = new KeyIndexCache(CacheFolder, TimeProvider.System);
        var store = new TableStore(
            new LocalObjectStore(Path.Combine(folder, "lake")), engines, TimeProvider.System, opened);
        return (opened, store.Open("t"));
    }

    async Task MergeAsync(string[] keys, int first, int count, int step)
    {
        var rows = $"SELECT * REPLACE ({step} AS v) FROM ({AllRows} FROM range({first}, {first + count * 7}, 7) r(i))";
        await CommitAsync(await Writer.MergeAsync(table, rows, new() { Keys = keys }, Cancel));
        var names = SqlText.Identifiers(keys);
        session.Execute(
            $"DELETE FROM model WHERE ({names}) IN (SELECT ({names}) FROM ({rows})); INSERT INTO model {rows}", Cancel);
    }

    async Task DeleteAsync(string condition)
    {
        await CommitAsync(await Writer.DeleteAsync(table, condition, new(), Cancel));
        session.Execute($"DELETE FROM model WHERE {condition}", Cancel);
    }

    /// <summary>Another program puts all rows into one other file, and vacuums.</summary>
    async Task ForeignCompactionAsync()
    {
        var other = Open().Item2;
        using (var rows = await (await other.LatestAsync(Cancel)).OpenAsync(session, Cancel))
            await CommitAsync(
                await Writer.OverwriteAsync(other, $"SELECT * FROM {rows.Sql} ORDER BY id DESC", new(), Cancel));
        var left = (await other.LatestAsync(Cancel)).State.Files.Select(file => file.Path.Value).ToHashSet();
        foreach (var path in Directory.GetFiles(other.Root, "*.parquet"))
            if (!left.Contains(Path.GetFileName(path))) File.Delete(path);
    }

    void Tear(Random random)
    {
        foreach (var path in Indexes)
        {
            var bytes = File.ReadAllBytes(path);
            if (random.Next(2) == 0) bytes[random.Next(bytes.Length)] ^= 4;
            else bytes = bytes[..random.Next(bytes.Length)];
            File.WriteAllBytes(path + ".new", bytes);
            File.Move(path + ".new", path, overwrite: true);
        }
        (cache, table) = Open();
    }

    /// <summary>Rows that a deletion vector deleted come back.</summary>
    async Task RestoreAsync()
    {
        var latest = await table.LatestAsync(Cancel);
        var before = latest.Version;
        session.Execute("CREATE OR REPLACE TEMP TABLE kept AS FROM model", Cancel);
        await DeleteAsync("id % 5 = 1");
        await MergeAsync(["id"], 2, 50, step: -1);
        await table.RestoreAsync(await table.VersionAsync(before, Cancel), Cancel);
        session.Execute("CREATE OR REPLACE TEMP TABLE model AS FROM kept", Cancel);
    }

    async Task AssertEqualAsync(string what)
    {
        using var rows = await (await table.LatestAsync(Cancel)).OpenAsync(session, Cancel);
        var difference = session.QueryScalar<long>(
            $"""
            SELECT count(*) FROM ((SELECT * FROM model EXCEPT ALL SELECT * FROM {rows.Sql})
                UNION ALL (SELECT * FROM {rows.Sql} EXCEPT ALL SELECT * FROM model))
            """, Cancel);
        Assert.True(difference == 0, $"{what}: {difference} rows differ");
    }

    async Task CommitAsync(TableChange change) => await change.CommitAsync(Cancel);
}
