using System.Diagnostics;
using System.Text.Json;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>The packages of a release, installed.</summary>
[Collection<PublishCollection>]
public sealed class PackageTests(PublishedFoz foz) : IDisposable
{
    // Packages are packed quickly here; those of a release are smaller.
    const long DownloadBytesMax = 110_000_000;

    const string HealthScript = """
        cd ~/loja
        timeout 60 foz serve --insecure-loopback --pg-port 0 --trino-port 0 --http-port 18080 &
        server=$!
        for i in $(seq 50); do
            sleep 0.3
            bash -c 'exec 3<>/dev/tcp/127.0.0.1/18080
                printf "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n" >&3 && head -n 1 <&3' && break
        done
        kill $server
        wait
        """;

    const string Stopped = "stop foz-run@*.timer foz-run@*.service foz@*.service\n";

    /// <summary>What a removed package would have left.</summary>
    const string Left =
        "/usr/lib/foz /usr/bin/foz /etc/foz /usr/share/man/man1/foz* /etc/systemd/system/a.wants/foz@a.service";

    readonly string folder = Directory.CreateTempSubdirectory("foz-package-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_clean_Debian_installs_the_package_runs_the_demo_and_removes_it()
    {
        Assert.SkipUnless(Environment.UserName == "root", "packages are installed by root");
        var package = (await foz.PackAsync()).GetFiles("*.deb").Single();
        Assert.InRange(package.Length, 1, DownloadBytesMax);
        await MakeRootAsync();
        package.CopyTo(Path.Combine(folder, "root", "tmp", "foz.deb"));
        await RecordServicesAsync();

        await InRootAsync("dpkg -i /tmp/foz.deb");
        Assert.Equal("daemon-reload\ntry-restart foz@*.service\n", await ServicesAsync());
        Assert.Contains("foz:x:", await InRootAsync("getent passwd foz"), StringComparison.Ordinal);
        Assert.Equal("root root 700\n", await InRootAsync("stat -c '%U %G %a' /etc/foz"));
        Assert.Contains(
            "/usr/lib/foz/libduckdb.so", await InRootAsync("foz version --verbose"), StringComparison.Ordinal);
        Assert.Contains("Done in ", await InRootAsync("cd ~ && foz demo"), StringComparison.Ordinal);
        Assert.Equal(
            "n\n731\n",
            await InRootAsync("cd ~/loja && foz query 'select count(*) as n from gold.daily_sales' --output csv"));
        // What listens for HTTP is what needs the framework's parts that are left in.
        Assert.Contains("HTTP/1.1 200 OK", await InRootAsync(HealthScript), StringComparison.Ordinal);

        // As dpkg calls it where a newer version takes its place.
        await InRootAsync("/var/lib/dpkg/info/foz.prerm upgrade 1.0");
        Assert.Equal("", await ServicesAsync());
        await InRootAsync("mkdir -p /etc/systemd/system/a.wants && ln -s /x /etc/systemd/system/a.wants/foz@a.service");
        await InRootAsync("dpkg -P foz");
        Assert.Equal($"{Stopped}daemon-reload\ndaemon-reload\n", await ServicesAsync());
        Assert.Equal("", await InRootAsync($"ls -d {Left} 2>/dev/null; :"));
    }

    [Fact]
    public async Task The_package_of_RPM_is_installed_starts_and_is_removed()
    {
        Assert.SkipUnless(Environment.UserName == "root", "packages are installed by root");
        var package = (await foz.PackAsync()).GetFiles("*.rpm").Single().FullName;
        Assert.Equal(
            "foz x86_64 Apache-2.0",
            await RunAsync(folder, "rpm", "-qp", "--qf", "%{NAME} %{ARCH} %{LICENSE}", package));
        await MakeRootAsync();
        await RecordServicesAsync();

        string[] rpm = ["--root", Path.Combine(folder, "root"), "--dbpath", "/var/lib/rpm", "--nodeps"];
        await RunAsync(folder, "rpm", [.. rpm, "-U", package]);
        Assert.Equal("daemon-reload\ntry-restart foz@*.service\n", await ServicesAsync());
        Assert.Contains("foz:x:", await InRootAsync("getent passwd foz"), StringComparison.Ordinal);
        Assert.Equal("root root 700\n", await InRootAsync("stat -c '%U %G %a' /etc/foz"));
        Assert.Equal("a\n1\n", await InRootAsync("foz query 'select 1 as a' --output csv"));

        await RunAsync(folder, "rpm", [.. rpm, "-e", "foz"]);
        Assert.Equal($"{Stopped}daemon-reload\n", await ServicesAsync());
        Assert.Equal("", await InRootAsync($"ls -d {Left} 2>/dev/null; :"));
    }

    [Fact]
    public async Task The_same_program_gives_the_same_packages_in_another_folder_later_and_in_another_zone()
    {
        var program = Path.Combine(folder, "another", "program");
        await RunAsync(folder, "mkdir", "another");
        await RunAsync(folder, "cp", "-r", PublishedFoz.Folder, program);
        var again = Path.Combine(folder, "again");
        await PublishedFoz.PackAsync(program, again, "Asia/Tokyo");
        await RunAsync(folder, "rm", "-f", Path.Combine((await foz.PackAsync()).FullName, "SHA256SUMS"));
        await RunAsync(folder, "diff", "-r", (await foz.PackAsync()).FullName, again);
    }

    [Fact]
    public async Task Two_builds_of_one_commit_are_equal_byte_for_byte()
    {
        Assert.SkipUnless(Soak.Is, "it builds twice: FOZ_SOAK=1");
        await RunAsync(folder, Path.Combine(Repository.Root, "deploy", "release", "compare"), "linux-x64");
    }

    [Fact]
    public async Task A_file_that_belongs_to_no_known_part_is_refused()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "libsurprise.so"), "", Cancel);
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "deploy", "release", "parts"))
        {
            ArgumentList =
            {
                Path.Combine(
                    Repository.Root, "artifacts/release/linux-x64/obj/Foz.Cli/release_linux-x64/foz.deps.json"),
                folder, "1.0.0", "0", Path.Combine(folder, "notices"), Path.Combine(folder, "parts"),
            },
        };
        var (exitCode, output) = await PublishedFoz.TryRunAsync(folder, start);
        Assert.Equal(1, exitCode);
        Assert.Contains("libsurprise.so belongs to no package", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_is_installed_by_the_script_and_lists_all_parts_with_their_licences()
    {
        var output = await foz.PackAsync();
        var archive = output.GetFiles("*.tar.gz").Single();
        await RunAsync(output.FullName, "sh", "-c", "sha256sum *.tar.gz > SHA256SUMS");
        var start = new ProcessStartInfo("sh", [Path.Combine(Repository.Root, "deploy", "install.sh")]);
        start.Environment["HOME"] = folder;
        start.Environment["FOZ_RELEASE"] = $"file://{output.FullName}";
        await PublishedFoz.RunAsync(folder, start);
        var name = archive.Name[..^".tar.gz".Length];
        var installed = Path.Combine(folder, ".local", "share", "foz", name);
        Assert.StartsWith("foz ", await RunAsync(folder, Path.Combine(folder, ".local", "bin", "foz"), "version"),
            StringComparison.Ordinal);
        await RunAsync(folder, "man", "--warnings", "-l", Path.Combine(installed, "share", "foz.1"));

        using var parts = JsonDocument.Parse(
            await File.ReadAllTextAsync(output.GetFiles("*.cdx.json").Single().FullName, Cancel));
        var notices = await File.ReadAllTextAsync(Path.Combine(installed, "THIRD-PARTY-NOTICES.txt"), Cancel);
        var names = new List<string>();
        foreach (var part in parts.RootElement.GetProperty("components").EnumerateArray())
        {
            names.Add(part.GetProperty("name").GetString()!);
            Assert.NotEmpty(part.GetProperty("hashes").EnumerateArray());
            Assert.Contains(
                $"{names[^1]} {part.GetProperty("version").GetString()}", notices, StringComparison.Ordinal);
        }
        Assert.Contains("DuckDB", names);
        Assert.Contains("Npgsql", names);
        Assert.Contains("Microsoft.NETCore.App.Runtime.linux-x64", names);
    }

    [Fact]
    public async Task The_tool_of_NET_is_installed_from_a_folder_and_finds_the_engine()
    {
        // Beside other files, as in a release.
        var archive = (await foz.PackAsync()).GetFiles("*.tar.gz").Single();
        archive.CopyTo(Path.Combine(folder, archive.Name));
        var pack = new ProcessStartInfo(Path.Combine(Repository.Root, "deploy", "release", "tool"), [folder]);
        pack.Environment["FOZ_LEVEL"] = "1";
        await PublishedFoz.RunAsync(folder, pack);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "nuget.config"),
            $"""<configuration><packageSources><clear /><add key="a" value="{folder}" /></packageSources></configuration>""",
            Cancel);
        var install = new ProcessStartInfo(
            "dotnet", ["tool", "install", "foz", "--prerelease", "--tool-path", "bin", "--configfile", "nuget.config"]);
        // Packages are unpacked there; this one is large, and comes again with each build.
        install.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "packages");
        await PublishedFoz.RunAsync(folder, install);
        Assert.Equal("a\n1\n", await RunAsync(folder, "bin/foz", "query", "select 1 as a", "--output", "csv"));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes a clean system to install in.</summary>
    async Task MakeRootAsync()
    {
        var made = Path.Combine(Repository.Root, "artifacts", "debian12");
        await RunAsync(Repository.Root, ".ci/debian-root", made);
        await RunAsync(folder, "cp", "-a", Path.Combine(made, "root"), "root");
    }

    /// <summary>Lets the clean system, where no systemd runs, say what would be asked of it.</summary>
    Task<string> RecordServicesAsync() => InRootAsync(
        "mkdir -p /run/systemd/system && printf '#!/bin/sh\necho \"$*\" >> /asked\n' > /usr/bin/systemctl "
        + "&& chmod +x /usr/bin/systemctl");

    /// <summary>What systemd was asked since the last call.</summary>
    Task<string> ServicesAsync() => InRootAsync("touch /asked && cat /asked && rm /asked");

    static Task<string> RunAsync(string folder, string file, params string[] arguments) =>
        PublishedFoz.RunAsync(
            folder, new(Path.Combine(folder, file) is var own && File.Exists(own) ? own : file, arguments));

    /// <summary>Runs a command in the clean system, with its own list of processes.</summary>
    Task<string> InRootAsync(string command) => RunAsync(
        folder, "unshare", "--mount", "--pid", "--fork", "sh", "-c",
        "mount -t proc proc root/proc && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "
        + "chroot root sh -c \"$1\"", "sh", command);
}
