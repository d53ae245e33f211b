using System.Text.RegularExpressions;

namespace Foz.Tests.Architecture;

/// <summary>Holds the code against what ARCHITECTURE.md says may use what.</summary>
public sealed partial class ArchitectureTests
{
    static readonly string[] Section =
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "ARCHITECTURE.md"))
            .SkipWhile(line => !line.StartsWith("## What may use what", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)),
    ];

    /// <summary>The cells of the rows <c>| `project` | `it` `refers to` | what it is | `its` `folders` |</c>.</summary>
    static readonly Dictionary<string, string[]> Rows = Section
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Split('|'))
        .ToDictionary(cells => NamesIn(cells[1])[0]);

    public static TheoryData<string> Projects => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_uses_only_those_above_it(string project)
    {
        using var module = TypeUses.Open(project);
        var uses = module.Types.SelectMany(type => TypeUses.Of(type).Append(type)
                .Select(used => (From: type.Namespace, To: used.Namespace)))
            .Where(use => IsOf(project, use.From) && IsOf(project, use.To));

        Assert.Equal([], Faults(FoldersOf(project), uses));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_to_those_that_the_table_names(string project) => Assert.Equal(
        NamesIn(Rows[project][2]).Select(name => $"Foz.{name}").Order(StringComparer.Ordinal),
        ProjectReference().Matches(File.ReadAllText(Path.Combine(Repository.Root, $"src/{project}/{project}.csproj")))
            .Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_folder_of_a_list_is_there_once(string project)
    {
        var folders = FoldersOf(project);

        Assert.Distinct(folders);
        Assert.All(folders, folder => Assert.NotEmpty(Directory.GetFiles(
            Path.Combine(Repository.Root, "src", project, folder[project.Length..].TrimStart('.').Replace('.', '/')),
            "*.cs")));
    }

    [Fact]
    public void Every_project_is_in_the_table() => Assert.Equal(
        Rows.Keys.Order(StringComparer.Ordinal),
        Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal));

    [Fact]
    public void A_use_of_a_later_folder_is_a_fault_and_so_is_a_folder_that_no_list_has()
    {
        string[] folders = ["Low", "Middle", "High"];

        Assert.Equal([], Faults(folders, [("High", "Low"), ("High", "High"), ("Middle", "Low")]));
        Assert.Equal(["Low -> High", "Low -> Middle"], Faults(folders, [("Low", "High"), ("Low", "Middle")]));
        Assert.Equal(["Other is in no list"], Faults(folders, [("Other", "Other")]));
    }

    /// <summary>What uses break an order of folders, in which each may use those before it.</summary>
    static SortedSet<string> Faults(string[] folders, IEnumerable<(string From, string To)> uses)
    {
        var faults = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (from, to) in uses)
        {
            var place = Array.IndexOf(folders, from);
            if (place < 0) faults.Add($"{from} is in no list");
            else if (Array.IndexOf(folders, to) > place) faults.Add($"{from} -> {to}");
        }
        return faults;
    }

    /// <summary>The namespaces of a project's folders, in their order.</summary>
    static string[] FoldersOf(string project) =>
        [.. NamesIn(Rows[project][4]).Select(folder => folder == "." ? project : $"{project}.{folder}")];

    static string[] NamesIn(string cell) => [.. Name().Matches(cell).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"<ProjectReference Include=""\.\./(Foz\.\w+)/")]
    private static partial Regex ProjectReference();

    static bool IsOf(string project, string name) =>
        name == project || name.StartsWith(project + ".", StringComparison.Ordinal);
}
