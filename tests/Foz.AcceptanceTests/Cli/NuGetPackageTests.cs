using System.IO.Compression;
using System.Xml.Linq;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>The packages of NuGet: their examples are compiled against them, and run.</summary>
public sealed class NuGetPackageTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-nuget-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_examples_run_with_the_packages()
    {
        foreach (var name in new[] { "Foz.Storage", "Foz.Delta" })
        {
            await RunAsync(
                Repository.Root, "pack", $"src/{name}", "-c", "Debug", "--no-build", "--nologo", "-v", "quiet",
                "-o", folder);
            var package = Directory.GetFiles(folder, $"{name}.*.nupkg").Single();
            using var content = await ZipFile.OpenReadAsync(package, Cancel);
            Assert.Subset(
                content.Entries.Select(entry => entry.FullName).ToHashSet(StringComparer.Ordinal),
                new HashSet<string> { "README.md", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml" });
            Assert.True(File.Exists(Path.ChangeExtension(package, ".snupkg")), "there are no symbols");
        }
        Assert.Equal(
            "first Created, second AlreadyExists\nleases/nightly: 4 bytes\n", await RunExampleAsync("Foz.Storage"));
        Assert.Equal(Block("Foz.Delta", "text"), await RunExampleAsync("Foz.Delta"));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Compiles the example of a package's page in a project of its own, and runs it.</summary>
    async Task<string> RunExampleAsync(string name)
    {
        var project = Directory.CreateDirectory(Path.Combine(folder, $"{name}.Example")).FullName;
        var version = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props"))
            .Descendants("Version").Single().Value;
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), Block(name, "csharp"), Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(project, "Example.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>packages</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{name}" Version="{version}" />
              </ItemGroup>
            </Project>
            """,
            Cancel);
        // What the packages need was restored for this build, and comes from there.
        var restored = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(
            Path.Combine(project, "nuget.config"),
            $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{folder}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="restored" value="{restored}" /></fallbackPackageFolders>
            </configuration>
            """,
            Cancel);
        await RunAsync(project, "build", "-c", "Release", "--nologo", "-v", "quiet");
        return await RunAsync(project, Path.Combine("bin", "Release", "net10.0", "Example.dll"));
    }

    /// <summary>Returns the block of a language on a package's page.</summary>
    static string Block(string name, string language)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "src", name, "README.md"));
        return page.Split($"```{language}\n")[1].Split("```")[0];
    }

    static Task<string> RunAsync(string folder, params string[] arguments) =>
        PublishedFoz.RunAsync(folder, new("dotnet", arguments));
}
