using System.Globalization;
using System.Text.Json;
using Foz.AcceptanceTests.Documents;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Writing;
using Foz.Storage;
using Foz.Tests;
using Foz.Wire.Parquet;

namespace Foz.AcceptanceTests.Golden;

/// <summary>
/// Tables that Spark wrote: read at every version as Spark read them, checked, and written on or refused by name.
/// </summary>
public sealed class SparkTableTests(GoldenEngine engine, ITestOutputHelper output)
    : IClassFixture<GoldenEngine>, IDisposable
{
    // What no engine but Spark has types for.
    static readonly Dictionary<string, string> unreadable = new(StringComparer.Ordinal)
    {
        ["intervals"] = "the type interval day to second, which is not supported",
        ["timetype"] = "the type time(6), which is not supported",
    };

    // Versions whose rows the fixtures do not keep are not compared.
    static readonly Dictionary<string, string> unwritable = new(StringComparer.Ordinal)
    {
        ["appendonly"] = "appendOnly",
        ["iceberg3"] = "not supported: icebergCompatV3",
        ["variant"] = "not supported: variantType",
        ["variant_shred"] = "not supported: variant",
        ["variant_zero"] = "not supported: variantType",
    };

    readonly string folder = Directory.CreateTempSubdirectory("foz-spark-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tables =>
    [
        .. Directory.EnumerateDirectories(Repository.SharedFolder("spark-tables"), "*.expect")
            .Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal),
    ];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task A_table_of_Spark_has_its_rows_at_every_version(string name)
    {
        using var session = engine.Open();
        var table = Open(Repository.SharedFolder("spark-tables"), name);
        var compared = 0;
        foreach (var (version, rows, schema) in Versions(name))
        {
            if (unreadable.TryGetValue(name, out var reason))
            {
                var refusal =
                    await Assert.ThrowsAnyAsync<DeltaException>(() => ReadAsync(session, table, version, schema));
                Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
                output.WriteLine($"{name} at version {version}: refused: {refusal.Message}");
                continue;
            }
            var read = await ReadAsync(session, table, version, schema);
            var expected = SparkRows.Expected(rows, schema);
            Assert.True(
                expected.SequenceEqual(read, StringComparer.Ordinal), Difference(name, version, expected, read));
            compared++;
        }
        output.WriteLine($"{name}: {compared} versions compared");
        Assert.True(compared > 0 || unreadable.ContainsKey(name) || Versions(name).Count == 0);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task A_copy_is_in_order_and_is_written_on_or_refuses_it_by_name(string name)
    {
        if (unreadable.ContainsKey(name)) return;
        DemoCheckout.CopyFolder(
            Path.Combine(Repository.SharedFolder("spark-tables"), name), Path.Combine(folder, name));
        using var session = engine.Open();
        var table = Open(folder, name);
        Assert.Empty((await TableFsck.CheckDeepAsync(table, session, null, Cancel)).Findings);
        var (_, _, schema) = Versions(name)[^1];
        var before = await table.LatestAsync(Cancel);
        using (var rows = await before.OpenAsync(session, Cancel))
            session.Execute($"CREATE OR REPLACE TEMP TABLE before_rows AS FROM {rows.Sql}", Cancel);
        var held = SparkRows.Read(session, "before_rows", schema);
        // Half of the rows, so that files lose some of theirs.
        var isGone = $"hash(CAST({SqlText.Identifier(before.Fields[0].Name)} AS VARCHAR)) % 2 = 0";
        var kept = SparkRows.Read(session, $"(FROM before_rows WHERE NOT ({isGone}))", schema);
        try
        {
            await using var change = await new TableWriter(session).DeleteAsync(table, isGone, new(), Cancel);
            await change.CommitAsync(Cancel);
        }
        catch (Exception error) when (error is DeltaException or StorageException or FozException)
        {
            Assert.True(unwritable.TryGetValue(name, out var reason), $"{name}: {error.Message}");
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            output.WriteLine($"{name}: refused: {error.Message}");
            Assert.Equal(before.Version, (await Open(folder, name).LatestAsync(Cancel)).Version);
            return;
        }
        Assert.DoesNotContain(name, unwritable.Keys);
        Assert.Equal(kept, await RowsAsync(session, name, schema));
        Assert.Equal(held, await ReadAsync(session, Open(folder, name), before.Version, schema));
        Assert.Empty((await TableFsck.CheckDeepAsync(Open(folder, name), session, null, Cancel)).Findings);
    }

    [Theory]
    [InlineData("appendonly")]
    [InlineData("allcombo")]
    public async Task A_bit_that_flipped_in_a_page_is_found_by_its_checksum(string name)
    {
        DemoCheckout.CopyFolder(
            Path.Combine(Repository.SharedFolder("spark-tables"), name), Path.Combine(folder, name));
        using var session = engine.Open();
        var random = new Random(15);
        var (bits, byChecksum) = (0, 0);
        foreach (var file in (await Open(folder, name).LatestAsync(Cancel)).State.Files.Take(4))
        {
            var path = Path.Combine(folder, name, Uri.UnescapeDataString(file.Path.Value));
            var whole = await File.ReadAllBytesAsync(path, Cancel);
            var end = session.QueryScalar<long>(
                $"""
                SELECT max(coalesce(nullif(dictionary_page_offset, 0), data_page_offset) + total_compressed_size)
                FROM parquet_metadata({SqlText.Literal(path)})
                """, Cancel);
            foreach (var (start, length) in Pages(whole.AsSpan(0, (int)end)))
            {
                var bytes = whole.ToArray();
                bytes[start + random.Next(length)] ^= (byte)(1 << random.Next(8));
                await File.WriteAllBytesAsync(path, bytes, Cancel);
                var found = await TableFsck.CheckDeepAsync(Open(folder, name), session, null, Cancel);
                Assert.Contains(found.Findings, finding => finding.Path == file.Path.Value);
                bits++;
                if (found.Findings.Any(finding =>
                    finding.Problem.Contains("another checksum", StringComparison.Ordinal)))
                    byChecksum++;
            }
            await File.WriteAllBytesAsync(path, whole, Cancel);
        }
        Assert.Empty((await TableFsck.CheckDeepAsync(Open(folder, name), session, null, Cancel)).Findings);
        output.WriteLine($"{name}: {bits} bits flipped, {byChecksum} found by checksums alone");
        Assert.True(byChecksum > 0);

        // The pages lie one after the other from the magic number on.
        static List<(int Start, int Length)> Pages(ReadOnlySpan<byte> file)
        {
            var pages = new List<(int, int)>();
            for (var at = 4; at < file.Length;)
            {
                var page = ParquetPage.Read(file[at..]);
                Assert.NotNull(page.Checksum);
                if (page.SizeBytes > 0) pages.Add((at + page.HeaderBytes, page.SizeBytes));
                at += page.HeaderBytes + page.SizeBytes;
            }
            return pages;
        }
    }

    [Fact]
    public async Task Old_days_are_rewritten_in_the_calendar_of_today()
    {
        const string Name = "olddates_legacy";
        DemoCheckout.CopyFolder(
            Path.Combine(Repository.SharedFolder("spark-tables"), Name), Path.Combine(folder, Name));
        using var session = engine.Open();
        var (_, rows, schema) = Versions(Name)[^1];
        var expected = SparkRows.Expected(rows, schema);
        var written = Directory.GetFiles(Path.Combine(folder, Name), "*.parquet");
        await using (var change = await new TableWriter(session).UpdateAsync(
            Open(folder, Name), new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 0" },
            "id % 2 = 1", new(), Cancel))
            await change.CommitAsync(Cancel);
        Assert.Equal(expected, await RowsAsync(session, Name, schema));
        await new TableOptimizer(session).OptimizeAsync(Open(folder, Name), new(), onProgress: null, Cancel);
        Assert.Equal(expected, await RowsAsync(session, Name, schema));
        // No new file says that it is in the old calendar.
        var files = Directory.GetFiles(Path.Combine(folder, Name), "*.parquet").Except(written).ToList();
        Assert.NotEmpty(files);
        foreach (var file in files)
            Assert.Equal(0, session.QueryScalar<long>(
                $"SELECT count(*) FROM parquet_kv_metadata({SqlText.Literal(file)}) WHERE decode(key) LIKE '%legacy%'",
                Cancel));
    }

    static string Difference(string name, long version, List<string> expected, List<string> read) =>
        $"{name} at version {version}\nmissing {string.Join("\n  ", expected.Except(read).Take(3))}\nfound "
            + $"{string.Join("\n  ", read.Except(expected).Take(3))}";

    static List<(long Version, string Rows, JsonElement Schema)> Versions(string name)
    {
        var expected = Path.Combine(Repository.SharedFolder("spark-tables"), name + ".expect");
        return
        [
            .. Directory.EnumerateFiles(expected, "*.schema.json")
                .Select(file => (File: file, Rows: file.Replace(".schema.json", ".jsonl", StringComparison.Ordinal)))
                .Where(pair => File.Exists(pair.Rows))
                .Select(pair => (
                    long.Parse(Path.GetFileNameWithoutExtension(pair.Rows), CultureInfo.InvariantCulture), pair.Rows,
                    JsonDocument.Parse(File.ReadAllBytes(pair.File)).RootElement))
                .OrderBy(version => version.Item1),
        ];
    }

    LakeTable Open(string root, string name) => engine.Table(root, name);

    async Task<List<string>> RowsAsync(EngineSession session, string name, JsonElement schema)
    {
        using var rows = await (await Open(folder, name).LatestAsync(Cancel)).OpenAsync(session, Cancel);
        return SparkRows.Read(session, rows.Sql, schema);
    }

    static async Task<List<string>> ReadAsync(EngineSession session, LakeTable table, long version, JsonElement schema)
    {
        using var rows = await (await table.VersionAsync(version, Cancel)).OpenAsync(session, Cancel);
        return SparkRows.Read(session, rows.Sql, schema);
    }
}
