using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Foz.Connectors.Databases;
using Foz.Connectors.Databases.Providers;
using Foz.Lake;

namespace Foz.Tests.Connectors.Databases.Providers;

/// <summary>Providers that are fetched from a source of packages on the loopback address, and from a folder.</summary>
public sealed class ProviderPackagesTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-providers-").FullName;
    readonly Dictionary<string, byte[]> packages = [];
    HttpListener listener = new();

    string Providers => Path.Combine(folder, "providers");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        listener.Close();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_package_and_what_it_needs_come_with_their_hashes()
    {
        Put("Acme.Db", "2.0.0", [("Acme.Core", "[1.0.0, 2.0.0)"), ("System.Text.Json", "8.0.0")],
            ("lib/net8.0/Acme.Db.dll", "8"), ("lib/netstandard2.0/Acme.Db.dll", "2"), ("lib/net48/Acme.Db.dll", "48"),
            ("runtimes/unix/lib/net8.0/Acme.Db.dll", "unix"), ("runtimes/win/lib/net8.0/Acme.Db.dll", "win"),
            ("runtimes/linux/native/libacme.so", "so"), ("runtimes/win/native/acme.dll", "dll"),
            ("runtimes/osx/native/libacme.dylib", "dylib"));
        Put("Acme.Db", "3.0.0-beta", [], ("lib/net8.0/Acme.Db.dll", "beta"));
        Put("Acme.Core", "1.0.0", [], ("lib/netstandard2.0/Acme.Core.dll", "core1"), ("../../evil.dll", "evil"));
        Put("Acme.Core", "1.5.0", [], ("lib/netstandard2.0/Acme.Core.dll", "core15"));
        var added = await new ProviderPackages(Providers).AddAsync(
            "acme.db", null, Serve(), TimeProvider.System, Cancel);
        Assert.Equal(["acme.db 2.0.0", "Acme.Core 1.0.0"], added.Packages.Select(p => $"{p.Id} {p.Version}"));
        Assert.Equal(Convert.ToBase64String(SHA512.HashData(packages["acme.db.2.0.0"])), added.Packages[0].Sha512);
        if (OperatingSystem.IsLinux()) Assert.Equal(["Acme.Core.dll", "Acme.Db.dll", "libacme.so"], added.Files);
        if (OperatingSystem.IsLinux())
            Assert.Equal(
                "unix", await File.ReadAllTextAsync(Path.Combine(Providers, "acme.db", "Acme.Db.dll"), Cancel));
        Assert.Equal("2.0.0", Assert.Single(new ProviderPackages(Providers).List()).Version);
        Assert.False(File.Exists(Path.Combine(folder, "evil.dll")));
    }

    [Fact]
    public async Task A_package_that_is_not_what_the_source_or_the_lock_file_says_is_refused()
    {
        Put("Acme.Db", "1.0.0", [], ("lib/net8.0/Acme.Db.dll", "a"));
        var url = Serve(statedHash: "bm90IHRoaXM=");
        var error = await Assert.ThrowsAsync<FozException>(() =>
            new ProviderPackages(Providers).AddAsync("Acme.Db", null, url, TimeProvider.System, Cancel));
        Assert.StartsWith("Acme.Db 1.0.0 is not what ", error.Message, StringComparison.Ordinal);
        Assert.Empty(new ProviderPackages(Providers).List());

        var feed = Directory.CreateDirectory(Path.Combine(folder, "feed")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(feed, "Acme.Db.1.0.0.nupkg"), packages["acme.db.1.0.0"], Cancel);
        await new ProviderPackages(Providers).AddAsync("Acme.Db", "1.0.0", feed, TimeProvider.System, Cancel);
        Put("Acme.Db", "1.0.0", [], ("lib/net8.0/Acme.Db.dll", "another"));
        await File.WriteAllBytesAsync(Path.Combine(feed, "Acme.Db.1.0.0.nupkg"), packages["acme.db.1.0.0"], Cancel);
        error = await Assert.ThrowsAsync<FozException>(() =>
            new ProviderPackages(Providers).AddAsync("Acme.Db", null, feed, TimeProvider.System, Cancel));
        Assert.Contains("is not what the lock file states", error.Message, StringComparison.Ordinal);
        Assert.Equal("a", await File.ReadAllTextAsync(Path.Combine(Providers, "Acme.Db", "Acme.Db.dll"), Cancel));
    }

    [Theory]
    [InlineData("Acme.Db", "9.0.0", "there is no package Acme.Db 9.0.0 in ")]
    [InlineData("Acme.Dbx", null, "there is no package Acme.Dbx in ")]
    [InlineData("../x", null, "'../x' is no name of a package")]
    public async Task What_is_not_there_is_told(string id, string? version, string expected)
    {
        Put("Acme.Db", "1.0.0", [], ("lib/net8.0/Acme.Db.dll", "a"));
        var error = await Assert.ThrowsAsync<FozException>(() =>
            new ProviderPackages(Providers).AddAsync(id, version, Serve(), TimeProvider.System, Cancel));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sources_of_nuget_config_are_asked()
    {
        Put("Acme.Db", "1.0.0", [], ("lib/net8.0/Acme.Db.dll", "a"));
        Directory.CreateDirectory(Path.Combine(folder, "feed"));
        await File.WriteAllBytesAsync(
            Path.Combine(folder, "feed/Acme.Db.1.0.0.nupkg"), packages["acme.db.1.0.0"], Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "NuGet.config"),
            "<configuration><packageSources><clear/><add key='off' value='http://127.0.0.1:1/index.json'/><add "
                + "key='own' value='feed'/></packageSources>"
            + "<disabledPackageSources><add key='off' value='true'/></disabledPackageSources></configuration>", Cancel);
        Assert.Equal(
            "1.0.0",
            (await new ProviderPackages(Providers).AddAsync(
                "Acme.Db", null, null, TimeProvider.System, Cancel)).Version);
    }

    [Theory]
    [InlineData("Acme.Db", "there is no provider 'Acme.Db' in providers/\n  foz provider add Acme.Db")]
    [InlineData("Acmee", "there is no provider 'Acmee' in providers/\n  did you mean 'Acme'?")]
    [InlineData(
        "Acme", "providers/Acme has no ADO.NET provider\n  it needs a DbProviderFactory with a field 'Instance'")]
    [InlineData("../Acme", "there is no provider '../Acme' in providers/\n  foz provider add ../Acme")]
    public void A_folder_that_is_no_provider_is_told(string provider, string expected)
    {
        Directory.CreateDirectory(Path.Combine(Providers, "Acme"));
        File.WriteAllText(Path.Combine(Providers, "Acme", "Acme.dll"), "not an assembly");
        Assert.Equal(
            expected,
            Assert.Throws<FozException>(() => ProviderFolder.Load(Providers, provider, null, null)).Describe());
    }

    void Put(
        string id, string version, (string Id, string Range)[] dependencies, params (string Path, string Text)[] files)
    {
        using var memory = new MemoryStream();
        using (var archive = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            var needs = string.Concat(dependencies.Select(d => $"<dependency id='{d.Id}' version='{d.Range}'/>"));
            Write(archive, $"{id}.nuspec",
                $"<package><metadata><id>{id}</id><version>{version}</version><dependencies><group "
                    + $"targetFramework='net8.0'>{needs}</group><group targetFramework='.NETFramework4.8'><dependency "
                    + "id='No.Such' version='1.0'/></group></dependencies></metadata></package>");
            foreach (var (path, text) in files) Write(archive, path, text);
        }
        packages[$"{id}.{version}".ToLowerInvariant()] = memory.ToArray();
    }

    static void Write(ZipArchive archive, string path, string text)
    {
        using var stream = archive.CreateEntry(path).Open();
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    string Serve(string? statedHash = null)
    {
        (listener, var url) = Foz.Tests.Connectors.Http.ApiServer.Listen();
        _ = AnswerAsync(url, statedHash);
        return $"{url}/index.json";
    }

    async Task AnswerAsync(string url, string? statedHash)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var body = Answer(context.Request.Url!.AbsolutePath.Trim('/').Split('/'), url, statedHash);
            context.Response.StatusCode = body is null ? 404 : 200;
            context.Response.OutputStream.Write(body ?? []);
            context.Response.Close();
        }
    }

    byte[]? Answer(string[] path, string url, string? statedHash) => path switch
    {
        ["index.json"] => Encoding.UTF8.GetBytes($$"""
            {"resources": [{"@id": "{{url}}/flat", "@type": "PackageBaseAddress/3.0.0"}, {"@id": "{{url}}/reg/", "@type": "RegistrationsBaseUrl/3.6.0"}]}
            """),
        ["flat", var id, "index.json"] when Versions(id) is { Count: > 0 } versions =>
            Encoding.UTF8.GetBytes($"{{\"versions\":[{string.Join(',', versions.Select(v => $"\"{v}\""))}]}}"),
        ["flat", var id, var version, _] => packages.GetValueOrDefault($"{id}.{version}"),
        ["reg", var id, var file] => Encoding.UTF8.GetBytes($"{{\"catalogEntry\":\"{url}/catalog/{id}/{file}\"}}"),
        ["catalog", var id, var file] => Encoding.UTF8.GetBytes(
            $"{{\"packageHash\":\"{statedHash ?? Convert.ToBase64String(SHA512.HashData(packages[$"{id}.{Path.GetFileNameWithoutExtension(file)}"]))}\",\"packageHashAlgorithm\":\"SHA512\"}}"),
        _ => null,
    };

    List<string> Versions(string id) =>
        [
            .. packages.Keys.Where(k => k.StartsWith($"{id}.", StringComparison.Ordinal))
                .Select(k => k[(id.Length + 1)..]),
        ];
}
