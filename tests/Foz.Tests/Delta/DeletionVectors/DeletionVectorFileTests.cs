using System.Text;
using System.Text.Json;
using Foz.Delta;
using Foz.Delta.DeletionVectors;
using Foz.Storage;

namespace Foz.Tests.Delta.DeletionVectors;

public sealed class DeletionVectorFileTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_inline_example_of_the_specification_is_read()
    {
        var descriptor = new DeletionVectorDescriptor
        {
            StorageType = DeletionVectorDescriptor.Inline,
            PathOrInlineDv = "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
            SizeInBytes = 40,
            Cardinality = 6,
        };
        var rows = await DeletionVectorFile.ReadAsync(
            new MemoryObjectStore(TimeProvider.System), descriptor, Cancellation);
        Assert.Equal([3, 4, 7, 11, 18, 29], rows.ToArray());
    }

    [Fact]
    public void The_paths_of_the_specification_are_derived()
    {
        var relative = new DeletionVectorDescriptor
        {
            StorageType = 'u', PathOrInlineDv = "ab^-aqEH.-t@S}K{vb[*k^", Offset = 4, SizeInBytes = 40, Cardinality = 6,
        };
        Assert.Equal(
            "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", DeletionVectorFile.PathOf(relative)!);
        var absolute = relative with { StorageType = 'p', PathOrInlineDv = "s3://mytable/deletion%20vector.bin" };
        Assert.Equal("s3://mytable/deletion vector.bin", DeletionVectorFile.PathOf(absolute)!);
        var local = absolute with { PathOrInlineDv = "file:///lake/a.bin" };
        Assert.Equal("/lake/a.bin", DeletionVectorFile.PathOf(local));
        Assert.Null(DeletionVectorFile.PathOf(DeletionVectorFile.Inline(RowSet.Of(1))));
        var fault = Assert.Throws<DeltaException>(() => DeletionVectorFile.PathOf(relative with { StorageType = 'x' }));
        Assert.Equal(DeltaErrorKind.Unsupported, fault.Kind);
    }

    [Fact]
    public async Task Many_vectors_written_to_one_file_are_read_back()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        RowSet[] vectors =
        [
            RowSet.Of(1, 2, 3), RowSet.Of([.. Enumerable.Range(0, 70_000).Select(i => (long)i * 3)]),
            RowSet.Of(1L << 33),
        ];
        var descriptors = await DeletionVectorFile.WriteAsync(store, vectors, Cancellation);
        Assert.Single(descriptors.Select(d => d.PathOrInlineDv).Distinct());
        Assert.Equal(1, descriptors[0].Offset);
        for (var i = 0; i < vectors.Length; i++)
        {
            Assert.Equal(vectors[i].Cardinality, descriptors[i].Cardinality);
            Assert.Equal(vectors[i], await DeletionVectorFile.ReadAsync(store, descriptors[i], Cancellation));
            Assert.Equal(
                vectors[i],
                await DeletionVectorFile.ReadAsync(store, DeletionVectorFile.Inline(vectors[i]), Cancellation));
        }
    }

    [Fact]
    public async Task A_vector_at_an_absolute_path_is_read_in_the_table_and_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory("foz-dv").FullName;
        try
        {
            var store = new LocalObjectStore(Path.Combine(folder, "a b"));
            var relative = (await DeletionVectorFile.WriteAsync(store, [RowSet.Of(1, 5)], Cancellation))[0];
            var absolute = relative with
            {
                StorageType = DeletionVectorDescriptor.Absolute,
                PathOrInlineDv = $"file:{folder}/a%20b/{DeletionVectorFile.PathOf(relative)}",
            };
            Assert.Equal(RowSet.Of(1, 5), await DeletionVectorFile.ReadAsync(store, absolute, Cancellation));
            var clone = new LocalObjectStore(Path.Combine(folder, "clone"));
            Assert.Equal(RowSet.Of(1, 5), await DeletionVectorFile.ReadAsync(clone, absolute, Cancellation));
            var remote = absolute with { PathOrInlineDv = "s3://other/deletion_vector_x.bin" };
            var fault = await Assert.ThrowsAsync<DeltaException>(
                async () => await DeletionVectorFile.ReadAsync(clone, remote, Cancellation));
            Assert.Equal(DeltaErrorKind.Unsupported, fault.Kind);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Every_flipped_byte_of_a_vector_is_noticed()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var descriptor =
            (await DeletionVectorFile.WriteAsync(store, [RowSet.Of(4, 8, 15, 16, 23, 42)], Cancellation))[0];
        var path = DeletionVectorFile.PathOf(descriptor)!;
        var content = (await store.GetAsync(path, Cancellation))!.Content.ToArray();
        for (var i = 1; i < content.Length; i++)
        {
            content[i] ^= 0x10;
            await store.PutAsync(path, content, Cancellation);
            content[i] ^= 0x10;
            await AssertCorruptAsync(store, descriptor);
        }
        await store.PutAsync(path, content.AsMemory(0, content.Length - 1), Cancellation);
        await AssertCorruptAsync(store, descriptor);
        await store.PutAsync(path, content, Cancellation);
        await AssertCorruptAsync(store, descriptor with { Cardinality = 7 });
        await store.DeleteAsync(path, Cancellation);
        await AssertCorruptAsync(store, descriptor);
    }

    [Fact]
    public async Task Vectors_of_golden_tables_have_the_cardinality_of_the_log()
    {
        var golden = Repository.SharedFolder("golden");
        var read = 0;
        var storageTypes = new HashSet<char>();
        foreach (var log in Directory.EnumerateDirectories(golden, "_delta_log", SearchOption.AllDirectories))
        {
            var table = new LocalObjectStore(Path.GetDirectoryName(log)!);
            foreach (var descriptor in DescriptorsIn(log).Distinct())
            {
                if (DeletionVectorFile.PathOf(descriptor) is { } path
                    && await table.GetInfoAsync(path, Cancellation) is null)
                    continue;
                var rows = await DeletionVectorFile.ReadAsync(table, descriptor, Cancellation);
                Assert.Equal(descriptor.Cardinality, rows.ToArray().Distinct().Count());
                Assert.Equal(rows, RowSetFormat.Read(RowSetFormat.Write(rows)));
                storageTypes.Add(descriptor.StorageType);
                read++;
            }
        }
        Assert.True(read >= 50, $"only {read} vectors were found in {golden}");
        Assert.Superset(new HashSet<char> { 'u', 'i' }, storageTypes);
    }

    static async Task AssertCorruptAsync(IObjectStore store, DeletionVectorDescriptor descriptor)
    {
        var fault = await Assert.ThrowsAsync<DeltaException>(
            async () => await DeletionVectorFile.ReadAsync(store, descriptor, Cancellation));
        Assert.Equal(DeltaErrorKind.Corrupt, fault.Kind);
    }

    static IEnumerable<DeletionVectorDescriptor> DescriptorsIn(string log)
    {
        foreach (var file in Directory.EnumerateFiles(log, "*.json"))
            foreach (var line in File.ReadLines(file)
                .Where(l => l.Contains("pathOrInlineDv", StringComparison.Ordinal)))
            {
                using var json = JsonDocument.Parse(Encoding.UTF8.GetBytes(line));
                foreach (var action in json.RootElement.EnumerateObject())
                    if (action.Name is "add" or "remove" && action.Value.TryGetProperty("deletionVector", out var dv)
                        && dv.ValueKind == JsonValueKind.Object)
                        yield return new()
                        {
                            StorageType = dv.GetProperty("storageType").GetString()![0],
                            PathOrInlineDv = dv.GetProperty("pathOrInlineDv").GetString()!,
                            Offset = dv.TryGetProperty("offset", out var offset)
                                && offset.ValueKind == JsonValueKind.Number ? offset.GetInt32() : null,
                            SizeInBytes = dv.GetProperty("sizeInBytes").GetInt32(),
                            Cardinality = dv.GetProperty("cardinality").GetInt64(),
                        };
            }
    }
}
