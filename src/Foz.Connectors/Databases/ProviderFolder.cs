using System.Data.Common;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Databases;

/// <summary>
/// The project's ADO.NET providers: <c>providers/&lt;package&gt;/</c> has the assemblies of one, which are loaded
/// separately from Foz's own, so that neither depends on the versions of the other. What is not there may be one of
/// those that come with Foz.
/// </summary>
public static class ProviderFolder
{
    /// <summary>The folder's name in a project.</summary>
    public const string Name = "providers";

    static readonly Lock Gate = new();
    static readonly Dictionary<string, DbProviderFactory> Loaded = new(StringComparer.Ordinal);

    /// <summary>The factory of a provider: the project's if it has one, otherwise Foz's own; loaded once.</summary>
    /// <param name="folder">The project's folder of providers.</param>
    /// <param name="provider">The provider: the name of its folder.</param>
    /// <param name="factory">The name of the class, where it has several; null for the only one.</param>
    /// <param name="place">Where it is named, for errors.</param>
    /// <exception cref="FozException">It is not there, or is no provider.</exception>
    public static DbProviderFactory Load(string folder, string provider, string? factory, Place? place)
    {
        var own = Path.Combine(folder, provider);
        if (provider.Length == 0 || provider.AsSpan().IndexOfAny("/\\:") >= 0 || provider[0] == '.'
            || !Directory.Exists(own))
            return BuiltInProviders.Find(provider) ?? throw Missing(folder, provider, place);
        lock (Gate)
        {
            var key = $"{own}\n{factory}";
            if (Loaded.TryGetValue(key, out var known)) return known;
            return Loaded[key] = Find(own, provider, factory, place);
        }
    }

    static FozException Missing(string folder, string provider, Place? place)
    {
        var folders = Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Select(p => Path.GetFileName(p)!)
            : [];
        return Wrong(
            $"there is no provider '{provider}' in {Name}/", place,
            NearestName.Find(provider, folders.Concat(BuiltInProviders.Names)) is { } near
                ? $"did you mean '{near}'?"
                : $"foz provider add {provider}");
    }

    static DbProviderFactory Find(string folder, string provider, string? factory, Place? place)
    {
        var context = new ProviderContext(folder);
        var found = new List<(string Name, DbProviderFactory Factory)>();
        var paths = Directory.GetFiles(folder, "*.dll").OrderBy(p => Path.GetFileNameWithoutExtension(p) != provider)
            .ToList();
        foreach (var path in paths)
        {
            found.AddRange(Factories(context, path));
            if (found.Count > 0 && factory is null) break;
        }
        var chosen = factory is null
            ? found
            : [.. found.Where(f => f.Name == factory || f.Name.EndsWith($".{factory}", StringComparison.Ordinal))];
        return chosen switch
        {
            [var only] => only.Factory,
            [] when found.Count == 0 =>
                throw Wrong(
                    $"{Name}/{provider} has no ADO.NET provider", place,
                    "it needs a DbProviderFactory with a field 'Instance'"),
            [] => throw Wrong(
                $"provider '{provider}' has no factory '{factory}'", place,
                NearestName.Hint(factory!, found.Select(f => f.Name))),
            _ => throw Wrong(
                $"provider '{provider}' has several factories", place,
                $"set 'factory' to one of {string.Join(", ", chosen.Select(f => f.Name))}"),
        };
    }

    static IEnumerable<(string, DbProviderFactory)> Factories(ProviderContext context, string path)
    {
        Type[] types;
        try
        {
            types = context.LoadFromAssemblyPath(path).GetExportedTypes();
        }
        catch (Exception e)
            when (e is BadImageFormatException or FileNotFoundException or FileLoadException or TypeLoadException
                or ReflectionTypeLoadException)
        {
            // A native library, or one that is not for this platform.
            yield break;
        }
        foreach (var type in types.Where(t => t.IsSubclassOf(typeof(DbProviderFactory)) && !t.IsAbstract))
            if ((type.GetField("Instance", BindingFlags.Public | BindingFlags.Static)?.GetValue(null)
                ?? type.GetProperty(
                    "Instance",
                    BindingFlags.Public | BindingFlags.Static)?.GetValue(null)) is DbProviderFactory instance)
                yield return (type.FullName!, instance);
    }

    static FozException Wrong(string message, Place? place, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = place is { File: not null } ? place : null, Hint = hint };

    /// <summary>Loads a provider's assemblies from its folder; assemblies that are not there are .NET's own.</summary>
    sealed class ProviderContext(string folder) : AssemblyLoadContext($"provider {Path.GetFileName(folder)}")
    {
        protected override Assembly? Load(AssemblyName assemblyName) =>
            Path.Combine(folder, $"{assemblyName.Name}.dll") is var path && File.Exists(path)
                ? LoadFromAssemblyPath(path)
                : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
        {
            string[] names =
            [
                unmanagedDllName, $"{unmanagedDllName}.so", $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.dll",
                $"lib{unmanagedDllName}.dylib", $"{unmanagedDllName}.dylib",
            ];
            var path = names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);
            return path is null ? nint.Zero : NativeLibrary.Load(path);
        }
    }
}
