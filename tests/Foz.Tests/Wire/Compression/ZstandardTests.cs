using System.Text;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Wire;
using Foz.Wire.Compression;

namespace Foz.Tests.Wire.Compression;

public sealed class ZstandardTests
{
    static readonly string Vectors = Path.Combine(Repository.Root, "tests/Foz.Tests/Wire/Compression/Vectors");

    /// <summary>Files that the command <c>zstd</c> 1.5 compressed.</summary>
    [Theory]
    [InlineData("orders-level1.zst", 0, 19_884)]
    [InlineData("orders-level19.zst", 0, 19_884)]
    [InlineData("orders-no-checksum.zst", 0, 19_884)]
    [InlineData("orders-frames.zst", 0, 6_000)]
    [InlineData("x-mebibyte.zst", 'x', 1 << 20)]
    public void What_zstd_compressed_comes_out_as_it_was(string name, int fill, int length)
    {
        var expected = fill == 0 ? Orders()[..length] : Enumerable.Repeat((byte)fill, length).ToArray();
        Assert.Equal(expected, Decompress(File.ReadAllBytes(Path.Combine(Vectors, name))));
    }

    [Theory]
    [InlineData("i::VARCHAR", 10)]
    [InlineData("i::VARCHAR", 300_000)]
    [InlineData("md5(i::VARCHAR)", 200_000)]
    [InlineData("repeat('ab', 1000)", 5_000)]
    [InlineData("repeat(chr((65 + i % 26)::INTEGER), (i % 700)::INTEGER)", 20_000)]
    [InlineData("'order ' || hash(i) % 1000 || ' of São Paulo, ' || i", 400_000)]
    public async Task What_DuckDB_compressed_comes_out_as_it_was(string value, int count)
    {
        var ct = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("foz-zstd-").FullName;
        try
        {
            using var pool = new EnginePool(new EngineOptions());
            using var session = pool.Open(Workload.Query);
            foreach (var end in (string[])["csv", "csv.zst"])
                session.Execute(
                    $"""
                    COPY (SELECT {value} AS v FROM range({count}) t(i) ORDER BY i)
                    TO {SqlText.Literal(Path.Combine(folder, $"v.{end}"))} (FORMAT csv)
                    """, ct);
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(folder, "v.csv"), ct),
                Decompress(await File.ReadAllBytesAsync(Path.Combine(folder, "v.csv.zst"), ct)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Nothing_comes_out_of_nothing() => Assert.Empty(Decompress([]));

    [Theory]
    [InlineData("orders-level1.zst")]
    [InlineData("orders-level19.zst")]
    [InlineData("orders-frames.zst")]
    public void Damage_is_told_and_nothing_else_happens(string name)
    {
        var whole = File.ReadAllBytes(Path.Combine(Vectors, name));
        var expected = Decompress(whole);
        var random = new Random(1);
        var told = 0;
        for (var attempt = 0; attempt < 300; attempt++)
        {
            var bytes = (byte[])whole.Clone();
            for (var i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (attempt % 5 == 0) bytes = bytes[..random.Next(1, bytes.Length)];
            try
            {
                // What a checksum covers can only come out right, or up to the end of a frame that is whole.
                var actual = Decompress(bytes);
                Assert.True(
                    expected.AsSpan().StartsWith(actual) || expected.AsSpan().EndsWith(actual), $"attempt {attempt}");
            }
            catch (WireException)
            {
                told++;
            }
        }
        Assert.InRange(told, 250, 300);
    }

    [Theory]
    [InlineData("28B52FFD", WireErrorKind.Malformed)]
    [InlineData("1F8B0800", WireErrorKind.Malformed)]
    [InlineData("28B52FFD01580A010000", WireErrorKind.Unsupported)]
    [InlineData("28B52FFD00FF010000", WireErrorKind.TooLong)]
    public void Frames_that_are_not_taken_are_told_by_kind(string hex, WireErrorKind kind) =>
        Assert.Equal(kind, Assert.Throws<WireException>(() => Decompress(Convert.FromHexString(hex))).Kind);

    static byte[] Decompress(byte[] bytes)
    {
        using var stream = new ZstandardStream(new MemoryStream(bytes));
        using var output = new MemoryStream();
        stream.CopyTo(output);
        return output.ToArray();
    }

    /// <summary>The lines that are in the vectors.</summary>
    static byte[] Orders()
    {
        string[] customers = ["Ana", "João", "Inês", "Zé"];
        var text = new StringBuilder();
        var x = 1L;
        for (var i = 0; i < 400; i++)
        {
            x = (x * 1103515245 + 12345) % 2147483648;
            var high = x / 65536;
            text.Append(
                $"{{\"order_id\":{1000 + i},\"customer\":\"{customers[high % 4]}\",\"cents\":{high % 100000}}}\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
