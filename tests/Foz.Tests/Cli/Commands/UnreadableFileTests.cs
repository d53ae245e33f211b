using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Tests.Cli.Commands;

/// <summary>Files of a stream that cannot be read, beside others that can.</summary>
public sealed class UnreadableFileTests : IDisposable
{
    const string Good = "id,name\n1,Ana\n";

    readonly CommandRunner foz = new();

    public UnreadableFileTests()
    {
        foz.Write(
            "foz.yml",
            "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
        foz.Write("sources/s.yml", "connection: files\nstreams: {people: {path: '*.csv*', settle: 0s}}\n");
        foz.Write("data/a.csv", Good);
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task One_of_them_stops_no_other_and_is_read_once_it_can_be()
    {
        foz.Write("data/b.csv.gz", "this is no gzip");
        foz.Write("data/c.csv", "id,name\n3,Cy\n");

        var run = await foz.RunAsync("run");
        run.ExpectOk();
        Assert.Contains(
            "file data/b.csv.gz is not compressed as its name says, or damaged", run.Out + run.Error,
            StringComparison.Ordinal);
        Assert.Contains("it is left out, and each run tries it again", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Contains("bronze.people  warning    2 rows", run.Out, StringComparison.Ordinal);
        Assert.Equal("1\n3\n", await IdsAsync());

        var again = await foz.RunAsync("run");
        again.ExpectOk();
        Assert.Contains(
            "it is left out, and each run tries it again", again.Out + again.Error, StringComparison.Ordinal);
        Assert.Equal("1\n3\n", await IdsAsync());

        await using (var file = File.Create(Path.Combine(foz.Folder, "data/b.csv.gz")))
        await using (var zip = new System.IO.Compression.GZipStream(
            file, System.IO.Compression.CompressionMode.Compress))
            await zip.WriteAsync("id,name\n2,Bo\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var mended = await foz.RunAsync("run");
        mended.ExpectOk();
        Assert.DoesNotContain("left out", mended.Out + mended.Error, StringComparison.Ordinal);
        Assert.Equal("1\n2\n3\n", await IdsAsync());
        Assert.Contains("unchanged", (await foz.RunAsync("run")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_earlier_rows_of_one_that_changed_stay_until_it_can_be_read()
    {
        (await foz.RunAsync("run")).ExpectOk();
        File.Move(Path.Combine(foz.Folder, "data/a.csv"), Path.Combine(foz.Folder, "data/a.csv.gz"));
        foz.Write("data/b.csv", "id,name\n2,Bo\n");
        (await foz.RunAsync("run")).ExpectOk();
        Assert.Equal("1\n2\n", await IdsAsync());
    }

    [Fact]
    public async Task A_stream_of_none_that_can_be_read_fails_and_so_does_a_snapshot_of_some()
    {
        foz.Write("data/b.csv.gz", "this is no gzip");
        foz.Write(
            "sources/s.yml", "connection: files\nstreams: {people: {path: '*.csv*', settle: 0s, mode: snapshot}}\n");
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
        File.Delete(Path.Combine(foz.Folder, "data/a.csv"));
        foz.Write("sources/s.yml", "connection: files\nstreams: {people: {path: '*.csv*', settle: 0s}}\n");
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
    }

    [Fact]
    public async Task One_that_is_damaged_in_its_middle_stops_no_other()
    {
        foz.Write("sources/s.yml", "connection: files\nstreams: {people: {path: '*.parquet', settle: 0s}}\n");
        var damaged = Path.Combine(foz.Folder, "data/b.parquet");
        using (var engine = new EnginePool(
            new() { MemoryBytes = 1L << 28, Threads = 1, Workloads = [Workload.Ingestion] }))
        using (var session = engine.Open(Workload.Ingestion))
            foreach (var (name, first) in new[] { ("a", 1), ("b", 1001), ("c", 2001) })
                session.Execute(
                    $"COPY (SELECT range AS id, hash(range)::VARCHAR AS name FROM range({first}, {first + 1000})) TO "
                    + $"{SqlText.Literal(Path.Combine(foz.Folder, $"data/{name}.parquet"))} "
                    + "(FORMAT parquet, COMPRESSION zstd)",
                    TestContext.Current.CancellationToken);
        var whole = await File.ReadAllBytesAsync(damaged, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(
            damaged, [.. whole.Select((one, i) => i >= whole.Length / 3 && i < whole.Length / 2 ? (byte)0xA5 : one)],
            TestContext.Current.CancellationToken);

        var run = await foz.RunAsync("run");
        run.ExpectOk();
        Assert.Contains("file data/b.parquet is damaged: ", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Contains("it is left out, and each run tries it again", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Contains("bronze.people  warning    2,000 rows", run.Out, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(damaged, whole, TestContext.Current.CancellationToken);
        (await foz.RunAsync("run")).ExpectOk();
        Assert.Contains(
            "3000", (await foz.RunAsync("query", "select count(*) from bronze.people", "--output", "csv")).Out,
            StringComparison.Ordinal);
    }

    async Task<string> IdsAsync() => string.Concat(
        (await foz.RunAsync("query", "select id from bronze.people order by 1", "--output", "csv")).Out.Split('\n')
            .Skip(1)
            .Where(line => line.Length > 0).Select(line => line.Trim() + "\n"));
}
