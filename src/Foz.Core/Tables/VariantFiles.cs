using System.Runtime.CompilerServices;
using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Core.Tables;

/// <summary>
/// How data files hold variants: with Parquet's annotation, which the engine knows, or, by the first writers that had
/// them, as a plain struct of two byte strings (PROTOCOL.md, "Variant Data Type").
/// </summary>
static class VariantFiles
{
    static readonly ConditionalWeakTable<AddFile, object> plainFiles = [];

    /// <summary>Whether there is a variant in a type.</summary>
    public static bool HasVariant(DeltaType type) => type switch
    {
        StructType s => s.Fields.Any(field => HasVariant(field.Type)),
        ArrayType array => HasVariant(array.Element),
        MapType map => HasVariant(map.Value),
        _ => type == DeltaType.Variant,
    };

    /// <summary>Whether a file holds variants as plain structs.</summary>
    /// <param name="session">The engine.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Where the engine reads it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">The structs are shredded, which the engine reads with annotation only.</exception>
    public static bool IsPlain(EngineSession session, AddFile file, string path, CancellationToken cancellationToken)
    {
        if (plainFiles.TryGetValue(file, out var known)) return (bool)known;
        var columns = session.Describe(
            $"SELECT * FROM read_parquet({SqlText.Literal(path)}, hive_partitioning = false)", cancellationToken);
        var types = string.Join(' ', columns.Select(column => column.Type.ToString()));
        var isPlain = !types.Contains("VARIANT", StringComparison.Ordinal);
        if (isPlain && types.Contains("typed_value", StringComparison.Ordinal))
            throw new DeltaException(DeltaErrorKind.Unsupported,
                $"{path} holds shredded variants without Parquet's annotation (variantShredding-preview), "
                + "which are not supported")
            { Path = path };
        plainFiles.AddOrUpdate(file, isPlain);
        return isPlain;
    }
}
