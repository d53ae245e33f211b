using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Foz.Tests.Architecture;

/// <summary>What the types of a compiled project use; the name of a constant alone leaves no trace there.</summary>
static class TypeUses
{
    /// <summary>The compiled project, to be disposed.</summary>
    public static ModuleDefinition Open(string project) => ModuleDefinition.ReadModule(
        Path.Combine(AppContext.BaseDirectory, (project == "Foz.Cli" ? "foz" : project) + ".dll"));

    /// <summary>The types that a type uses, and those inside of it, each as the outermost type around it.</summary>
    public static IEnumerable<TypeReference> Of(TypeDefinition type) =>
        WithNested(type).SelectMany(Uses).Select(Outermost);

    static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) =>
        type.NestedTypes.SelectMany(WithNested).Prepend(type);

    static TypeReference Outermost(TypeReference type)
    {
        var element = type.GetElementType();
        while (element.DeclaringType is { } outer) element = outer;
        return element;
    }

    static IEnumerable<TypeReference> Uses(TypeDefinition type)
    {
        var used = new List<TypeReference?> { type.BaseType };
        used.AddRange(type.Interfaces.Select(i => i.InterfaceType));
        used.AddRange(type.Fields.Select(f => f.FieldType));
        used.AddRange(Constraints(type));
        foreach (var method in type.Methods)
        {
            used.Add(method.ReturnType);
            used.AddRange(method.Parameters.Select(p => p.ParameterType));
            used.AddRange(Constraints(method));
            if (!method.HasBody) continue;
            used.AddRange(method.Body.Variables.Select(v => v.VariableType));
            used.AddRange(method.Body.ExceptionHandlers.Select(handler => handler.CatchType));
            used.AddRange(method.Body.Instructions.SelectMany(UsesOf));
        }
        return used.OfType<TypeReference>().SelectMany(Parts);
    }

    static IEnumerable<TypeReference> Constraints(IGenericParameterProvider of) =>
        of.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(one => one.ConstraintType);

    static IEnumerable<TypeReference> UsesOf(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => [.. UsesOf(method.ElementMethod), .. method.GenericArguments],
        MethodReference method => UsesOf(method),
        FieldReference field => [field.DeclaringType, field.FieldType],
        _ => [],
    };

    static IEnumerable<TypeReference> UsesOf(MethodReference method) =>
        [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(p => p.ParameterType)];

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
