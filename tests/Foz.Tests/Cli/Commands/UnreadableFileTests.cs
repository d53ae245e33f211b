namespace Foz.Tests.Cli.Commands;

/// <summary>Files of a stream that cannot be read, beside others that can.</summary>
public sealed class UnreadableFileTests : IDisposable
{
    const string Good = "id,name\n1,Ana\n";

    readonly CommandRunner foz = new();

    public UnreadableFileTests()
    {
        foz.Write("foz.yml", "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
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
        Assert.Contains("file data/b.csv.gz is not compressed as its name says, or damaged", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Contains("it is left out, and each run tries it again", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Contains("bronze.people  warning    2 rows", run.Out, StringComparison.Ordinal);
        Assert.Equal("1\n3\n", await IdsAsync());

        var again = await foz.RunAsync("run");
        again.ExpectOk();
        Assert.Contains("it is left out, and each run tries it again", again.Out + again.Error, StringComparison.Ordinal);
        Assert.Equal("1\n3\n", await IdsAsync());

        await using (var file = File.Create(Path.Combine(foz.Folder, "data/b.csv.gz")))
        await using (var zip = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionMode.Compress))
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
        foz.Write("sources/s.yml", "connection: files\nstreams: {people: {path: '*.csv*', settle: 0s, mode: snapshot}}\n");
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
        File.Delete(Path.Combine(foz.Folder, "data/a.csv"));
        foz.Write("sources/s.yml", "connection: files\nstreams: {people: {path: '*.csv*', settle: 0s}}\n");
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
    }

    async Task<string> IdsAsync() => string.Concat(
        (await foz.RunAsync("query", "select id from bronze.people order by 1", "--output", "csv")).Out.Split('\n').Skip(1)
            .Where(line => line.Length > 0).Select(line => line.Trim() + "\n"));
}
