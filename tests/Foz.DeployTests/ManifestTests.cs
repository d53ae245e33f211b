using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Foz.Tests;
using YamlDotNet.Serialization;

namespace Foz.DeployTests;

/// <summary>What a release writes for Homebrew and winget, neither of which is there to read it.</summary>
public sealed class ManifestTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-manifests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_release_has_a_formula_and_three_files_of_winget()
    {
        foreach (var platform in new[] { "linux-x64", "linux-arm64", "linux-musl-x64", "osx-arm64", "osx-x64" })
            await WriteAsync($"foz-1.2.3-{platform}.tar.gz");
        await WriteAsync("foz-1.2.3-win-x64.zip");
        await WriteAsync("foz-1.2.3-image-amd64.tar");
        Assert.Equal("", await RunAsync("https://example.com/o/foz/releases/download/v1.2.3/"));
        foreach (var name in new[] { "foz.rb", "Foz.Foz.yaml", "Foz.Foz.installer.yaml", "Foz.Foz.locale.en-US.yaml" })
        {
            var text = await File.ReadAllTextAsync(Path.Combine(folder, name), Cancel);
            Expect.File(name, text);
            // It refuses keys that come twice.
            if (Path.GetExtension(name) is ".yaml")
                Assert.Equal("1.10.0", Read(text)["ManifestVersion"]);
        }
        var archive = await File.ReadAllBytesAsync(Path.Combine(folder, "foz-1.2.3-win-x64.zip"), Cancel);
        var installers = (List<object>)Read(
            await File.ReadAllTextAsync(Path.Combine(folder, "Foz.Foz.installer.yaml"), Cancel))["Installers"];
        Assert.Equal(
            Convert.ToHexString(SHA256.HashData(archive)),
            ((Dictionary<object, object>)installers.Single())["InstallerSha256"]);
    }

    [Theory]
    [InlineData("http://example.com/foz", "no address that begins with https://")]
    [InlineData("https://example.com/#{`id`}", "no address that begins with https://")]
    [InlineData("https://example.com/foz", "archives of 2 versions")]
    public async Task What_would_be_read_otherwise_is_refused(string address, string message)
    {
        await WriteAsync("foz-1.2.3-osx-x64.tar.gz");
        await WriteAsync("foz-1.2.4-osx-x64.tar.gz");
        Assert.Contains(message, await RunAsync(address), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "foz.rb")));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static Dictionary<string, object> Read(string text) =>
        new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<Dictionary<string, object>>(text);

    Task WriteAsync(string name) =>
        File.WriteAllTextAsync(Path.Combine(folder, name), name, Encoding.ASCII, Cancel);

    /// <summary>Writes them, and returns the errors.</summary>
    async Task<string> RunAsync(string address)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Path.Combine(Repository.Root, "deploy", "release", "manifests"), [folder, address])
            {
                RedirectStandardError = true, UseShellExecute = false,
            })!;
        var errors = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return errors;
    }
}
