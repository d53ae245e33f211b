using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Foz.Tests;
using Npgsql;

namespace Foz.AcceptanceTests.Cli;

/// <summary>The container image: unpacked, and started with a root that cannot be written.</summary>
[Collection<PublishCollection>]
public sealed class ImageTests : IDisposable
{
    /// <summary>A quick compression takes more than that of a release, whose goal is 120 MB.</summary>
    const long BytesMax = 120_000_000;

    /// <summary>Of the processor: the goal is 3 s of an idle machine, and this one may not be.</summary>
    static readonly TimeSpan FirstAnswerMax = TimeSpan.FromSeconds(3);

    /// <summary>Mounts as a container has them: the root is read-only, the project is not.</summary>
    const string Container = """
        root=$0
        mount --bind $root $root && mount --bind project $root/project && mount -t proc proc $root/proc &&
        mount --rbind /dev $root/dev && mount -o remount,ro,bind $root &&
        exec env -i HOME=/project PATH=/usr/bin "$(command -v chroot)" --userspec=65532:65532 $root "$@"
        """;

    readonly string folder = Directory.CreateTempSubdirectory("foz-image-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_image_serves_as_a_user_without_rights_on_a_read_only_root_without_a_shell()
    {
        Assert.SkipUnless(Environment.UserName == "root", "a root file system is mounted by root");
        var layers = await UnpackAsync(await BuildAsync());
        Assert.InRange(layers, 1, BytesMax);
        var root = Path.Combine(folder, "root");
        Assert.Equal(["foz"], Directory.GetFiles(Path.Combine(root, "usr", "bin")).Select(Path.GetFileName));
        Assert.Equal("", await RunAsync("find", root, "-perm", "/6000", "-o", "-user", "65532", "-type", "f"));

        Directory.CreateDirectory(Path.Combine(folder, "project"));
        await File.WriteAllTextAsync(Path.Combine(folder, "project", "foz.yml"), "name: shop\nlake: lake\n", Cancel);
        await RunAsync("chown", "-R", "65532:65532", "project");
        using var server = Process.Start(new ProcessStartInfo(
            "unshare",
            [.. InContainer, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0",
                "--project", "/project"])
        {
            RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = folder,
        })!;
        try
        {
            var line = (await server.StandardOutput.ReadLineAsync(Cancel))!;
            var address = IPEndPoint.Parse(line["PostgreSQL on ".Length..line.IndexOf(',', StringComparison.Ordinal)]);
            await using var client = new NpgsqlConnection(
                $"Host={address.Address};Port={address.Port};Username=a;Database=lake;Timeout=60");
            await client.OpenAsync(Cancel);
            await using var command = new NpgsqlCommand("select 42", client);
            Assert.Equal(42, await command.ExecuteScalarAsync(Cancel));
            Assert.InRange(await ProcessorTimeAsync(server.Id), TimeSpan.Zero, FirstAnswerMax);

            var http = new Uri((await server.StandardOutput.ReadLineAsync(Cancel))!["HTTP on ".Length..]);
            Assert.Equal(
                "ready\n",
                await RunAsync(
                    "unshare", [.. InContainer, "health", "--http-port", $"{http.Port}", "--project", "/project"]));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    string[] InContainer =>
    [
        "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", Container, Path.Combine(folder, "root"),
        "/usr/bin/foz",
    ];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Builds the image of what Debian's archive has today: it deletes what releases pin.</summary>
    async Task<string> BuildAsync()
    {
        var image = Path.Combine(Repository.Root, "deploy", "image");
        var pins = await RunAsync(Path.Combine(image, "pins"), "amd64");
        var pinned = pins.Split('\n').Where(line => line.StartsWith("base ", StringComparison.Ordinal));
        await File.WriteAllLinesAsync(Path.Combine(folder, "pins"), pinned, Cancel);
        var build = new ProcessStartInfo(
            Path.Combine(image, "build"), ["linux-x64", PublishedFoz.Folder, Path.Combine(folder, "out")]);
        build.Environment["FOZ_PINS"] = Path.Combine(folder, "pins");
        build.Environment["FOZ_LEVEL"] = "1";
        await PublishedFoz.RunAsync(folder, build);
        return Directory.GetFiles(Path.Combine(folder, "out")).Single();
    }

    /// <summary>Lays the layers over each other, each compared with its sum, and returns their size.</summary>
    async Task<long> UnpackAsync(string archive)
    {
        var layout = Directory.CreateDirectory(Path.Combine(folder, "layout")).FullName;
        await RunAsync("tar", "-xf", archive, "-C", layout);
        using var index = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(layout, "index.json"), Cancel));
        var named = index.RootElement.GetProperty("manifests").EnumerateArray().Single();
        using var manifest = JsonDocument.Parse(await BlobAsync(layout, named));
        using var config = JsonDocument.Parse(await BlobAsync(layout, manifest.RootElement.GetProperty("config")));
        var settings = config.RootElement.GetProperty("config");
        Assert.Equal("65532:65532", settings.GetProperty("User").GetString());
        Assert.Equal(
            ["CMD", "/usr/bin/foz", "health"],
            settings.GetProperty("Healthcheck").GetProperty("Test").EnumerateArray().Select(word => word.GetString()));
        Directory.CreateDirectory(Path.Combine(folder, "root"));
        var total = 0L;
        foreach (var layer in manifest.RootElement.GetProperty("layers").EnumerateArray())
        {
            total += (await BlobAsync(layout, layer)).Length;
            await RunAsync("tar", "-xzpf", PathOf(layout, layer), "-C", "root");
        }
        return total;
    }

    static async Task<byte[]> BlobAsync(string layout, JsonElement of)
    {
        var data = await File.ReadAllBytesAsync(PathOf(layout, of), Cancel);
        Assert.Equal(of.GetProperty("size").GetInt64(), data.Length);
        Assert.Equal(of.GetProperty("digest").GetString(), $"sha256:{Convert.ToHexStringLower(SHA256.HashData(data))}");
        return data;
    }

    static string PathOf(string layout, JsonElement of) =>
        Path.Combine(layout, "blobs", of.GetProperty("digest").GetString()!.Replace(':', '/'));

    /// <summary>Returns the processor time of the process that another one started.</summary>
    static async Task<TimeSpan> ProcessorTimeAsync(int parent)
    {
        var child = (await File.ReadAllTextAsync($"/proc/{parent}/task/{parent}/children", Cancel)).Trim();
        using var process = Process.GetProcessById(int.Parse(child, CultureInfo.InvariantCulture));
        return process.TotalProcessorTime;
    }

    Task<string> RunAsync(string file, params string[] arguments) =>
        PublishedFoz.RunAsync(folder, new(file, arguments));
}
