using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary><c>deploy/install.sh</c>, with a server that also gives what is broken.</summary>
public sealed class InstallScriptTests : IAsyncDisposable
{
    static readonly string Platform =
        RuntimeInformation.OSArchitecture is Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    readonly string folder = Directory.CreateTempSubdirectory("foz-install-").FullName;
    readonly ReleaseServer server = new();

    string Command => Path.Combine(folder, ".local", "bin", "foz");

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_newest_version_is_installed_a_named_one_takes_its_place_and_the_same_again_too()
    {
        await PublishAsync("1.10.0");
        await PublishAsync("1.2.3");
        await PublishAsync("1.11.0-rc.1");
        Assert.Contains("installed foz 1.10.0", (await InstallAsync(0)), StringComparison.Ordinal);
        Assert.Equal("foz 1.10.0\n", await VersionAsync());
        await InstallAsync(0, version: "1.2.3");
        Assert.Equal("foz 1.2.3\n", await VersionAsync());
        Assert.Equal([$"foz-1.10.0-{Platform}", $"foz-1.2.3-{Platform}"], Installed());
        await InstallAsync(0, version: "1.2.3");
        Assert.Equal("foz 1.2.3\n", await VersionAsync());
        Assert.Equal([$"foz-1.10.0-{Platform}", $"foz-1.2.3-{Platform}.again"], Installed());
        await InstallAsync(0, version: "1.2.3");
        Assert.Equal("foz 1.2.3\n", await VersionAsync());
        Assert.Equal([$"foz-1.10.0-{Platform}", $"foz-1.2.3-{Platform}"], Installed());
    }

    [Theory]
    [InlineData("1.10.0", "1.10.0", "1.9.0", "1.2.30")]
    [InlineData("1.9.0", "1.10.0-rc.1", "1.9.0")]
    [InlineData("1.10.0-rc.10", "1.10.0-rc.9", "1.10.0-rc.10", "1.10.0-beta.11", "1.10.0-rc")]
    [InlineData("1.0.0-a-b", "1.0.0-a-b", "1.0.0-a.z", "1.0.0-9")]
    [InlineData("2.0.0", "2.0.0", "x/../3.0.0", "3.0")]
    public async Task The_newest_of_several_versions_is_found(string newest, params string[] versions)
    {
        foreach (var version in versions)
            server.Files["SHA256SUMS"] =
            [
                .. server.Files.GetValueOrDefault("SHA256SUMS") ?? [],
                .. System.Text.Encoding.ASCII.GetBytes($"{new string('0', 64)}  foz-{version}-{Platform}.tar.gz\n"),
            ];
        Assert.Contains(
            $"fetching foz-{newest}-{Platform}.tar.gz\n", await InstallAsync(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut", "is cut or changed: its SHA-256 is")]
    [InlineData("changed", "is cut or changed: its SHA-256 is")]
    [InlineData("torn", "cannot fetch")]
    [InlineData("missing", "cannot fetch")]
    [InlineData("no sums", "cannot fetch")]
    [InlineData("cut sums", "is cut or no list of sums")]
    [InlineData("other platform", "names no archive")]
    public async Task A_broken_release_installs_nothing_and_the_old_version_works(string fault, string message)
    {
        await PublishAsync("1.0.0");
        await InstallAsync(0);
        server.Files.Clear();
        var archive = await PublishAsync("2.0.0");
        var bytes = server.Files[archive];
        switch (fault)
        {
            case "cut":
                server.Files[archive] = bytes[..(bytes.Length / 2)];
                break;
            case "changed":
                bytes[^1] ^= 1;
                break;
            case "torn":
                for (var request = 0; request < 2; request++)
                    server.NextFaults.Enqueue(request == 0 ? ServerFault.None : ServerFault.Torn);
                break;
            case "missing":
                server.Files.Remove(archive);
                break;
            case "no sums":
                server.Files.Remove("SHA256SUMS");
                break;
            case "cut sums":
                server.Files["SHA256SUMS"] = server.Files["SHA256SUMS"][40..];
                break;
            case "other platform":
                server.Files["SHA256SUMS"] = [];
                break;
        }
        var output = await InstallAsync(1);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.Contains("nothing was installed", output, StringComparison.Ordinal);
        Assert.Equal("foz 1.0.0\n", await VersionAsync());
        Assert.Equal([$"foz-1.0.0-{Platform}"], Installed());
    }

    [Theory]
    [InlineData("http://127.0.0.1.example.com/foz")]
    [InlineData("http://example.com/foz")]
    [InlineData("ftp://example.com/foz")]
    public async Task An_address_that_others_can_change_is_refused(string address)
    {
        var start = Start();
        start.ArgumentList.Add(Path.Combine(Repository.Root, "deploy", "install.sh"));
        start.Environment["FOZ_RELEASE"] = address;
        var (exitCode, output) = await PublishedFoz.TryRunAsync(folder, start);
        Assert.Equal(1, exitCode);
        Assert.Contains("must be an address that begins with https://", output, StringComparison.Ordinal);
        Assert.Empty(Installed());
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("sums", "is not signed with the key")]
    [InlineData("signature", "is not signed with the key")]
    [InlineData("other key", "is not signed with the key")]
    [InlineData("unsigned", "cannot fetch")]
    public async Task A_release_with_a_key_is_installed_only_if_its_sums_are_signed(string fault, string message)
    {
        var archive = await PublishAsync("1.0.0");
        var release = Directory.CreateDirectory(Path.Combine(folder, "release")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(release, archive), server.Files[archive], Cancel);
        var script = await SignAsync(release);
        if (fault is "other key") await SignAsync(release);
        foreach (var name in new[] { "SHA256SUMS", "SHA256SUMS.sig" })
            server.Files[name] = await File.ReadAllBytesAsync(Path.Combine(release, name), Cancel);
        if (fault is "sums") server.Files["SHA256SUMS"] = [.. server.Files["SHA256SUMS"], (byte)'\n'];
        if (fault is "signature") server.Files["SHA256SUMS.sig"][^1] ^= 1;
        if (fault is "unsigned") server.Files.Remove("SHA256SUMS.sig");

        var output = await InstallAsync(fault is "" ? 0 : 1, script: script);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.Equal(fault is "" ? [$"foz-1.0.0-{Platform}"] : [], Installed());
        // The same where the script has no key of its own, and is given one.
        var key = Path.Combine(folder, "key.pub");
        await PublishedFoz.RunAsync(folder, new("cp", [Path.Combine(release, "foz-release.pub"), key]));
        if (fault is not "other key") await InstallAsync(fault is "" ? 0 : 1, key: key);
    }

    /// <summary>Ends a release as a new key's, and returns its own script.</summary>
    async Task<string> SignAsync(string release)
    {
        var key = Path.Combine(folder, "release.key");
        await PublishedFoz.RunAsync(
            folder, new("openssl", ["ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", key]));
        await PublishedFoz.RunAsync(
            folder, new(Path.Combine(Repository.Root, "deploy", "release", "sums"), [release, key]));
        var script = Path.Combine(folder, $"install-{Guid.NewGuid():n}.sh");
        File.Copy(Path.Combine(release, "install.sh"), script);
        return script;
    }

    [Fact]
    public async Task A_script_that_was_cut_does_nothing()
    {
        var script = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy", "install.sh"), Cancel);
        await PublishAsync("1.0.0");
        for (var length = script.Length - 12; length > 0; length -= script.Length / 40)
        {
            var start = Start();
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(script[..length]);
            await PublishedFoz.TryRunAsync(folder, start);
            Assert.Equal(0, server.Requests);
            Assert.Empty(Installed());
        }
    }

    /// <summary>Killed before each of its commands, first as an upgrade, then as the same version again.</summary>
    [Fact]
    public async Task An_installation_that_is_killed_anywhere_leaves_a_version_that_works()
    {
        await PublishAsync("1.0.0");
        await InstallAsync(0);
        await PublishAsync("2.0.0");
        var seen = new List<string>();
        foreach (var pass in new[] { "upgrade", "again" })
        {
            var commands = 0;
            while (await InstallUntilAsync(++commands) != 0)
            {
                seen.Add((await VersionAsync()).TrimEnd());
                Assert.InRange(commands, 1, 500);
            }
            Assert.True(commands > 40, $"{pass} ended after {commands} commands");
            Assert.Equal("foz 2.0.0\n", await VersionAsync());
        }
        Assert.Equal(["foz 1.0.0", "foz 2.0.0"], seen.Distinct());
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        await InstallAsync(0, version: "1.0.0");
        Assert.Equal("foz 1.0.0\n", await VersionAsync());
    }

    [Fact]
    public async Task A_full_disk_installs_nothing_and_the_old_version_works()
    {
        Assert.SkipUnless(Environment.UserName == "root", "a small disk is mounted by root");
        await PublishAsync("1.0.0");
        var archive = await PublishAsync("2.0.0", padding: 4 << 20);
        var start = Start();
        start.FileName = "unshare";
        foreach (var argument in new[]
        {
            "--mount", "sh", "-c",
            """
            mkdir -p "$HOME/.local" && mount -t tmpfs -o size=2m tmpfs "$HOME/.local" || exit 3
            FOZ_VERSION=1.0.0 sh "$0" || exit 4
            FOZ_VERSION=2.0.0 sh "$0"; echo "exit code $?"
            "$HOME/.local/bin/foz" version; ls -A "$HOME/.local/share/foz"
            """,
            Path.Combine(Repository.Root, "deploy", "install.sh"),
        }) start.ArgumentList.Add(argument);
        var (exitCode, output) = await PublishedFoz.TryRunAsync(folder, start);
        Assert.True(exitCode == 0, output);
        Assert.Contains(
            $"exit code 1\nfoz 1.0.0\nfoz-1.0.0-{Platform}\n", output, StringComparison.Ordinal);
        Assert.Matches($"(cannot unpack|cannot fetch .*){archive}", output);
        Assert.Contains("nothing was installed", output, StringComparison.Ordinal);
    }

    /// <summary>Runs the script, kills it before one of its commands, and returns its exit code.</summary>
    async Task<int> InstallUntilAsync(int command)
    {
        var start = Start();
        start.FileName = "bash";
        start.Environment["FOZ_VERSION"] = "2.0.0";
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(
            $"n=0; trap 'n=$((n + 1)); [ $n -ne {command} ] || kill -9 $$' DEBUG; set -T; . \"$0\"");
        start.ArgumentList.Add(Path.Combine(Repository.Root, "deploy", "install.sh"));
        return (await PublishedFoz.TryRunAsync(folder, start)).ExitCode;
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Puts a version on the server: a program that says its version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="padding">The size in bytes of a file beside it, which cannot be compressed.</param>
    async Task<string> PublishAsync(string version, int padding = 0)
    {
        var name = $"foz-{version}-{Platform}";
        var program = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "made", name)).FullName, "foz");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\necho foz {version}\n", Cancel);
        await PublishedFoz.RunAsync(folder, new("chmod", ["+x", program]));
        if (padding > 0)
            await File.WriteAllBytesAsync($"{program}.so", RandomNumberGenerator.GetBytes(padding), Cancel);
        await PublishedFoz.RunAsync(
            Path.Combine(folder, "made"), new("tar", ["-czf", $"{name}.tar.gz", name]));
        var archive = await File.ReadAllBytesAsync(Path.Combine(folder, "made", $"{name}.tar.gz"), Cancel);
        server.Files[$"{name}.tar.gz"] = archive;
        var line = $"{Convert.ToHexStringLower(SHA256.HashData(archive))}  {name}.tar.gz\n";
        server.Files["SHA256SUMS"] =
            [.. server.Files.GetValueOrDefault("SHA256SUMS") ?? [], .. System.Text.Encoding.ASCII.GetBytes(line)];
        return $"{name}.tar.gz";
    }

    ProcessStartInfo Start() => new("sh")
    {
        Environment = { ["HOME"] = folder, ["FOZ_RELEASE"] = server.Address, ["FOZ_HOME"] = "", ["FOZ_BIN"] = "" },
    };

    async Task<string> InstallAsync(int exitCode, string version = "", string? script = null, string key = "")
    {
        var start = Start();
        start.ArgumentList.Add(script ?? Path.Combine(Repository.Root, "deploy", "install.sh"));
        start.Environment["FOZ_VERSION"] = version;
        start.Environment["FOZ_KEY"] = key;
        var (actual, output) = await PublishedFoz.TryRunAsync(folder, start);
        Assert.True(actual == exitCode, $"{actual}\n{output}");
        return output;
    }

    Task<string> VersionAsync() => PublishedFoz.RunAsync(folder, new(Command, ["version"]));

    /// <summary>The versions that are there; what an installation left half done would be among them.</summary>
    string[] Installed()
    {
        var home = Path.Combine(folder, ".local", "share", "foz");
        return Directory.Exists(home)
            ? [.. Directory.GetFileSystemEntries(home).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>A release: files by their names.</summary>
    sealed class ReleaseServer() : LoopbackServer(seed: null)
    {
        public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

        protected override LoopbackAnswer Answer(LoopbackRequest request) =>
            Files.TryGetValue(request.Path.TrimStart('/'), out var content)
                ? new(200, content, "application/octet-stream")
                : Fault(404, "NotFound");

        protected override LoopbackAnswer Fault(int status, string code) => LoopbackAnswer.Of(status, code);
    }
}
