using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;

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

    /// <summary>The rows <c>| `project` | `it`, `refers to` | … |</c>.</summary>
    static readonly Dictionary<string, string[]> References = Section
        .TakeWhile(line => !line.StartsWith("### ", StringComparison.Ordinal))
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Split('|'))
        .ToDictionary(cells => NamesIn(cells[1])[0], cells => NamesIn(cells[2]));

    public static TheoryData<string> Projects => [.. References.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_uses_only_those_above_it(string project)
    {
        var assembly = project == "Foz.Cli" ? "foz" : project;
        using var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        var uses = module.Types.SelectMany(WithNested)
            .SelectMany(type => Uses(type).Select(NamespaceOf).Append(NamespaceOf(type)).Select(used => (From: NamespaceOf(type), To: used)))
            .Where(use => IsOf(project, use.From) && IsOf(project, use.To));

        Assert.Equal([], Faults(ListOf(project), uses));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_to_those_that_the_table_names(string project) => Assert.Equal(
        References[project].Order(StringComparer.Ordinal),
        ProjectReference().Matches(File.ReadAllText(Path.Combine(Repository.Root, $"src/{project}/{project}.csproj")))
            .Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));

    [Fact]
    public void No_folders_use_each_other() =>
        Assert.All(References.Keys, project => Assert.All(ListOf(project), folders => Assert.Single(folders)));

    [Fact]
    public void Every_project_is_in_the_table() => Assert.Equal(
        References.Keys.Order(StringComparer.Ordinal),
        Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void A_use_of_what_stands_below_is_a_fault_and_so_is_a_folder_that_no_list_has()
    {
        string[][] list = [["Low"], ["Left", "Right"], ["High"]];

        Assert.Equal([], Faults(list, [("High", "Low"), ("Left", "Right"), ("Right", "Left"), ("Left", "Low")]));
        Assert.Equal(["Low -> High"], Faults(list, [("Low", "High")]));
        Assert.Equal(["Other is in no list"], Faults(list, [("Other", "Other")]));
    }

    /// <summary>What uses break a list of folders, in which each may use those of its line and above.</summary>
    static SortedSet<string> Faults(IReadOnlyList<string[]> list, IEnumerable<(string From, string To)> uses)
    {
        var lines = list.SelectMany((folders, line) => folders.Select(folder => (folder, line))).ToDictionary(entry => entry.folder, entry => entry.line);
        var faults = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (from, to) in uses)
            if (!lines.TryGetValue(from, out var line)) faults.Add($"{from} is in no list");
            else if (lines.GetValueOrDefault(to, -1) > line) faults.Add($"{from} -> {to}");
        return faults;
    }

    static List<string[]> ListOf(string project) =>
    [
        .. Section.SkipWhile(line => line != $"### {project}")
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("### ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => NamesIn(line.Split('|')[1])),
    ];

    static string[] NamesIn(string cell) => [.. Name().Matches(cell).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"<ProjectReference Include=""\.\./(Foz\.\w+)/")]
    private static partial Regex ProjectReference();

    static bool IsOf(string project, string name) =>
        name == project || name.StartsWith(project + ".", StringComparison.Ordinal);

    static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) =>
        type.NestedTypes.SelectMany(WithNested).Prepend(type);

    static string NamespaceOf(TypeReference type)
    {
        var element = type.GetElementType();
        while (element.DeclaringType is { } outer) element = outer;
        return element.Namespace;
    }

    static IEnumerable<TypeReference> Uses(TypeDefinition type)
    {
        var used = new List<TypeReference?> { type.BaseType };
        used.AddRange(type.Interfaces.Select(i => i.InterfaceType));
        used.AddRange(type.Fields.Select(f => f.FieldType));
        foreach (var method in type.Methods)
        {
            used.Add(method.ReturnType);
            used.AddRange(method.Parameters.Select(p => p.ParameterType));
            if (!method.HasBody) continue;
            used.AddRange(method.Body.Variables.Select(v => v.VariableType));
            used.AddRange(method.Body.Instructions.SelectMany(UsesOf));
        }
        return used.OfType<TypeReference>().SelectMany(Parts);
    }

    static IEnumerable<TypeReference> UsesOf(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        MethodReference method => [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(p => p.ParameterType)],
        FieldReference field => [field.DeclaringType, field.FieldType],
        _ => [],
    };

    static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Prepend(generic.ElementType),
        FunctionPointerType function =>
            function.Parameters.Select(p => p.ParameterType).Append(function.ReturnType).SelectMany(Parts),
        TypeSpecification specification => Parts(specification.ElementType),
        GenericParameter => [],
        _ => [type],
    };
}
