using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Foz.Tests.Architecture;

/// <summary>Holds the code against the <em>may use</em> table of ARCHITECTURE.md.</summary>
public sealed class ArchitectureTests
{
    static readonly Dictionary<string, string[]> MayUse = ReadMayUse();

    public static TheoryData<string> Assemblies => ["Foz.Delta", "Foz.DuckDB", "Foz.Wire", "Foz.Core", "Foz.Server", "foz"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_folder_uses_only_what_the_table_allows(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        var faults = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in module.Types.SelectMany(WithNested).Where(t => IsOurs(NamespaceOf(t))))
        {
            var from = NamespaceOf(type);
            if (!MayUse.TryGetValue(from, out var allowed))
            {
                faults.Add($"{from} is not in the table");
                continue;
            }
            foreach (var used in Uses(type).Select(NamespaceOf).Where(IsOurs))
                if (!allowed.Any(a => IsWithin(used, a)) && !IsWithin(used, from))
                    faults.Add($"{from} -> {used} (in {type.FullName})");
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>
    /// The rows <c>| `Namespace` | `may`, `use` | … |</c> below the heading "What may use what".
    /// </summary>
    static Dictionary<string, string[]> ReadMayUse() =>
        File.ReadLines(Path.Combine(Repository.Root, "ARCHITECTURE.md"))
            .SkipWhile(line => !line.StartsWith("## What may use what", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(
                cells => cells[1].Trim('`'),
                cells => cells[2].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Where(cell => cell.StartsWith('`'))
                    .Select(cell => cell.Trim('`'))
                    .ToArray());

    static bool IsOurs(string name) => name == "Foz" || name.StartsWith("Foz.", StringComparison.Ordinal);

    static bool IsWithin(string name, string outer) =>
        name == outer || (name.StartsWith(outer, StringComparison.Ordinal) && name[outer.Length] == '.'
            && !MayUse.ContainsKey(name));

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
