using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Tests.Cli.Archives;

/// <summary><c>--project</c> with the address of an archive: only what it says is unpacked.</summary>
public sealed class ProjectArchiveTests : IAsyncDisposable
{
    readonly CommandRunner foz = new();
    readonly ArchiveServer server = new();
    readonly List<string> sums = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var sum in sums)
            if (Directory.Exists(Cached(sum))) Directory.Delete(Cached(sum), recursive: true);
        foz.Dispose();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("shop-1a2b3c/")]
    public async Task A_project_is_downloaded_once(string folder)
    {
        var address = Serve(
            (folder + "foz.yml", $"name: shop\nlake: {Path.Combine(foz.Folder, "lake")}\n"),
            (folder + "models/silver/a.sql", $"select 1 as x -- {folder}"));
        (await foz.RunAsync("validate", "--project", address)).ExpectOk();
        (await foz.RunAsync("run", "--project", address)).ExpectOk();
        Assert.Equal("x\n1\n", (await foz.RunAsync("query", "from silver.a", "--project", address, "-o", "csv")).Out);
        Assert.Equal(1, server.Downloads);
    }

    [Fact]
    public async Task What_is_not_what_the_address_says_is_refused_and_leaves_nothing()
    {
        var address = Serve(("foz.yml", "name: shop\nlake: /tmp/lake\n"));
        var other = address[..^64] + new string('0', 64);
        await RefusedAsync(other, "is cut or changed: its SHA-256 is");
        await RefusedAsync(address.Split('#')[0] + "?token=secret", "has no SHA-256", absent: "secret");
        await RefusedAsync("http://example.com/a.tar.gz#sha256=" + new string('0', 64), "begins with https://");
        await RefusedAsync("https://ana:pw@example.com/a#sha256=" + new string('0', 64), "no user", absent: "pw@");
        await RefusedAsync(Serve(Encoding.UTF8.GetBytes("no archive")), "is no archive of the kind .tar.gz");
        await RefusedAsync(Serve(Packed(("foz.yml", "name: shop"))[..60]), "cannot be", orElse: "is no archive");
        await RefusedAsync(Serve(("readme.md", "x")), "has no foz.yml");
        await RefusedAsync(Serve(("foz.yml", "name: shop\n")), "its lake would be in the cache");
        server.Status = 404;
        await RefusedAsync(address, "status 404");
    }

    [Theory]
    [InlineData("../foz.yml")]
    [InlineData("/etc/foz.yml")]
    [InlineData("models/../../x")]
    [InlineData(@"models\x.sql")]
    [InlineData("C:x")]
    [InlineData("a//b")]
    public Task Paths_out_of_the_archive_are_refused(string path) =>
        RefusedAsync(Serve(("foz.yml", "name: shop"), (path, "x")), "is no path below the archive");

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    public Task Links_and_devices_are_refused(TarEntryType type)
    {
        var entry = new PaxTarEntry(type, "models");
        if (type is not TarEntryType.Fifo) entry.LinkName = "/etc";
        return RefusedAsync(Serve(Pack(tar => tar.WriteEntry(entry))), "only files and folders are taken");
    }

    [Fact]
    public async Task A_file_twice_and_a_bomb_are_refused()
    {
        await RefusedAsync(Serve(("foz.yml", "name: a"), ("foz.yml", "name: b")), "'foz.yml' twice");
        await RefusedAsync(
            Serve(Pack(tar =>
            {
                for (var i = 0; i <= 100_000; i++)
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "a"));
            })),
            "more than 100,000 files");
    }

    async Task RefusedAsync(string address, string why, string? absent = null, string? orElse = null)
    {
        var output = await foz.RunAsync("validate", "--project", address);
        Assert.NotEqual(0, output.ExitCode);
        Assert.True(
            output.Error.Contains(why, StringComparison.Ordinal)
            || (orElse is not null && output.Error.Contains(orElse, StringComparison.Ordinal)), output.Error);
        if (absent is not null) Assert.DoesNotContain(absent, output.Error, StringComparison.Ordinal);
        var archives = Path.GetDirectoryName(Cached("x"))!;
        if (address.Split("sha256=") is [_, { Length: 64 } sum]
            && !why.StartsWith("its lake", StringComparison.Ordinal))
            Assert.False(
                Directory.Exists(Cached(sum))
                || (Directory.Exists(archives) && Directory.GetDirectories(archives, $".{sum[..8]}-*").Length > 0));
    }

    static string Cached(string sum) =>
        Path.Combine(Foz.Lake.Catalog.Lakehouse.CacheFolderDefault, "projects", "archives", sum);

    string Serve(params (string Path, string Text)[] files) => Serve(Packed(files));

    string Serve(byte[] archive)
    {
        server.Archive = archive;
        var sum = Convert.ToHexStringLower(SHA256.HashData(archive));
        sums.Add(sum);
        return $"http://127.0.0.1:{server.Port}/shop.tar.gz#sha256={sum}";
    }

    static byte[] Packed(params (string Path, string Text)[] files) => Pack(tar =>
    {
        foreach (var (path, text) in files)
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path)
            {
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
            });
    });

    static byte[] Pack(Action<TarWriter> write)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip)) write(tar);
        return packed.ToArray();
    }

    sealed class ArchiveServer() : LoopbackServer(seed: null)
    {
        public byte[] Archive { get; set; } = [];

        public int Status { get; set; } = 200;

        public int Downloads { get; private set; }

        protected override LoopbackAnswer Answer(LoopbackRequest request)
        {
            Downloads++;
            return new(Status, Archive, "application/gzip");
        }

        protected override LoopbackAnswer Fault(int status, string code) => LoopbackAnswer.Of(status, code);
    }
}
