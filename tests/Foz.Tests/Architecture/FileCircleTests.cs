using System.Text.RegularExpressions;

namespace Foz.Tests.Architecture;

/// <summary>
/// Holds that files which use each other in a circle are few: what is in it is read, and changed, together. Files of
/// one partial type count as one.
/// </summary>
public sealed partial class FileCircleTests
{
    const int FilesMax = 5;

    [Theory]
    [MemberData(nameof(ArchitectureTests.Projects), MemberType = typeof(ArchitectureTests))]
    public void No_circle_has_more_than_five_files(string project)
    {
        var files = FilesOf(project);
        using var module = TypeUses.Open(project);
        var types = module.Types.Where(type => files.ContainsKey(NameOf(type.FullName))).ToList();
        var uses = types.SelectMany(type => TypeUses.Of(type)
            .Select(used => (NameOf(type.FullName), NameOf(used.FullName)))
            .Where(use => files.ContainsKey(use.Item2)));

        Assert.Equal([], TooLarge(files, uses));
        // A type that is not found by its declaration would be left out.
        Assert.Equal(
            [], module.Types.Where(type => type.Namespace.StartsWith("Foz", StringComparison.Ordinal)
                && !type.Name.Contains('<', StringComparison.Ordinal)).Except(types).Select(type => type.FullName));
    }

    [Fact]
    public void Six_files_in_a_circle_are_too_many_and_those_of_a_partial_type_are_one()
    {
        Dictionary<string, string[]> files = new()
        {
            ["A"] = ["a.cs"], ["B"] = ["b.cs"], ["C"] = ["c.cs", "c.more.cs"], ["D"] = ["d.cs"], ["E"] = ["e.cs"],
            ["F"] = ["f.cs"],
        };
        (string, string)[] line = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("E", "F"), ("A", "F")];

        Assert.Equal([], TooLarge(files, line));
        Assert.Equal([], TooLarge(files, [.. line, ("E", "A")]));
        Assert.Equal(["a.cs b.cs c.cs d.cs e.cs f.cs"], TooLarge(files, [.. line, ("F", "A")]));
        Assert.Equal(
            ["a.cs b.cs c.cs d.cs e.cs f.cs"], TooLarge(files, [.. line, ("D", "A"), ("F", "E"), ("E", "D")]));
        // Types of one file are one too.
        files["F"] = ["e.cs"];
        Assert.Equal([], TooLarge(files, [.. line, ("F", "A")]));
    }

    /// <summary>The circles of more files than there may be, each as its files in order.</summary>
    /// <param name="files">The files of each type.</param>
    /// <param name="uses">Which type uses which.</param>
    static List<string> TooLarge(
        IReadOnlyDictionary<string, string[]> files, IEnumerable<(string From, string To)> uses)
    {
        var unitOf = UnitsOf(files.Values);
        var next = uses.Select(use => (From: unitOf[files[use.From][0]], To: unitOf[files[use.To][0]])).Distinct()
            .ToLookup(use => use.From, use => use.To);
        return [.. Circles(unitOf.Values.Distinct().Order(StringComparer.Ordinal), next)
            .Where(circle => circle.Count > FilesMax)
            .Select(circle => string.Join(' ', circle.Order(StringComparer.Ordinal)))];
    }

    /// <summary>For each file the first of those that count as one with it.</summary>
    static Dictionary<string, string> UnitsOf(IEnumerable<string[]> ofTypes)
    {
        var units = new Dictionary<string, string>();
        foreach (var files in ofTypes)
        {
            var joined = files.Select(file => units.GetValueOrDefault(file, file)).ToHashSet();
            var first = joined.Min(StringComparer.Ordinal)!;
            foreach (var file in files) units.TryAdd(file, first);
            foreach (var (file, unit) in units.ToList())
                if (joined.Contains(unit)) units[file] = first;
        }
        return units;
    }

    /// <summary>The strongly connected parts of a graph, by Tarjan's algorithm.</summary>
    static List<List<string>> Circles(IEnumerable<string> all, ILookup<string, string> next)
    {
        var (found, open) = (new List<List<string>>(), new List<string>());
        var (seen, lowest) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        foreach (var one in all)
            if (!seen.ContainsKey(one)) Visit(one);
        return found;

        void Visit(string one)
        {
            var at = open.Count;
            lowest[one] = seen[one] = seen.Count;
            open.Add(one);
            foreach (var other in next[one])
            {
                if (!seen.ContainsKey(other)) Visit(other);
                if (lowest.TryGetValue(other, out var low)) lowest[one] = Math.Min(lowest[one], low);
            }
            if (lowest[one] != seen[one]) return;
            found.Add(open[at..]);
            foreach (var member in open[at..]) lowest.Remove(member);
            open.RemoveRange(at, open.Count - at);
        }
    }

    /// <summary>
    /// The files of each type of a project by its name: types are declared at the beginning of a line.
    /// </summary>
    static Dictionary<string, string[]> FilesOf(string project)
    {
        var folder = Path.Combine(Repository.Root, "src", project);
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(folder, file), Text: File.ReadAllText(file)))
            .SelectMany(file => Declaration().Matches(file.Text).Select(declared => (
                Type: $"{Namespace().Match(file.Text).Groups["name"].Value}.{declared.Groups["name"].Value}",
                file.Path)))
            .GroupBy(declared => declared.Type, declared => declared.Path)
            .ToDictionary(
                type => type.Key, type => type.Distinct().Order(StringComparer.Ordinal).ToArray());
    }

    static string NameOf(string type) => type.Split('`')[0];

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(
        @"^(?:[a-z]+ )*(?:class|record struct|record|struct|interface|enum|delegate [\w<>?,\[\] ]+?) (?<name>\w+)\b",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
