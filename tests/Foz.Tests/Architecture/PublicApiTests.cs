using System.Text;
using Mono.Cecil;

namespace Foz.Tests.Architecture;

/// <summary>
/// The public members of the two libraries that are packages of NuGet: a change of them is seen, and reviewed as one.
/// </summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("Foz.Storage")]
    [InlineData("Foz.Delta")]
    public void The_public_members_of_a_package_are_those_that_are_listed(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"));
        var text = new StringBuilder();
        foreach (var type in module.GetTypes().Where(IsSeen).OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(type.FullName).Append('\n');
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
                text.Append("  ")
                    .Append(member.Replace($"{type.FullName}::", "", StringComparison.Ordinal)).Append('\n');
        }
        Expect.File($"{assembly}.txt", text.ToString());
    }

    static bool IsSeen(TypeDefinition type) =>
        type.IsPublic || (type.IsNestedPublic && IsSeen(type.DeclaringType));

    static bool IsSeen(MethodDefinition? method) =>
        method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    static IEnumerable<string> Members(TypeDefinition type) =>
        type.Methods.Where(method => IsSeen(method) && !method.IsGetter && !method.IsSetter)
            .Select(method => method.FullName)
            .Concat(type.Fields.Where(field => field.IsPublic && !field.IsSpecialName).Select(field => field.FullName))
            .Concat(type.Properties.Select(Described).OfType<string>());

    /// <summary>Describes a property with those of its accessors that can be called; null where none can.</summary>
    static string? Described(PropertyDefinition property)
    {
        var accessors = new[] { property.GetMethod, property.SetMethod }.Where(IsSeen)
            .Select(method => method == property.GetMethod ? "get"
                : method.ReturnType.FullName.EndsWith("IsExternalInit)", StringComparison.Ordinal) ? "init" : "set")
            .ToList();
        return accessors.Count > 0 ? $"{property.FullName} {{ {string.Join(", ", accessors)} }}" : null;
    }
}
