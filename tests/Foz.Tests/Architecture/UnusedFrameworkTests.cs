using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;

namespace Foz.Tests.Architecture;

/// <summary>The parts of ASP.NET Core that the published program lacks.</summary>
public sealed class UnusedFrameworkTests
{
    [Fact]
    public void Nothing_refers_to_a_part_of_the_framework_that_is_left_out()
    {
        var project = XDocument.Load(Path.Combine(Repository.Root, "src", "Foz.Cli", "Foz.Cli.csproj"));
        var unused = new Regex(project.Descendants("UnusedFramework").Single().Value, RegexOptions.None);
        var folder = Path.GetDirectoryName(typeof(WebApplication).Assembly.Location)!;
        var framework = Directory.GetFiles(folder, "*.dll").ToDictionary(
            file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);
        var used = Used(framework);
        Assert.Contains("Microsoft.AspNetCore.Server.Kestrel.Core", used);
        Assert.DoesNotContain(used, unused.IsMatch);
        Assert.InRange(framework.Keys.Count(unused.IsMatch), 50, framework.Count - used.Count);
    }

    /// <summary>Returns the assemblies of the framework that those beside the tests refer to, directly or not.</summary>
    static HashSet<string> Used(Dictionary<string, string> framework)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        var queue = new Queue<string>(Directory.GetFiles(AppContext.BaseDirectory, "*.dll"));
        while (queue.TryDequeue(out var path))
        {
            using var image = new PEReader(File.OpenRead(path));
            if (!image.HasMetadata) continue;
            var metadata = image.GetMetadataReader();
            foreach (var handle in metadata.AssemblyReferences)
            {
                var name = metadata.GetString(metadata.GetAssemblyReference(handle).Name);
                if (framework.TryGetValue(name, out var file) && used.Add(name)) queue.Enqueue(file);
            }
        }
        return used;
    }
}
